"""Matrix x series minus what is known -> lanes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from orchestrator.model.build import Lane
from orchestrator.model.matrix import Target
from orchestrator.model.result import CellResult, Status
from orchestrator.model.series import Commit, Series

# Files that no kernel build reads. Documentation/ also holds Kconfig, Makefiles, bindings, scripts: not among these.
_PROSE_SUFFIXES = frozenset({".rst", ".txt", ".svg", ".md", ".dot", ".png", ".gif"})
_PROSE_FILES = frozenset({"MAINTAINERS", "CREDITS", ".mailmap", ".get_maintainer.ignore", "README", ".clang-format"})
_DOCUMENTATION_GOALS = ("docs", "check", "binding")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Lanes to walk, and the squares that need no build, by (commit, target name)."""

    lanes: tuple[Lane, ...]
    reused: Mapping[tuple[int, str], CellResult]

    @property
    def builds(self) -> int:
        """How many builds the lanes take, warm-ups included."""
        return sum(len(lane.commits) for lane in self.lanes)


def is_unaffected(target: Target, commit: Commit) -> bool:
    """True if the commit changes nothing that this target's build could read: prose only, and no docs are built."""
    if any(word in goal for goal in target.make_targets for word in _DOCUMENTATION_GOALS):
        return False
    return bool(commit.touched) and all(_is_prose(touched.path) for touched in commit.touched)


def _is_prose(path: str) -> bool:
    pure = PurePosixPath(path)
    return path in _PROSE_FILES or (pure.parts[0] == "Documentation" and pure.suffix in _PROSE_SUFFIXES)


def plan(
    series: Series,
    targets: Collection[Target],
    images: Mapping[str, str],
    recipes: Mapping[str, str],
    known: Mapping[tuple[int, str], CellResult],
) -> Plan:
    """`images` and `recipes` are by target name, `known` by (commit, target name).

    A lane starts at the base, or, when a stretch at the front is known, at the last known commit that nothing masked:
    built again, so that the build directory of the first unknown commit has the history an uninterrupted run gives it.
    """
    lanes = []
    for target in targets:
        past, commits = _to_walk(series, target, known)
        if not commits:
            continue
        warm_up = frozenset(index for index in commits if (index, target.name) in known)
        lanes.append(
            Lane(
                name=target.name,
                target=target,
                image_id=images[target.name],
                recipe=recipes[target.name],
                commits=commits,
                warm_up=warm_up,
                past=past,
            )
        )
    return Plan(lanes=tuple(lanes), reused=dict(known))


def _to_walk(
    series: Series, target: Target, known: Mapping[tuple[int, str], CellResult]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """`past` and `commits` of the target's lane."""
    affected = [commit.index for commit in series.all if commit.index == 0 or not is_unaffected(target, commit)]
    unknown = [index for index in affected if (index, target.name) not in known]
    if not unknown:
        return (), ()
    clear = [index for index in affected if index < unknown[0] and _is_clear(known[index, target.name])]
    start = clear[-1] if clear else 0
    past = tuple(index for index in affected if index < start)
    return past, tuple(index for index in affected if start <= index <= unknown[-1])


def _is_clear(result: CellResult) -> bool:
    state = result.state
    return state.complete and not (state.failed or state.left) and result.status is not Status.UNKNOWN
