"""One lane, commit after commit: when each instance of each fingerprint came, who may have brought it, when it went.

Instances of a fingerprint are counted, not located (DESIGN D3): between two commits, the places that show it now are
matched with the instances known before, the same source text first. A place left over is new; an instance left over is
gone, unless an object that showed it cannot be seen at present: then it is neither, until it can.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from orchestrator.analysis.fingerprint import Fingerprints
from orchestrator.analysis.units import CONFIG, owner_of, place_of, reach_of, shown_at, target_of, unit_of
from orchestrator.model.diagnostic import Diagnostic, Severity
from orchestrator.model.result import LaneState

_Place = tuple[object, ...]


@dataclass(slots=True, kw_only=True)
class Instance:
    """One occurrence of one fingerprint in one lane, from `seen_at` until `fixed_by` (None: still there, or unknown).

    `suspects`: every commit that may have introduced it, ascending, the last of them `seen_at`; 0 among them if the
    base may have had it; empty if the base shows it. `sample` is it as first seen. `units` are those that show it
    now, or showed it when they were last seen; `ever` all that ever did.
    """

    fingerprint: str
    sample: Diagnostic
    seen_at: int
    suspects: tuple[int, ...]
    units: frozenset[str]
    ever: frozenset[str]
    latest: Diagnostic
    fixed_by: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one commit did in one lane."""

    introduced: tuple[Instance, ...] = ()
    fixed: tuple[Instance, ...] = ()


@dataclass(slots=True)
class _Index:
    """Diagnostics of a state by fingerprint; moving on to the next state costs what differs between the two."""

    fingerprints: Fingerprints
    shown: dict[int, Diagnostic] = field(default_factory=dict)
    by_fingerprint: dict[str, dict[int, Diagnostic]] = field(default_factory=dict)

    def move_to(self, diagnostics: Iterable[Diagnostic]) -> set[str]:
        """Take `diagnostics` for the state; return the fingerprints whose diagnostics are others now.

        A carried diagnostic is the same object as before, and `shown` keeps it alive, so its id stands for it. One
        that was read back from a store is an equal object; the one at hand is kept in its place.
        """
        now = {id(diagnostic): diagnostic for diagnostic in diagnostics}
        gone, come = self.shown.keys() - now.keys(), now.keys() - self.shown.keys()
        if gone and come:
            at_hand = {self.shown[key]: key for key in gone}
            for key in tuple(come):
                same = at_hand.pop(now[key], None)
                if same is not None:
                    del now[key]
                    now[same] = self.shown[same]
                    gone.discard(same)
                    come.discard(key)
        changed: set[str] = set()
        for key in gone:
            fingerprint = self.fingerprints.exact(self.shown[key])
            changed.add(fingerprint)
            bucket = self.by_fingerprint[fingerprint]
            del bucket[key]
            if not bucket:
                del self.by_fingerprint[fingerprint]
        for key, diagnostic in now.items() if come else ():
            if key in come:
                fingerprint = self.fingerprints.exact(diagnostic)
                changed.add(fingerprint)
                self.by_fingerprint.setdefault(fingerprint, {})[key] = diagnostic
        self.shown = now
        return changed

    def places(self, fingerprint: str) -> dict[_Place, tuple[Diagnostic, set[str]]]:
        """Distinct places that show a fingerprint, each with its first diagnostic and all units that show it."""
        found: dict[_Place, tuple[Diagnostic, set[str]]] = {}
        for diagnostic in self.by_fingerprint.get(fingerprint, {}).values():
            entry = found.setdefault(place_of(diagnostic), (diagnostic, set()))
            entry[1].add(unit_of(diagnostic))
        return found

    def units(self, fingerprint: str) -> set[str]:
        """All units that have the fingerprint."""
        return {unit_of(diagnostic) for diagnostic in self.by_fingerprint.get(fingerprint, {}).values()}


class LaneHistory:
    """Walks one lane: `step` once for each commit, the base first. `instances` is all that was ever seen."""

    def __init__(self, fingerprints: Fingerprints | None = None) -> None:
        self.instances: list[Instance] = []
        self._views: list[_View] = []
        self._live: dict[str, list[Instance]] = {}
        shared = fingerprints or Fingerprints()
        self._present = _Index(shared)
        self._hidden = _Index(shared)

    def step(self, state: LaneState | None) -> Change:
        """Take the state after the next commit; None if that commit was not built or nothing is known of it."""
        commit = len(self._views)
        self._views.append(_View(state))
        if state is None:
            return Change()
        changed = self._present.move_to(state.present) | self._hidden.move_to(state.hidden)
        # What vanished while a commit was not built left both indexes, so it is among `changed` as well.
        introduced: list[Instance] = []
        fixed: list[Instance] = []
        for fingerprint in sorted(changed):
            self._match(fingerprint, commit, introduced, fixed)
        self.instances += introduced
        return Change(introduced=tuple(introduced), fixed=tuple(fixed))

    def _match(self, fingerprint: str, commit: int, introduced: list[Instance], fixed: list[Instance]) -> None:
        places = self._present.places(fingerprint)
        unseen = self._hidden.units(fingerprint)
        live = self._live.pop(fingerprint, [])
        staying: list[Instance] = []
        pairs, new, lost = _pair(live, list(places.values()))
        for instance, (diagnostic, units) in pairs:
            instance.units = frozenset(units | (instance.units & unseen))
            instance.ever |= instance.units
            instance.latest = diagnostic
            staying.append(instance)
        for diagnostic, units in new:
            instance = self._new(fingerprint, diagnostic, frozenset(units), commit)
            introduced.append(instance)
            staying.append(instance)
        for instance in lost:
            instance.units &= unseen
            if instance.units:
                staying.append(instance)
            else:
                instance.fixed_by = commit
                fixed.append(instance)
        if staying:
            self._live[fingerprint] = staying

    def _new(self, fingerprint: str, diagnostic: Diagnostic, units: frozenset[str], commit: int) -> Instance:
        return Instance(
            fingerprint=fingerprint,
            sample=diagnostic,
            latest=diagnostic,
            seen_at=commit,
            suspects=self._suspects(units, diagnostic, commit),
            units=units,
            ever=units,
        )

    def _suspects(self, units: frozenset[str], diagnostic: Diagnostic, commit: int) -> tuple[int, ...]:
        """Back to the last commit at which a unit that shows it now would have shown it, had it been there."""
        if commit == 0:
            return ()
        first = commit
        while first > 0 and not any(self._views[first - 1].would_show(unit, diagnostic) for unit in units):
            first -= 1
        return tuple(range(first, commit + 1))


def would_show(state: LaneState, unit: str, diagnostic: Diagnostic) -> bool:
    """True if, in this state, `unit` could be seen, far enough to print `diagnostic` were it there."""
    return _View(state).would_show(unit, diagnostic)


class _View:
    """One state, asked what it would have shown."""

    __slots__ = ("_errors", "_state")

    def __init__(self, state: LaneState | None) -> None:
        self._state = state
        self._errors: dict[str, list[Diagnostic]] | None = None

    def would_show(self, unit: str, diagnostic: Diagnostic) -> bool:
        """True if `unit` could be seen, far enough to print `diagnostic`; an object not in the build shows nothing."""
        state = self._state
        if state is None or state.all_masked:
            return False
        if unit == CONFIG:
            return not self._errors_of(CONFIG)
        if unit == "":
            return not state.masked
        target, owner = target_of(unit), owner_of(unit)
        if target in state.masked or owner in state.masked:
            return False
        if target in state.failed:
            return shown_at(reach_of(self._errors_of(target)), diagnostic)
        return owner not in state.failed

    def _errors_of(self, target: str) -> list[Diagnostic]:
        if self._errors is None:
            self._errors = {}
            for diagnostic in self._state.present if self._state else ():
                if diagnostic.severity is Severity.ERROR:
                    self._errors.setdefault(target_of(unit_of(diagnostic)), []).append(diagnostic)
        return self._errors.get(target, [])


_Shown = tuple[Diagnostic, set[str]]


def _pair(
    live: list[Instance], places: list[_Shown]
) -> tuple[list[tuple[Instance, _Shown]], list[_Shown], list[Instance]]:
    """Match known instances with places: by source text and place, by text, by place, then in order.

    Which of two alike instances stayed cannot always be told; how many did can, and the text tells it best.
    """
    if not live or not places:
        return [], places, live
    if len(live) == len(places) == 1:
        return [(live[0], places[0])], [], []
    pairs: list[tuple[Instance, _Shown]] = []
    for key in (_text_and_place, _text, place_of):
        waiting: dict[object, list[Instance]] = {}
        for instance in reversed(live):
            waiting.setdefault(key(instance.latest), []).append(instance)
        left: list[_Shown] = []
        taken: set[int] = set()
        for shown in places:
            same = waiting.get(key(shown[0]))
            if same:
                instance = same.pop()
                taken.add(id(instance))
                pairs.append((instance, shown))
            else:
                left.append(shown)
        live = [instance for instance in live if id(instance) not in taken]
        places = left
        if not live or not places:
            return pairs, places, live
    live = sorted(live, key=lambda instance: instance.latest.line or 0)
    places = sorted(places, key=lambda shown: shown[0].line or 0)
    both = min(len(live), len(places))
    return [*pairs, *zip(live, places, strict=False)], places[both:], live[both:]


def _text(diagnostic: Diagnostic) -> object:
    """The excerpt without line numbers: source line, carets, notes. Without an excerpt nothing is alike."""
    lines = (line for line in diagnostic.excerpt if line != diagnostic.raw and "from " not in line[:40])
    return tuple(line.lstrip("0123456789 |") for line in lines) or object()


def _text_and_place(diagnostic: Diagnostic) -> object:
    return (_text(diagnostic), place_of(diagnostic))
