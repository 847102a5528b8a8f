"""One column, filled from the top."""

from factories import a_commit, a_result, a_series, a_state, a_target, an_error

from orchestrator.model.build import BuildOutcome, Ending
from orchestrator.model.diagnostic import ParsedLog
from orchestrator.model.result import Origin, Status
from orchestrator.model.series import TouchedFile
from orchestrator.pipeline.history import TargetHistory

PROSE = (TouchedFile(path="Documentation/mm/gup.rst", status="M"),)
CODE = (TouchedFile(path="mm/gup.c", status="M"),)


def column(*touched: tuple[TouchedFile, ...]) -> TargetHistory:
    """An empty column of a series whose patches touch these."""
    commits = tuple(a_commit(index, touched=files) for index, files in enumerate(touched, 1))
    return TargetHistory(a_series(commits=commits), a_target(), "recipe")


def test_prose_follows_from_what_was_built_before_it() -> None:
    """Commits that change only documentation are filled in with the last result, as unaffected and without a log."""
    history = column(CODE, PROSE, PROSE, CODE)
    history.enter(a_result(0))
    history.enter(a_result(1, state=a_state(an_error())))
    assert [result.commit for result in history.results] == [0, 1, 2, 3]
    assert [result.origin for result in history.results[2:]] == [Origin.UNAFFECTED] * 2
    assert [(result.status, result.log) for result in history.results[2:]] == [(Status.ERRORS, "")] * 2
    assert history.key.tree == history._series.all[4].tree


def test_prose_at_the_front_follows_from_the_base() -> None:
    """A series that begins with documentation."""
    history = column(PROSE, CODE)
    history.enter(a_result(0))
    assert [result.commit for result in history.results] == [0, 1]


def test_a_lost_lane_leaves_the_rest_not_run() -> None:
    """With the reason; what was built stays."""
    history = column(CODE, CODE)
    history.enter(a_result(0))
    history.give_up("the volume could not be made")
    assert [result.status for result in history.results] == [Status.OK, Status.NOT_RUN, Status.NOT_RUN]
    assert history.results[2].detail == "the volume could not be made"


def test_the_key_counts_what_was_built_since_the_last_complete_state() -> None:
    """A complete state says what a clean build would say, so what came before it is of no matter; a masked one not."""
    masked = a_state(all_masked=True)
    one, other = column(CODE, CODE), column(CODE, CODE)
    one.enter(a_result(0))
    other.enter(a_result(0, state=masked))
    one.enter(a_result(1))
    other.enter(a_result(1, state=masked))
    assert one.key.tree == other.key.tree
    assert one.key.lineage != other.key.lineage


def test_a_build_that_was_stopped_is_unknown() -> None:
    """Time is no fault of the patch; its outcome's facts are kept."""
    history = column(CODE)
    history.enter(a_result(0))
    outcome = BuildOutcome(
        commit=1, target=a_target().name, ending=Ending.TIMED_OUT, seconds=1.234, log="x", detail="too long"
    )
    result = history.judge(outcome, ParsedLog(diagnostics=(), attempted=(), failed=(), lines=0))
    assert (result.status, result.seconds, result.detail) == (Status.UNKNOWN, 1.23, "too long")
    assert len(history.results) == 1
