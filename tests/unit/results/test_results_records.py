"""orchestrator/results/records.py"""

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.results.records import Stored, disposable, lineage


def test_lineage_depends_on_every_tree_and_their_order() -> None:
    """A masked state holds only after the same trees in the same order; no lineage is empty."""
    digests = [lineage(trees) for trees in ((), ("a",), ("a", "b"), ("b", "a"), ("ab",))]
    assert len(set(digests)) == 5
    assert all(digests)


rows = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 50), st.booleans()), max_size=12).map(
    lambda items: tuple(Stored(id=n, used=used, size=size, live=live) for n, (used, size, live) in enumerate(items))
)


@given(rows, st.integers(0, 20), st.none() | st.integers(0, 300))
def test_what_a_clean_up_takes(stored: tuple[Stored, ...], oldest: int, limit: int | None) -> None:
    """Live rows stay; old ones go; beyond that only as many as the limit asks for, least recently used first."""
    doomed = set(disposable(stored, oldest, limit))
    free = [row for row in stored if not row.live]
    assert all(row.id not in doomed for row in stored if row.live)
    assert all(row.id in doomed for row in free if row.used < oldest)
    extra = [row for row in free if row.id in doomed and row.used >= oldest]
    left = [row for row in stored if row.id not in doomed]
    if limit is None:
        assert not extra
    elif sum(row.size for row in left) > limit:
        assert all(row.live for row in left)
    if extra:
        assert limit is not None
        last = max(extra, key=lambda row: (row.used, row.id))
        assert sum(row.size for row in left) + last.size > limit
        assert all((row.used, row.id) > (last.used, last.id) for row in left if not row.live)
