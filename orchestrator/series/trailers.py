"""Reviewed-by and its kin, collected from replies. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.series.patches import Mail

# A line of its own that is not quoted: `Reviewed-by: A. B <a@b>`, a comment may follow as `# for the x86 part`.
_TRAILER = re.compile(
    r"^(?P<key>[A-Z][A-Za-z]*(?:-[a-z]+)*-by): +(?P<who>[^<>\n]*<(?P<address>[^<>\s]+@[^<>\s]+)>)", re.M
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """`lines`: for each patch, by its message-id, the trailers to add. `warnings`: those that were not taken."""

    lines: Mapping[str, tuple[str, ...]]
    warnings: tuple[str, ...] = ()


def collect_trailers(mails: Sequence[Mail], patches: Sequence[Mail], cover: Mail | None) -> Collected:
    """The trailers that replies give to the chosen patches; one given to the cover letter is for all of them.

    As with b4, who gives a trailer must be who sent the mail: others are named in a warning.
    """
    parents = {mail.header.message_id: mail.parent for mail in mails}
    targets = {mail.header.message_id for mail in patches}
    head = cover.header.message_id if cover else None
    chosen = {mail.header.message_id for mail in (*patches, *((cover,) if cover else ()))}
    found: dict[str, dict[str, None]] = {identity: {} for identity in targets}
    warnings = []
    for mail in mails:
        if mail.header.message_id in chosen or mail.has_diff:
            continue
        target = _answered(mail.parent, parents, chosen)
        if target is None:
            continue
        sender = mail.header.sender.rpartition("<")[2].rstrip(">").casefold()
        for match in _TRAILER.finditer(mail.body):
            line = f"{match['key']}: {match['who'].strip()}"
            if match["address"].casefold() != sender:
                warnings.append(f"trailer not added, it came from {mail.header.sender or 'nobody'}: {line}")
                continue
            for identity in targets if target == head else (target,):
                found[identity][line] = None
    return Collected(
        lines={identity: tuple(lines) for identity, lines in found.items() if lines}, warnings=tuple(warnings)
    )


def _answered(identity: str | None, parents: Mapping[str, str | None], chosen: set[str]) -> str | None:
    """The chosen mail that a thread of replies goes back to, None if it is another."""
    seen = set()
    while identity and identity not in seen:
        if identity in chosen:
            return identity
        seen.add(identity)
        identity = parents.get(identity)
    return None
