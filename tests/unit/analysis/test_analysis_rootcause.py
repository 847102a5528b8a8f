"""What follows from what: only where the words leave no doubt."""

from factories import a_diagnostic, a_result, a_series, an_error, some_facts

from orchestrator.analysis.verdict import judge
from orchestrator.model.diagnostic import Diagnostic
from orchestrator.model.result import LaneState

TARGET = "x86_64-defconfig-gcc-14"


def roots(*states: tuple[Diagnostic, ...]) -> dict[str, str | None]:
    """Message -> message of its root, of findings at the end of a lane of these states."""
    results = [a_result(k, TARGET, state=LaneState(present=present)) for k, present in enumerate(states)]
    judged = judge(a_series(len(states) - 1), some_facts(TARGET), results)
    findings = (*judged.findings, *judged.preexisting)
    message = {finding.id: finding.sample.message for finding in findings}
    return {finding.sample.message: message.get(finding.root_cause or "") for finding in findings}


SCOPE = a_diagnostic(
    "'struct folio' declared inside parameter list will not be visible outside of this definition or declaration",
    file="mm/a.h",
    flag=None,
)
MISMATCH = an_error(
    "passing argument 1 of 'f' from incompatible pointer type",
    line=30,
    excerpt=("x", "mm/a.h:1:2: note: expected 'struct folio *' but argument is of type 'struct folio *'"),
    flag="-Wincompatible-pointer-types",
)
IMPLICIT = an_error("implicit declaration of function 'helper'; did you mean 'held'?")
UNDEFINED = an_error("undefined reference to `helper'", kind="ld", line=None, object="vmlinux", flag=None)


def test_a_type_declared_in_a_parameter_list_is_the_root_of_mismatches_that_name_it() -> None:
    """gcc names the types in a note."""
    assert roots((), (SCOPE, MISMATCH))[MISMATCH.message] == SCOPE.message


def test_the_root_may_be_older_even_the_bases() -> None:
    """It only must be there when the mismatch comes."""
    assert roots((SCOPE,), (SCOPE, MISMATCH))[MISMATCH.message] == SCOPE.message
    assert roots((SCOPE,), (), (MISMATCH,))[MISMATCH.message] is None


def test_another_type_or_another_object_is_no_root() -> None:
    """A wrong root is worse than none."""
    other = an_error("passing argument 1 of 'f' from incompatible pointer type", flag="-Wincompatible-pointer-types")
    assert roots((), (SCOPE, other))[other.message] is None
    elsewhere = an_error(MISMATCH.message, excerpt=MISMATCH.excerpt, object="fs/x.o", flag=MISMATCH.flag)
    assert roots((), (SCOPE, elsewhere))[elsewhere.message] is None


def test_an_undeclared_function_is_the_root_of_its_undefined_symbol() -> None:
    """For the linker and for modpost, but not for another symbol."""
    assert roots((), (IMPLICIT, UNDEFINED))[UNDEFINED.message] == IMPLICIT.message
    modpost = an_error('"helper" [fs/x.ko] undefined!', kind="modpost", file=None, line=None, flag=None)
    assert roots((), (IMPLICIT, modpost))[modpost.message] == IMPLICIT.message
    other = an_error("undefined reference to `other'", kind="ld", line=None, object="vmlinux", flag=None)
    assert roots((), (IMPLICIT, other))[other.message] is None


def test_what_names_an_unknown_type_later_in_the_file_follows_from_it() -> None:
    """Only later, only in the same unit, only if it names it or sits on its line."""
    unknown = an_error("unknown type name 'foo_t'", line=10, flag=None)
    later = an_error("conflicting types for 'use'; have 'int(foo_t)'", line=20, flag=None)
    earlier = an_error("invalid operands of foo_t", line=5, flag=None)
    beside = an_error("expected ')' before 'x'", line=10, column=20, flag=None)
    unrelated = an_error("'bar' is not here", line=30, flag=None)
    found = roots((), (unknown, later, earlier, beside, unrelated))
    assert found[later.message] == found[beside.message] == unknown.message
    assert found[earlier.message] is found[unrelated.message] is found[unknown.message] is None


def test_a_warning_on_the_line_of_a_new_error_follows_from_it() -> None:
    """An error beats warnings of the same unit, where they are about the same line."""
    error = an_error("invalid operands to binary +", line=10, flag=None)
    warning = a_diagnostic("unused value", line=10)
    elsewhere = a_diagnostic("unused variable 'q'", line=11)
    found = roots((), (error, warning, elsewhere))
    assert found[warning.message] == error.message
    assert found[elsewhere.message] is None


def test_chains_lead_to_the_bottom() -> None:
    """A warning beside an error that has a root itself points at that root."""
    beside = a_diagnostic("unused value", line=30)
    assert roots((), (SCOPE, MISMATCH, beside))[beside.message] == SCOPE.message
