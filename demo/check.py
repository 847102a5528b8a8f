#!/usr/bin/env python3
"""Check that a run of the demo says of each commit and cell what the demo is meant to show, and where to look on.

    demo/check.py EXIT_STATUS OUT

EXIT_STATUS is what `kmatrix run` exited with, OUT its --out directory.
"""
# ruff: noqa: T201

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FINDINGS = 1  # the exit status of a run that found something, as this one must


def introduces(commit: int, arch: str, compiler: str) -> str:
    """The worst severity that the commit must introduce in that cell, "" for none."""
    if commit == 2 and arch in ("x86_64", "arm64"):
        return "warning"
    if (commit == 3 and arch == "powerpc") or (commit == 6 and compiler.startswith("clang")):
        return "error"
    return ""


def fixes(commit: int, arch: str) -> str:
    """The worst severity that the commit must fix in that cell, "" for none."""
    return "error" if commit == 5 and arch == "powerpc" else ""


def worst(ids: list[str], severities: dict[str, str]) -> str:
    """`error`, `warning` or ""."""
    found = {severities.get(each, "unknown finding") for each in ids}
    return next((each for each in ("unknown finding", "error", "warning") if each in found), "")


def faults(results: dict[str, Any]) -> Iterator[str]:
    """A line for everything that is not as it must be."""
    cells = {cell["name"]: cell for cell in results["cells"]}
    severities = {finding["id"]: finding["severity"] for finding in results["findings"]}
    seen = {(square["commit"], square["cell"]) for square in results["results"]}
    size = (len(results["series"]["commits"]), len(cells), len(seen))
    if size != (6, 6, 42):
        yield f"expected 6 commits, 6 cells and 42 squares, got {size}"
    if results["verdict"] != "findings":
        yield f"the verdict must be `findings`, not `{results['verdict']}`"
    for square in results["results"]:
        commit, cell = square["commit"], cells[square["cell"]]
        wanted = (introduces(commit, cell["arch"], cell["compiler"]), fixes(commit, cell["arch"]))
        got = (worst(square["introduced"], severities), worst(square["fixed"], severities))
        if got != wanted or square["status"] not in ("ok", "warnings", "errors"):
            yield (
                f"commit {commit} in {square['cell']} is `{square['status']}`; introduced and fixed: {got}, "
                f"expected: {wanted}"
            )


def main() -> int:
    """0 if the demo shows what it must, 1 if not."""
    status, out = int(sys.argv[1]), Path(sys.argv[2])
    if status != FINDINGS:
        print(f"demo: kmatrix exited with {status}, expected {FINDINGS}: the series has findings", file=sys.stderr)
        return 1
    found = list(faults(json.loads((out / "results.json").read_text("utf-8"))))
    for line in found:
        print(f"demo: {line}", file=sys.stderr)
    if found:
        return 1
    print("The demo shows what it must: each of its breaks and warnings stands at its own commit, in its own cells.")
    for name, text in (("report.html", "page"), ("report.txt", "table"), ("mails", "mails"), ("logs", "logs")):
        print(f"  {text:<6} {(out / name).resolve()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
