"""Writes what the parser reads of every recorded log beside it, as JSON, for `git diff` to show and a person to judge.

python tests/logs/expect.py
"""

import json
from pathlib import Path
from typing import Any

from orchestrator.logparse import parse_lines
from orchestrator.model.diagnostic import Diagnostic

LOGS = Path(__file__).resolve().parent


def read(log: Path) -> dict[str, Any]:
    """What the parser says of a recorded log; the kernel tree stood at /kernel, modules at /tmp/module."""
    parsed = parse_lines(
        log.read_bytes().splitlines(keepends=True), source_prefixes=("/kernel", "/tmp/module"), build_prefixes=("/out",)
    )
    return {
        "diagnostics": [shown(diagnostic) for diagnostic in parsed.diagnostics],
        "attempted": list(parsed.attempted),
        "failed": list(parsed.failed),
        "lines": parsed.lines,
    }


def shown(diagnostic: Diagnostic) -> dict[str, Any]:
    """The fields of a diagnostic that are set; of the excerpt only its length."""
    fields = ("severity", "kind", "file", "line", "column", "message", "flag", "function", "object", "log_line")
    named = {name: value for name in fields if (value := getattr(diagnostic, name)) not in (None, "")}
    return {**named, "excerpt_lines": len(diagnostic.excerpt)}


def main() -> None:
    """Rewrite every expectation."""
    for log in sorted(LOGS.glob("*/*.log")):
        log.with_suffix(".json").write_text(json.dumps(read(log), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
