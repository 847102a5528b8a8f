"""What a lane keeps of its build directory for later lanes, and which of those that were kept it starts from."""

from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.execution.executor import LaneWork
from orchestrator.execution.sources import Brought
from orchestrator.execution.warm import Layer, Remembered, WarmBuilds, key_of
from orchestrator.model.build import BuildOutcome, Ending

# Of building, from one layer to the next: to make a layer takes half a second.
WORTH_KEEPING_S = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A kept build directory that a lane starts from: `commit` is the last that was built in it, `left` those that the
    lane still has to walk, `past` what the sources showed. `outcome` is what that build came to, if nobody knows it.
    """

    layer: Layer
    commit: int
    left: tuple[int, ...]
    past: tuple[Brought, ...]
    outcome: BuildOutcome | None

    def spares(self, commits: tuple[int, ...]) -> int:
        """How many of a lane's commits need neither a build nor a word."""
        return len(commits) - len(self.left) - (self.outcome is not None)


class Keeping:
    """The past of one build directory, and its layers. Used by one thread, with `warm` held open."""

    def __init__(self, warm: WarmBuilds, work: LaneWork) -> None:
        self._warm = warm
        self._work = work
        self._past: list[Brought] = []
        self._layer: Layer | None = None
        self._unkept_s = 0.0

    def starts(self) -> tuple[Start, ...]:
        """Where the lane could start, the best first: after a commit whose result is known, or after the base."""
        lane = self._work.lane
        order = (*lane.past, *lane.commits)
        known = sum(index in lane.warm_up or index in lane.past for index in order)
        found = (self._start(order[:length], known) for length in range(max(known, 1), 0, -1))
        return tuple(start for start in found if start)

    def _start(self, built: tuple[int, ...], known: int) -> Start | None:
        trees = tuple(self._work.trees[index] for index in built)
        layer = self._warm.find(key_of(self._work.lane.recipe, trees))
        if layer is None:
            return None
        return Start(
            layer=layer,
            commit=built[-1],
            left=tuple(index for index in self._work.lane.commits if index > built[-1]),
            past=tuple(
                Brought(tree=tree, since=since) for tree, since in zip(trees, layer.remembered.brought, strict=True)
            ),
            outcome=None if known else layer.remembered.outcome,
        )

    def begin(self, start: Start) -> None:
        """The build directory is that of `start`."""
        self._past, self._layer, self._unkept_s = list(start.past), start.layer, 0.0

    def note(self, brought: Brought, *, fresh: bool) -> None:
        """The next build sees these sources; `fresh`: in an empty build directory."""
        if fresh:
            self._past, self._layer, self._unkept_s = [], None, 0.0
        self._past.append(brought)

    def is_worth_it(self, outcome: BuildOutcome) -> bool:
        """Whether to make a layer after this build: of a base that builds, then of all that takes long to do again."""
        self._unkept_s += outcome.seconds
        if outcome.ending is not Ending.EXITED or outcome.config_failed or self._warm.has(self._key):
            return False
        if self._layer is None:
            return outcome.commit == 0 and outcome.exit_code == 0
        return self._unkept_s > WORTH_KEEPING_S

    def keep(self, written: Path, remembered: Remembered) -> tuple[Path, ...] | None:
        """Make a layer of the directory `written`; what shows the build directory from now on, None if that is lost."""
        below = self._layer.key if self._layer else None
        known = replace(remembered, brought=tuple(step.since for step in self._past), below=below)
        self._layer = self._warm.keep(self._key, written, known)
        self._unkept_s = 0.0
        return self._layer.lowers if self._layer else None

    @property
    def _key(self) -> str:
        return key_of(self._work.lane.recipe, tuple(step.tree for step in self._past))
