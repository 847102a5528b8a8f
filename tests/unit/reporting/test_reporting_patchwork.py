"""Patchwork's checks: one an architecture and one for all, never a wrong word about a patch."""

import re

import pytest
from factories import a_diagnostic, a_finding, a_report, a_result, a_series, a_state
from reporting_attacks import ATTACKS, hostile
from reporting_reference import demo, reference

from orchestrator.model.result import Status
from orchestrator.model.verdict import RunReport
from orchestrator.reporting.patchwork import Check, checks, slug

X86, ARM, ARM_CLANG = "x86_64-defconfig-gcc-14", "arm64-defconfig-gcc-14", "arm64-defconfig-clang-19"


def found(report: RunReport, patch: int) -> dict[str, Check]:
    """The checks of a patch by context."""
    return {check.context: check for check in checks(report)[patch - 1].checks}


def mailed(**fields: object) -> RunReport:
    """Three mailed patches in three cells of two architectures."""
    return a_report(series=a_series(3, mails=True), names=(X86, ARM, ARM_CLANG), **fields)  # type: ignore[arg-type]


def test_the_reference_series() -> None:
    """By Message-ID; each patch has a check for each of three architectures and one for all."""
    patches = checks(reference(), "https://ci.example.org/report.html")
    assert [patch.message_id for patch in patches] == [f"20240730064712.1-{n}-ada@example.org" for n in range(2, 7)]
    assert [[check.context for check in patch.checks] for patch in patches] == [
        ["kmatrix", "kmatrix-x86_64", "kmatrix-arm64", "kmatrix-powerpc"]
    ] * 5
    states = [[check.state for check in patch.checks] for patch in patches]
    assert states[1] == ["fail", "warning", "warning", "fail"]
    assert states[2] == ["fail", "success", "pending", "fail"]
    assert {check.target_url for patch in patches for check in patch.checks} == {"https://ci.example.org/report.html"}


def test_a_range_has_no_checks() -> None:
    """Patchwork knows mails."""
    assert checks(demo()) == ()


def test_the_description_counts_before_and_after() -> None:
    """In the words of NIPA's checks, findings of all cells together, each once."""
    old = a_finding("old", None, sample=a_diagnostic("old"), targets=(ARM, ARM_CLANG), counts=False, fixed_by=3)
    report = mailed(findings=(a_finding(targets=(ARM, ARM_CLANG)),), preexisting=(old,))
    assert found(report, 2)["kmatrix-arm64"].description == "Errors and warnings before: 1 this patch: 2; 1 new"
    assert found(report, 3)["kmatrix-arm64"].description == "Errors and warnings before: 2 this patch: 1"
    assert found(report, 2)["kmatrix-x86_64"].description == "Errors and warnings before: 0 this patch: 0"


def test_an_older_break_is_not_this_patchs() -> None:
    """A patch on top of a break that hides nothing is fine."""
    report = mailed(findings=(a_finding(introduced_by=1, targets=(X86,)),))
    assert [found(report, patch)["kmatrix-x86_64"].state for patch in (1, 2, 3)] == ["fail", "success", "success"]


@pytest.mark.parametrize(
    "square",
    [
        {"status": Status.UNKNOWN, "state": a_state(all_masked=True)},
        {"status": Status.NOT_RUN, "state": a_state(all_masked=True)},
        {"state": a_state(masked=frozenset({"mm/gup.o"}))},
    ],
)
def test_what_cannot_be_told_is_pending(square: dict[str, object]) -> None:
    """Neither success nor blame; what another cell found still counts."""
    report = mailed(results=(a_result(2, ARM, **square),))
    check = found(report, 2)["kmatrix-arm64"]
    assert (check.state, "1 of 2 cells cannot tell" in check.description) == ("pending", True)
    report = mailed(results=(a_result(2, ARM, **square),), findings=(a_finding(targets=(ARM_CLANG,)),))
    assert found(report, 2)["kmatrix-arm64"].state == "fail"


def test_one_of_several_suspects_is_not_named() -> None:
    """A finding that a mask hid fails nobody."""
    unsure = a_finding("unsure", None, suspects=(1, 2), seen_at=2, targets=(X86,))
    assert found(mailed(findings=(unsure,)), 2)["kmatrix-x86_64"].state == "pending"


def test_what_does_not_count_is_no_warning() -> None:
    """Policy exempts it."""
    report = mailed(findings=(a_finding(targets=(X86,), counts=False),))
    assert found(report, 2)["kmatrix-x86_64"].state == "success"


def test_a_context_is_a_slug() -> None:
    """Letters, digits, - and _, at most 255."""
    assert slug("defconfig+kasan/\u00e9") == "defconfig_kasan__"
    assert len(slug("a" * 300)) == 255


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_reach_no_check(attack: str) -> None:
    """Nothing a patch or a compiler says is in one."""
    for patch in checks(hostile(attack)):
        for check in patch.checks:
            assert re.fullmatch(r"[-a-zA-Z0-9_]{1,255}", check.context)
            assert re.fullmatch(r"[A-Za-z0-9 :;]{1,200}", check.description)
