"""What `kmatrix verify` chooses and what its findings amount to; the builds themselves are in end_to_end/."""

import json
from pathlib import Path

import pytest
from factories import a_diagnostic, a_report, a_result

from orchestrator.analysis.oracle import disagreements
from orchestrator.cli.inventory import verification_json, verification_text
from orchestrator.errors import UserError
from orchestrator.model.result import CellResult, LaneState, Status
from orchestrator.pipeline.resources import Places
from orchestrator.pipeline.verification import Checked, Verification, Wanted, verify
from orchestrator.reporting.export import to_json

SAID = a_result(1, exit_code=0, state=LaneState(present=(a_diagnostic(),)))


def checked(clean: CellResult | None) -> Checked:
    """SAID held against a clean build."""
    differences = disagreements(SAID.state, clean.state) if clean else ()
    return Checked(said=SAID, clean=clean, differences=differences, detail="" if clean else "out of memory")


def verification(*squares: Checked) -> Verification:
    """Of a run with three commits."""
    return Verification(run="20240803-112600-1f2e", commits=3, checked=squares, unanswered=0)


def test_equal_squares_agree() -> None:
    """The same diagnostics and the same success: 0."""
    found = verification(checked(SAID))
    assert found.exit_code == 0
    assert "1/3  agrees on 1 diagnostic\n" in verification_text(found)
    assert verification_text(found).endswith("1 square of run 20240803-112600-1f2e built from nothing: none differ")


def test_a_difference_is_shown_whole() -> None:
    """Which square, which line, how often on each side: 1, even if another square could not be built."""
    clean = a_result(1, exit_code=0, state=LaneState())
    found = verification(checked(clean), checked(None))
    assert found.exit_code == 1
    text = verification_text(found)
    assert "1/3  DIFFERS\n    1 in the run, 0 from nothing: mm/gup.c:12:3: warning: unused variable 'x'" in text
    assert text.endswith("2 squares of run 20240803-112600-1f2e built from nothing: 1 differ; 1 could not be built")
    square = verification_json(found)["squares"][0]
    assert square["agrees"] is False
    assert square["differences"] == [{"in_run": 1, "from_nothing": 0, "raw": a_diagnostic().raw}]


def test_success_itself_is_compared() -> None:
    """A build that fails from nothing and went well in its lane differs, whatever was printed."""
    found = verification(checked(a_result(1, exit_code=2, state=SAID.state)))
    assert found.exit_code == 1
    assert "make ended with 0 in the run and with 2 from nothing" in verification_text(found)


def test_what_cannot_be_built_is_no_difference() -> None:
    """Trouble of the machine: 3, and the reason."""
    found = verification(checked(None))
    assert found.exit_code == 3
    assert "1/3  unknown: out of memory" in verification_text(found)
    assert verification_json(found)["squares"][0]["agrees"] is None


def test_nothing_can_be_compared_behind_a_mask() -> None:
    """A square of which the run knows nothing agrees on nothing."""
    masked = a_result(1, exit_code=2, status=Status.ERRORS, state=LaneState(all_masked=True))
    square = Checked(said=masked, clean=a_result(1, exit_code=2, state=SAID.state))
    assert square.agrees
    assert square.compared == 0


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"select": ("sparc*",)}, "no such cell"),
        ({"commits": ("9",)}, "not a commit of run"),
        ({}, "--tree DIR names a repository that has them"),
    ],
)
def test_what_cannot_be_checked_is_said(tmp_path: Path, wanted: dict[str, tuple[str, ...]], said: str) -> None:
    """Before anything is built. A results.json knows no repository; one that is asked for must have the commits."""
    results = tmp_path / "results.json"
    results.write_text(json.dumps(to_json(a_report())))
    places = Places(cache=tmp_path / "cache", state=tmp_path / "state")
    with pytest.raises(UserError, match=said):
        verify(Wanted(run=str(results), **wanted), places, lambda _: None)
