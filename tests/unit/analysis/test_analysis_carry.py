"""The memory of a lane, rule by rule."""

from typing import Any

from factories import a_diagnostic, an_error

from orchestrator.analysis.carry import advance
from orchestrator.model.build import BuildOutcome, Ending
from orchestrator.model.diagnostic import Diagnostic, ParsedLog
from orchestrator.model.result import LaneState


def outcome(**fields: Any) -> BuildOutcome:
    """A build that exited with 0 unless told otherwise."""
    defaults: dict[str, Any] = {
        "commit": 1, "target": "t", "ending": Ending.EXITED, "seconds": 1.0, "log": "", "exit_code": 0,
    }  # fmt: skip
    return BuildOutcome(**{**defaults, **fields})


def log(*diagnostics: Diagnostic, attempted: tuple[str, ...] = (), failed: tuple[str, ...] = ()) -> ParsedLog:
    return ParsedLog(diagnostics=diagnostics, attempted=attempted, failed=failed)


WARNING = a_diagnostic("unused variable 'x'", object="a.o", file="a.c")
OTHER = a_diagnostic("unused variable 'y'", object="b.o", file="b.c")
ERROR = an_error("'x' undeclared", object="a.o", file="a.c", flag=None)
BASE = LaneState(present=(WARNING, OTHER))


def test_an_object_that_is_up_to_date_keeps_its_diagnostics() -> None:
    """An incremental build does not repeat the warnings of objects it did not rebuild."""
    assert advance(BASE, log(), outcome()) == BASE


def test_what_is_known_has_one_order() -> None:
    """Whatever parallel make printed first; the diagnostics of one object stay as they were printed."""
    first, second = (a_diagnostic(message, object="a.o", file="a.c") for message in ("z", "y"))
    for printed in ((OTHER, first, second), (first, OTHER, second)):
        assert advance(None, log(*printed), outcome(fresh=True)).present == (first, second, OTHER)


def test_an_attempt_replaces_what_was_remembered() -> None:
    """Only what the last attempt printed stands."""
    assert advance(BASE, log(attempted=("a.o",)), outcome()).present == (OTHER,)


def test_a_named_object_was_attempted_even_without_an_echo_line() -> None:
    """A diagnostic under an object says that its recipe ran."""
    new = a_diagnostic("unused variable 'z'", object="a.o", file="a.c")
    assert advance(BASE, log(new), outcome()).present == (new, OTHER)


def test_a_blocked_object_is_masked_and_its_diagnostics_hidden() -> None:
    """make never got to it: nothing is known of it, nothing is forgotten."""
    state = advance(BASE, log(), outcome(exit_code=2, blocked=("a.o", "c.o")))
    assert OTHER in state.present
    assert (state.hidden, state.masked) == ((WARNING,), {"a.o", "c.o"})


def test_a_mask_lifts_when_the_object_is_up_to_date_again() -> None:
    """A patch that is taken back makes the old object valid without building it."""
    masked = LaneState(present=(OTHER,), hidden=(WARNING,), masked=frozenset({"a.o"}))
    state = advance(masked, log(), outcome())
    assert set(state.present) == {WARNING, OTHER}
    assert state.complete


def test_a_failed_object_hides_its_warnings_and_loses_its_errors() -> None:
    """gcc stops before most warnings, but not before its other errors."""
    gone = an_error("'gone' undeclared", object="a.o", file="a.c", flag=None)
    before = LaneState(present=(WARNING, gone), failed=frozenset({"a.o"}))
    state = advance(before, log(ERROR, attempted=("a.o",), failed=("a.o",)), outcome(exit_code=2))
    assert (state.present, state.hidden, state.failed) == ((ERROR,), (WARNING,), {"a.o"})


def test_a_warning_that_a_failed_object_repeats_is_not_hidden_as_well() -> None:
    """What is seen is present, moved or not."""
    moved = a_diagnostic("unused variable 'x'", object="a.o", file="a.c", line=20)
    state = advance(BASE, log(ERROR, moved, attempted=("a.o",)), outcome(exit_code=2))
    assert state.hidden == ()
    assert moved in state.present


def test_a_fatal_error_hides_errors_too() -> None:
    """After a missing header the compiler reads nothing more."""
    fatal = an_error("x.h: No such file or directory", object="a.o", raw="a.c:1:1: fatal error: x.h: No such file")
    before = LaneState(present=(ERROR,), failed=frozenset({"a.o"}))
    state = advance(before, log(fatal, attempted=("a.o",), failed=("a.o",)), outcome(exit_code=2))
    assert (state.present, state.hidden) == ((fatal,), (ERROR,))


def test_a_failure_without_a_message_hides_everything() -> None:
    """A compiler that was killed says nothing of the object."""
    state = advance(BASE, log(OTHER, ERROR, attempted=("b.o",), failed=("a.o",)), outcome(exit_code=2))
    assert WARNING in state.hidden


def test_an_error_that_make_did_not_mind_fails_nothing() -> None:
    """make exits 0 only if every recipe did."""
    state = advance(None, log(ERROR, attempted=("a.o",)), outcome(fresh=True))
    assert not state.failed
    assert advance(state, log(), outcome()).present == (ERROR,)


def test_objects_that_leave_the_build_take_their_diagnostics_along() -> None:
    """Deleted, or dropped by the Makefile or the configuration: they are no part of what a clean build would say."""
    state = advance(BASE, log(), outcome(members=("b.o", "vmlinux")))
    assert (state.present, state.hidden, state.left) == ((OTHER,), (), (WARNING,))


def test_objects_that_come_back_unchanged_bring_their_diagnostics_back() -> None:
    """Their files stayed in the build directory, so make does not remake them and prints nothing."""
    state = advance(BASE, log(), outcome(members=("b.o",)))
    assert advance(state, log(), outcome()).left == (WARNING,)
    back = advance(state, log(), outcome(members=("a.o", "b.o")))
    assert (set(back.present), back.left) == ({WARNING, OTHER}, ())
    remade = advance(state, log(attempted=("a.o",)), outcome(members=("a.o", "b.o")))
    assert (remade.present, remade.left) == ((OTHER,), ())


def test_a_fresh_build_forgets_all_but_what_it_could_not_reach() -> None:
    """An empty build directory: only blocked objects still have a past."""
    state = advance(BASE, log(), outcome(fresh=True, exit_code=2, blocked=("a.o",)))
    assert (state.hidden, state.masked) == ((WARNING,), {"a.o"})
    assert OTHER not in (*state.present, *state.left)


def test_infrastructure_trouble_masks_everything() -> None:
    """A build that did not end by itself says nothing; what it did print is kept for the next one."""
    new = a_diagnostic("unused variable 'z'", object="a.o", file="a.c")
    killed = advance(BASE, log(new, attempted=("a.o",)), outcome(ending=Ending.TIMED_OUT, exit_code=None))
    assert (killed.present, set(killed.hidden), killed.all_masked) == ((), {OTHER, new}, True)
    assert set(advance(killed, log(), outcome()).present) == {OTHER, new}


def test_a_full_disk_is_infrastructure_trouble_even_if_make_exits() -> None:
    """The words of the tool tell, unless they point at a line of the tree."""
    full = an_error("error writing to -: No space left on device", kind="as", file=None, line=None, object="a.o")
    assert advance(BASE, log(full, failed=("a.o",)), outcome(exit_code=2)).all_masked
    tree = an_error("#error No space left on device", object="a.o")
    assert not advance(BASE, log(tree, failed=("a.o",)), outcome(exit_code=2)).all_masked


def test_a_failed_config_step_masks_everything_but_itself() -> None:
    """Nothing was built, but what Kconfig said is this commit's."""
    syntax = an_error("syntax error", kind="kconfig", file="mm/Kconfig", line=3, object="", flag=None)
    state = advance(BASE, log(syntax), outcome(exit_code=1, config_failed=True))
    assert (state.present, set(state.hidden), state.all_masked) == ((syntax,), {WARNING, OTHER}, True)
    after = advance(state, log(), outcome(configured=True))
    assert (set(after.present), after.complete) == ({WARNING, OTHER}, True)


def test_config_warnings_stand_until_the_config_step_runs_again() -> None:
    """They are printed only when Kconfig is read."""
    unmet = a_diagnostic("unmet direct dependencies detected for X", kind="kconfig", file=None, line=None, object="")
    state = LaneState(present=(unmet,))
    assert advance(state, log(), outcome()).present == (unmet,)
    assert advance(state, log(), outcome(configured=True)).present == ()
    assert advance(state, log(attempted=("include/config/auto.conf.cmd",)), outcome()).present == ()


def test_lines_without_an_owner_belong_to_this_build_only() -> None:
    """Every run of make prints them anew, if it gets that far."""
    stray = a_diagnostic("something odd", object="", kind="driver", file=None, line=None)
    state = LaneState(present=(stray,))
    assert advance(state, log(), outcome()) == LaneState()
    assert advance(state, log(ERROR), outcome(exit_code=2, blocked=("vmlinux",))).hidden == (stray,)


def test_makes_own_errors_are_gone_when_make_gets_there_without_them() -> None:
    """A missing file is complained of in every build."""
    missing = an_error("No rule to make target 'a.h', needed by 'a.o'.", kind="make", file=None, line=None, object="")
    state = advance(BASE, log(missing), outcome(exit_code=2))
    assert (state.failed, WARNING in state.hidden) == ({"a.o"}, True)
    mended = advance(state, log(attempted=("a.o",)), outcome())
    assert (mended.present, mended.complete) == ((OTHER,), True)
    removed = advance(state, log(), outcome(members=("b.o",)))
    assert missing not in removed.present


def test_a_check_that_the_compiler_did_not_let_happen_is_masked() -> None:
    """`CHECK a.c` runs after `CC a.o` in one recipe."""
    sparse = a_diagnostic("cast removes address space", kind="sparse", object="a.c", file="a.c")
    state = advance(LaneState(present=(sparse,)), log(ERROR, attempted=("a.o",), failed=("a.o",)), outcome(exit_code=2))
    assert (state.hidden, "a.c" in state.masked) == ((sparse,), True)
    assert advance(state, log(attempted=("a.o",)), outcome()).hidden == ()


def test_a_failure_that_nothing_explains_gets_a_message() -> None:
    """A red square always has a finding that says why."""
    state = advance(None, log(failed=("mm/gup.o", "mm")), outcome(exit_code=2, fresh=True))
    assert [d.message for d in state.present] == ["make failed in mm/gup.o without a recognised message"]
    assert state.present[0].object == "mm/gup.o"


def test_an_object_that_failed_and_was_neither_tried_nor_blocked_is_not_called_fixed() -> None:
    """make tries what failed in every build; if it did not, while other things fail, nothing is sure."""
    before = LaneState(present=(ERROR,), failed=frozenset({"a.o"}))
    broken = an_error("'z' undeclared", object="b.o", file="b.c")
    state = advance(before, log(broken, attempted=("b.o",)), outcome(exit_code=2, blocked=("vmlinux",)))
    assert (state.hidden, "a.o" in state.masked) == ((ERROR,), True)
    assert ERROR not in advance(before, log(), outcome()).present


def test_make_that_gives_up_at_once_masks_everything() -> None:
    """A Makefile that cannot be read: no recipe ran, and nobody can tell what is out of date."""
    syntax = an_error("missing separator.  Stop.", kind="make", file="mm/Makefile", line=3, object="", flag=None)
    state = advance(BASE, log(syntax), outcome(exit_code=2))
    assert (state.present, set(state.hidden), state.all_masked) == ((syntax,), {WARNING, OTHER}, True)
    assert set(advance(state, log(), outcome()).present) == {WARNING, OTHER}


def test_a_cut_log_says_nothing() -> None:
    """What was cut off may have been about any object."""
    assert advance(BASE, log(attempted=("a.o",)), outcome(log_cut=True)).all_masked
