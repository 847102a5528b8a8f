"""Whose a diagnostic is, and what a failed attempt still shows."""

import pytest
from factories import a_diagnostic, an_error

from orchestrator.analysis.units import CONFIG, owner_of, phase_of, reach_of, shown_at, unit_of
from orchestrator.model.diagnostic import Diagnostic, Severity


@pytest.mark.parametrize(
    ("diagnostic", "unit"),
    [
        (a_diagnostic(object="mm/gup.o"), "mm/gup.o"),
        (a_diagnostic(object=""), ""),
        (a_diagnostic(kind="kconfig", object="include/config/auto.conf.cmd"), CONFIG),
        (an_error("No rule to make target 'a.c', needed by 'a.o'.", kind="make", object=""), "make: a.o"),
        (an_error("missing separator.  Stop.", kind="make", object=""), ""),
    ],
)
def test_each_diagnostic_has_a_unit(diagnostic: Diagnostic, unit: str) -> None:
    """Config warnings belong to the config step, make's errors to make and its target, the rest to their object."""
    assert unit_of(diagnostic) == unit


@pytest.mark.parametrize(
    ("unit", "owner"),
    [(".tmp_vmlinux1", "vmlinux"), ("mm/gup.c", "mm/gup.o"), ("mm/gup.o", "mm/gup.o"), ("make: a.o", "a.o")],
)
def test_a_step_inside_a_recipe_belongs_to_its_target(unit: str, owner: str) -> None:
    """Kallsyms passes are part of vmlinux, CHECK lines part of the object's recipe."""
    assert owner_of(unit) == owner


@pytest.mark.parametrize(
    ("error", "reach"),
    [
        (an_error("'x' undeclared"), 1),
        (an_error("call to '__compiletime_assert_1' declared with attribute error: x"), 2),
        (an_error("'x' may be used uninitialized", flag="-Werror=maybe-uninitialized"), 2),
        (an_error("unknown opcode", kind="as"), 3),
        (an_error("undefined reference to `f'", kind="ld"), 3),
        (an_error("x.h: No such file or directory", raw="a.c:1:1: fatal error: x.h: No such file or directory"), 0),
        (
            an_error("too many errors emitted, stopping now", raw="fatal error: too many errors emitted, stopping now"),
            0,
        ),
        (an_error("internal compiler error: Segmentation fault"), 0),
        (an_error("mismatched types", kind="rustc"), 0),
    ],
)
def test_how_far_a_failed_attempt_got(error: Diagnostic, reach: int) -> None:
    """The first phase that failed is the last that ran; a fatal error leaves none to rely on."""
    assert reach_of([error]) == reach


def test_the_earliest_failure_counts() -> None:
    """One fatal error spoils all; no error at all explains nothing."""
    fatal = an_error("x", raw="a.c:1:1: fatal error: x")
    assert reach_of([an_error("'x' undeclared"), fatal]) == 0
    assert reach_of([]) == 0


def test_a_front_end_error_is_always_shown_and_a_warning_only_by_a_whole_compile() -> None:
    """gcc does not reach its middle end after an error; all errors of the front end are printed."""
    error, warning = an_error("'x' undeclared"), a_diagnostic()
    assert shown_at(1, error)
    assert not shown_at(1, warning)
    assert not shown_at(0, error)
    assert shown_at(3, warning), "the assembler failed: the compiler had said everything"
    assert not shown_at(3, a_diagnostic(kind="objtool")), "objtool was never started"
    assert phase_of(a_diagnostic(severity=Severity.WARNING)) == 2


def test_clang_assembles_only_what_it_compiled() -> None:
    """An error of clang's own assembler in inline assembly comes after the compiler's, as gas's does after gcc's."""
    note = "<inline asm>:2:1: note: instantiated into assembly here"
    late = an_error("unexpected token at start of statement", excerpt=("k.c:7:2: error: unexpected token", note))
    assert phase_of(late) == 3
    assert not shown_at(reach_of([an_error("use of undeclared identifier 'x'")]), late)
