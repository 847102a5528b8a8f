"""YAML text -> plain values that remember where they stood. The only yaml import.

PyYAML reads YAML 1.1, keeps the last of two equal keys and turns `1:30` into 90 without a word. Here a key may come
once, a number must look like one, and every node keeps its line and column.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from orchestrator.config.document import Document, NodePath, Place, Problem, dotted
from orchestrator.errors import ConfigError

MAX_BYTES = 256 * 1024
MAX_DEPTH = 40
MAX_NODES = 20_000  # after aliases are written out: an alias bomb is a small file with billions of these

_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_TEXT_TAGS = frozenset({"tag:yaml.org,2002:str", "tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value"})
_NUMBER_TAGS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("int", "float", "bool", "null"))
_ODD_BYTES = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\x1f\x8b": "gzip"}


def read_text(path: Path, *, limit: int = MAX_BYTES) -> str:
    """The text of a small UTF-8 file, byte order mark dropped. Raises ConfigError with one clear line."""
    data = _read_bytes(path, limit)
    if len(data) > limit:
        raise ConfigError((f"{path}: more than {limit // 1024} KiB: is this the right file?",))
    for mark, kind in _ODD_BYTES.items():
        if data.startswith(mark):
            raise ConfigError((f"{path}: this is {kind}, not UTF-8 text: save it as UTF-8",))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        byte = data[error.start]
        raise ConfigError(
            (f"{path}:{line}:{column}: byte 0x{byte:02x} is not UTF-8: save the file as UTF-8",)
        ) from None


def _read_bytes(path: Path, limit: int) -> bytes:
    try:
        # A FIFO or /dev/zero would block or never end.
        if path.exists() and not path.is_file():
            kind = "a directory" if path.is_dir() else "not a regular file"
            raise ConfigError((f"{path}: is {kind}: give the path of a file",))
        with path.open("rb") as file:
            return file.read(limit + 1)
    except FileNotFoundError:
        raise ConfigError((f"{path}: no such file",)) from None
    except PermissionError:
        raise ConfigError((f"{path}: permission denied: you may not read this file",)) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigError((f"{path}: cannot be read: {reason}",)) from None


def parse(text: str, source: str) -> Document:
    """Plain values of the one YAML document in `text`.

    Raises ConfigError if it is no YAML at all, or too deep or too large. What can be passed over for now (a key
    twice, a number in disguise) is in `Document.problems`, to be shown together with what else is wrong.
    """
    with _yaml_errors(text, source):
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
    if node is None:
        raise ConfigError((f"{source}:1:1: the file is empty: `kmatrix init` writes an example",))
    reader = _Reader(source)
    data = reader.read(node, ())
    return Document(
        source=source,
        data=data,
        values=reader.values,
        keys=reader.keys,
        raw=reader.raw,
        problems=tuple(reader.problems),
    )


@contextmanager
def _yaml_errors(text: str, source: str) -> Iterator[None]:
    try:
        yield
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - text.rfind("\n", 0, error.position)
        code = f"U+{ord(text[error.position]):04X}"
        raise ConfigError(
            (f"{source}:{line}:{column}: the character {code} may not stand in YAML: remove it",)
        ) from None
    except yaml.MarkedYAMLError as error:
        raise ConfigError((f"{source}:{_syntax_error(error)}",)) from None
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError((f"{source}: not YAML: {' '.join(str(error).split())}",)) from None


def _syntax_error(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    problem = error.problem or "not YAML"
    if "\\t" in problem:
        problem = "a tab where YAML allows none: indent with spaces"
    elif "expected a single document" in (error.context or ""):
        problem = "a second document (---): only one is read"
    elif error.context:
        problem = f"{problem} ({error.context})"
    return f"{mark.line + 1}:{mark.column + 1}: {problem}" if mark else f"1:1: {problem}"


class _Loader(yaml.SafeLoader):
    """Composes nodes, refusing what is nested deeper than any matrix."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: object) -> yaml.Node | None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, f"nested more than {MAX_DEPTH} levels deep", mark)
        try:
            return super().compose_node(parent, index)  # type: ignore[arg-type]
        finally:
            self._depth -= 1


class _Reader:
    """Turns nodes into plain values, noting places on the way."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._constructor = yaml.constructor.SafeConstructor()
        self._open: list[yaml.Node] = []
        self._count = 0
        self.values: dict[NodePath, Place] = {}
        self.keys: dict[NodePath, Place] = {}
        self.raw: dict[NodePath, str] = {}
        self.problems: list[Problem] = []

    def read(self, node: yaml.Node, path: NodePath) -> object:
        self._count += 1
        if self._count > MAX_NODES:
            raise self._refusal(node, f"aliases make this more than {MAX_NODES} values")
        if any(node is parent for parent in self._open):
            raise self._refusal(node, "this alias refers to what it stands in")
        if len(self._open) > MAX_DEPTH:
            raise self._refusal(node, f"aliases nest this more than {MAX_DEPTH} levels deep")
        self.values[path] = _place(node)
        self._open.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, path)
            if isinstance(node, yaml.SequenceNode):
                return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
            return self._scalar(node, path)
        finally:
            self._open.pop()

    def _mapping(self, node: yaml.MappingNode, path: NodePath) -> dict[str, object]:
        mapping: dict[str, object] = {}
        for key_node, value_node in node.value:
            wrong = _wrong_key(key_node)
            here = path if wrong else (*path, key_node.value)
            if not wrong and key_node.value in mapping:
                wrong = f"this key is here twice (first at line {self.keys[here].line})"
            if wrong:
                self._complain(key_node, here, wrong)
                continue
            self.keys[here] = _place(key_node)
            mapping[key_node.value] = self.read(value_node, here)
        return mapping

    def _scalar(self, node: yaml.Node, path: NodePath) -> object:
        text = str(node.value)
        if node.tag in _TEXT_TAGS:
            return text
        self.raw[path] = text
        if node.tag == "tag:yaml.org,2002:int" and not _DECIMAL.fullmatch(text):
            self._complain(node, path, f'{text} is not a plain decimal number: quote it ("{text}") or write it out')
        elif node.tag not in _NUMBER_TAGS:
            self._complain(node, path, f"tags such as {node.tag} are not read: remove it")
        else:
            return self._number(node, path)
        return None

    def _number(self, node: yaml.Node, path: NodePath) -> object:
        try:
            value: object = self._constructor.construct_object(node, deep=True)
        except (yaml.YAMLError, ValueError, KeyError, IndexError, OverflowError):
            self._complain(node, path, f"{str(node.value)[:40]!r} cannot be read as {node.tag}")
            return None
        return value

    def _complain(self, node: yaml.Node, path: NodePath, text: str) -> None:
        place = _place(node)
        where = f"{self._source}:{place.line}:{place.column}"
        self.problems.append(Problem(place.line, place.column, where, f"{dotted(path) or 'the file'}: {text}"))

    def _refusal(self, node: yaml.Node, text: str) -> ConfigError:
        place = _place(node)
        return ConfigError((f"{self._source}:{place.line}:{place.column}: {text}",))


def _wrong_key(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        return "a key must be text"
    if node.tag == "tag:yaml.org,2002:merge":
        return "merge keys (<<) are not read: say it in defaults or an override"
    if node.tag not in _TEXT_TAGS:
        kind = node.tag.rsplit(":", 1)[-1]
        return f'YAML reads the key {node.value} as {kind}, not as text: quote it ("{node.value}")'
    return ""


def _place(node: yaml.Node) -> Place:
    return Place(line=node.start_mark.line + 1, column=node.start_mark.column + 1)
