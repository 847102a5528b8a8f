"""Instances of all lanes, grouped into findings: one mistake, brought by one commit, with every target that shows it.

Two instances are one finding if their neutral fingerprints and their suspects are the same, and their targets got rid
of it at the same commit. So a mistake that came, went and came again is two findings; a target where a mask leaves
several suspects does not borrow the certainty of another; and one that is fixed for gcc is not shown as there because
clang still says it.
"""

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.analysis.compare import Instance
from orchestrator.analysis.fingerprint import Fingerprints, normal_path
from orchestrator.analysis.units import unit_of
from orchestrator.model.diagnostic import Diagnostic, Severity
from orchestrator.model.series import Commit
from orchestrator.model.verdict import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A finding in the making. `sightings` are (target, instance), targets in matrix order.

    `id`: 12 hex digits, the same in every run that finds this mistake at this place of the series. `sample`: the first
    occurrence, one with a line if there is any. `ends`: of each target that showed it, the commit after which nothing
    of it was left there, None if some is.
    """

    id: str
    neutral: str
    seen_at: int
    suspects: tuple[int, ...]
    sightings: tuple[tuple[str, Instance], ...]
    sample: Diagnostic
    ends: Mapping[str, int | None]

    @classmethod
    def of(
        cls,
        neutral: str,
        seen_at: int,
        suspects: tuple[int, ...],
        sightings: Sequence[tuple[str, Instance]],
        *,
        apart: str = "",
    ) -> "Group":
        """Work out what the sightings say. `apart` tells groups that differ in nothing else."""
        text = "\n".join((neutral, str(seen_at), *map(str, suspects))) + apart
        samples = [instance.sample for _, instance in sightings]
        return cls(
            id=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12],
            neutral=neutral,
            seen_at=seen_at,
            suspects=suspects,
            sightings=tuple(sightings),
            sample=next((sample for sample in samples if sample.line is not None), samples[0]),
            ends=_ends(sightings),
        )

    @property
    def undecided(self) -> bool:
        """True if the base may have had it: nobody can be blamed, and nobody cleared."""
        return 0 in self.suspects

    @property
    def fixed_by(self) -> int | None:
        """The commit after which no target has any of it: the last one, if they disagree."""
        known = [end for end in self.ends.values() if end is not None]
        return max(known) if len(known) == len(self.ends) else None

    @property
    def occurrences(self) -> int:
        """Distinct places over all targets. Compilers disagree on columns: of a line, the target with most counts."""
        most: dict[tuple[object, ...], int] = {}
        for target in self._by_target():
            for place, count in target.items():
                most[place] = max(count, most.get(place, 0))
        return sum(most.values())

    def _by_target(self) -> list[Counter[tuple[object, ...]]]:
        counters: dict[str, Counter[tuple[object, ...]]] = {}
        for target, instance in self.sightings:
            sample = instance.sample
            at = (normal_path(sample.file or ""), sample.line) if sample.line is not None else (unit_of(sample),)
            counters.setdefault(target, Counter())[at] += 1
        return list(counters.values())


def group(lanes: Mapping[str, Sequence[Instance]], fingerprints: Fingerprints) -> list[Group]:
    """All groups of all lanes (target -> instances, in matrix order), by commit, errors first, then by place."""
    found: dict[tuple[str, int, tuple[int, ...]], list[tuple[str, Instance]]] = {}
    for target, instances in lanes.items():
        for instance in instances:
            key = (fingerprints.neutral(instance.sample), instance.seen_at, instance.suspects)
            found.setdefault(key, []).append((target, instance))
    groups = [
        Group.of(neutral, seen_at, suspects, part, apart=apart)
        for (neutral, seen_at, suspects), sightings in found.items()
        for apart, part in _by_end(sightings)
    ]
    return sorted(groups, key=_order)


def _ends(sightings: Sequence[tuple[str, Instance]]) -> dict[str, int | None]:
    """Of each target the commit after which nothing is left there, None if some is."""
    ends: dict[str, int | None] = {}
    for target, instance in sightings:
        end, before = instance.fixed_by, ends.get(target, -1)
        ends[target] = None if end is None or before is None else max(end, before)
    return ends


def _by_end(sightings: Sequence[tuple[str, Instance]]) -> Iterator[tuple[str, list[tuple[str, Instance]]]]:
    """The sightings of targets with the same end together, with what tells them apart ("" for the one that stays)."""
    ends = _ends(sightings)
    latest_first = sorted(set(ends.values()), key=lambda end: (end is not None, -(end or 0)))
    for position, end in enumerate(latest_first):
        apart = f"\nfixed by {end}" if position else ""
        yield apart, [(target, instance) for target, instance in sightings if ends[target] == end]


def finding(made_of: Group, counts: bool, root_cause: str | None, commits: Mapping[int, "TouchedLines"]) -> Finding:
    """The finding of a group. `commits` are the touched lines of each commit by index."""
    introduced_by = made_of.suspects[0] if len(made_of.suspects) == 1 else None
    touched = commits.get(introduced_by) if introduced_by is not None else None
    return Finding(
        id=made_of.id,
        sample=made_of.sample,
        introduced_by=introduced_by,
        seen_at=made_of.seen_at,
        suspects=made_of.suspects,
        fixed_by=made_of.fixed_by,
        targets=tuple(made_of.ends),
        occurrences=made_of.occurrences,
        root_cause=root_cause,
        counts=counts,
        touches=touched.nearest(made_of) if touched else None,
    )


class TouchedLines:
    """The lines a commit touches, asked whether findings are on them."""

    def __init__(self, commit: Commit) -> None:
        self._lines = {
            normal_path(touched.path): sorted(touched.lines) for touched in commit.touched if touched.status != "D"
        }

    def nearest(self, made_of: Group) -> str | None:
        """`line` if any occurrence is on a touched line, `file` if any is in a touched file, else None."""
        best: str | None = None
        for _, instance in made_of.sightings:
            ranges = self._lines.get(normal_path(instance.sample.file or ""))
            if ranges is None:
                continue
            best = "file"
            line = instance.sample.line
            if line is not None:
                before = bisect_right(ranges, line, key=lambda lines: lines[0]) - 1
                if before >= 0 and line <= ranges[before][1]:
                    return "line"
        return best


def _order(made_of: Group) -> tuple[object, ...]:
    sample = made_of.sample
    warning = sample.severity is not Severity.ERROR
    return (made_of.seen_at, warning, normal_path(sample.file or "~"), sample.line or 0, made_of.neutral)
