"""What the subject of a patch mail says: version, place in the series, and the title without all that."""

import re
from dataclasses import dataclass

_REPLY = re.compile(r"^(?:(?:re|aw|fwd?|sv|vs|antw|tr|rv|odp|wg|回复|答复|转发)(?:\[\d+\])?\s*[::]\s*)+", re.IGNORECASE)
_BRACKETS = re.compile(r"^\s*\[([^\[\]]*)\]")
_COUNTER = re.compile(r"(?<![\w./-])(\d{1,4})\s*(?:/|of)\s*(\d{1,4})(?![\w./-])", re.IGNORECASE)
_VERSION = re.compile(
    r"(?:(?<![\w.-])|(?<=patch)|(?<=patch[-_])|(?<=rfc)|(?<=rfc[-_]))v(\d{1,3})(?![\w.-])", re.IGNORECASE
)
_KIND = re.compile(r"patch|rfc|rft", re.IGNORECASE)
_RESENT = re.compile(r"resend|resent|repost", re.IGNORECASE)
_WORD = re.compile(r"[\w.+-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A subject taken apart.

    Accepted: `[PATCH v2 03/12] t`, `[RFC PATCH net-next v3 3/7] t`, `[PATCHv2] t`, `[v2,3/7] t` (patchwork),
    `[PATCH 5.10 1/2] t`, `[RESEND PATCH] t`, `[PATCH][next] t`, `t`. `number` 0 is the cover letter; None: not
    numbered. `tags` are what else the brackets hold, lower case (`net-next`, `5.10`). `named`: the brackets say
    PATCH or RFC; `marked`: that, or n/m. `v5.10` names a kernel, not a version of the series.
    """

    title: str
    version: int = 1
    number: int | None = None
    total: int | None = None
    tags: frozenset[str] = frozenset()
    named: bool = False
    marked: bool = False
    resent: bool = False
    reply: bool = False

    @property
    def is_cover(self) -> bool:
        """`[PATCH 0/n]`."""
        return self.number == 0

    @property
    def key(self) -> str:
        """The title as it is compared: case and spacing do not matter."""
        return " ".join(self.title.casefold().split())


def parse_subject(subject: str) -> Subject:
    """Take a decoded, unfolded subject apart; anything is accepted."""
    text = subject.strip()
    reply = _REPLY.match(text)
    text = text[reply.end() :] if reply else text
    prefixes = []
    while match := _BRACKETS.match(text):
        prefixes.append(match.group(1))
        text = text[match.end() :]
    prefix = " , ".join(prefixes)
    counter = _COUNTER.search(prefix)
    version = _VERSION.search(prefix)
    named = _KIND.search(prefix) is not None
    left = _VERSION.sub(" ", _COUNTER.sub(" ", prefix))
    tags = {word for word in _WORD.findall(left.casefold()) if not _KIND.match(word) and not _RESENT.match(word)}
    return Subject(
        title=text.strip() or subject.strip(),
        version=int(version.group(1)) if version else 1,
        number=int(counter.group(1)) if counter else None,
        total=int(counter.group(2)) if counter else None,
        tags=frozenset(tags),
        named=named,
        marked=named or counter is not None,
        resent=_RESENT.search(prefix) is not None,
        reply=reply is not None,
    )
