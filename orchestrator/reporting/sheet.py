"""What a text report is written on: so many columns, with ANSI colours or without, with letters or with signs."""

import re
from dataclasses import dataclass

from orchestrator.reporting.text import wrap

RED, YELLOW, GREEN, MAGENTA, DIM, BOLD = 31, 33, 32, 35, 2, 1
_SQUARE_COLOURS = (
    (re.compile(r"\+\d+E|^E|^\u2717"), RED),
    (re.compile(r"\+\d"), YELLOW),
    (re.compile(r"-\d"), GREEN),
    (re.compile(r"^\?"), MAGENTA),
    (re.compile(r"^ok|^\u2713"), GREEN),
    (re.compile(r""), DIM),
)
_SIGNS = {"ok": "\u2713", "E": "\u2717", ".": "\u00b7"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """`columns` wide. Colour is never the only sign of anything."""

    columns: int
    colour: bool = False
    ascii_only: bool = True

    def paint(self, text: str, code: int) -> str:
        """`text` in a colour."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text

    def square(self, text: str) -> str:
        """A square's text in the colour of the worst it says."""
        return self.paint(text, next(code for pattern, code in _SQUARE_COLOURS if pattern.search(text)))

    def sign(self, text: str) -> str:
        """`ok`, `E` and `.` as this sheet has them; words around them stay."""
        if self.ascii_only:
            return text
        return " ".join(
            _SIGNS.get(word.rstrip("~"), word.rstrip("~")) + "~" * word.endswith("~") for word in text.split()
        )

    def wrap(self, text: str, indent: str = "", hanging: str = "  ") -> list[str]:
        """`text` in lines that fit."""
        return list(wrap(text, self.columns, indent, indent + hanging))

    def bold(self, text: str) -> list[str]:
        """`text` in bold lines that fit."""
        return [self.paint(line, BOLD) for line in self.wrap(text)]
