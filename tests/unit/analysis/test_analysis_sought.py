"""What one build says of what is sought: there, not there, or it cannot be told."""

from dataclasses import replace

import pytest
from factories import a_diagnostic, a_result, a_state, an_error

from orchestrator.analysis.bisection import Answer, stretches
from orchestrator.analysis.sought import Sought, all_in_own_sources, counted, files_of, of_files, of_whole, showing
from orchestrator.model.build import BuildOutcome, Ending
from orchestrator.model.diagnostic import ParsedLog, Severity
from orchestrator.model.result import Status

BOOM = an_error(
    "'boom' undeclared", file="mm/gup.c", line=3, object="mm/gup.o", raw="mm/gup.c:3:1: error: 'boom' undeclared"
)
OTHER = an_error("expected ';'", file="mm/gup.c", line=9, object="mm/gup.o", raw="mm/gup.c:9:1: error: expected ';'")
STOP = an_error(
    "no.h: No such file or directory",
    file="mm/gup.c",
    line=1,
    object="mm/gup.o",
    raw="mm/gup.c:1:10: fatal error: no.h: No such file or directory",
)
WARNING = a_diagnostic(
    "unused variable 'x'", file="mm/gup.c", line=5, object="mm/gup.o", raw="mm/gup.c:5: warning: unused"
)
TEXT = Sought(text="'boom' undeclared")
FILES = ("mm/gup.o",)


def outcome(**fields: object) -> BuildOutcome:
    plain = BuildOutcome(commit=1, target="t", ending=Ending.EXITED, seconds=1.0, log="", exit_code=0)
    return replace(plain, **fields)  # type: ignore[arg-type]


def test_what_is_shown() -> None:
    """A text anywhere in the lines; the same mistake whatever its line; any new one, counted."""
    assert showing(TEXT, (OTHER, BOOM)) == (BOOM,)
    assert showing(Sought(text="gup.c:9"), (OTHER, BOOM)) == (OTHER,)
    moved = replace(BOOM, line=77)
    assert showing(Sought(finding=BOOM), (OTHER, moved)) == (moved,)
    twice = replace(WARNING, line=8)
    new = Sought(known=counted((WARNING,)))
    assert showing(new, (WARNING,)) == ()
    assert showing(new, (WARNING, twice)) == (WARNING, twice)
    assert showing(replace(new, severity=Severity.ERROR), (WARNING, twice, BOOM)) == (BOOM,)


def test_a_file_that_had_another_name() -> None:
    """The finding is of mm/gup.c; when the commit was made the file was called mm/old.c."""
    old = replace(BOOM, file="mm/old.c", raw=BOOM.raw.replace("gup", "old"))
    assert showing(Sought(finding=BOOM), (old,)) == ()
    assert showing(Sought(finding=BOOM), (old,), {"mm/old.c": "mm/gup.c"}) == (old,)
    assert showing(Sought(text="mm/gup.c:3"), (old,), {"mm/old.c": "mm/gup.c"}) == (old,)


def test_which_files_show_it() -> None:
    """Of a mistake in a header one object, the first by name; what the linker says takes the whole target."""
    header = an_error("bad", file="include/linux/mm.h", line=1, object="mm/rmap.o", raw="x")
    assert files_of((header, replace(header, object="mm/gup.o"))) == ("mm/gup.o",)
    assert files_of((BOOM, header)) == ("mm/gup.o", "mm/rmap.o")
    assert files_of((BOOM, an_error("undefined reference", kind="ld", object="vmlinux", raw="x"))) == ()
    assert files_of((replace(BOOM, object="scripts/mod/modpost.o"),)) == ()
    assert files_of(tuple(replace(BOOM, message=str(n), object=f"mm/{n}.o") for n in range(17))) == ()


def test_whose_own_source_it_is() -> None:
    """A line of mm/gup.c that mm/gup.o shows can be shown by no other; one of a header can."""
    bounds = replace(BOOM, file="kernel/bounds.c", object="kernel/bounds.s")
    assert all_in_own_sources((BOOM, bounds))
    assert not all_in_own_sources((BOOM, replace(BOOM, file="include/linux/mm.h")))
    assert not all_in_own_sources((replace(BOOM, file=None),))
    assert not all_in_own_sources((replace(BOOM, object=""),))


@pytest.mark.parametrize(
    ("said", "log", "expected"),
    [
        (outcome(exit_code=2), ParsedLog(diagnostics=(BOOM,), attempted=FILES, failed=FILES), Answer.BAD),
        (outcome(), ParsedLog(attempted=FILES), Answer.GOOD),
        (outcome(), ParsedLog(attempted=FILES, diagnostics=(WARNING,)), Answer.GOOD),
        (outcome(exit_code=2), ParsedLog(diagnostics=(OTHER,), attempted=FILES, failed=FILES), Answer.GOOD),
        (outcome(exit_code=2), ParsedLog(diagnostics=(STOP,), attempted=FILES, failed=FILES), Answer.SKIP),
        (outcome(exit_code=2), ParsedLog(diagnostics=(OTHER,), attempted=("kernel/bounds.s",)), Answer.SKIP),
        (outcome(ending=Ending.TIMED_OUT, detail="timeout"), ParsedLog(diagnostics=(BOOM,)), Answer.SKIP),
        (outcome(exit_code=2, members=()), ParsedLog(diagnostics=(BOOM,), attempted=FILES, failed=FILES), Answer.GOOD),
        (outcome(exit_code=2, members=FILES), ParsedLog(diagnostics=(BOOM,), attempted=FILES), Answer.BAD),
    ],
)
def test_what_single_files_say(said: BuildOutcome, log: ParsedLog, expected: Answer) -> None:
    """Shown, not shown, hidden by what stops the compiler, by `prepare`, by a time-out; made but in no build."""
    verdict = of_files(TEXT, (BOOM,), FILES, (said, log), {})
    assert verdict.answer is expected
    assert bool(verdict.why) is (expected is Answer.SKIP)
    assert not verdict.absent


def test_files_that_cannot_be_made_alone() -> None:
    """No rule, or nothing made at all: only the whole target tells."""
    raw = "make[3]: *** No rule to make target 'mm/gup.o'.  Stop."
    no_rule = an_error("No rule to make target 'mm/gup.o'", kind="make", file=None, line=None, raw=raw)
    assert of_files(TEXT, (BOOM,), FILES, (outcome(exit_code=2), ParsedLog(diagnostics=(no_rule,))), {}).absent
    assert of_files(TEXT, (BOOM,), FILES, (outcome(), ParsedLog()), {}).absent


def test_what_a_whole_build_says() -> None:
    """A square that shows it, one that would, one that something hides it from, one that is unknown."""
    bad = a_result(state=a_state(BOOM), status=Status.ERRORS, exit_code=2)
    assert of_whole(TEXT, (), bad, {}).answer is Answer.BAD
    assert of_whole(TEXT, (), a_result(state=a_state(WARNING)), {}).answer is Answer.GOOD
    masked = a_result(state=a_state(OTHER, masked=frozenset(FILES)), status=Status.ERRORS, exit_code=2)
    assert of_whole(TEXT, (BOOM,), masked, {}).answer is Answer.SKIP
    elsewhere = a_result(state=a_state(OTHER, masked=frozenset({"mm/x.o"})), status=Status.ERRORS, exit_code=2)
    assert of_whole(TEXT, (BOOM,), elsewhere, {}).answer is Answer.GOOD
    assert of_whole(TEXT, (), elsewhere, {}).answer is Answer.SKIP
    hidden = a_result(state=a_state(OTHER, hidden=(BOOM,)), status=Status.ERRORS, exit_code=2)
    assert of_whole(TEXT, (BOOM,), hidden, {}).answer is Answer.SKIP
    unknown = a_result(status=Status.UNKNOWN, detail="out of memory")
    assert of_whole(TEXT, (BOOM,), unknown, {}).why == "out of memory"


def test_a_link_that_was_not_tried_says_nothing() -> None:
    """An undefined reference cannot be seen where an object fails and nothing is linked."""
    link = an_error("undefined reference to `f'", kind="ld", file=None, object="vmlinux", raw="ld: undefined reference")
    failed = a_result(state=a_state(OTHER, failed=frozenset(FILES)), status=Status.ERRORS, exit_code=2, attempted=FILES)
    assert of_whole(Sought(text="undefined reference"), (link,), failed, {}).answer is Answer.SKIP


def test_what_is_built_to_date_every_change() -> None:
    """The ends, then the middle of what differs; equal ends are left alone, silent ones are passed by."""
    assert stretches({}, 16) == (0, 16)
    assert stretches({0: "a", 16: "a"}, 16) == ()
    assert stretches({0: "a", 16: "b"}, 16) == (8,)
    assert stretches({0: "a", 8: "c", 16: "b"}, 16) == (4, 12)
    assert stretches({0: "a", 1: "b", 2: "c"}, 2) == ()
    assert stretches({0: "a", 1: None, 2: "b"}, 2) == ()


@pytest.mark.parametrize("last", range(1, 12))
def test_every_change_ends_between_neighbours(last: int) -> None:
    """For every pair of places where a finding comes and another one goes for good."""
    for first in range(1, last + 1):
        for second in range(1, last + 1):
            truth = [(at >= first, at >= second) for at in range(last + 1)]
            said: dict[int, tuple[bool, bool]] = {}
            while wanted := stretches(said, last):
                said |= {at: truth[at] for at in wanted}
            for place in (first, second):
                assert {place - 1, place} <= said.keys()
