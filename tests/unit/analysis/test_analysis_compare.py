"""One lane: what is new, what is gone, and who may have done it."""

from factories import a_diagnostic, an_error

from orchestrator.analysis.compare import Instance, LaneHistory
from orchestrator.model.diagnostic import Diagnostic
from orchestrator.model.result import LaneState


def walk(*states: LaneState | None) -> LaneHistory:
    history = LaneHistory()
    for state in states:
        history.step(state)
    return history


def only(history: LaneHistory) -> Instance:
    assert len(history.instances) == 1
    return history.instances[0]


def seen(*diagnostics: Diagnostic) -> LaneState:
    return LaneState(present=diagnostics)


def masked(*hidden: Diagnostic, objects: tuple[str, ...] = ("mm/gup.o",)) -> LaneState:
    return LaneState(hidden=hidden, masked=frozenset(objects))


W = a_diagnostic("unused variable 'x'")
MOVED = a_diagnostic("unused variable 'x'", line=90)
E = an_error("'x' undeclared", flag=None)
LATE = a_diagnostic("'x' may be used uninitialized", flag="-Wmaybe-uninitialized")


def test_a_new_fingerprint_is_introduced_by_its_commit() -> None:
    """Absent where its object was seen, present one commit later."""
    instance = only(walk(seen(), seen(), seen(W)))
    assert (instance.seen_at, instance.suspects, instance.fixed_by) == (2, (2,), None)


def test_what_the_base_has_is_nobodys() -> None:
    """Commit 0 has no suspects."""
    instance = only(walk(seen(W), seen(W), seen()))
    assert (instance.seen_at, instance.suspects, instance.fixed_by) == (0, (), 2)


def test_a_line_that_moved_is_not_new() -> None:
    """Instances are counted, not located."""
    assert only(walk(seen(W), seen(MOVED))).fixed_by is None


def test_a_second_instance_in_the_same_function_is_new() -> None:
    """The multiset grew by one."""
    history = walk(seen(W), seen(W, MOVED))
    assert [i.seen_at for i in history.instances] == [0, 1]
    assert history.instances[1].sample == MOVED


def test_of_two_alike_the_one_whose_source_text_stayed_stays() -> None:
    """The excerpt tells which instance went."""
    one = a_diagnostic("unused variable 'x'", line=10, excerpt=("r", "   10 | int x = one();"))
    two = a_diagnostic("unused variable 'x'", line=20, excerpt=("r", "   20 | int x = two();"))
    rest = a_diagnostic("unused variable 'x'", line=10, excerpt=("r", "   10 | int x = two();"))
    history = walk(seen(one), seen(one, two), seen(rest))
    assert [(i.seen_at, i.fixed_by) for i in history.instances] == [(0, 2), (1, None)]


def test_a_header_counts_once_however_many_objects_include_it() -> None:
    """One place, a hundred objects, one instance; it is there until the last of them loses it."""
    shown = [a_diagnostic(file="include/linux/mm.h", object=f"mm/{n}.o") for n in range(100)]
    history = walk(seen(), seen(*shown), seen(*shown[:1]), seen())
    assert (only(history).suspects, only(history).fixed_by) == ((1,), 3)


def test_a_counter_in_the_message_does_not_split_a_place() -> None:
    """Each object numbers __compiletime_assert_N in its own way."""
    shown = [
        an_error(
            f"call to '__compiletime_assert_{n}' declared with attribute error: x",
            file="include/linux/mm.h",
            object=f"mm/{n}.o",
            flag=None,
        )
        for n in range(3)
    ]
    only(walk(seen(), seen(*shown)))


def test_introduced_fixed_and_introduced_again_is_two() -> None:
    """A finding has one beginning."""
    history = walk(seen(), seen(), seen(W), seen(W), seen(), seen(), seen(W))
    assert [(i.seen_at, i.fixed_by) for i in history.instances] == [(2, 4), (6, None)]


def test_behind_a_mask_nothing_is_fixed_or_new() -> None:
    """Hidden and back: the same one. Hidden and not back: fixed when the mask lifts."""
    assert only(walk(seen(W), masked(W), seen(W))).fixed_by is None
    assert only(walk(seen(W), masked(W), masked(W), seen())).fixed_by == 3
    assert only(walk(seen(W), masked(W))).fixed_by is None


def test_what_appears_when_a_mask_lifts_names_every_suspect() -> None:
    """From the first commit after the object was last seen."""
    instance = only(walk(seen(), masked(), masked(), seen(W)))
    assert (instance.seen_at, instance.suspects) == (3, (1, 2, 3))


def test_a_commit_that_was_not_built_is_a_suspect() -> None:
    """None, and a build that says nothing, are like a mask over everything."""
    assert only(walk(seen(), None, seen(W))).suspects == (1, 2)
    assert only(walk(seen(), LaneState(all_masked=True), seen(W))).suspects == (1, 2)
    assert only(walk(seen(W), None, seen(W))).fixed_by is None


def test_if_the_base_could_not_be_seen_it_is_a_suspect() -> None:
    """Then nobody can be blamed for certain."""
    assert only(walk(masked(), seen(W))).suspects == (0, 1)


def test_a_mask_over_other_objects_is_no_excuse() -> None:
    """Only the objects that show it matter."""
    assert only(walk(seen(), masked(objects=("mm/other.o",)), seen(W))).suspects == (2,)


def test_one_object_that_was_seen_without_it_makes_a_header_certain() -> None:
    """It is absent at a commit if any object that shows it now was seen there."""
    shown = [a_diagnostic(file="include/linux/mm.h", object=name) for name in ("mm/gup.o", "mm/b.o")]
    assert only(walk(seen(), masked(), seen(*shown))).suspects == (2,)


def test_a_header_that_moved_behind_a_mask_is_one_instance() -> None:
    """One object shows the new line, a masked one remembers the old."""
    old = [a_diagnostic(file="include/linux/mm.h", object=name, line=10) for name in ("mm/a.o", "mm/b.o")]
    new = [a_diagnostic(file="include/linux/mm.h", object=name, line=12) for name in ("mm/a.o", "mm/b.o")]
    partly = LaneState(present=(new[0],), hidden=(old[1],), masked=frozenset({"mm/b.o"}))
    assert only(walk(seen(*old), partly, seen(*new))).fixed_by is None
    gone_in_one = LaneState(hidden=(old[1],), masked=frozenset({"mm/b.o"}))
    assert only(walk(seen(*old), gone_in_one, seen(*new))).fixed_by is None
    assert only(walk(seen(*old), gone_in_one, seen())).fixed_by == 2


def test_a_new_error_in_an_object_that_failed_before_is_this_commits() -> None:
    """A front end shows all its errors, so this one was not there."""
    other = an_error("'y' undeclared", flag=None)
    failed = LaneState(present=(E,), failed=frozenset({"mm/gup.o"}))
    history = walk(seen(), failed, LaneState(present=(other,), failed=frozenset({"mm/gup.o"})))
    assert [(i.suspects, i.fixed_by) for i in history.instances] == [((1,), 2), ((2,), None)]


def test_a_new_warning_in_an_object_that_failed_before_may_be_older() -> None:
    """Back to the commit after the last at which it compiled."""
    failed = LaneState(present=(E,), failed=frozenset({"mm/gup.o"}))
    history = walk(seen(), failed, failed, seen(LATE))
    assert [i.suspects for i in history.instances if i.sample is LATE] == [(1, 2, 3)]


def test_a_fatal_error_hides_later_errors_as_well() -> None:
    """After `fatal error` even the front end said nothing."""
    fatal = an_error("x.h: No such file or directory", raw="mm/gup.c:1:1: fatal error: x.h: No such file or directory")
    failed = LaneState(present=(fatal,), failed=frozenset({"mm/gup.o"}))
    history = walk(seen(), failed, LaneState(present=(E,), failed=frozenset({"mm/gup.o"})))
    assert [i.suspects for i in history.instances if i.sample is E] == [(1, 2)]


def test_a_config_warning_is_certain_unless_the_config_step_failed() -> None:
    """Kconfig stops at a syntax error."""
    unmet = a_diagnostic("unmet direct dependencies", kind="kconfig", file=None, line=None, object="")
    syntax = an_error("syntax error", kind="kconfig", file="Kconfig", object="")
    assert only(walk(seen(), masked(), seen(unmet))).suspects == (2,)
    broken = LaneState(present=(syntax,), all_masked=True)
    history = walk(seen(), broken, seen(unmet))
    assert [(i.suspects, i.fixed_by) for i in history.instances] == [((1,), 2), ((1, 2), None)]


def test_equal_states_from_a_store_change_nothing() -> None:
    """A state that was read back holds equal diagnostics, not the same ones."""
    first, second = a_diagnostic("unused variable 'x'"), a_diagnostic("unused variable 'x'")
    assert first is not second
    history = LaneHistory()
    history.step(seen(first))
    change = history.step(seen(second))
    assert (change.introduced, change.fixed) == ((), ())
