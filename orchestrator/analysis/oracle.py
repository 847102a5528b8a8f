"""The oracle: what a lane remembers must be what a clean build says (DESIGN D2).

Compared are counts of distinct places of each exact fingerprint. Set aside, as one of the sides cannot see it: units
masked on either side (themselves or through the object whose recipe they belong to); lines without an owner, if either
side masks anything; a fingerprint in a unit where either side holds it as `hidden`; everything, if either side is
`all_masked`. An object that failed is not set aside: make tries it again in every build, so both sides saw the same.
"""

from dataclasses import dataclass

from orchestrator.analysis.fingerprint import exact
from orchestrator.analysis.units import owner_of, place_of, target_of, unit_of
from orchestrator.model.diagnostic import Diagnostic
from orchestrator.model.result import LaneState


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A fingerprint that the two sides have in different numbers of places. `sample` is one of them."""

    fingerprint: str
    incremental: int
    clean: int
    sample: Diagnostic


def disagreements(incremental: LaneState, clean: LaneState) -> tuple[Disagreement, ...]:
    """What differs, by fingerprint; empty if the lane is right. `clean` is `advance(None, ...)` of a fresh build."""
    if incremental.all_masked or clean.all_masked:
        return ()
    masked = incremental.masked | clean.masked
    hidden = {(unit_of(d), exact(d)) for state in (incremental, clean) for d in state.hidden}
    left, right = _places(incremental, masked, hidden), _places(clean, masked, hidden)
    return tuple(
        Disagreement(
            fingerprint=fingerprint,
            incremental=len(left.get(fingerprint, {})),
            clean=len(right.get(fingerprint, {})),
            sample=next(iter((left.get(fingerprint) or right[fingerprint]).values())),
        )
        for fingerprint in sorted(left.keys() | right.keys())
        if len(left.get(fingerprint, {})) != len(right.get(fingerprint, {}))
    )


def _places(
    state: LaneState, masked: frozenset[str], hidden: set[tuple[str, str]]
) -> dict[str, dict[tuple[object, ...], Diagnostic]]:
    found: dict[str, dict[tuple[object, ...], Diagnostic]] = {}
    for diagnostic in state.present:
        unit, fingerprint = unit_of(diagnostic), exact(diagnostic)
        if not _aside(unit, masked) and (unit, fingerprint) not in hidden:
            found.setdefault(fingerprint, {})[place_of(diagnostic)] = diagnostic
    return found


def _aside(unit: str, masked: frozenset[str]) -> bool:
    return bool(masked) if unit == "" else not masked.isdisjoint((target_of(unit), owner_of(unit)))
