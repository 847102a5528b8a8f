"""A mail as a commit to be: `git mailinfo` takes header and diff apart, as `git am` has it."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.errors import SeriesError
from orchestrator.series.git import Git
from orchestrator.series.patches import Mail
from orchestrator.series.subjects import parse_subject

MOST_BYTES = 64 * 1024 * 1024
"""Of one patch: the largest in the kernel's history (generated headers of GPUs) have some 20 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is needed to commit one patch.

    `subject` is the mail's own, for messages; `title` and `message` make the commit's. `date` is as written. `patch`
    is the diff with the diffstat above it.
    """

    subject: str
    author: str
    email: str
    date: str
    title: str
    message: bytes
    patch: bytes

    @property
    def text(self) -> str:
        """The patch as text; bytes that are not UTF-8 as surrogates."""
        return self.patch.decode("utf-8", "surrogateescape")


def read_letters(git: Git, mails: Sequence[Mail]) -> tuple[Letter, ...]:
    """The letters of `mails`, which are the patches of one series in order. Raises SeriesError."""
    with tempfile.TemporaryDirectory(prefix="kmatrix-letters-") as scratch:
        return tuple(
            _letter(git, mail, Path(scratch), f"patch {number} of {len(mails)}") for number, mail in enumerate(mails, 1)
        )


def letters_of_commits(git: Git, shas: Sequence[str]) -> tuple[Letter, ...]:
    """Commits as if they had been mailed."""
    return tuple(_letter_of_commit(git, sha) for sha in shas)


def with_trailers(git: Git, letter: Letter, trailers: Sequence[str]) -> Letter:
    """`letter` with `Reviewed-by: A <a@b>` lines added where git puts them, each once."""
    words = [word for trailer in trailers for word in ("--trailer", trailer)]
    whole = letter.title.encode() + b"\n\n" + letter.message
    done = git.run("interpret-trailers", "--no-divider", "--if-exists", "addIfDifferent", *words, stdin=whole)
    return replace(letter, message=done.out.partition(b"\n\n")[2])


def _letter(git: Git, mail: Mail, scratch: Path, label: str) -> Letter:
    if len(mail.raw) > MOST_BYTES:
        raise SeriesError(
            f"{label} has {len(mail.raw) >> 20} MiB, more than the {MOST_BYTES >> 20} MiB that a patch may have here: "
            f"{mail.subject}\ngive it as a commit (`git am` it on a branch, then a range)"
        )
    headerless = not (mail.header.subject or mail.header.sender)
    raw = b"Subject: " + mail.subject.encode() + b"\n\n" + mail.raw if headerless else mail.raw
    message, patch = scratch / "message", scratch / "patch"
    # Not --encoding=UTF-8, with which git 2.39 recodes nothing: without configuration -u means UTF-8.
    options = ("--no-scissors", "--quoted-cr=nowarn", str(message), str(patch))
    done = git.try_run("mailinfo", "-u", *options, stdin=raw)
    if done.code and "cannot convert" in done.err:  # a character set that iconv does not know: the bytes as they are
        done = git.try_run("mailinfo", "-n", *options, stdin=raw)
    if done.code:
        raise SeriesError(f"{label} cannot be read: {mail.subject}\n  git mailinfo: {done.err}")
    info = dict(line.split(": ", 1) for line in _text(done.out).splitlines() if ": " in line)
    diff = patch.read_bytes()
    if not diff.strip():
        raise SeriesError(f"{label} holds no diff that git can find: {mail.subject}")
    return Letter(
        subject=mail.subject,
        author=info.get("Author", ""),
        email=info.get("Email", ""),
        date=info.get("Date", ""),
        title=info.get("Subject", "") or parse_subject(mail.subject).title,
        message=message.read_bytes(),
        patch=_without_transport_cr(diff),
    )


def _text(info: bytes) -> str:
    """git recodes headers and message, but not a `From:` in the body of a mail in Latin-1."""
    try:
        return info.decode("utf-8")
    except UnicodeDecodeError:
        return info.decode("latin-1")


def _without_transport_cr(patch: bytes) -> bytes:
    """Undo CRLF that encoded text has (RFC 2045, 6.8): in a patch to a CRLF file the diff's own lines end in LF."""
    headers = (line for line in patch.split(b"\n") if line.startswith((b"diff --git ", b"--- ", b"+++ ", b"@@ ")))
    return patch.replace(b"\r\n", b"\n") if all(line.endswith(b"\r") for line in headers) else patch


def _letter_of_commit(git: Git, sha: str) -> Letter:
    fields = git.text("show", "--no-patch", "--encoding=UTF-8", "--format=%an%x00%ae%x00%aD%x00%s%x00%b", sha)
    author, email, date, title, body = fields.split("\0", 4)
    diff = git.run("diff-tree", "-p", "--binary", "--full-index", "--no-ext-diff", "--no-textconv", f"{sha}^", sha).out
    return Letter(
        subject=title, author=author, email=email, date=date, title=title, message=body.encode() + b"\n", patch=diff
    )
