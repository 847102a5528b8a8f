"""Message-ids and the addresses of mail archives. Pure."""

import re
from urllib.parse import unquote, urlsplit

_ID = re.compile(r"^<?([^\s<>@/]+@[^\s<>@/]+)>?$")
_HOST = re.compile(
    r"^(?:lore\.kernel\.org|patch\.msgid\.link|lkml\.kernel\.org|marc\.info|patchwork\.\S+?)/", re.IGNORECASE
)


def message_id(spec: str) -> str | None:
    """The message-id that `spec` names, None if it names none.

    Accepted: `a@b`, `<a@b>`, `id:a@b`, and addresses with the id as a part of their path:
    https://lore.kernel.org/LIST/a@b/T/#u, https://lore.kernel.org/r/a@b, https://patch.msgid.link/a@b,
    https://lkml.kernel.org/r/a@b, https://patchwork.kernel.org/project/PROJECT/patch/a@b/. `topic@{1}` is git's.
    """
    spec = spec.strip()
    if is_address(spec):
        parts = urlsplit(spec if "://" in spec else f"https://{spec}")
        found = (unquote(part) for part in parts.path.split("/"))
        return next((match[1] for part in found if (match := _ID.match(part))), None)
    match = _ID.match(spec.removeprefix("id:").removeprefix("mid:"))
    return match[1] if match and "@{" not in spec else None


def is_address(spec: str) -> bool:
    """Whether `spec` is an address of the web."""
    return spec.lower().startswith(("http://", "https://")) or _HOST.match(spec) is not None
