"""What the oracle compares, and what it sets aside."""

from factories import a_diagnostic, an_error

from orchestrator.analysis.oracle import disagreements
from orchestrator.model.result import LaneState

W = a_diagnostic("unused variable 'x'", object="a.o")
SAME = a_diagnostic("unused variable 'x'", object="a.o", log_line=40)
SECOND = a_diagnostic("unused variable 'x'", object="a.o", line=80)
STRAY = a_diagnostic("odd", object="", kind="driver", file=None, line=None)


def test_equal_sets_agree_and_counts_matter() -> None:
    """Places of a fingerprint are counted."""
    assert disagreements(LaneState(present=(W,)), LaneState(present=(SAME, SAME))) == ()
    (found,) = disagreements(LaneState(present=(W,)), LaneState(present=(W, SECOND)))
    assert (found.incremental, found.clean, found.sample) == (1, 2, W)


def test_lost_and_invented_diagnostics_are_found() -> None:
    """Either side may be the one that lacks it."""
    assert [d.clean for d in disagreements(LaneState(), LaneState(present=(W,)))] == [1]
    assert [d.incremental for d in disagreements(LaneState(present=(W,)), LaneState())] == [1]


def test_masked_and_hidden_are_set_aside_on_either_side() -> None:
    """One side cannot see it; owners count, and lines without an owner go with any mask."""
    for mask in ("a.o", "vmlinux"):
        unit = a_diagnostic(object={"a.o": "a.c", "vmlinux": ".tmp_vmlinux1"}[mask])
        state = LaneState(present=(unit,))
        assert disagreements(state, LaneState(masked=frozenset({mask}))) == ()
        assert disagreements(LaneState(masked=frozenset({mask})), state) == ()
    assert disagreements(LaneState(present=(STRAY,)), LaneState(masked=frozenset({"a.o"}))) == ()
    assert disagreements(LaneState(hidden=(W,)), LaneState(present=(W,))) == ()
    assert disagreements(LaneState(all_masked=True), LaneState(present=(W,))) == ()


def test_failed_objects_are_compared() -> None:
    """make tries them in every build, so both sides saw the same."""
    failed = frozenset({"a.o"})
    error = an_error(object="a.o")
    assert disagreements(LaneState(present=(error,), failed=failed), LaneState(failed=failed))
