"""Plain values that remember where in a file they stood, and the problems found with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

NodePath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a node starts, both 1-based."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something wrong in a document; sorts by place. `where` is `file:line:column` or the name of an option."""

    line: int
    column: int
    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Plain values (dict, list, str, int, float, bool, None) and the place of each by its path.

    `raw` holds the text of scalars that YAML did not read as text. `labels` name paths that came from the command
    line (`("matrix", "arch")` -> `--arch`); such a document has no places.
    """

    source: str
    data: object
    values: Mapping[NodePath, Place] = field(default_factory=dict)
    keys: Mapping[NodePath, Place] = field(default_factory=dict)
    raw: Mapping[NodePath, str] = field(default_factory=dict)
    labels: Mapping[NodePath, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def place(self, path: NodePath, *, key: bool = False) -> Place:
        """Of the node at `path`, or of the nearest node around it that the document really has."""
        if key and path in self.keys:
            return self.keys[path]
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, Place(line=1, column=1))

    def where(self, path: NodePath, *, key: bool = False) -> str:
        """`matrix.yaml:33:20`, or the option's name for what came from the command line."""
        if self.labels:
            return next(
                (self.labels[path[:n]] for n in range(len(path), -1, -1) if path[:n] in self.labels), self.source
            )
        place = self.place(path, key=key)
        return f"{self.source}:{place.line}:{place.column}"

    def problem(self, path: NodePath, text: str, *, key: bool = False) -> Problem:
        """What is wrong at `path`, ready to print: `matrix.exclude[0].compilr: unknown key`."""
        place = self.place(path, key=key)
        shown = dotted(path)
        return Problem(
            place.line,
            place.column,
            self.where(path, key=key),
            text if self.labels or not shown else f"{shown}: {text}",
        )


def dotted(path: NodePath) -> str:
    """`("matrix", "exclude", 0, "arch")` -> `matrix.exclude[0].arch`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
