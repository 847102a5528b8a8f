"""Patches of mails made into commits, without a checkout: an index of our own, `git apply --cached`, `commit-tree`.

The same mails on the same base make the same commits, byte for byte, whoever runs it and when.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

from orchestrator.errors import SeriesError
from orchestrator.series.git import Git
from orchestrator.series.patches import Mail
from orchestrator.series.rejects import explain
from orchestrator.series.subjects import parse_subject

_CRUD = " \t.,:;<>\"'\\"  # what git itself cuts from the ends of names
_ALREADY = "It applies in reverse: the base has these changes already."
_WOULD_APPLY = (
    ("--reverse", _ALREADY),
    ("--ignore-whitespace", "It would apply if white space did not count: a mailer damaged it, or the base differs."),
    ("-p0", "Its paths lack a/ and b/ (diff.noprefix); make it anew with `git format-patch --default-prefix`."),
)
_LATEST = 4_102_444_799  # the end of 2099, where git's own date parser stops too


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What git mailinfo makes of a mail. `date` is as written; `patch` is the diff with the diffstat above it."""

    author: str
    email: str
    date: str
    title: str
    message: bytes
    patch: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """The commits, oldest first, and lines for the user."""

    shas: tuple[str, ...]
    warnings: tuple[str, ...]


def apply_patches(git: Git, base: str, patches: Sequence[Mail], base_note: str) -> Applied:
    """Commit `patches` in order on top of `base` in the private repository `git`; a ref keeps them.

    `base_note` says how the base was chosen. Raises SeriesError, with number, subject, file and lines, for the first
    patch that does not apply, changes nothing or is damaged.
    """
    shas: list[str] = []
    warnings: list[str] = []
    with tempfile.TemporaryDirectory(prefix="kmatrix-apply-") as scratch:
        indexed = git.with_environment(GIT_INDEX_FILE=str(Path(scratch) / "index"))
        indexed.run("read-tree", base)
        parent, tree = base, git.text("rev-parse", f"{base}^{{tree}}")
        fallback_date = f"@{git.text('show', '--no-patch', '--format=%ct', base)} +0000"
        for number, mail in enumerate(patches, 1):
            label = f"patch {number} of {len(patches)}"
            letter = _letter(git, mail, Path(scratch), label)
            note = f"on {base[:12]} ({base_note})"
            if number > 1:
                note = f"on top of {'patch 1' if number == 2 else f'patches 1 to {number - 1}'} {note}"
            if _apply(indexed, letter, f"{label} does not apply: {mail.subject}", note):
                warnings.append(f"{label} applied only by a three-way merge; check it: {mail.subject}")
            before, tree = tree, indexed.text("write-tree")
            if tree == before:
                raise SeriesError(f"{label} changes nothing: {mail.subject}")
            parent = _commit(git, tree, parent, letter, fallback_date)
            shas.append(parent)
    git.run("update-ref", f"refs/kmatrix/{parent}", parent)
    return Applied(shas=tuple(shas), warnings=tuple(warnings))


def _letter(git: Git, mail: Mail, scratch: Path, label: str) -> Letter:
    headerless = not (mail.header.subject or mail.header.sender)
    raw = b"Subject: " + mail.subject.encode() + b"\n\n" + mail.raw if headerless else mail.raw
    message, patch = scratch / "message", scratch / "patch"
    options = ("-u", "--encoding=UTF-8", "--no-scissors", "--quoted-cr=nowarn")
    done = git.try_run("mailinfo", *options, str(message), str(patch), stdin=raw)
    if done.code:
        raise SeriesError(f"{label} cannot be read: {mail.subject}\n  git mailinfo: {done.err}")
    info = dict(line.split(": ", 1) for line in done.text.splitlines() if ": " in line)
    diff = patch.read_bytes()
    if not diff.strip():
        raise SeriesError(f"{label} holds no diff that git can find: {mail.subject}")
    return Letter(
        author=info.get("Author", ""),
        email=info.get("Email", ""),
        date=info.get("Date", ""),
        title=info.get("Subject", "") or parse_subject(mail.subject).title,
        message=message.read_bytes(),
        patch=_without_transport_cr(diff),
    )


def _without_transport_cr(patch: bytes) -> bytes:
    """Undo CRLF that encoded text has (RFC 2045, 6.8): in a patch to a CRLF file the diff's own lines end in LF."""
    headers = (line for line in patch.split(b"\n") if line.startswith((b"diff --git ", b"--- ", b"+++ ", b"@@ ")))
    return patch.replace(b"\r\n", b"\n") if all(line.endswith(b"\r") for line in headers) else patch


def _apply(indexed: Git, letter: Letter, failure: str, note: str) -> bool:
    """Apply to the index; True if that took a three-way merge. Raises SeriesError."""
    plain = indexed.try_run("apply", "--cached", "--whitespace=nowarn", "-", stdin=letter.patch)
    if not plain.code:
        return False
    hints = [
        hint
        for option, hint in _WOULD_APPLY
        if not indexed.try_run("apply", "--cached", "--check", option, "-", stdin=letter.patch).code
    ]
    # A merge needs the very blobs that the patch was made from; a failed one leaves conflicts in an index that is
    # thrown away. What is in the base already would merge to nothing.
    merge = ("apply", "--cached", "--3way", "--whitespace=nowarn", "-")
    if _ALREADY not in hints and not indexed.try_run(*merge, stdin=letter.patch).code:
        return True
    raise SeriesError(f"{failure}\n{explain(plain.err, letter.patch, hints)}\nIt was tried {note}.")


def _commit(git: Git, tree: str, parent: str, letter: Letter, fallback_date: str) -> str:
    date = _git_date(letter.date) or fallback_date
    email = _clean(letter.email) or "unknown"
    name = _clean(letter.author) or _clean(email.partition("@")[0]) or "unknown"
    author = git.with_environment(
        GIT_AUTHOR_NAME=name,
        GIT_AUTHOR_EMAIL=email,
        GIT_AUTHOR_DATE=date,
        GIT_COMMITTER_NAME="kmatrix",
        GIT_COMMITTER_EMAIL="kmatrix@localhost",
        GIT_COMMITTER_DATE=date,
    )
    message = letter.title.encode("utf-8", "replace") + b"\n\n" + letter.message
    return author.run("commit-tree", "-p", parent, tree, stdin=message.replace(b"\0", b"")).text


def _clean(name: str) -> str:
    kept = "".join(character for character in name if character.isprintable() and character not in "<>")
    return kept.strip(_CRUD)


def _git_date(date: str) -> str | None:
    """`@seconds +zone`, or None if the mail's date is none."""
    try:
        when = parsedate_to_datetime(date)
        seconds = int(when.timestamp())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return f"@{seconds} {when.strftime('%z')[:5] or '+0000'}" if 0 <= seconds <= _LATEST else None
