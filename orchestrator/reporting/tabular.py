"""Rows and columns as text, Markdown or HTML. The only tabulate import."""

from collections.abc import Sequence

from tabulate import tabulate

Rows = Sequence[Sequence[str]]


def plain(rows: Rows) -> list[str]:
    """Lines with the columns aligned, the first one to the right; heads are rows like any other."""
    align = ["right", *("left" for _ in rows[0][1:])]
    text = tabulate(rows, tablefmt="plain", colalign=align, disable_numparse=True)
    return [line.rstrip() for line in text.split("\n")]


def markdown(heads: Sequence[str], rows: Rows) -> str:
    """A table as GitHub reads it; the cells are Markdown already, on one line each, with `|` escaped."""
    return tabulate(rows, headers=heads, tablefmt="github", disable_numparse=True) + "\n"


def html(heads: Sequence[str], rows: Rows) -> str:
    """A table element; the cells are plain text and are escaped."""
    return str(tabulate(rows, headers=heads, tablefmt="html", disable_numparse=True)) + "\n"
