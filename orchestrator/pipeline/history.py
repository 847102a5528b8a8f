"""The results of one target as they land: what is carried from commit to commit, and under which key it is kept."""

from dataclasses import replace

from orchestrator.analysis.carry import advance
from orchestrator.analysis.classify import classify
from orchestrator.analysis.compare import Change, LaneHistory
from orchestrator.model.build import BuildOutcome
from orchestrator.model.diagnostic import ParsedLog
from orchestrator.model.matrix import Target
from orchestrator.model.result import CellResult, LaneState, Origin, Status
from orchestrator.model.series import Series
from orchestrator.planning.lanes import is_unaffected
from orchestrator.results.records import ResultKey, lineage


class TargetHistory:
    """One column of the table, filled from the top. `results` are by commit index, without gaps."""

    def __init__(self, series: Series, target: Target, recipe: str) -> None:
        self._series = series
        self._target = target
        self._recipe = recipe
        self._since_complete: list[str] = []
        self._compared = LaneHistory()
        self.results: list[CellResult] = []

    @property
    def key(self) -> ResultKey:
        """Under which the next commit's result is kept."""
        tree = self._series.all[len(self.results)].tree
        return ResultKey(tree=tree, recipe=self._recipe, lineage=lineage(self._since_complete))

    def judge(self, outcome: BuildOutcome, parsed: ParsedLog) -> CellResult:
        """What a build of the next commit means, given the commits before it. Does not enter it."""
        return judged(self.results[-1].state if self.results else None, outcome, parsed)

    def enter(self, result: CellResult) -> Change:
        """Add the next commit's result, and those of the commits after it that cannot differ from it."""
        self._since_complete.append(self._series.all[result.commit].tree)
        # What left the build may come back as make left it, without a word: only this lane's past knows its messages.
        if result.state.complete and not result.state.left:
            del self._since_complete[:-1]
        known = result.status not in {Status.UNKNOWN, Status.NOT_RUN}
        change = self._compared.step(result.state if known else None)
        self.results.append(result)
        while len(self.results) < len(self._series.all):
            commit = self._series.all[len(self.results)]
            if not is_unaffected(self._target, commit):
                break
            same = replace(result, commit=commit.index, origin=Origin.UNAFFECTED, seconds=0.0, log="", attempted=())
            self._compared.step(same.state if known else None)
            self.results.append(same)
        return change

    def give_up(self, detail: str) -> None:
        """No more builds will come: the rest of the column was not run."""
        for commit in self._series.all[len(self.results) :]:
            self.results.append(
                CellResult(
                    commit=commit.index,
                    target=self._target.name,
                    status=Status.NOT_RUN,
                    origin=Origin.BUILT,
                    state=LaneState(all_masked=True),
                    detail=detail,
                )
            )


def judged(previous: LaneState | None, outcome: BuildOutcome, parsed: ParsedLog) -> CellResult:
    """What a build means, given what was known before it (None: nothing)."""
    state = advance(previous, parsed, outcome)
    return CellResult(
        commit=outcome.commit,
        target=outcome.target,
        status=classify(outcome, parsed, state),
        origin=Origin.REUSED if outcome.kept else Origin.BUILT,
        state=state,
        ending=outcome.ending,
        exit_code=outcome.exit_code,
        seconds=round(outcome.seconds, 2),
        log=outcome.log,
        log_cut=outcome.log_cut,
        detail=outcome.detail,
        attempted=parsed.attempted,
        unset_symbols=outcome.unset_symbols,
    )
