"""Model values <-> JSON <-> compressed bytes, exactly. The types' own fields are the schema: nothing is listed twice.

A field that still has its default is left out, so a field added to a type later (with a default) reads old bodies.
"""

import dataclasses
import functools
import json
import types
import typing
import zlib
from collections.abc import Callable, Hashable
from enum import Enum
from typing import Any, TypeVar

SCHEMA = 1
T = TypeVar("T")


class UndecodableError(ValueError):
    """The bytes are not what this version wrote: damaged, or of another schema. The message says which."""


def encode(value: Any) -> bytes:
    """A model value (a dataclass of dataclasses, tuples, frozensets, enums, str, int, float, bool, None) as bytes.

    Lone surrogates, as log lines read with `surrogateescape` have them, survive.
    """
    text = json.dumps({"schema": SCHEMA, "value": _plain(value)}, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode("utf-8", "surrogatepass"), level=3)


def decode(as_type: type[T], body: bytes) -> T:
    """The inverse of `encode`. Raises UndecodableError for anything that `encode` cannot have written."""
    try:
        document = json.loads(zlib.decompress(body).decode("utf-8", "surrogatepass"))
    except (zlib.error, ValueError, RecursionError) as error:
        raise UndecodableError(f"damaged: {error}") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        found = document.get("schema") if isinstance(document, dict) else None
        raise UndecodableError(f"schema {found!r}, and this version reads schema {SCHEMA}")
    value: T = _reader(typing.cast("Hashable", as_type))(document.get("value"))
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, frozenset):
        return sorted(_plain(item) for item in value)
    if dataclasses.is_dataclass(value):
        return {
            name: _plain(item)
            for name, default in _defaults(typing.cast("Hashable", type(value)))
            if (item := getattr(value, name)) != default
        }
    return value


@functools.cache
def _defaults(of_type: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((field.name, field.default) for field in dataclasses.fields(of_type))


@functools.cache
def _reader(hint: Any) -> Callable[[Any], Any]:
    """The function that turns plain JSON into a value of the type `hint`."""
    if dataclasses.is_dataclass(hint):
        return _dataclass_reader(typing.cast("type[Any]", hint))
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return _optional_reader(arguments)
    if origin is tuple:
        return _tuple_reader(arguments)
    if origin is frozenset:
        items = _tuple_reader((arguments[0], ...))
        return lambda plain: frozenset(items(plain))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _enum_reader(hint)
    return _scalar_reader(hint)


def _dataclass_reader(of_type: type[Any]) -> Callable[[Any], Any]:
    hints = typing.get_type_hints(of_type)
    readers = {field.name: _reader(hints[field.name]) for field in dataclasses.fields(of_type)}

    def read(plain: Any) -> Any:
        _expect(plain, dict, of_type.__name__)
        try:
            return of_type(**{name: readers[name](item) for name, item in plain.items()})
        except (KeyError, TypeError) as error:  # a field unknown here, or one without a default that is missing
            raise UndecodableError(f"{of_type.__name__} does not fit: {error}") from error

    return read


def _optional_reader(arguments: tuple[Any, ...]) -> Callable[[Any], Any]:
    kinds = [kind for kind in arguments if kind is not types.NoneType]
    if len(kinds) != 1:
        raise TypeError(f"cannot store a union of {kinds}")  # a model type the codec was never taught: our bug
    inner = _reader(kinds[0])
    return lambda plain: None if plain is None else inner(plain)


def _tuple_reader(arguments: tuple[Any, ...]) -> Callable[[Any], Any]:
    if arguments[-1] is Ellipsis:
        each = _reader(arguments[0])
        return lambda plain: tuple([each(item) for item in _expect(plain, list, "tuple")])
    readers = [_reader(kind) for kind in arguments]

    def read(plain: Any) -> tuple[Any, ...]:
        if len(_expect(plain, list, "tuple")) != len(readers):
            raise UndecodableError(f"expected {len(readers)} items, found {len(plain)}")
        return tuple(reader(item) for reader, item in zip(readers, plain, strict=True))

    return read


def _enum_reader(hint: type[Enum]) -> Callable[[Any], Any]:
    def read(plain: Any) -> Enum:
        try:
            return hint(plain)
        except ValueError as error:
            raise UndecodableError(str(error)) from error

    return read


def _scalar_reader(hint: Any) -> Callable[[Any], Any]:
    accepted = (int, float) if hint is float else hint

    def read(plain: Any) -> Any:
        _expect(plain, accepted, hint.__name__)
        if isinstance(plain, bool) != (hint is bool):  # True is an int to isinstance
            raise UndecodableError(f"expected {hint.__name__}, found {plain!r}")
        return plain

    return read


def _expect(plain: Any, kind: Any, name: str) -> Any:
    if not isinstance(plain, kind):
        raise UndecodableError(f"expected {name}, found {type(plain).__name__}")
    return plain
