"""What a square says, who did it, and where bisection fails."""

import pytest
from factories import a_diagnostic as a_warning
from factories import a_finding, a_report, a_result, a_series, a_state, an_error

from orchestrator.model.result import Status
from orchestrator.reporting.view import by_commit, carried, holes, in_order, legend, marks, news, symbol, view
from orchestrator.reporting.words import base_text, cells, hole_text, trouble, verdict_text

X86, ARM = "x86_64-defconfig-gcc-14", "arm64-defconfig-gcc-14"


@pytest.mark.parametrize(
    ("finding", "signs"),
    [
        ({}, ["ok", "ok", "+1E", "E"]),
        ({"fixed_by": 3}, ["ok", "ok", "+1E", "-1E"]),
        ({"sample": a_warning()}, ["ok", "ok", "+1W", "w"]),
        ({"counts": False}, ["ok", "ok", "E +1x", "E"]),
    ],
)
def test_a_square_says_what_this_patch_did(finding: dict[str, object], signs: list[str]) -> None:
    """Introduced and fixed are told from what was there before."""
    seen = view(a_report(findings=(a_finding(targets=(X86,), **finding),)))
    assert [symbol(marks(seen, index, X86)) for index in range(4)] == signs


def test_a_masked_square_is_marked_and_an_unknown_one_is_not_a_result() -> None:
    """`~` stands beside a result; unknown and not-run are signs of their own."""
    results = (
        a_result(1, X86, state=a_state(masked=frozenset({"a.o"}))),
        a_result(2, X86, status=Status.UNKNOWN, state=a_state(all_masked=True)),
        a_result(3, X86, status=Status.NOT_RUN, state=a_state(all_masked=True)),
    )
    seen = view(a_report(results=results))
    assert [symbol(marks(seen, index, X86)) for index in (1, 2, 3)] == ["ok~", "?", "."]


@pytest.mark.parametrize(
    ("masked", "sign"),
    [
        ("mm/built-in.a", "E"),
        ("include/generated/bounds.h", "E"),
        ("arch/powerpc/kernel/vdso/vdso64.so.dbg", "E"),
        ("scripts/checksyscalls.sh", "E"),
        ("mm/gup.o", "E~"),
        ("vmlinux", "E~"),
        (".tmp_vmlinux.kallsyms1", "E~"),
        ("drivers/net/dummy.ko", "E~"),
        ("Module.symvers", "E~"),
        ("arch/arm/boot/dts/a.dtb", "E~"),
    ],
)
def test_only_what_tools_speak_about_is_missed(masked: str, sign: str) -> None:
    """Every failure blocks an archive, and nothing is ever said of one."""
    results = tuple(
        a_result(index, X86, status=Status.ERRORS, state=a_state(an_error(), masked=frozenset({masked})))
        for index in (1, 2)
    )
    assert symbol(marks(view(a_report(results=results)), 2, X86)) == sign


def test_the_legend_explains_only_what_is_there() -> None:
    """A clean table has no legend of errors."""
    assert [sign for sign, _ in legend(frozenset({"ok", "+1E~"}))] == ["ok", "+2E +1W", "~"]


def test_news_are_errors_and_warnings_together() -> None:
    """`+3 new, -1 fixed`, and nothing where a patch did nothing."""
    old = a_finding("old", None, sample=a_warning("old"), targets=(X86,), fixed_by=2, counts=False)
    new = (a_finding("e", targets=(X86,)), a_finding("w", sample=a_warning(), targets=(X86,)))
    seen = view(a_report(findings=new, preexisting=(old,)))
    assert [news(marks(seen, index, X86)) for index in range(4)] == ["", "", "+2 new, -1 fixed", ""]
    assert news(marks(seen, 2, ARM)) == ""


def test_what_is_carried_is_what_older_commits_brought() -> None:
    """From the commit after the one that brought it, to the one before that which fixes it; in its own cells."""
    old = a_finding("old", None, targets=(X86,), fixed_by=2, counts=False)
    new = a_finding("new", 1, targets=(X86,), fixed_by=3)
    seen = view(a_report(findings=(new,), preexisting=(old,)))
    assert [[finding.id for finding in row] for row in carried(seen, X86)] == [["old"], ["old"], ["new"], []]
    assert carried(seen, ARM) == ((), (), (), ())


def test_a_broken_run_that_ends_is_a_hole() -> None:
    """Broken at 2 and fixed at 4 fails bisection through 2..3, unknown squares between or not."""
    report = a_report(
        series=a_series(5),
        findings=(a_finding(targets=(X86,), fixed_by=4),),
        results=(a_result(3, X86, status=Status.UNKNOWN, state=a_state(all_masked=True)),),
    )
    (hole,) = holes(view(report))
    assert (hole.first, hole.last, hole.fixed_by, hole.targets) == (2, 3, 4, (X86,))
    assert "broken at 2, fixed at 4: bisection through 2..3 fails" in hole_text(view(report), hole)


def test_what_the_base_breaks_is_no_hole() -> None:
    """A cell whose base does not build says nothing about the series' bisectability."""
    old = a_finding("old", None, seen_at=0, targets=(X86,), counts=False, fixed_by=2)
    report = a_report(preexisting=(old,))
    assert holes(view(report)) == ()
    assert base_text(view(report)).startswith("The base has 1 error of its own")


def test_cells_are_folded_only_where_the_pattern_is_exact() -> None:
    """`arm64-*` stands for two cells only if these are all arm64 cells."""
    names = (X86, ARM, "arm64-defconfig-clang-19", "x86_64-defconfig-clang-19")
    seen = view(a_report(names=names))
    assert cells(seen, names) == "all 4 cells"
    assert cells(seen, names[1:3]) == "arm64-* (2 of 4)"
    assert cells(seen, (X86, ARM)) == "*-gcc-14 (2 of 4)"
    assert cells(seen, (X86, "arm64-defconfig-clang-19")) == f"{X86}, arm64-defconfig-clang-19 (2 of 4)"
    assert cells(seen, (ARM,)) == ARM


def test_followers_stand_behind_their_root_cause() -> None:
    """Errors come before warnings, but a root cause comes before what follows from it; nothing is lost in a circle."""
    root = a_finding("root", sample=a_warning())
    follower = a_finding("follower", root_cause="root")
    other = a_finding("other")
    circle = (a_finding("a", root_cause="b"), a_finding("b", root_cause="a"))
    assert [finding.id for finding in in_order((follower, root, other))] == ["other", "root", "follower"]
    assert {finding.id for finding in in_order(circle)} == {"a", "b"}


def test_findings_are_grouped_by_who_introduced_them() -> None:
    """Certain ones under their commit, uncertain ones under all suspects, in series order."""
    unsure = a_finding("unsure", None, suspects=(1, 2), seen_at=2)
    groups = by_commit(a_report(findings=(a_finding("late", 3), unsure, a_finding("early", 1))))
    assert [key for key, _ in groups] == [(1,), (1, 2), (3,)]


def test_the_verdict_names_patches_and_gaps() -> None:
    """The last sentence says how many, by whom, and how much is not known."""
    unknown = a_result(3, ARM, status=Status.UNKNOWN, state=a_state(all_masked=True), detail="host lost")
    seen = view(a_report(findings=(a_finding(sample=an_error(), targets=(X86,)),), results=(unknown,)))
    assert verdict_text(seen) == (
        "findings: 1 new error by patch 2 (3 patches x 2 cells). 1 square of 8 without a result."
    )
    assert trouble(seen) == ((f"3 {ARM}", "host lost"),)
    assert verdict_text(view(a_report())) == "clean: nothing new that counts (3 patches x 2 cells)."
