"""Answers of a bisection: those that are kept, then stored results, then builds, as small as they can be."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from orchestrator.analysis.bisection import Answer
from orchestrator.analysis.sought import Verdict, counted, files_of, of_files, of_whole
from orchestrator.execution.probing import Landed, Probe, Prober
from orchestrator.model.build import BuildOutcome
from orchestrator.model.diagnostic import Diagnostic
from orchestrator.model.event import Observer, StageStarted
from orchestrator.model.result import CellResult, LaneState
from orchestrator.pipeline.bisect_case import Case, Record
from orchestrator.pipeline.history import TargetHistory, judged
from orchestrator.pipeline.walking import parsed
from orchestrator.planning.effects import RULES
from orchestrator.results import codec
from orchestrator.results.records import ResultKey, lineage
from orchestrator.results.store import Store
from orchestrator.series.line import moved_from, touches


class Asker:
    """Asks commits, each once. `records` holds every answer by commit; all of them are on disk before they count."""

    def __init__(
        self, case: Case, store: Store, prober: Prober, *, bisection: str, kept: tuple[Record, ...], observe: Observer
    ) -> None:
        self._case = case
        self._store = store
        self._prober = prober
        self._bisection = bisection
        self._observe = observe
        self._number = len(kept)
        self._states: dict[str, LaneState] = {}
        self._sought = case.sought
        self._check_members = touches(case.series, RULES)
        self.records: dict[int, Record] = {}
        self.asked = 0
        self.samples: tuple[Diagnostic, ...] = ()
        self.files = case.guess
        for record in kept:
            self.records[record.commit] = record
        self._chain = {} if case.rebuild else self._stored_chain()

    @property
    def answers(self) -> dict[int, Answer]:
        """All answers there are."""
        return {commit: record.answer for commit, record in self.records.items()}

    def ask(self, commits: tuple[int, ...]) -> None:
        """Make sure of an answer of each. Raises InfrastructureError, KeyboardInterrupt."""
        missing = [commit for commit in commits if commit not in self.records and not self._from_store(commit)]
        alone = [commit for commit in missing if self._files_at(commit)[0]]
        self._build(tuple(self._probe(commit) for commit in alone))
        rest = tuple(Probe(commit=commit) for commit in missing if commit not in self.records)
        self._build(rest)

    def ask_files(self, commit: int, files: tuple[str, ...]) -> Verdict:
        """What these files say at a commit; the answer is kept if it is none that only the whole target can give."""
        verdict = Verdict(answer=Answer.SKIP)
        for landed in self._prober.build((Probe(commit=commit, files=files),)):
            verdict = self._judge_files(landed)
        return verdict

    def learn(self, commit: int) -> None:
        """Take what the bad end shows for what is sought from here on, and the files that show it."""
        self.samples = self.records[commit].shown
        self.files = files_of(self.samples)

    def learn_known(self) -> None:
        """What the good end shows is not new. Asks it for a build of the whole target."""
        result = self._chain.get(0) or self._find(0)
        if result is None:
            for landed in self._prober.build((Probe(commit=0),)):
                result = self._enter(landed)
        assert result is not None
        self._sought = replace(self._sought, known=counted(result.state.present))

    def whole_only(self) -> None:
        """Single files do not tell: forget what they said, and ask for the whole target from here on."""
        self.files = ()
        self.records = {at: record for at, record in self.records.items() if record.how != "files"}

    def stored(self) -> None:
        """Take every answer that stored results give."""
        if not self._case.rebuild:
            for commit in range(len(self._case.series.all)):
                if commit not in self.records:
                    self._from_store(commit)

    def _probe(self, commit: int) -> Probe:
        return Probe(commit=commit, files=self._files_at(commit)[0], check_members=self._check_members)

    def _build(self, probes: tuple[Probe, ...]) -> None:
        for landed in self._prober.build(probes) if probes else ():
            if landed.probe.files:
                self._judge_files(landed)
            else:
                self._judge_whole(landed)

    def _judge_files(self, landed: Landed) -> Verdict:
        """Take the answer, unless it is none; make the files again as often as it is to be repeated."""
        commit = landed.probe.commit
        verdict = self._verdict_of_files(landed)
        if verdict.absent:
            return verdict
        others = [self._verdict_of_files(again) for again in self._repeats(landed.probe)]
        if any(other.answer is not verdict.answer for other in others):
            said = ", ".join(one.answer.value for one in (verdict, *others))
            verdict = Verdict(answer=Answer.SKIP, why=f"flaky: the same build said {said}")
        self._keep(_record(commit, "files", verdict, landed.outcome, landed.probe.files), landed.outcome.log)
        return verdict

    def _repeats(self, probe: Probe) -> Iterator[Landed]:
        for _ in range(1, self._case.repeat):
            yield from self._prober.build((probe,))

    def _verdict_of_files(self, landed: Landed) -> Verdict:
        probe, outcome = landed.probe, landed.outcome
        _, moved = self._files_at(probe.commit)
        verdict = of_files(self._sought, self.samples, probe.files, (outcome, parsed(outcome)), moved)
        unsure = probe.check_members and verdict.answer is Answer.BAD and outcome.members is None
        return replace(verdict, absent=True) if unsure else verdict

    def _judge_whole(self, landed: Landed) -> None:
        result = self._enter(landed)
        verdict = of_whole(self._sought, self.samples, result, self._files_at(result.commit)[1])
        self._keep(_record(result.commit, "whole", verdict, landed.outcome, ()), landed.outcome.log)

    def _enter(self, landed: Landed) -> CellResult:
        """The square of a whole build, kept if it says what a build from nothing would say."""
        outcome = landed.outcome
        result = judged(self._states.get(landed.lane) or kept_state(landed), outcome, parsed(outcome))
        self._states[landed.lane] = result.state
        if result.state.complete and not result.state.left:
            key = self._key(outcome.commit)
            result = self._store.put(key, result, Path(outcome.log))
        return result

    def _keep(self, record: Record, log: str) -> None:
        path = self._store.keep_probe(
            self._bisection, self._number, codec.encode(record), Path(log) if record.how != "stored" else None
        )
        self._number += 1
        self.asked += record.how != "stored"
        self.records[record.commit] = replace(record, log=path or record.log)
        if record.how != "stored":
            self._observe(StageStarted(text=self._told(record)))

    def _told(self, record: Record) -> str:
        commit = self._case.series.all[record.commit]
        what = " ".join(record.files) or "whole target"
        why = f": {record.why}" if record.why else ""
        row = f"{record.commit}/{len(self._case.series.commits)}"
        return f"[{self.asked}] {row} {commit.sha[:12]}  {record.answer.value}  {record.seconds:.1f} s  ({what}){why}"

    def _from_store(self, commit: int) -> bool:
        """Answer by a stored result, if one tells."""
        if self._case.rebuild:
            return False
        result = self._chain.get(commit) or self._find(commit)
        if result is None:
            return False
        verdict = of_whole(self._sought, self.samples, result, self._files_at(commit)[1])
        if verdict.answer is Answer.SKIP:
            return False
        record = Record(commit=commit, how="stored", answer=verdict.answer, shown=verdict.shown, log=result.log)
        self._keep(record, "")
        return True

    def _find(self, commit: int) -> CellResult | None:
        return None if self._case.rebuild else self._store.known(self._key(commit))

    def _key(self, commit: int) -> ResultKey:
        """Of complete results only: those hold whatever was built before them."""
        return ResultKey(tree=self._case.series.all[commit].tree, recipe=self._case.recipe, lineage=lineage(()))

    def _stored_chain(self) -> dict[int, CellResult]:
        """The results of a run that walked the range from its base on, masked ones included."""
        history = TargetHistory(self._case.series, self._case.facts.target, self._case.recipe)
        while len(history.results) < len(self._case.series.all):
            found = self._store.known(history.key)
            if found is None:
                break
            history.enter(replace(found, commit=len(history.results), target=self._case.facts.target.name))
        return {result.commit: result for result in history.results}

    def _files_at(self, commit: int) -> tuple[tuple[str, ...], dict[str, str]]:
        """The files to make at a commit, by the names they had there, and today's names of those that moved.

        () if one of them was not there under any name: then only the whole target tells.
        """
        git_dir, today = Path(self._case.series.git_dir), self._case.series.all[-1].tree
        tree = self._case.series.all[commit].tree
        paths = {path for sample in self.samples if (path := sample.file) and not path.startswith("/")}
        sources = {file: _source(git_dir, today, file) for file in self.files}
        moved: dict[str, str] = {}
        there = True
        for path in sorted({*paths, *(source for source in sources.values() if source)}):
            before = moved_from(git_dir, tree, today, path)
            if before is None:
                there = there and path not in sources.values()
            elif before != path:
                moved[before] = path
        names = {now: before for before, now in moved.items()}
        files = tuple(_object_of(names.get(source or "", ""), file) for file, source in sources.items())
        return (files if there else ()), moved


def kept_state(landed: Landed) -> LaneState | None:
    """What a lane knew before its first build: the base's state if it started from a kept build of it."""
    return judged(None, landed.base, parsed(landed.base)).state if landed.base else None


def _source(git_dir: Path, tree: str, file: str) -> str | None:
    stem = PurePosixPath(file).with_suffix("")
    return next((path for end in "cS" if moved_from(git_dir, tree, tree, path := f"{stem}.{end}") == path), None)


def _object_of(source: str, file: str) -> str:
    return str(PurePosixPath(source).with_suffix(PurePosixPath(file).suffix)) if source else file


def _record(commit: int, how: str, verdict: Verdict, outcome: BuildOutcome, files: tuple[str, ...]) -> Record:
    return Record(
        commit=commit,
        how=how,
        answer=verdict.answer,
        why=verdict.why,
        shown=verdict.shown,
        files=files,
        seconds=round(outcome.seconds, 2),
    )
