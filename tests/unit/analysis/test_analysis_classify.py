"""What a square shows."""

from typing import Any

import pytest
from factories import a_diagnostic, a_state, an_error

from orchestrator.analysis.classify import classify, explained
from orchestrator.model.build import BuildOutcome, Ending
from orchestrator.model.diagnostic import ParsedLog
from orchestrator.model.result import LaneState, Status

SYNTAX = an_error("syntax error", kind="kconfig", file="Kconfig", object="")


def outcome(**fields: Any) -> BuildOutcome:
    defaults: dict[str, Any] = {"commit": 1, "target": "t", "ending": Ending.EXITED, "seconds": 1.0, "log": ""}
    return BuildOutcome(**{**defaults, **fields})


@pytest.mark.parametrize(
    ("fields", "state", "status"),
    [
        ({"exit_code": 0}, a_state(), Status.OK),
        ({"exit_code": 0}, a_state(a_diagnostic()), Status.WARNINGS),
        ({"exit_code": 0}, a_state(an_error()), Status.ERRORS),
        ({"exit_code": 2}, a_state(), Status.ERRORS),
        ({"exit_code": 2}, a_state(a_diagnostic()), Status.ERRORS),
        ({"ending": Ending.OUT_OF_MEMORY}, a_state(an_error()), Status.UNKNOWN),
        ({"exit_code": 0}, a_state(hidden=(a_diagnostic(),), masked=frozenset({"a.o"})), Status.OK),
        ({"config_failed": True, "exit_code": 1}, a_state(all_masked=True), Status.ERRORS),
        ({"config_failed": True}, a_state(all_masked=True), Status.UNKNOWN),
    ],
)
def test_status(fields: dict[str, Any], state: LaneState, status: Status) -> None:
    """Infrastructure is unknown; a failed build is errors; else the worst of what is present, carried or not."""
    assert classify(outcome(**fields), ParsedLog(), state) is status


def test_a_kconfig_error_is_the_trees_fault() -> None:
    """Even if the exit status of the config step was lost."""
    parsed = ParsedLog(diagnostics=(SYNTAX,))
    assert classify(outcome(config_failed=True), parsed, a_state(SYNTAX, all_masked=True)) is Status.ERRORS


def test_a_killed_compiler_is_nobodys_fault() -> None:
    """gcc reports the kernel's out-of-memory killer and exits like any failure."""
    killed = an_error("Killed signal terminated program cc1", file=None, line=None, kind="driver")
    assert classify(outcome(exit_code=2), ParsedLog(diagnostics=(killed,)), a_state(killed)) is Status.UNKNOWN


def test_only_a_failure_without_any_error_is_explained() -> None:
    """Files that failed are named, directories above them are not; nothing is invented for a build that worked."""
    silent = ParsedLog(failed=("mm/a.o", "mm/b.o", "mm", "__sub-make"))
    assert [d.object for d in explained(outcome(exit_code=2), silent).diagnostics] == ["mm/a.o", "mm/b.o"]
    assert explained(outcome(exit_code=0), ParsedLog()) == ParsedLog()
    spoken = ParsedLog(diagnostics=(an_error(),), failed=("mm/b.o",))
    assert explained(outcome(exit_code=2), spoken) == spoken
    assert explained(outcome(exit_code=2), ParsedLog()).diagnostics[0].message.startswith("make failed without")
