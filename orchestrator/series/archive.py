"""Threads out of a mirror: public-inbox git repositories (v1, v2 with its epochs), a maildir, or mailbox files.

A v2 repository holds one mail a commit, as the file `m`; a v1 repository one file a mail, named by the SHA-1 of its
message-id (public-inbox-v2-format(5), public-inbox-v1-format(5)). No index is needed: where the message-id tells its
day, as git send-email's do, the mails of those days are read first.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from orchestrator.errors import SeriesError, UserError
from orchestrator.series.git import Git
from orchestrator.series.sources import read_files

# `20240730064712.3273387-1-alexs@kernel.org` (git send-email), `20240730-topic-v2-3-0123456789ab@kernel.org` (b4).
_DAY = re.compile(r"^(20\d\d)(\d\d)(\d\d)(?:\d{6}\.|-)")
_IDS = re.compile(rb"<([^<>\s]+)>")
_OWN_ID = re.compile(rb"^message-id:[ \t]*(?:\r?\n[ \t]+)?<([^<>\s]+)>", re.IGNORECASE | re.MULTILINE)
_ANCESTORS = re.compile(rb"^(?:references|in-reply-to):((?:[^\n]|\n[ \t])*)", re.IGNORECASE | re.MULTILINE)
_SENDER = re.compile(rb"^from:((?:[^\n]|\n[ \t])*)", re.IGNORECASE | re.MULTILINE)
_NUMBER = re.compile(rb"^subject:[^\n]*?\[[^\]\n]*?\d+/(\d+)\s*\]", re.IGNORECASE | re.MULTILINE)
_BEFORE, _AFTER = timedelta(days=3), timedelta(days=120)
_EVER = (None, None)

Window = tuple[datetime | None, datetime | None]


def thread_of(archives: Sequence[Path], identity: str) -> list[tuple[str, bytes]]:
    """The mails of the thread of `identity`, as (name, content), from the first archive that has it.

    Mails by the same sender with the same total in `[PATCH n/total]`, sent within the days of it, are there too: a
    thread may have been torn apart. Raises SeriesError if no archive has it, UserError for what is no archive.
    """
    for archive in archives:
        for window in _windows(identity):
            if mails := _thread(list(_mails(archive, identity, window)), identity):
                return [("", mail) for mail in mails]
    shown = ", ".join(str(archive) for archive in archives)
    raise SeriesError(f"{identity}: not in {shown}; is the mirror up to date?")


def _windows(identity: str) -> list[Window]:
    """The days to read: first those that the message-id speaks of, then all."""
    match = _DAY.match(identity)
    try:
        day = datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=UTC) if match else None
    except ValueError:
        day = None
    return [(day - _BEFORE, day + _AFTER), _EVER] if day else [_EVER]


def _mails(archive: Path, identity: str, window: Window) -> Iterator[bytes]:
    """The mails of an archive, oldest first as far as it knows."""
    if not archive.is_dir():
        raise UserError(f"--archive {archive}: no such directory; expected a public-inbox repository or a maildir")
    repositories = _repositories(archive)
    if not repositories:
        yield from (content for _, content in read_files(archive))
        return
    for repository in repositories:
        git = Git(directory=repository, private=True)
        if git.commit_of("HEAD") is None:
            continue
        if git.try_run("cat-file", "-e", "HEAD:m").code and git.try_run("cat-file", "-e", "HEAD:d").code:
            yield from _version_one(git, identity, window)
        else:
            yield from _version_two(git, window)


def _repositories(archive: Path) -> list[Path]:
    """The git repositories of an archive: its epochs in order, or itself."""
    for place in (archive / "git", archive):
        epochs = (
            [path for path in place.glob("*.git") if path.stem.isdecimal()]
            or [path for path in place.iterdir() if path.name.isdecimal() and (path / "HEAD").is_file()]
            if place.is_dir()
            else []
        )
        if epochs:
            return sorted(epochs, key=lambda path: int(path.stem))
    for place in (archive, archive / ".git"):
        if (place / "HEAD").is_file() and (place / "objects").is_dir():
            return [place]
    return []


def _version_two(git: Git, window: Window) -> Iterator[bytes]:
    commits = git.text("rev-list", "--reverse", *_limits(window), "HEAD").split()
    with git.blobs() as blobs:
        for commit in commits:
            if content := blobs.find(f"{commit}:m"):
                yield content


def _version_one(git: Git, identity: str, window: Window) -> Iterator[bytes]:
    """Every file that was added in the window; the one asked for by its name, whenever it came."""
    digest = hashlib.sha1(identity.encode(), usedforsecurity=False).hexdigest()
    listed = git.text("log", "--reverse", "--format=", "--raw", "--abbrev=64", "--no-renames", *_limits(window), "HEAD")
    oids = [row.split()[3] for row in listed.splitlines() if row.startswith(":000000")]
    with git.blobs() as blobs:
        found = [content for oid in oids if (content := blobs.find(oid))]
        own = blobs.find(f"HEAD:{digest[:2]}/{digest[2:]}")
    yield from ([own] if own and own not in found else [])
    yield from found


def _limits(window: Window) -> list[str]:
    since, until = window
    return [
        *([f"--since=@{int(since.timestamp())}"] if since else []),
        *([f"--until=@{int(until.timestamp())}"] if until else []),
    ]


def _thread(mails: list[bytes], identity: str) -> list[bytes]:
    """The mails that have to do with `identity`, [] if it is not among them."""
    heads = [mail.replace(b"\r\n", b"\n").partition(b"\n\n")[0] for mail in mails]
    wanted = identity.encode()
    start = next((head for head in heads if _own(head) == wanted), None)
    if start is None:
        return []
    known = {wanted, *_ancestors(start)}
    kept: set[int] = set()
    grown = True
    while grown:
        before = len(kept)
        for number, head in enumerate(heads):
            own, above = _own(head), _ancestors(head)
            if number not in kept and (own in known or not known.isdisjoint(above)):
                kept.add(number)
                known.add(own)
        grown = len(kept) > before
    torn = {number for number, head in enumerate(heads) if _same_series(start, head)}
    return [mails[number] for number in sorted(kept | torn)]


def _own(head: bytes) -> bytes:
    match = _OWN_ID.search(head)
    return match[1] if match else b""


def _ancestors(head: bytes) -> list[bytes]:
    return [identity for match in _ANCESTORS.finditer(head) for identity in _IDS.findall(match[1])]


def _same_series(one: bytes, other: bytes) -> bool:
    """Whether `other` may be a part of the series of `one`, torn off: sender, total and day agree."""
    totals = _NUMBER.search(one), _NUMBER.search(other)
    if not (totals[0] and totals[1]) or totals[0][1] != totals[1][1]:
        return False
    return _sender(one) == _sender(other) and _day(one) == _day(other)


def _sender(head: bytes) -> bytes:
    match = _SENDER.search(head)
    found = _IDS.findall(match[1]) if match else []
    return found[-1].lower() if found else (match[1].strip().lower() if match else b"")


def _day(head: bytes) -> bytes:
    match = re.search(rb"^date:[^\n]*?(\d{1,2} [A-Z][a-z]{2} \d{4})", head, re.IGNORECASE | re.MULTILINE)
    return match[1] if match else b""
