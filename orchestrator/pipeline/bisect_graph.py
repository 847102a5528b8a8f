"""A search in a history with merges: git's own bisection chooses each commit to ask (`rev-list --bisect-all`)."""

from pathlib import Path

from orchestrator.analysis.bisection import Answer
from orchestrator.pipeline.bisect_case import Case, Ended
from orchestrator.pipeline.bisect_line import ask_bad_end, other_objects
from orchestrator.pipeline.bisect_probing import Asker
from orchestrator.series.line import between, middle, parents


def search_graph(asker: Asker, case: Case) -> Ended:
    """How it ended; `good` is a parent of the first bad commit if one was asked, else the good one asked last."""
    if case.learns_known:
        asker.learn_known()
    last = len(case.series.commits)
    ask_bad_end(asker, last)
    if asker.records[last].answer is not Answer.BAD:
        return Ended.at_bad_end(asker.records[last].answer, last)
    asker.learn(last)
    ended = _narrowed(asker, case)
    # An object that was not asked may have shown it before, in any branch: only the whole target tells.
    if asker.files and (other_objects(asker) or ended.bad == last):
        asker.whole_only()
        asker.ask((last,))
        ended = _narrowed(asker, case)
    return ended


def _narrowed(asker: Asker, case: Case) -> Ended:
    """Invariant: `bad` was answered BAD, each of `good` GOOD; the culprit is `bad` or between them, for a commit that
    is good has only good ancestors. It ends, for each round one commit less is between.
    """
    numbers = {commit.sha: commit.index for commit in case.series.all}
    git_dir = Path(case.series.git_dir)
    last = len(case.series.commits)
    asker.ask((0,))
    if asker.records[0].answer is not Answer.GOOD:
        return Ended.at_good_end(asker.records[0].answer, last)
    bad, good, skipped = case.series.all[last].sha, [case.series.base.sha], set[str]()
    while (sha := middle(git_dir, bad, good, skipped)) is not None:
        asker.ask((numbers[sha],))
        answer = asker.records[numbers[sha]].answer
        if answer is Answer.BAD:
            bad = sha
        elif answer is Answer.GOOD:
            good.append(sha)
        else:
            skipped.add(sha)
    left = tuple(numbers[sha] for sha in between(git_dir, bad, good))
    before = [numbers[sha] for sha in parents(git_dir, bad) if numbers.get(sha) in asker.records]
    return Ended(
        ending="found" if len(left) == 1 else "suspects",
        good=before[0] if before else numbers[good[-1]],
        bad=numbers[bad],
        suspects=left,
    )
