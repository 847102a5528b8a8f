"""The report as KCIDB 5.3 JSON, for the tools of KernelCI to submit. The only kcidb_io import, made only when asked.

Ids are digests of what they name, so submitting twice changes nothing. A series has no object of its own: each commit
is a checkout; one that came as a mail is the base's commit with its Message-ID. Findings that count are issues, and
every build that shows one has an incident. `patchset_hash` needs the patches' own bytes, which a report does not have.
"""

import hashlib
import importlib
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from orchestrator.errors import InfrastructureError, UserError
from orchestrator.model.build import Ending
from orchestrator.model.diagnostic import Diagnostic
from orchestrator.model.result import CellResult, Status
from orchestrator.model.series import Commit
from orchestrator.model.verdict import Finding, RunReport, TargetFacts
from orchestrator.reporting.reproduce import BuildLines, make_lines
from orchestrator.reporting.text import log_line, printable
from orchestrator.reporting.view import View, carried, is_error, view
from orchestrator.reporting.words import headline, reason

ORIGIN = "kmatrix"
EXCERPT = 16384  # characters, by the schema
_ORIGIN = re.compile(r"[a-z0-9_]+")
_MACHINE = frozenset({Ending.DISK_FULL, Ending.LOST})  # the build was never really there


def kcidb(report: RunReport, lines: Mapping[str, BuildLines], origin: str = ORIGIN) -> dict[str, Any]:
    """The document: checkouts, builds, issues, incidents. Raises UserError for an origin that KCIDB does not take."""
    if not _ORIGIN.fullmatch(origin):
        raise UserError(f"{printable(origin)!r} is no origin of KCIDB: lower-case letters, digits and _ only")
    seen = view(report)
    issues = {finding.id: _issue(origin, finding) for finding in report.findings if finding.counts}
    builds, incidents = [], []
    for facts in report.targets:
        old = carried(seen, facts.target.name)
        make = make_lines(lines[facts.target.name]) if facts.target.name in lines else ()
        for index in range(seen.last + 1):
            build = _build(origin, seen, index, facts)
            shown = _shown(seen, index, facts.target.name, old[index]) if build["status"] in ("PASS", "FAIL") else ()
            builds.append(build | _command(make) | _excerpt(shown))
            incidents += [
                _incident(origin, issues[finding.id], build["id"]) for finding in shown if finding.id in issues
            ]
    return {
        "version": {"major": 5, "minor": 3},
        "checkouts": [_checkout(origin, seen, commit) for commit in report.series.all],
        "builds": builds,
        "issues": list(issues.values()),
        "incidents": incidents,
    }


def validate(document: Mapping[str, Any]) -> bool:
    """True if kcidb-io finds the document right, False if it is not installed (`pip install kmatrix[kcidb]`).

    Raises InfrastructureError if it finds a fault.
    """
    try:
        schema = importlib.import_module("kcidb_io").schema.V5_3
        fault = importlib.import_module("jsonschema").ValidationError
    except ImportError:
        return False
    try:
        schema.validate(dict(document))
    except fault as error:
        raise InfrastructureError(f"the KCIDB document is not valid, nothing was written: {error}") from error
    return True


def _id(origin: str, kind: str, *parts: str) -> str:
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()
    return f"{origin}:{kind}-{digest}"


def _checkout_id(origin: str, seen: View, commit: Commit) -> str:
    return _id(origin, "ck", seen.report.series.base.sha, commit.sha, commit.message_id or "")


def _checkout(origin: str, seen: View, commit: Commit) -> dict[str, Any]:
    sha = seen.report.series.base.sha if commit.mail else commit.sha
    found: dict[str, Any] = {
        "id": _checkout_id(origin, seen, commit),
        "origin": origin,
        "comment": printable(commit.subject),
        "valid": True,
        "misc": {
            "kmatrix": {"run": printable(seen.report.run), "commit": commit.index, "tree": printable(commit.tree)}
        },
    }
    if re.fullmatch(r"[0-9a-f]{40}", sha):
        found["git_commit_hash"] = sha
        found |= {} if commit.mail else {"patchset_hash": ""}
    if commit.mail and re.fullmatch(r"[^\s<>@\0]+@[^\s<>@\0]+", commit.mail.message_id):
        found["message_id"] = printable(commit.mail.message_id)
    return found | _started(seen)


def _started(seen: View) -> dict[str, str]:
    try:
        started = datetime.fromisoformat(seen.report.started)
    except ValueError:
        return {}
    return {"start_time": started.isoformat()} if started.tzinfo else {}


def _build(origin: str, seen: View, index: int, facts: TargetFacts) -> dict[str, Any]:
    target, result = facts.target, seen.result(index, facts.target.name)
    checkout = _checkout_id(origin, seen, seen.commit(index))
    make = " ".join([*(f"{name}={value}" for name, value in target.make_vars), *target.make_targets])
    status, why = _status(result)
    return {
        "id": _id(origin, "b", checkout, target.name, facts.image_id, make, seen.report.started),
        "origin": origin,
        "checkout_id": checkout,
        "architecture": re.sub(r"[^a-z0-9_]", "_", target.arch.lower()),
        "compiler": printable(facts.compiler_version or target.compiler),
        "config_name": printable(target.config.name),
        "duration": result.seconds,
        "status": status,
        "comment": why,
        "misc": {
            "kmatrix": {"cell": printable(target.name), "origin": str(result.origin), "status": str(result.status)}
        },
    } | _started(seen)


def _status(result: CellResult) -> tuple[str, str]:
    """KCIDB's word and a comment: FAIL is the code's, ERROR a build that was ended, MISS one that never was."""
    if result.status is Status.ERRORS:
        return "FAIL", "does not build"
    if result.status is Status.NOT_RUN:
        return "MISS", f"not run: {reason(result)}"
    if result.status is Status.UNKNOWN:
        return ("MISS" if result.ending in _MACHINE else "ERROR"), reason(result)
    return "PASS", "builds with warnings" if result.status is Status.WARNINGS else "builds"


def _command(make: tuple[str, ...]) -> dict[str, str]:
    return {"command": "; ".join(make)} if make else {}


def _shown(seen: View, index: int, target: str, old: tuple[Finding, ...]) -> tuple[Finding, ...]:
    new = [seen.findings[name] for name in seen.delta(index, target).introduced if name in seen.findings]
    return (*new, *old)


def _excerpt(findings: tuple[Finding, ...]) -> dict[str, str]:
    samples = [finding.sample for finding in findings if is_error(finding)]
    text = "\n".join(line for sample in samples for line in _lines(sample))
    return {"log_excerpt": text[:EXCERPT]} if text else {}


def _lines(sample: Diagnostic) -> Iterator[str]:
    return (log_line(line) for line in sample.excerpt or (sample.raw,))


def _issue(origin: str, finding: Finding) -> dict[str, Any]:
    sample = finding.sample
    kind = "error" if is_error(finding) else "warning"
    return {
        "id": _id(origin, "i", finding.id),
        "origin": origin,
        "version": 1,
        "comment": headline(finding),
        "report_subject": headline(finding, flag=False),
        "categories": [f"build.{kind}"],
        "culprit": {"code": True, "tool": False, "harness": False},
        "misc": {"kmatrix": {"finding": printable(finding.id), "tool": printable(sample.kind)}},
    }


def _incident(origin: str, issue: Mapping[str, Any], build: str) -> dict[str, Any]:
    return {
        "id": _id(origin, "in", issue["id"], build),
        "origin": origin,
        "issue_id": issue["id"],
        "issue_version": issue["version"],
        "build_id": build,
        "present": True,
    }
