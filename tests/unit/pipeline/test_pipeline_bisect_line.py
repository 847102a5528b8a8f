"""The search over a line, with an asker that answers from a script: ends, doubts, what single files cannot tell."""

from math import ceil, log2

import pytest
from factories import a_series, a_target, an_error

from orchestrator.analysis.bisection import Answer
from orchestrator.analysis.sought import Sought, Verdict
from orchestrator.model.verdict import TargetFacts
from orchestrator.pipeline.bisect_case import Case, Ended, Record
from orchestrator.pipeline.bisect_line import search_line

GOOD, BAD, SKIP = Answer.GOOD, Answer.BAD, Answer.SKIP
OWN = an_error("boom", file="mm/gup.c", object="mm/gup.o")


class Scripted:
    """Answers as `whole` says, and of the file mm/gup.o as `alone` says; counts what is asked."""

    def __init__(self, whole: list[Answer], alone: list[Answer] | None = None, shown: tuple = (OWN,)) -> None:
        self.whole, self.alone = whole, alone
        self.shown = shown
        self.files: tuple[str, ...] = ()
        self.samples: tuple = ()
        self.records: dict[int, Record] = {}
        self.kept: dict[int, Answer] = {}
        self.asked: list[tuple[str, int]] = []

    @property
    def answers(self) -> dict[int, Answer]:
        return {at: record.answer for at, record in self.records.items()}

    def ask(self, commits: tuple[int, ...]) -> None:
        for at in commits:
            if at not in self.records:
                how = "files" if self.files else "whole"
                self._answer(at, how, (self.alone if self.files and self.alone else self.whole)[at])

    def ask_files(self, commit: int, files: tuple[str, ...]) -> Verdict:
        script = self.alone if files == ("mm/gup.o",) and self.alone else self.whole
        self._answer(commit, "files", script[commit])
        return Verdict(answer=script[commit])

    def _answer(self, at: int, how: str, answer: Answer) -> None:
        self.asked.append((how, at))
        shown = self.shown if answer is BAD else ()
        self.records[at] = Record(commit=at, how=how, answer=answer, shown=shown, files=self.files)

    def learn(self, commit: int) -> None:
        self.samples = self.records[commit].shown
        self.files = ("mm/gup.o",) if self.alone else ()

    def whole_only(self) -> None:
        self.files = ()
        self.alone = None
        self.records = {at: record for at, record in self.records.items() if record.how != "files"}

    def stored(self) -> None:
        for at, answer in self.kept.items():
            self.records.setdefault(at, Record(commit=at, how="stored", answer=answer, shown=self.shown))


def truth(n: int, culprit: int) -> list[Answer]:
    """GOOD before the culprit, BAD from it on; n + 1 of them."""
    return [BAD if at >= culprit else GOOD for at in range(n + 1)]


def searched(asker: Scripted) -> Ended:
    """The search over as many commits as the script has."""
    facts = TargetFacts(target=a_target(), image_id="", compiler_version="")
    case = Case(series=a_series(len(asker.whole) - 1), facts=facts, recipe="", sought=Sought(text="boom"))
    return search_line(asker, case, 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("n", [1, 2, 5, 16, 33])
def test_every_culprit_with_few_probes(n: int) -> None:
    """By files as well as by the whole target; one more probe only where the last commit is the culprit."""
    for culprit in range(1, n + 1):
        for alone in (None, truth(n, culprit)):
            asker = Scripted(truth(n, culprit), alone)
            ended = searched(asker)
            assert (ended.ending, ended.good, ended.bad) == ("found", culprit - 1, culprit)
            assert len(asker.asked) <= ceil(log2(n)) + 2 + (culprit == n)


def test_files_that_show_nothing_are_given_up() -> None:
    """Only a whole build shows it: the files say GOOD everywhere, and the whole target is asked instead."""
    asker = Scripted(truth(9, 4), [GOOD] * 10)
    ended = searched(asker)
    assert (ended.ending, ended.bad) == ("found", 4)


def test_another_object_shows_it_before() -> None:
    """mm/gup.o shows the header's mistake from 7 on, mm/rmap.o from 3 on."""
    shown = tuple(an_error("boom", file="include/linux/mm.h", object=name) for name in ("mm/gup.o", "mm/rmap.o"))
    asker = Scripted(truth(9, 3), truth(9, 7), shown)
    ended = searched(asker)
    assert (ended.ending, ended.good, ended.bad) == ("found", 2, 3)


@pytest.mark.parametrize(
    ("whole", "ending"),
    [
        ([GOOD, GOOD, GOOD], "bad-is-good"),
        ([BAD, BAD, BAD], "good-is-bad"),
        ([SKIP, BAD, BAD], "good-untold"),
        ([GOOD, BAD, SKIP], "bad-untold"),
    ],
)
def test_ends(whole: list[Answer], ending: str) -> None:
    """Nothing is searched between ends that are not what they should be."""
    assert searched(Scripted(whole)).ending == ending


def test_a_bad_end_that_is_not_bad_but_something_before_it_is() -> None:
    """A stored result inside the range shows it: that is the bad end then."""
    whole = [GOOD, GOOD, BAD, BAD, BAD, GOOD, GOOD]
    asker = Scripted(whole)
    asker.kept = {4: BAD}
    ended = searched(asker)
    assert (ended.ending, ended.bad) == ("found", 2)


def test_skips_leave_suspects() -> None:
    """All between the last good and the first bad one."""
    ended = searched(Scripted([GOOD, GOOD, SKIP, SKIP, BAD, BAD]))
    assert (ended.ending, ended.suspects) == ("suspects", (2, 3, 4))
