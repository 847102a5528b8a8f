"""One mail per guilty commit, in the kernel test robot's form, as a draft: nothing here sends anything.

Never about a square that is unknown, nor about a finding whose patch is uncertain (DESIGN D8, D10).
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage

from orchestrator.errors import UserError
from orchestrator.model.diagnostic import Severity
from orchestrator.model.result import Status
from orchestrator.model.series import Commit
from orchestrator.model.verdict import Finding, RunReport
from orchestrator.reporting.excerpt import LONGEST_LINE, block
from orchestrator.reporting.headers import address, first_name, header_text, mail_policy, message_id
from orchestrator.reporting.reproduce import BuildLines, make_lines
from orchestrator.reporting.templates import Templates
from orchestrator.reporting.text import cut_bytes, printable, spans
from orchestrator.reporting.view import View, in_order, is_error, view
from orchestrator.reporting.words import additions, bases, headline

WIDTH = 76


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A mail about `commit`. `problem` says what a person must mend before it can be sent, "" if nothing."""

    commit: int
    filename: str
    message: EmailMessage
    problem: str = ""


def drafts(
    report: RunReport,
    templates: Templates,
    *,
    sender: str,
    date: datetime,
    lines: Mapping[str, BuildLines],
) -> tuple[Draft, ...]:
    """A draft for every commit that introduced a finding that counts, in series order.

    `sender` is `Name <a@b>`, `date` has a time zone, `lines` are the build of each target by its name (one that is
    missing gets no make lines). Raises UserError if `sender` is no address.
    """
    operator = address(sender)
    if operator is None:
        raise UserError(f"{printable(sender)!r} is no sender of mail: expected `Name <user@host>`")
    seen = view(report)
    guilty: dict[int, list[Finding]] = {}
    for finding in report.findings:
        if finding.counts and finding.introduced_by:
            guilty.setdefault(finding.introduced_by, []).append(finding)
    return tuple(
        _draft(_Case(seen, seen.commit(index), in_order(tuple(findings)), operator), templates, date, lines)
        for index, findings in sorted(guilty.items())
    )


@dataclass(frozen=True, slots=True)
class _Case:
    """What one mail is about."""

    seen: View
    commit: Commit
    findings: tuple[Finding, ...]
    sender: Address


def _draft(case: _Case, templates: Templates, date: datetime, lines: Mapping[str, BuildLines]) -> Draft:
    commit = case.commit
    written = commit.mail.sender if commit.mail else commit.author
    author = address(written)
    problem = "" if author else f"no mail can be sent to the author {printable(written)!r}: set To: by hand"
    message = EmailMessage(policy=mail_policy())
    message["From"] = case.sender
    if author:
        message["To"] = author
    message["Date"] = date
    message["Message-ID"] = _own_id(case)
    _set_subject(message, case)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation mail comes back
    message["X-Kmatrix-Run"] = header_text(case.seen.report.run)
    body = _body(case, templates, first_name(author.display_name) if author else "", lines)
    message.set_content(
        body, charset="us-ascii" if body.isascii() else "utf-8", cte="7bit" if body.isascii() else "8bit"
    )
    slug = re.sub(r"[^a-z0-9]+", "-", commit.subject.lower()).strip("-")[:50].rstrip("-")
    return Draft(
        commit=commit.index, filename=f"{commit.index:04d}-{slug or 'patch'}.eml", message=message, problem=problem
    )


def _own_id(case: _Case) -> str:
    """The same for the same run and commit, so that a second try to send is seen to be the same mail."""
    digest = hashlib.sha256(
        f"{case.seen.report.run}\0{case.commit.index}\0{case.commit.sha}".encode("utf-8", "replace")
    )
    domain = case.sender.domain if case.sender.domain.isascii() else "localhost"
    return f"<kmatrix.{digest.hexdigest()[:24]}@{domain}>"


def _set_subject(message: EmailMessage, case: _Case) -> None:
    """A reply to the very patch mail; a new thread for a commit that was never mailed."""
    mail = case.commit.mail
    parent = message_id(mail.message_id) if mail else None
    if mail and parent:
        subject = header_text(mail.subject)
        message["Subject"] = subject if subject.lower().startswith("re:") else f"Re: {subject}"
        message["In-Reply-To"] = parent
        earlier = [found for text in mail.references if (found := message_id(text)) and found != parent]
        message["References"] = " ".join((*dict.fromkeys(earlier), parent))
        return
    title = case.seen.report.series.title or case.commit.subject
    message["Subject"] = header_text(f"[kmatrix] {title}: {headline(case.findings[0], flag=False)}")


def _body(case: _Case, templates: Templates, name: str, lines: Mapping[str, BuildLines]) -> str:
    commit, series = case.commit, case.seen.report.series
    position = f"{commit.index}/{len(series.commits)}"
    text = templates.render(
        "mail.txt.j2",
        name=name,
        what=_kind(case.findings),
        heading=_block_heading(case.findings),
        base=printable(f"{series.base.sha} {series.base.subject}"),
        why=printable(series.base_reason),
        bases=(*bases(series), *map(printable, series.bent), *additions(series)),
        patch=printable(commit.mail.subject) if commit.mail else "",
        patch_id=printable(commit.message_id or ""),
        commit=printable(f"{commit.sha} [{position}] {commit.subject}"),
        shows=_showing(case),
        fine=_others(case, fine=True),
        silent=_others(case, fine=False),
        notes=_notes(case),
        parts=_parts(case, lines),
        sender=str(case.sender),
        version=case.seen.report.tool_version,
    )
    safe = (cut_bytes(_body_line(line), LONGEST_LINE) for line in text.split("\n"))
    return "\n".join(safe).rstrip("\n") + "\n"


def _body_line(line: str) -> str:
    return "\t".join(printable(part) for part in line.split("\t"))


def _kind(findings: tuple[Finding, ...]) -> str:
    severities = {finding.sample.severity for finding in findings}
    if len(severities) > 1:
        return "errors and warnings"
    return "errors" if Severity.ERROR in severities else "warnings"


def _block_heading(findings: tuple[Finding, ...]) -> str:
    kind = {"errors": "errors", "warnings": "warnings"}.get(_kind(findings), "error/warnings")
    return f"All {kind} (new ones prefixed by >>):"


def _showing(case: _Case) -> list[str]:
    names = {name for finding in case.findings for name in finding.targets}
    return [name for name in case.seen.names if name in names]


def _others(case: _Case, *, fine: bool) -> list[str]:
    """Cells without these findings: those whose build says so (`fine`), or those that can say nothing, with the why."""
    shows = set(_showing(case))
    result = []
    for name in case.seen.names:
        square = case.seen.result(case.commit.index, name)
        built = square.status in (Status.OK, Status.WARNINGS)
        if name in shows or fine != (built and square.state.complete):
            continue
        result.append(name if fine else f"{name} ({_why_silent(square.status)})")
    return result


def _why_silent(status: Status) -> str:
    words = {Status.UNKNOWN: "no result", Status.NOT_RUN: "not built", Status.ERRORS: "broken by something else"}
    return words.get(status, "built in part")


def _notes(case: _Case) -> list[str]:
    """What a reader must know before the block: a root cause from elsewhere, a later fix."""
    notes = []
    told = {finding.id for finding in case.findings}
    for finding in case.findings:
        root = case.seen.findings.get(finding.root_cause or "")
        if root and root.id not in told:
            told.add(root.id)
            since = (
                f"patch {root.introduced_by}" if root.introduced_by else "the base" if not root.seen_at else "earlier"
            )
            notes.append(f"The root cause seems to be what {since} brought (without a mark below):")
            notes.append(f"  {headline(root)}")
    fixes: dict[int, int] = {}
    for finding in case.findings:
        if finding.fixed_by is not None:
            fixes[finding.fixed_by] = fixes.get(finding.fixed_by, 0) + 1
    for commit, number in sorted(fixes.items()):
        which = "this" if len(case.findings) == 1 else "all of this" if number == len(case.findings) else "part of this"
        notes.append(f"Patch {commit} of the series makes {which} go away again.")
    broken = [finding.fixed_by for finding in case.findings if is_error(finding) and finding.fixed_by is not None]
    if broken:
        span = spans(tuple(range(case.commit.index, max(broken))))
        notes.append(f"Bisection through {span} fails, though.")
    return notes


def _since(root: Finding) -> str:
    if root.introduced_by:
        return f"what patch {root.introduced_by} brought"
    return "in the tree from before" if root.seen_at else "in the base"


def _parts(case: _Case, lines: Mapping[str, BuildLines]) -> list[dict[str, object]]:
    """The fewest cells that show every finding between them, each with how to build it and what it said."""
    left = list(case.findings)
    parts: list[dict[str, object]] = []
    known = {facts.target.name: facts for facts in case.seen.report.targets}
    while left:
        name = max(known, key=lambda name: sum(name in finding.targets for finding in left))
        here = tuple(finding for finding in left if name in finding.targets)
        if not here:
            break
        left = [finding for finding in left if finding not in here]
        facts = known[name]
        config = facts.target.config
        extra = dict(facts.target.make_vars).get("W")
        parts.append(
            {
                "cell": name,
                "config": ", ".join((config.base, *config.fragments, *config.symbols)),
                "compiler": facts.compiler_version,
                "extra": f"this is a W={extra} build" if extra else "",
                "reproduce": make_lines(lines[name]) if name in lines else (),
                "block": block(case.seen, here, name),
            }
        )
    return parts
