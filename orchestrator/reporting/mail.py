"""All mails of a report as drafts: one for each guilty commit, in the kernel test robot's form, and one on the series.

Nothing here sends anything. No mail is about a square that is unknown, nor accuses a patch that is only one of several
suspects (DESIGN D8, D10).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from orchestrator.model.verdict import Finding, RunReport
from orchestrator.reporting import account, sourcelines
from orchestrator.reporting.account import Case
from orchestrator.reporting.excerpt import block, kconfig
from orchestrator.reporting.headers import address, first_name
from orchestrator.reporting.letters import (
    Draft,
    Letter,
    Post,
    answerable,
    draft,
    key,
    lore_link,
    own_id,
    to_themselves,
)
from orchestrator.reporting.reproduce import BuildLines, git_lines, make_lines
from orchestrator.reporting.sourcelines import SourceTexts
from orchestrator.reporting.summary import summary
from orchestrator.reporting.templates import Templates
from orchestrator.reporting.text import count, printable
from orchestrator.reporting.view import view
from orchestrator.reporting.words import additions, bases, headline


def drafts(
    report: RunReport,
    templates: Templates,
    *,
    sender: str,
    date: datetime,
    lines: Mapping[str, BuildLines],
    texts: SourceTexts | None = None,
    to: str = "author",
) -> tuple[Draft, ...]:
    """A draft for every commit that introduced a finding that counts, in series order; then the one on the series.

    `sender` is `Name <a@b>`, `date` has a time zone, `lines` are the build of each target by its name (one that is
    missing gets no make lines), `texts` the sources that `wanted_texts` asks for, `to` is `author`, `list` or an
    address. Raises UserError if `sender` or `to` is no address.
    """
    writing = _Writing(templates, Post.of(sender, date, to), lines, texts or {})
    seen = view(report)
    made = tuple(draft(_letter(case, writing), writing.post) for case in account.cases(seen))
    whole = summary(seen, templates, writing.post, told=tuple(mail.commit for mail in made))
    return (*made, draft(whole, writing.post)) if whole else made


def wanted_texts(report: RunReport) -> tuple[tuple[int, str], ...]:
    """(commit, path) of every source file that the drafts show lines of."""
    seen = view(report)
    shown = (
        place
        for case in account.cases(seen)
        for findings, name in account.parts(case)
        for place in sourcelines.places(seen, findings, name)
    )
    return tuple(dict.fromkeys((place.commit, place.path) for place in shown))


@dataclass(frozen=True, slots=True)
class _Writing:
    """What all mails of a report are written with."""

    templates: Templates
    post: Post
    lines: Mapping[str, BuildLines]
    texts: SourceTexts


def _letter(case: Case, writing: _Writing) -> Letter:
    commit, report = case.commit, case.seen.report
    mailed = answerable(commit.mail)
    author = mailed.sender if mailed else commit.author
    known = key(report.series, commit.message_id or commit.sha, sorted(finding.id for finding in case.findings))
    position = f"{commit.index}/{len(report.series.commits)}"
    return Letter(
        commit=commit.index,
        slug=commit.subject,
        subject=f"[kmatrix {position}] {headline(account.worst(case.findings), flag=False)}",
        authors=(author,),
        answered=mailed,
        key=known,
        run=report.run,
        body=_body(case, writing, author, known),
    )


def _body(case: Case, writing: _Writing, author: str, known: str) -> str:
    commit, series = case.commit, case.seen.report.series
    written_to = address(author)
    kind = account.kind(case.findings)
    return writing.templates.render(
        "mail.txt.j2",
        name=first_name(written_to.display_name) if written_to else "",
        what=kind.replace("error/", "errors and "),
        severity="WARNING" if kind == "warnings" else "ERROR",
        heading=f"All {kind} (new ones prefixed by >>):",
        base_sha=printable(series.base.sha),
        base=printable(f"{series.base.sha} {series.base.subject}"),
        why=printable(series.base_reason),
        guessed=series.base_guessed,
        bases=(*bases(series), *map(printable, series.bent), *additions(series)),
        link=lore_link(commit.mail) if commit.mail else "",
        patch=printable(commit.mail.subject) if commit.mail else "",
        head=printable(f"{series.commits[-1].sha} {series.commits[-1].subject}"),
        commit=printable(f"{commit.sha} [{commit.index}/{len(series.commits)}] {commit.subject}"),
        tags=_tags(case, writing.post, author, known),
        counts=account.counts(case.findings),
        share=f"{len(account.showing(case))} of {count(len(case.seen.names), 'cell')}",
        findings=account.told(case),
        more=max(len(case.findings) - account.FINDINGS, 0),
        fine=account.fine(case),
        silent=account.silent(case),
        notes=account.notes(case),
        parts=[_part(case, findings, name, writing) for findings, name in account.parts(case)],
        sender=str(writing.post.sender),
        version=case.seen.report.tool_version,
    )


def _tags(case: Case, post: Post, author: str, known: str) -> list[str]:
    """The tags that a separate fix may carry: none if people report to themselves, Fixes: only for a real commit."""
    if to_themselves(author, post):
        return []
    tags = [f"Reported-by: {post.sender}"]
    if post.public:
        tags.append(f"Closes: https://lore.kernel.org/r/{own_id(known, post.sender).strip('<>')}/")
    if not (case.commit.mail or case.seen.report.series.applied):
        tags.append(f'Fixes: {case.commit.sha[:12]} ("{case.commit.subject}")')
    return [printable(tag) for tag in tags]


def _part(case: Case, findings: tuple[Finding, ...], name: str, writing: _Writing) -> dict[str, object]:
    """One cell: how to build it and what it said."""
    facts = next(facts for facts in case.seen.report.targets if facts.target.name == name)
    config, warnings = facts.target.config, dict(facts.target.make_vars).get("W")
    own = writing.lines.get(name)
    places = sourcelines.places(case.seen, findings, name)
    return {
        "cell": printable(name),
        "config": printable(", ".join((config.base, *config.fragments, *config.symbols))),
        "compiler": printable(facts.compiler_version),
        "extra": printable(f"this is a W={warnings} build") if warnings else "",
        "reproduce": (*git_lines(case.seen.report.series, case.commit), *make_lines(own)) if own else (),
        "kconfig": kconfig(case.seen, findings, name),
        "block": block(case.seen, findings, name),
        "excerpts": [shown for place in places if (shown := sourcelines.excerpt(place, writing.texts))],
    }
