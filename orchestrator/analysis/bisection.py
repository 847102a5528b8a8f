"""Bisection over a line of commits: where to look next, and what the answers mean.

Positions are numbers along the line, 0 the good end. The loop that uses these functions (find_first_false of
git-imerge is its model) keeps one invariant, a `Bracket`:

    `good` was answered GOOD and `bad` BAD, good < bad, and nothing strictly between them was answered GOOD or BAD.

So when nothing between is left to ask, one of `suspects` brought it. Where the diagnostic came just once, the commit
that brought it is in every bracket: an answer never clears or blames a commit on the wrong side of it, and a SKIP
clears nobody. Where it came and went, the bracket closes on one place where it came.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise


class Answer(StrEnum):
    """What a probe says of a commit. SKIP: it cannot be told there."""

    GOOD = "good"
    BAD = "bad"
    SKIP = "skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bracket:
    """See above. `skipped`: the positions strictly between `good` and `bad` that were asked and cannot tell."""

    good: int
    bad: int
    skipped: frozenset[int] = frozenset()

    @property
    def open(self) -> tuple[int, ...]:
        """The positions between that were not asked yet, ascending."""
        return tuple(at for at in range(self.good + 1, self.bad) if at not in self.skipped)

    @property
    def suspects(self) -> tuple[int, ...]:
        """Those that may have brought it, the culprit among them; just one if no skip is beside it at the end."""
        return tuple(range(self.good + 1, self.bad + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """Two positions with different answers and no answer between them. `comes`: GOOD before, BAD after."""

    before: int
    after: int
    comes: bool


def narrow(bracket: Bracket, answers: Mapping[int, Answer]) -> Bracket:
    """The bracket after more answers, at any positions; the first BAD counts, and the last GOOD before it.

    Keeps the invariant whatever the answers are: a BAD between the new ends would be before the first BAD, a GOOD
    would be after the last GOOD.
    """
    bad = min((at for at, said in answers.items() if said is Answer.BAD and at > bracket.good), default=bracket.bad)
    bad = min(bad, bracket.bad)
    good = max((at for at, said in answers.items() if said is Answer.GOOD and at < bad), default=bracket.good)
    good = max(good, bracket.good)
    skipped = bracket.skipped | {at for at, said in answers.items() if said is Answer.SKIP}
    return Bracket(good=good, bad=bad, skipped=frozenset(at for at in skipped if good < at < bad))


def next_probes(bracket: Bracket, count: int = 1) -> tuple[int, ...]:
    """Up to `count` positions to ask at once, ascending; () when the search is over.

    They cut what is open into parts of equal size: with one, and nothing to skip, n commits need at most
    ceil(log2 n) answers. Commits that cannot be built come in runs: after a skip the next probe keeps away from it,
    twice as far after each, or a run of m of them would cost m probes where log2 m get past it.
    """
    candidates = _away_from_skips(bracket)
    number = min(count, len(candidates))
    return tuple(candidates[part * (len(candidates) + 1) // (number + 1) - 1] for part in range(1, number + 1))


def _away_from_skips(bracket: Bracket) -> Sequence[int]:
    """The open positions, those near a skip left out as long as some of the middle remain."""
    candidates = bracket.open
    distance = min(1 << len(bracket.skipped), (bracket.bad - bracket.good) // 4)
    while distance > 1:
        far = [at for at in candidates if all(abs(at - skip) >= distance for skip in bracket.skipped)]
        if far:
            return far
        distance //= 2
    return candidates


def stretches(said: Mapping[int, Hashable], last: int) -> tuple[int, ...]:
    """The positions to ask next so that in the end every change of what is said lies between two neighbours.

    `said` is what the positions asked so far say, None if one says nothing. The ends 0 and `last` first; then the
    middle of each stretch between two that say different things, the longest first. What changes and changes back
    between two that say the same is not looked for.
    """
    missing = tuple(dict.fromkeys(at for at in (0, last) if at not in said))
    if missing:
        return missing
    known = sorted(at for at, what in said.items() if what is not None)
    silent = frozenset(said.keys() - known)
    unequal = [
        Bracket(good=before, bad=after, skipped=frozenset(at for at in silent if before < at < after))
        for before, after in pairwise(known)
        if said[before] != said[after]
    ]
    unequal.sort(key=lambda stretch: stretch.good - stretch.bad)
    return tuple(at for stretch in unequal for at in next_probes(stretch))


def edges(answers: Mapping[int, Answer]) -> tuple[Edge, ...]:
    """Every change from one answer to the next, in order; more than one: it comes and goes."""
    known = sorted(at for at, said in answers.items() if said is not Answer.SKIP)
    return tuple(
        Edge(before=before, after=after, comes=answers[after] is Answer.BAD)
        for before, after in pairwise(known)
        if answers[before] is not answers[after]
    )
