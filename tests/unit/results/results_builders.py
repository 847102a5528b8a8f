"""Values for the store's tests: hypothesis strategies for results, and short ways to make one."""

import gzip

from hypothesis import strategies as st

from orchestrator.model.build import Ending
from orchestrator.model.diagnostic import Diagnostic, Severity
from orchestrator.model.result import CellResult, LaneState, Origin, Status
from orchestrator.results.records import NewRun, ResultKey, lineage

# Log text as `errors="surrogateescape"` reads it: anything, and undecodable bytes as U+DC80..U+DCFF.
texts = st.text(
    st.characters() | st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF, categories=["Cs"]), max_size=20
)
names = st.text(st.characters(codec="utf-8"), max_size=12)
numbers = st.integers(0, 2**40)

diagnostics = st.builds(
    Diagnostic,
    severity=st.sampled_from(Severity),
    kind=names,
    message=texts,
    raw=texts,
    file=st.none() | texts,
    line=st.none() | numbers,
    column=st.none() | numbers,
    flag=st.none() | texts,
    function=st.none() | texts,
    object=texts,
    log_line=numbers,
    excerpt=st.lists(texts, max_size=3).map(tuple),
)
states = st.builds(
    LaneState,
    present=st.lists(diagnostics, max_size=3).map(tuple),
    hidden=st.lists(diagnostics, max_size=2).map(tuple),
    masked=st.frozensets(texts, max_size=3),
    failed=st.frozensets(texts, max_size=3),
    all_masked=st.booleans(),
)
results = st.builds(
    CellResult,
    commit=numbers,
    target=names,
    status=st.sampled_from(Status),
    origin=st.sampled_from(Origin),
    state=states,
    ending=st.sampled_from(Ending),
    exit_code=st.none() | st.integers(-64, 255),
    seconds=st.floats(0, 1e6),
    log=names,
    log_cut=st.booleans(),
    detail=texts,
    attempted=st.lists(texts, max_size=3).map(tuple),
    unset_symbols=st.lists(texts, max_size=2).map(tuple),
)

LOG = gzip.compress(b"  CC      mm/gup.o\n")


def key(tree: str = "t1", recipe: str = "r1", before: tuple[str, ...] = ()) -> ResultKey:
    """A key as a lane makes it: `before` are the trees back to the last complete one."""
    return ResultKey(tree=tree, recipe=recipe, lineage=lineage(before))


def result(
    status: Status = Status.OK, *, masked: tuple[str, ...] = (), commit: int = 1, message: str = ""
) -> CellResult:
    """A built square; `message` makes it differ, `masked` makes its state incomplete."""
    warning = Diagnostic(severity=Severity.WARNING, kind="cc", message=message, raw=message)
    state = LaneState(present=(warning,) if message else (), masked=frozenset(masked))
    return CellResult(commit=commit, target="arm64-defconfig-gcc-14", status=status, origin=Origin.BUILT, state=state)


def new_run(run_id: str = "20250101-a") -> NewRun:
    """A run of a series called `title`."""
    return NewRun(
        id=run_id,
        title="title",
        origin="HEAD~3..",
        out="/tmp/out",
        argv=("kmatrix", "run"),
        started="2025-01-01T00:00:00Z",
    )
