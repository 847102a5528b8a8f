"""Reads one JSON object after the other and says exactly what is wrong where, for results.json is foreign text."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from orchestrator.errors import UserError

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Fields:
    """A JSON object being read. Each reader raises UserError with the place when the value is not as it must be.

    Keys that are unknown are let be: later versions of the same schema may add some. A key that this version added to
    the schema's first keys has a default; `value` and its like without one must be there.
    """

    values: dict[str, Any]
    place: str

    @classmethod
    def of(cls, value: object, place: str) -> "Fields":
        """The object at `place`."""
        if not isinstance(value, dict):
            raise wrong(place, "a JSON object", value)
        return cls(value, place)

    def text(self, key: str, default: str | None = None) -> str:
        """A string."""
        found: str = self._value(key, default, (str,), "a string")
        return found

    def maybe_text(self, key: str) -> str | None:
        """A string or null."""
        return None if self.values.get(key) is None else self.text(key)

    def number(self, key: str, default: int | None = None) -> int:
        """A whole number, not negative."""
        found: int = self._value(key, default, (int,), "a whole number")
        if found < 0:
            raise wrong(f"{self.place}.{key}", "a number not below 0", found)
        return found

    def maybe_number(self, key: str) -> int | None:
        """A whole number not below 0, or null."""
        return None if self.values.get(key) is None else self.number(key)

    def status(self, key: str) -> int | None:
        """An exit status (negative for a signal), or null."""
        found = self.values.get(key)
        if found is not None and (isinstance(found, bool) or not isinstance(found, int)):
            raise wrong(f"{self.place}.{key}", "a whole number or null", found)
        return found

    def seconds(self, key: str) -> float:
        """A duration."""
        found = self._value(key, 0.0, (int, float), "a number")
        if not 0 <= found < math.inf:  # Python's json reads NaN and Infinity
            raise wrong(f"{self.place}.{key}", "a duration", found)
        return float(found)

    def flag(self, key: str, default: bool | None = None) -> bool:
        """true or false."""
        return bool(self._value(key, default, (bool,), "true or false"))

    def choice(self, key: str, kind: type[E], default: E | None = None) -> E:
        """One of an enumeration's values."""
        found = self.text(key, default)
        try:
            return kind(found)
        except ValueError as error:
            raise wrong(f"{self.place}.{key}", " or ".join(kind), found) from error

    def inner(self, key: str) -> "Fields":
        """An object; an empty one if it is not there."""
        return Fields.of(self.values.get(key, {}), f"{self.place}.{key}")

    def each(self, key: str, *, needed: bool = False) -> tuple["Fields", ...]:
        """A list of objects."""
        return self._list(key, needed, Fields.of)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings."""
        return self._list(key, False, lambda value, place: _checked(value, str, "a string", place))

    def numbers(self, key: str, below: int | None = None) -> tuple[int, ...]:
        """A list of whole numbers from 0, all under `below`."""

        def read(value: object, place: str) -> int:
            found = _checked(value, int, "a whole number", place)
            if found < 0 or (below is not None and found >= below):
                raise wrong(place, f"a number from 0 to {(below or 1) - 1}" if below is not None else "from 0", found)
            return found

        return self._list(key, False, read)

    def pairs(self, key: str, kind: type[T]) -> tuple[tuple[T, T], ...]:
        """A list of two-item lists."""

        def read(value: object, place: str) -> tuple[T, T]:
            if not isinstance(value, list) or len(value) != 2:
                raise wrong(place, "two items", value)
            first, second = (_checked(item, kind, f"a {kind.__name__}", place) for item in value)
            return first, second

        return self._list(key, False, read)

    def _list(self, key: str, needed: bool, read: Callable[[object, str], T]) -> tuple[T, ...]:
        found = self._value(key, None if needed else [], (list,), "a list")
        return tuple([read(item, f"{self.place}.{key}[{index}]") for index, item in enumerate(found)])

    def _value(self, key: str, default: Any, kinds: tuple[type, ...], expected: str) -> Any:
        found = self.values.get(key, default)
        if key not in self.values and default is None:
            raise UserError(f"{self.place}: `{key}` is missing; this is no complete results.json of a kmatrix run")
        if not isinstance(found, kinds) or (isinstance(found, bool) and bool not in kinds):
            raise wrong(f"{self.place}.{key}", expected, found)
        return found


def wrong(place: str, expected: str, found: object) -> UserError:
    """The error for a value that is not as it must be."""
    shown = repr(found)
    return UserError(f"{place}: expected {expected}, found {shown if len(shown) <= 60 else shown[:57] + '...'}")


def _checked(value: object, kind: type[T], expected: str, place: str) -> T:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise wrong(place, expected, value)
    return value
