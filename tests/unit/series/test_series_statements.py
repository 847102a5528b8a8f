"""What mails say of their base."""

import pytest

from orchestrator.series.statements import read_statements

DIFF = "diff --git a/x b/x\n+based on 123456789abc\n"


def test_trailers_of_cover_and_patches() -> None:
    """The cover's base-commit wins; prerequisites of all mails count once."""
    first = f"x\n\nbase-commit: {'b' * 40}\nprerequisite-patch-id: {'1' * 40}\n"
    cover = (
        f"base-commit: {'a' * 40} (v6.12)\nprerequisite-change-id: 20240730-x-0123:v3\n"
        f"prerequisite-patch-id: {'1' * 40}\nprerequisite-message-id: <m@x>\nprerequisite-patch-id: {'2' * 40}\n"
    )
    found = read_statements(cover, [first])
    assert found.base_commit == "a" * 40
    assert found.patch_ids == ("1" * 40, "2" * 40)
    assert found.message_ids == ("m@x",)
    assert found.change_ids == ("20240730-x-0123:v3",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("This series is based on 8400291e289e.\n", ("8400291e289e",)),
        ('Based on top of commit 8400291e289e ("Linux 6.11-rc1").', ("8400291e289e",)),
        ("based on v6.11-rc1, tested on x86", ("v6.11-rc1",)),
        ("Rebased onto\n v6.11", ("v6.11",)),
        ("The series is based on linux-next (next-20240730).", ("next-20240730",)),
        ("based on the work of deadbeef@example.org", ()),
        ("based on feedback from v2", ()),
        ("> based on 8400291e289e", ("8400291e289e",)),
        ("nothing", ()),
    ],
)
def test_prose_of_the_cover(text: str, expected: tuple[str, ...]) -> None:
    """A commit, a release, a day of linux-next; addresses and versions of the series are none."""
    assert read_statements(text, []).based_on == expected


def test_prose_of_a_patch_counts_below_the_line_only() -> None:
    """Above `---` it may be the history of the code, and in the diff it is code."""
    patch = f"Based on 8400291e289e.\n---\nbased on 123400291e28\n\n x | 2 +-\n\n{DIFF}"
    assert read_statements(None, [patch]).based_on == ("123400291e28",)
    assert read_statements("A cover.", [patch]).based_on == ()
