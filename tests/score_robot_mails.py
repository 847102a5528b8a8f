"""Scores the log parser against real kernel-test-robot mails, per tool.

    python tests/score_robot_mails.py [lkp-reports.jsonl] [--misses] [--extra]

Recall: every record of `expected_new` and `unmarked_diagnostics` must be found; for the tools of EXACT with the same
file, line, column, severity, flag and message (white space folded), for the others with the same raw line and severity.
Precision: a found record that the reference does not have is wrong, with one exception. The reference lists unmarked
lines (old diagnostics, kept as context) only for the tools of LISTED; a second `undefined reference` or an old `orphan
section` is a diagnostic all the same. Those are counted apart, under `beyond`; --extra prints them for a human eye.
"""

import argparse
import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestrator.logparse import parse_lines
from orchestrator.model.diagnostic import Diagnostic

REPORTS = Path(__file__).resolve().parents[2] / "shared" / "data" / "lkp-reports.jsonl"

EXACT = frozenset(
    (
        *("cc", "clang-analyzer", "sparse", "as", "kernel-doc", "kconfig", "dtc", "rustc", "sphinx"),
        *("headers_install", "headers_check", "includecheck", "coccinelle"),
    )
)
LISTED = frozenset({"cc", "clang-analyzer", "sparse", "as", "kernel-doc"})

LEFT_OUT = {
    "13930ee46bdf195cf131ef38dbf776cdacff21b9": "calls a line an error that says `warning:` itself (ld)",
}
"""Cases that are wrong themselves: id -> why."""

Record = dict[str, Any]
Key = tuple[object, ...]


@dataclass
class Score:
    """Counts per tool of the reference (found, missed) and of the parser (wrong, beyond)."""

    found: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    beyond: Counter[str] = field(default_factory=Counter)
    misses: list[tuple[str, Record]] = field(default_factory=list)
    extras: list[tuple[str, str, Diagnostic]] = field(default_factory=list)
    cases: int = 0
    left_out: int = 0

    @property
    def recall(self) -> float:
        """Found of all the reference has."""
        return self.found.total() / max(1, self.found.total() + self.missed.total())

    @property
    def precision(self) -> float:
        """Right of all that was found where the reference is complete."""
        return self.found.total() / max(1, self.found.total() + self.wrong.total())


def exact_key(record: Record) -> Key:
    """What must be equal for the tools of EXACT."""
    fields = ("file", "line", "column", "severity", "flag")
    return (*(record[name] for name in fields), " ".join(record["message"].split()))


def raw_key(record: Record) -> Key:
    """What must be equal for the other tools."""
    return (" ".join(record["raw"].split()), record["severity"])


def as_record(diagnostic: Diagnostic) -> Record:
    """A parsed diagnostic in the reference's terms."""
    return {
        "file": diagnostic.file,
        "line": diagnostic.line,
        "column": diagnostic.column,
        "severity": diagnostic.severity.value,
        "flag": diagnostic.flag,
        "message": diagnostic.message,
        "raw": diagnostic.raw,
    }


def score_case(case: Record, score: Score) -> None:
    """Add one mail to the score. Records are compared as sets: the reference has each once."""
    parsed = parse_lines(case["log"].split("\n"), source_prefixes=(), build_prefixes=()).diagnostics
    exact = {exact_key(as_record(diagnostic)) for diagnostic in parsed}
    raw = {raw_key(as_record(diagnostic)) for diagnostic in parsed}
    expected_exact, expected_raw = set(), set()
    for record in case["expected_new"] + case["unmarked_diagnostics"]:
        tool = record["tool"]
        if tool in EXACT:
            hit = exact_key(record) in exact
            expected_exact.add(exact_key(record))
        else:
            hit = raw_key(record) in raw
            expected_raw.add(raw_key(record))
        (score.found if hit else score.missed)[tool] += 1
        if not hit:
            score.misses.append((case["id"], record))
    known: set[Key] = set()
    for diagnostic in parsed:
        key, line = exact_key(as_record(diagnostic)), raw_key(as_record(diagnostic))
        if key in expected_exact or line in expected_raw or line in known:
            continue
        known.add(line)
        listed = diagnostic.kind in LISTED and diagnostic.line is not None
        (score.wrong if listed else score.beyond)[diagnostic.kind] += 1
        score.extras.append((case["id"], "wrong" if listed else "beyond", diagnostic))


def score_reports(path: Path) -> Score:
    """Score every case of a file but those of LEFT_OUT."""
    score = Score()
    with path.open(encoding="utf-8") as reports:
        for line in reports:
            case = json.loads(line)
            score.cases += 1
            if case["id"] in LEFT_OUT:
                score.left_out += 1
            else:
                score_case(case, score)
    return score


def table(score: Score) -> str:
    """The score per tool, as text."""
    rows = [f"{'tool':<18}{'found':>7}{'missed':>8}{'recall %':>10}{'wrong':>7}{'beyond':>8}"]
    for tool in sorted(score.found | score.missed | score.wrong | score.beyond):
        found, missed = score.found[tool], score.missed[tool]
        recall = f"{100 * found / (found + missed):.2f}" if found + missed else "-"
        rows.append(f"{tool:<18}{found:>7}{missed:>8}{recall:>10}{score.wrong[tool]:>7}{score.beyond[tool]:>8}")
    rows.append(
        f"{score.cases} cases, {score.left_out} left out; recall {100 * score.recall:.2f} %, "
        f"precision {100 * score.precision:.2f} %, {score.beyond.total()} beyond the reference"
    )
    return "\n".join(rows)


def main() -> int:
    """Print the score; 1 if it is below 99.5 %."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("reports", nargs="?", type=Path, default=REPORTS)
    arguments.add_argument("--misses", action="store_true", help="print what was not found")
    arguments.add_argument("--extra", action="store_true", help="print what the reference does not have")
    options = arguments.parse_args()
    score = score_reports(options.reports)
    if options.misses:
        for case, record in score.misses:
            print(case[:12], json.dumps(record))
    if options.extra:
        for case, why, diagnostic in score.extras:
            print(case[:12], why, diagnostic.kind, diagnostic.severity, diagnostic.raw)
    print(table(score))
    return 0 if min(score.recall, score.precision) >= 0.995 else 1


if __name__ == "__main__":
    sys.exit(main())
