"""What patchwork is to show beside each patch: one check for each architecture and one for all. Posts nothing.

https://patchwork.readthedocs.io/en/latest/usage/rest/: `context` is a slug, the latest check of a context counts, and
a patch shows the worst of its checks.
"""

import re
from dataclasses import dataclass

from orchestrator.model.result import Status
from orchestrator.model.verdict import Finding, RunReport
from orchestrator.reporting.text import count, shorten
from orchestrator.reporting.view import View, carried, is_error, view

CONTEXT = "kmatrix"
LONGEST = 255  # of a context
_DESCRIPTION = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`state` is success, warning or fail; pending where nothing is wrong but not all could be told."""

    context: str
    state: str
    description: str
    target_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchChecks:
    """The checks of the patch that came as `message_id` (no angle brackets)."""

    message_id: str
    checks: tuple[Check, ...]


def checks(report: RunReport, page_url: str = "") -> tuple[PatchChecks, ...]:
    """For every commit that came as a mail, in series order. `page_url`: where the report can be read, if anywhere."""
    seen = view(report)
    arches: dict[str, list[str]] = {}
    for facts in report.targets:
        arches.setdefault(facts.target.arch, []).append(facts.target.name)
    groups = [(CONTEXT, list(seen.names)), *((f"{CONTEXT}-{arch}", names) for arch, names in arches.items())]
    old = {name: carried(seen, name) for name in seen.names}
    return tuple(
        PatchChecks(
            message_id=commit.mail.message_id,
            checks=tuple(
                _check(seen, commit.index, slug(context), names, old, page_url=page_url) for context, names in groups
            ),
        )
        for commit in report.series.commits
        if commit.mail
    )


def slug(text: str) -> str:
    """`text` with every other character than patchwork takes as `_`."""
    return re.sub(r"[^-a-zA-Z0-9_]", "_", text)[:LONGEST]


def _check(
    seen: View,
    index: int,
    context: str,
    names: list[str],
    old: dict[str, tuple[tuple[Finding, ...], ...]],
    *,
    page_url: str,
) -> Check:
    introduced = _named(seen, [seen.delta(index, name).introduced for name in names])
    fixed = _named(seen, [seen.delta(index, name).fixed for name in names])
    kept = {finding.id for name in names for finding in old[name][index]}
    sure = [finding for finding in introduced.values() if finding.counts and finding.introduced_by == index]
    untold = sum(not _told(seen, index, name) for name in names)
    state = "fail" if any(map(is_error, sure)) else "warning" if sure else "pending" if untold else "success"
    numbers = f"Errors and warnings before: {len(kept | set(fixed))} this patch: {len(kept | set(introduced))}"
    parts = [numbers, *([f"{len(sure)} new"] if sure else []), *([_gap(untold, len(names))] if untold else [])]
    description = shorten("; ".join(parts), _DESCRIPTION)
    return Check(context=context, state=state, description=description, target_url=page_url)


def _gap(untold: int, cells: int) -> str:
    return f"{untold} of {count(cells, 'cell')} cannot tell"


def _named(seen: View, groups: list[tuple[str, ...]]) -> dict[str, Finding]:
    return {name: seen.findings[name] for group in groups for name in group if name in seen.findings}


def _told(seen: View, index: int, name: str) -> bool:
    """True if the square says all about the patch: built, no part hidden, and whatever is new there surely its own."""
    result = seen.result(index, name)
    new = [seen.findings[each] for each in seen.delta(index, name).introduced if each in seen.findings]
    if any(finding.introduced_by != index for finding in new):
        return False
    return result.status in (Status.OK, Status.WARNINGS, Status.ERRORS) and result.state.complete
