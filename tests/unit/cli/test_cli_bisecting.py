"""What `kmatrix bisect` prints: the answer first, then its proof; as JSON the same."""

import json
from pathlib import Path

import pytest
from factories import a_finding, a_report, a_series, a_target, an_error

from orchestrator.analysis.bisection import Answer, edges
from orchestrator.analysis.sought import Sought
from orchestrator.cli.bisecting import bisection_json, bisection_text, dated_text, probe_text
from orchestrator.model.verdict import TargetFacts
from orchestrator.pipeline.bisect_case import Case, Ended, Record
from orchestrator.pipeline.bisect_range import Bisection

GOOD, BAD, SKIP = Answer.GOOD, Answer.BAD, Answer.SKIP
BOOM = an_error("'boom' undeclared", raw="mm/gup.c:12:3: error: 'boom' undeclared \x1b[31m")


def bisected(ended: Ended, answers: dict[int, Answer]) -> Bisection:
    """A bisection of six commits that ended so."""
    facts = TargetFacts(target=a_target(), image_id="sha256:1", compiler_version="gcc")
    records = tuple(
        Record(
            commit=at,
            how="files",
            answer=answer,
            files=("mm/gup.o",),
            seconds=1.5,
            log=f"/state/{at}.log.gz",
            why="does not build: \x07 x" if answer is SKIP else "",
            shown=(BOOM,) if answer is BAD else (),
        )
        for at, answer in answers.items()
    )
    return Bisection(
        id="bisect-1",
        case=Case(series=a_series(6), facts=facts, recipe="r", sought=Sought(text="boom")),
        ended=ended,
        records=records,
        edges=edges(answers),
        probes=len(answers),
        seconds=12.0,
        out=Path("/out"),
    )


def test_one_commit_is_named_with_its_proof() -> None:
    """Who, where, both logs, what was searched; nothing that moves a cursor."""
    found = bisected(Ended(ending="found", good=2, bad=3, suspects=(3,)), {0: GOOD, 2: GOOD, 3: BAD, 6: BAD})
    series = found.case.series
    text = bisection_text(found)
    assert text.startswith(f'First bad commit: {series.all[3].sha[:12]} ("{series.all[3].subject}")')
    assert "built there and at its parent" in text
    assert f"last good: {series.all[2].sha[:12]}" in text
    assert "/state/2.log.gz" in text
    assert "/state/3.log.gz" in text
    assert "'boom' undeclared" in text
    assert "4 probes in 12 s; searched 6 commits" in text
    assert "comes and goes" not in text
    assert "\x1b" not in text
    assert found.exit_code == 0


def test_suspects_with_why_they_were_skipped() -> None:
    """Exit status 1, and each of them."""
    found = bisected(Ended(ending="suspects", good=2, bad=4, suspects=(3, 4)), {0: GOOD, 2: GOOD, 3: SKIP, 4: BAD})
    text = bisection_text(found)
    assert "one of 2" in text
    assert "skipped: does not build:  x" in text
    assert found.exit_code == 1


def test_edges_are_listed() -> None:
    """It comes, goes, and comes again."""
    answers = {0: GOOD, 1: BAD, 2: GOOD, 5: BAD, 6: BAD}
    text = bisection_text(bisected(Ended(ending="found", good=0, bad=1, suspects=(1,)), answers))
    assert "It comes and goes more than once" in text
    assert text.count("  comes ") == 2
    assert "  goes with " in text
    assert "at the latest with" in text


@pytest.mark.parametrize(
    ("ending", "status", "words"),
    [
        ("good-is-bad", 2, "The good end is not good"),
        ("bad-is-good", 2, "The bad end is not bad"),
        ("good-untold", 3, "The good end cannot be told"),
        ("bad-untold", 3, "The bad end cannot be told"),
    ],
)
def test_no_search_without_ends(ending: str, status: int, words: str) -> None:
    """Which end, and what to do."""
    found = bisected(Ended(ending=ending, good=0, bad=6), {0: SKIP, 6: SKIP})
    assert found.exit_code == status
    assert words in bisection_text(found)
    assert bisection_json(found)["first_bad"] is None


def test_the_json() -> None:
    """All answers, all ends, nothing that JSON does not have."""
    found = bisected(Ended(ending="found", good=2, bad=3, suspects=(3,)), {0: GOOD, 2: GOOD, 3: BAD, 6: BAD})
    value = json.loads(json.dumps(bisection_json(found)))
    assert (value["first_bad"]["index"], value["last_good"]["index"], value["confirmed"]) == (3, 2, True)
    assert value["range"]["commits"] == 6
    assert [row["answer"] for row in value["answers"]] == ["good", "good", "bad", "bad"]
    assert value["answers"][2]["shown"] == [BOOM.raw]


def test_a_probe_and_all_findings() -> None:
    """One line and what was found; each finding with its commit."""
    assert probe_text(Record(commit=1, how="whole", answer=SKIP, why="no")) == "skip: no"
    report = a_report(findings=(a_finding("f1", introduced_by=2),))
    text = dated_text(report)
    assert f"f1  {report.series.all[2].sha[:12]}" in text
    assert "1 finding; " in text
