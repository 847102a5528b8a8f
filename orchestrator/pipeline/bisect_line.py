"""The search over a line of commits, and what makes its answer doubtful."""

from orchestrator.analysis.bisection import Answer, Bracket, narrow, next_probes
from orchestrator.analysis.sought import MOST_FILES, all_in_own_sources
from orchestrator.analysis.units import owner_of, unit_of
from orchestrator.pipeline.bisect_case import Case, Ended
from orchestrator.pipeline.bisect_probing import Asker


def search_line(asker: Asker, case: Case, at_once: int) -> Ended:
    """Ask until the bracket is closed and nothing speaks against it.

    Invariant: see `analysis.bisection`. Each round answers at least one open position; a doubt makes the bad end an
    earlier one, or single files are asked no more.
    """
    last = len(case.series.commits)
    if case.learns_known:
        asker.learn_known()
    last, ended = _settle_ends(asker, last)
    if ended:
        return ended
    asker.stored()
    bracket = narrow(Bracket(good=0, bad=last), asker.answers)
    while True:
        while probes := next_probes(bracket, at_once):
            asker.ask(probes)
            bracket = narrow(bracket, asker.answers)
        bad = _doubted(asker, bracket, last)
        if bad is None:
            ending = "found" if len(bracket.suspects) == 1 else "suspects"
            return Ended(ending=ending, good=bracket.good, bad=bracket.bad, suspects=bracket.suspects)
        asker.ask((0,))
        if asker.records[0].answer is not Answer.GOOD:
            return Ended.at_good_end(asker.records[0].answer, bad)
        bracket = narrow(Bracket(good=0, bad=bad), asker.answers)


def _settle_ends(asker: Asker, last: int) -> tuple[int, Ended | None]:
    """The bad end, an earlier one if the last commit does not show it; and why the search cannot start, if so."""
    ask_bad_end(asker, last)
    if asker.records[last].answer is not Answer.BAD:
        asker.stored()
        shown = [at for at, answer in asker.answers.items() if answer is Answer.BAD and at > 0]
        if not shown:
            return last, Ended.at_bad_end(asker.records[last].answer, last)
        last = max(shown)
    asker.learn(last)
    asker.ask((0,))
    if asker.records[0].answer is not Answer.GOOD:
        return last, Ended.at_good_end(asker.records[0].answer, last)
    return last, None


def ask_bad_end(asker: Asker, last: int) -> None:
    """Ask the last commit: the whole target if the files that were guessed do not show it, or others may as well."""
    asker.ask((last,))
    record = asker.records[last]
    shown = record.answer is Answer.BAD and all_in_own_sources(record.shown)
    if record.how == "files" and not shown:
        asker.whole_only()
        asker.ask((last,))


def _doubted(asker: Asker, bracket: Bracket, last: int) -> int | None:
    """A commit that shows it, to search below again; None if all is sure.

    Two things can mislead answers of single files. A build of the whole target alone may show it: then every answer
    but that of the bad end is GOOD. And a mistake in a header may be said by an object that was not asked.
    """
    if asker.records[bracket.good].how != "files":
        return None
    unproven = bracket.bad == last and asker.records[last].how != "files"
    if unproven and asker.ask_files(last, asker.files).answer is not Answer.BAD:
        return _by_whole(asker, last)
    others = other_objects(asker)
    if not others or len(bracket.suspects) > 1:
        return None
    before = bracket.good
    if len(others) <= MOST_FILES and asker.ask_files(before, others).answer is Answer.GOOD:
        return None
    return _by_whole(asker, before, bracket.bad, last)


def other_objects(asker: Asker) -> tuple[str, ...]:
    """Those that show it at the bad end as well and are not asked."""
    return tuple(sorted({owner_of(unit_of(sample)) for sample in asker.samples} - {*asker.files}))


def _by_whole(asker: Asker, *commits: int) -> int:
    """The first of these commits that shows it when the whole target is built; single files are asked no more."""
    asker.whole_only()
    for commit in commits:
        asker.ask((commit,))
        if asker.records[commit].answer is Answer.BAD:
            break
    return commit
