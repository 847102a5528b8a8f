"""Patch mails, made in one line; override what the test is about."""

from zlib import crc32

from orchestrator.series.patches import Mail, read_mails

SENDER = "A Developer <dev@example.org>"


def a_diff(path: str = "mm/a.c", old: str = "old", new: str = "new") -> str:
    """A diff of one line."""
    return f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-{old}\n+{new}\n"


def a_mail(
    subject: str,
    *,
    mid: str | None = None,
    to: str | None = None,
    sender: str = SENDER,
    body: str | None = None,
    day: int = 1,
) -> bytes:
    """A mail; `mid` defaults to one made of the subject, `to` is the message-id it replies to."""
    identity = mid if mid is not None else f"{crc32(repr((subject, sender, day)).encode())}@example.org"
    lines = [f"From: {sender}", f"Subject: {subject}", f"Date: {day:02} Nov 2024 10:00:00 +0000"]
    lines += [f"Message-ID: <{identity}>"] if identity else []
    lines += [f"In-Reply-To: <{to}>", f"References: <{to}>"] if to else []
    text = body if body is not None else f"Text.\n---\n{a_diff(new=subject)}-- \n2.43.0\n"
    return ("\n".join(lines) + "\n\n" + text).encode()


def an_mbox(*mails: bytes) -> bytes:
    """The mails as lore writes them."""
    return b"".join(b"From mboxrd@z Thu Jan  1 00:00:00 1970\n" + mail + b"\n" for mail in mails)


def mails_of(*mails: bytes) -> tuple[Mail, ...]:
    """The mails, read back from an mbox."""
    return read_mails([("", an_mbox(*mails))])


def a_series(
    total: int, *, prefix: str = "PATCH", stem: str = "t", cover: bool = True, **options: object
) -> list[bytes]:
    """Cover and patches 1..total, each a reply to the cover. `options` as for `a_mail`."""
    root = f"{stem}-{prefix.replace(' ', '-')}-0@example.org"
    given = {"to": root, **options}
    mails = [
        a_mail(f"[{prefix} {n}/{total}] {stem}: patch {n}", mid=root.replace("-0@", f"-{n}@"), **given)  # type: ignore[arg-type]
        for n in range(1, total + 1)
    ]
    start = {**options, "to": options.get("to")}
    first = a_mail(f"[{prefix} 0/{total}] {stem} series", mid=root, body="Cover.\n", **start)  # type: ignore[arg-type]
    return [first, *mails] if cover else mails
