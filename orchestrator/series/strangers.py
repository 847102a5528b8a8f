"""Why mails without a patch are no series, and what they are instead. Pure."""

import re
from collections.abc import Sequence

from orchestrator.series.patches import Mail
from orchestrator.series.subjects import parse_subject

# The 0-day robot's mails: its sender, or its fixed phrases (lkp's templates, 2019 to now).
_ROBOT = re.compile(r"^(?:kernel test robot noticed|\[auto build test |tree: +https?://)", re.MULTILINE)
_HTML = re.compile(r"^Content-Type:\s*text/html", re.IGNORECASE | re.MULTILINE)


def no_series(mails: Sequence[Mail]) -> str:
    """Whole lines: what there is in place of a patch, and what to give."""
    if not mails:
        return "no mail and no patch in it; expected an mbox, a maildir or patches made by git format-patch"
    shown = "".join(f"\n  {mail.subject}" for mail in mails[:5])
    more = f"\n  and {len(mails) - 5} more" if len(mails) > 5 else ""
    count = "1 mail" if len(mails) == 1 else f"{len(mails)} mails"
    return f"no patch in {count} (replies, and mails without a diff, are not patches):{shown}{more}{_advice(mails)}"


def _advice(mails: Sequence[Mail]) -> str:
    first = mails[0]
    if _is_robots(first):
        about = f"give the series it speaks of: {first.parent}" if first.parent else "give the branch it speaks of"
        return f"\nthis is a report of the kernel test robot; {about}"
    if all(not mail.body.strip() for mail in mails) and any(_HTML.search(_head(mail)) for mail in mails):
        return "\nonly HTML is in it: patches are sent as plain text (`git send-email`)"
    if any(mail.has_diff and parse_subject(mail.subject).reply for mail in mails):
        return "\na diff in a reply (Re:) is a suggestion; if it is what you mean, save it without `Re:` in its subject"
    if first.parent:
        return f"\nit answers {first.parent}: give that thread"
    return ""


def _is_robots(mail: Mail) -> bool:
    return "lkp@intel.com" in mail.header.sender or _ROBOT.search(mail.body) is not None


def _head(mail: Mail) -> str:
    return mail.raw.decode("utf-8", "replace")
