"""For a run in GitHub Actions: annotations as workflow commands on stdout, and the step's summary.

The runner obeys any line of stdout that begins with `::`, so nothing foreign may begin one or end one early:
https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from orchestrator.model.verdict import Finding, RunReport
from orchestrator.reporting.markdown import markdown
from orchestrator.reporting.text import count, cut_bytes, printable
from orchestrator.reporting.view import is_error, view
from orchestrator.reporting.words import finding_cells, headline, row_name, verdict_text

SHOWN = 10  # of each severity: GitHub drops what a step says beyond
SUMMARY_BYTES = 1_000_000  # GitHub takes 1 MiB a step
MESSAGE_BYTES = 4000


def annotations(report: RunReport) -> str:
    """A line for each new finding that counts, errors first, then one for the verdict.

    File and line are those of the tree with the patch that brought the finding; what stays comes before what is fixed.
    """
    seen = view(report)
    counting = [finding for finding in report.findings if finding.counts]
    lines = []
    for severity, wanted in (("error", True), ("warning", False)):
        found = sorted(
            (each for each in counting if is_error(each) is wanted), key=lambda each: each.fixed_by is not None
        )
        lines += [_annotation(severity, each, finding_cells(seen, each)) for each in found[:SHOWN]]
        if len(found) > SHOWN:
            more = f"{len(found) - SHOWN} more {severity}s are in the step's summary and in the report"
            lines.append(_command("notice", {"title": "kmatrix"}, more))
    lines.append(_command("notice", {"title": "kmatrix"}, verdict_text(seen)))
    return "\n".join(lines) + "\n"


def summary(report: RunReport) -> str:
    """The report as Markdown, in the bytes that GitHub takes."""
    text = markdown(report)
    data = text.encode("utf-8", "replace")
    if len(data) <= SUMMARY_BYTES:
        return text
    kept = data[:SUMMARY_BYTES].decode("utf-8", "ignore").rsplit("\n", 1)[0]
    return f"{kept}\n\ncut here: the whole report has {count(len(data), 'byte')}\n"


def guarded(text: str, token: str) -> str:
    """`text` for the stdout of a step, in which the runner obeys no line of it; `token` must not be guessable."""
    return f"::stop-commands::{token}\n{text}::{token}::\n"


def _annotation(severity: str, finding: Finding, cells: str) -> str:
    sample = finding.sample
    where = [row_name(index) for index in finding.suspects] or [row_name(finding.seen_at)]
    by = f"patch {where[0]}" if len(where) == 1 else f"one of patches {', '.join(where)}"
    fixed = f"; fixed by {finding.fixed_by}" if finding.fixed_by is not None else ""
    fields = {"title": f"new {severity} by {by}"}
    if sample.file:
        fields["file"] = printable(sample.file)
        fields |= {name: str(number) for name, number in (("line", sample.line), ("col", sample.column)) if number}
    return _command(severity, fields, f"{headline(finding)}\n{cells}{fixed}")


def _command(name: str, fields: dict[str, str], message: str) -> str:
    """`::error file=a.c,line=3::text`, escaped as @actions/core does it."""
    said = ",".join(f"{key}={_property(value)}" for key, value in fields.items())
    return f"::{name} {said}::{_data(cut_bytes(message, MESSAGE_BYTES))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
