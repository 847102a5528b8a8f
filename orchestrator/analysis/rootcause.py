"""Which finding follows from which: only where the words leave no doubt, as a wrong root is worse than none.

Four rules. A type first declared inside a parameter list is another type than the one of the same name outside
(C11 6.2.1p4, 6.7.2.3p5): mismatches that name it follow. A function nobody declared is a symbol nobody defines. What
names an unknown type or identifier later in the same unit, or sits on its very line, follows from it, and a header
that is missing hides all it declares. A warning on the line of an error, new with it, follows from the error.
"""

import re
from collections.abc import Iterable, Sequence

from orchestrator.analysis.findings import Group
from orchestrator.analysis.fingerprint import mistake_of, normal_path
from orchestrator.analysis.wording import Mistake
from orchestrator.model.diagnostic import Severity

_SCOPE = "declared-in-parameters"
_UNKNOWN = frozenset({"undeclared", "unknown-type", "implicit-function", "no-header"})
_MISMATCH = frozenset({"incompatible-pointer", "incompatible-type", "conflicting-types"})
_MODPOST_UNDEFINED = re.compile(r"['\"]([\w.]+)['\"] \[[^\]]*\] undefined")


def root_causes(groups: Sequence[Group]) -> dict[str, str]:
    """Finding id -> id of the finding at the bottom of it, for those that have one."""
    cases = [_Case(made_of) for made_of in groups]
    roots = _Roots(cases)
    cause: dict[str, str] = {}
    for case in cases:
        root = roots.of(case)
        if root is not None:
            cause[case.id] = root.id
    # A warning may follow from an error that follows from a warning: no rule goes round in a circle.
    return {effect: cause.get(root, root) for effect, root in cause.items()}


class _Case:
    """A group with what the rules ask of it, worked out once."""

    def __init__(self, made_of: Group) -> None:
        self.group = made_of
        self.id = made_of.id
        self.sample = made_of.sample
        self.mistake: Mistake | None = mistake_of(self.sample)
        self.file = normal_path(self.sample.file or "")
        self._units: frozenset[tuple[str, str]] | None = None

    @property
    def name(self) -> str:
        return self.mistake.name if self.mistake else ""

    @property
    def error(self) -> bool:
        return self.sample.severity is Severity.ERROR

    @property
    def units(self) -> frozenset[tuple[str, str]]:
        if self._units is None:
            sightings = self.group.sightings
            self._units = frozenset((target, unit) for target, instance in sightings for unit in instance.ever)
        return self._units

    def new_with(self, other: "_Case") -> bool:
        return (self.group.seen_at, self.group.suspects) == (other.group.seen_at, other.group.suspects)

    def there_before(self, other: "_Case") -> bool:
        """True if this one is there when `other` comes."""
        gone = self.group.fixed_by
        return self.group.seen_at <= other.group.seen_at and (gone is None or gone > other.group.seen_at)

    def says(self, name: str) -> bool:
        """True if the message, or a note below it, names `name`."""
        word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
        return any(word.search(text) for text in (self.sample.message, *_notes(self.sample.excerpt)))


class _Roots:
    """Candidates by what would point at them, so that no pair of findings is ever compared in vain."""

    def __init__(self, cases: Iterable[_Case]) -> None:
        self._tags: dict[str, list[_Case]] = {}
        self._functions: dict[str, list[_Case]] = {}
        self._unknown: dict[tuple[str, int, tuple[int, ...]], list[_Case]] = {}
        self._missing: dict[tuple[int, tuple[int, ...]], list[_Case]] = {}
        self._errors: dict[tuple[str, int | None, int], list[_Case]] = {}
        for case in cases:
            self._file(case)

    def _file(self, case: _Case) -> None:
        when = (case.group.seen_at, case.group.suspects)
        names = case.mistake.names if case.mistake else ()
        if case.name == _SCOPE:
            self._tags.setdefault(names[0], []).append(case)
        if case.name == "implicit-function":
            self._functions.setdefault(names[0], []).append(case)
        if case.name == "no-header":
            self._missing.setdefault(when, []).append(case)
        elif case.name in _UNKNOWN:
            self._unknown.setdefault((case.file, *when), []).append(case)
        if case.error and case.sample.line is not None:
            self._errors.setdefault((case.file, case.sample.line, when[0]), []).append(case)

    def of(self, case: _Case) -> _Case | None:
        """The root of a case, None if it is one itself or nothing is certain."""
        if case.name == _SCOPE or case.name in _UNKNOWN:
            return None
        return self._scope(case) or self._undeclared(case) or self._unit(case) or self._same_line(case)

    def _scope(self, case: _Case) -> _Case | None:
        if not case.error or case.name not in _MISMATCH:
            return None
        text = " ".join((case.sample.message, *_notes(case.sample.excerpt)))
        for tag in dict.fromkeys(re.findall(r"\b(?:struct|union|enum) (\w+)", text)):
            for root in self._tags.get(tag, ()):
                if root.there_before(case) and not root.units.isdisjoint(case.units):
                    return root
        return None

    def _undeclared(self, case: _Case) -> _Case | None:
        symbol = case.mistake.names[0] if case.mistake and case.name == "undefined-symbol" else None
        if case.sample.kind == "modpost" and (found := _MODPOST_UNDEFINED.search(case.sample.message)):
            symbol = found.group(1)
        for root in self._functions.get(symbol, ()) if symbol else ():
            if root.there_before(case) and not root.group.ends.keys().isdisjoint(case.group.ends):
                return root
        return None

    def _unit(self, case: _Case) -> _Case | None:
        when = (case.group.seen_at, case.group.suspects)
        line = case.sample.line
        for root in self._unknown.get((case.file, *when), ()):
            first = root.sample.line
            if line is None or first is None or line < first or root.units.isdisjoint(case.units):
                continue
            if line == first or (root.mistake and case.says(root.mistake.names[0])):
                return root
        for root in self._missing.get(when, ()) if case.error else ():
            if not root.units.isdisjoint(case.units):
                return root
        return None

    def _same_line(self, case: _Case) -> _Case | None:
        if case.error or case.sample.line is None:
            return None
        for root in self._errors.get((case.file, case.sample.line, case.group.seen_at), ()):
            if root.new_with(case) and not root.units.isdisjoint(case.units):
                return root
        return None


def _notes(excerpt: tuple[str, ...]) -> list[str]:
    return [line for line in excerpt if " note: " in line]
