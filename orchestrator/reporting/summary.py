"""The one mail on the whole series: the table of all commits and cells, what was built, where bisection fails.

It answers the cover letter, or starts a thread. A run that found nothing but could not build everything makes none:
trouble of the machine is nobody's news.
"""

from orchestrator.model.result import Status
from orchestrator.model.series import PatchMail
from orchestrator.model.verdict import Finding
from orchestrator.reporting.headers import address, first_name
from orchestrator.reporting.letters import Letter, Post, answerable, key, lore_link
from orchestrator.reporting.templates import Templates
from orchestrator.reporting.text import count, display_width, printable, shorten, spans
from orchestrator.reporting.view import View, by_commit, holes, is_error, legend, marks, symbol
from orchestrator.reporting.words import (
    base_text,
    cells,
    finding_cells,
    group_title,
    headline,
    hole_text,
    row_name,
    verdict_text,
)

WIDTH = 100
SUBJECT = 40
FINDINGS = 10  # of one commit; its own mail has them all


def summary(seen: View, templates: Templates, post: Post, *, told: tuple[int, ...]) -> Letter | None:
    """The mail on the series; `told` are the commits that have a mail of their own. None if there is nothing to say."""
    report = seen.report
    if report.verdict == "incomplete" or not report.series.commits:
        return None
    mail = _answered(seen)
    word = _word(seen)
    head = report.series.commits[-1]
    ids = sorted(finding.id for finding in report.findings)
    return Letter(
        commit=0,
        slug="summary",
        subject=f"[kmatrix] BUILD {word}: {report.series.title} {head.sha[:12]}",
        authors=_authors(seen, mail),
        answered=mail,
        key=key(report.series, _whole(seen), (word, *ids, *seen.names)),
        run=report.run,
        body=_body(seen, templates, post, told),
    )


def _answered(seen: View) -> PatchMail | None:
    """The cover letter, else the first patch: it starts the thread where there is no cover letter."""
    series = seen.report.series
    return answerable(series.cover) or answerable(series.commits[0].mail)


def _whole(seen: View) -> str:
    return " ".join(commit.message_id or commit.sha for commit in seen.report.series.commits)


def _authors(seen: View, mail: PatchMail | None) -> tuple[str, ...]:
    if mail:
        return (mail.sender,)
    return tuple(dict.fromkeys(commit.author for commit in seen.report.series.commits))


def _word(seen: View) -> str:
    """The robot's word for it; warnings alone do not make a regression."""
    counting = [finding for finding in seen.report.findings if finding.counts]
    if any(map(is_error, counting)):
        return "REGRESSION"
    return "SUCCESS WITH WARNING" if counting else "SUCCESS"


def _body(seen: View, templates: Templates, post: Post, told: tuple[int, ...]) -> str:
    mail = _answered(seen)
    series = seen.report.series
    authors = _authors(seen, mail)
    written_to = address(authors[0]) if len(authors) == 1 else None
    return templates.render(
        "summary.txt.j2",
        name=first_name(written_to.display_name) if written_to else "",
        word=_word(seen),
        verdict=verdict_text(seen),
        title=printable(series.title),
        link=lore_link(mail) if mail else "",
        head="" if mail else printable(f"{series.commits[-1].sha} {series.commits[-1].subject}"),
        base=printable(f"{series.base.sha} {series.base.subject}"),
        why=printable(series.base_reason),
        guessed=series.base_guessed,
        table=table(seen),
        legend=[f"{sign:<6} {words}" for sign, words in legend(_symbols(seen))],
        holes=[hole_text(seen, hole) for hole in holes(seen)],
        groups=[_group(seen, key, findings, told) for key, findings in by_commit(seen.report)],
        old=base_text(seen),
        gaps=_gaps(seen),
        tested=_tested(seen),
        minutes=round(seen.report.seconds / 60),
        sender=str(post.sender),
        version=seen.report.tool_version,
    )


def table(seen: View) -> list[str]:
    """Rows of commits and columns of cells, the cells by letter, in as many blocks as it takes to fit WIDTH."""
    letters = {name: _letter_of(place) for place, name in enumerate(seen.names)}
    signs = {name: [symbol(marks(seen, row, name)) for row in range(seen.last + 1)] for name in seen.names}
    widths = {name: max(map(display_width, (letters[name], *signs[name]))) for name in seen.names}
    lines: list[str] = []
    for block in _blocks(seen.names, widths):
        lines += [""] if lines else []
        lines.append(_row("", [letters[name] for name in block], [widths[name] for name in block], ""))
        for row in range(seen.last + 1):
            subject = shorten(printable(seen.commit(row).subject), SUBJECT)
            shown = [signs[name][row] for name in block]
            lines.append(_row(row_name(row), shown, [widths[name] for name in block], subject))
    return lines


def _row(name: str, signs: list[str], widths: list[int], subject: str) -> str:
    squares = "  ".join(f"{sign:<{width}}" for sign, width in zip(signs, widths, strict=True))
    return f"{name:>4}  {squares}  {subject}".rstrip()


def _blocks(names: tuple[str, ...], widths: dict[str, int]) -> list[list[str]]:
    blocks: list[list[str]] = [[]]
    room = WIDTH - SUBJECT - 8
    for name in names:
        if blocks[-1] and sum(widths[other] + 2 for other in blocks[-1]) + widths[name] > room:
            blocks.append([])
        blocks[-1].append(name)
    return blocks


def _letter_of(place: int) -> str:
    """A, B, ... Z, AA, AB, ..."""
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def _symbols(seen: View) -> frozenset[str]:
    return frozenset(symbol(marks(seen, row, name)) for row in range(seen.last + 1) for name in seen.names)


def _tested(seen: View) -> list[str]:
    """One line a cell: its letter, name, compiler, and what make was told to build."""
    lines = []
    for place, facts in enumerate(seen.report.targets):
        target = facts.target
        words = [f"{name}={value}" for name, value in target.make_vars if name not in ("ARCH", "CROSS_COMPILE")]
        words += [goal for goal in target.make_targets if goal != "all"]
        extra = f"  (make {' '.join(words)})" if words else ""
        lines.append(printable(f"{_letter_of(place):>2}  {target.name}  {facts.compiler_version}{extra}"))
    return lines


def _group(seen: View, key: tuple[int, ...], findings: tuple[Finding, ...], told: tuple[int, ...]) -> dict[str, object]:
    counting = [finding for finding in findings if finding.counts]
    return {
        "title": group_title(seen, key),
        "reported": len(key) == 1 and key[0] in told,
        "lines": [f"{headline(finding)}  [{finding_cells(seen, finding)}]" for finding in counting[:FINDINGS]],
        "more": max(len(counting) - FINDINGS, 0),
        "exempt": len(findings) - len(counting),
    }


def _gaps(seen: View) -> list[str]:
    """Where nothing is known; the why is the operator's business."""
    rows: dict[tuple[int, ...], list[str]] = {}
    for name in seen.names:
        missing = tuple(
            row for row in range(seen.last + 1) if seen.result(row, name).status in (Status.UNKNOWN, Status.NOT_RUN)
        )
        if missing:
            rows.setdefault(missing, []).append(name)
    return [
        f"{'commit' if len(missing) == 1 else 'commits'} {spans(missing)} ({count(len(missing), 'square')} a cell): "
        f"{cells(seen, tuple(names))}"
        for missing, names in rows.items()
    ]
