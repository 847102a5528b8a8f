"""The report as JUnit XML, which GitLab, Jenkins and most others read: a suite for each cell, a case for each commit.

A case fails if that very patch introduced something that counts there. Trouble of the machine is an `error`, what
cannot be told is `skipped`: a patch on top of a break is not at fault, but nothing shows that it is fine either.
"""

from xml.etree import ElementTree as ET

from orchestrator.model.result import CellResult, Status
from orchestrator.model.verdict import Finding, RunReport, TargetFacts
from orchestrator.reporting.text import count, log_line, printable
from orchestrator.reporting.view import View, is_error, view
from orchestrator.reporting.words import headline, reason, row_name

FINDINGS = 50  # of one case
EXCERPT_LINES = 40


def junit(report: RunReport) -> str:
    """The document, UTF-8 when written; only characters that XML 1.0 allows."""
    seen = view(report)
    root = ET.Element("testsuites", name=printable(report.series.title) or "kmatrix")
    for facts in report.targets:
        root.append(_suite(seen, facts))
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    root.set("time", f"{sum(float(suite.get('time', '0')) for suite in root):.3f}")
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(seen: View, facts: TargetFacts) -> ET.Element:
    name = facts.target.name
    results = [seen.result(index, name) for index in range(seen.last + 1)]
    cases = [_case(seen, result) for result in results]
    suite = ET.Element("testsuite", name=printable(name), tests=str(len(cases)))
    for plural, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(plural, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("time", f"{sum(result.seconds for result in results):.3f}")
    if seen.report.started:
        suite.set("timestamp", printable(seen.report.started).removesuffix("Z"))
    properties = ET.SubElement(suite, "properties")
    for key, value in (("run", seen.report.run), ("compiler", facts.compiler_version), ("image", facts.image_id)):
        ET.SubElement(properties, "property", name=key, value=printable(value))
    suite.extend(cases)
    return suite


def _case(seen: View, result: CellResult) -> ET.Element:
    commit = seen.commit(result.commit)
    case = ET.Element(
        "testcase",
        classname=printable(result.target),
        name=f"{row_name(commit.index)} {printable(commit.subject)}".rstrip(),
        time=f"{result.seconds:.3f}",
    )
    introduced = [
        seen.findings[name] for name in seen.delta(result.commit, result.target).introduced if name in seen.findings
    ]
    counting = [finding for finding in introduced if finding.counts] if result.commit else []
    if result.status is Status.UNKNOWN:
        _add(case, "error", str(result.ending), reason(result))
    elif result.status is Status.NOT_RUN:
        _add(case, "skipped", "", f"not run: {reason(result)}")
    elif counting:
        _add(case, "failure", _kind(counting), _message(counting), _text(counting))
    elif result.status is Status.ERRORS:
        _add(
            case, "skipped", "", "does not build, and not by this patch" if result.commit else "the base does not build"
        )
    elif not result.state.complete:
        _add(case, "skipped", "", "part of it could not be tried: an earlier failure hides it")
    if result.log:
        ET.SubElement(case, "system-out").text = f"log: {printable(result.log)}"
    return case


def _add(case: ET.Element, tag: str, kind: str, message: str, text: str = "") -> None:
    found = ET.SubElement(case, tag, message=message)
    if kind:
        found.set("type", kind)
    found.text = text or None


def _kind(findings: list[Finding]) -> str:
    return "error" if any(map(is_error, findings)) else "warning"


def _message(findings: list[Finding]) -> str:
    errors = sum(map(is_error, findings))
    numbers = [
        count(number, f"new {noun}")
        for number, noun in ((errors, "error"), (len(findings) - errors, "warning"))
        if number
    ]
    return f"{' and '.join(numbers)}: {headline(findings[0])}{_doubt(findings[0])}"


def _doubt(finding: Finding) -> str:
    """Nobody is named who may not have done it."""
    return "" if finding.introduced_by is not None else f" (by one of {', '.join(map(row_name, finding.suspects))})"


def _text(findings: list[Finding]) -> str:
    parts = []
    for finding in findings[:FINDINGS]:
        excerpt = (finding.sample.excerpt or (finding.sample.raw,))[:EXCERPT_LINES]
        parts.append("\n".join([headline(finding) + _doubt(finding), *(f"    {log_line(line)}" for line in excerpt)]))
    if len(findings) > FINDINGS:
        parts.append(f"and {len(findings) - FINDINGS} more")
    return "\n\n".join(parts)
