"""Letters made into commits, without a checkout: tried on a workbench, written by one `git fast-import`.

The same mails on the same base make the same commits, byte for byte, whoever runs it and when.
"""

import os
import posixpath
import secrets
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from pathlib import Path

from orchestrator.errors import SeriesError
from orchestrator.series.diffs import parse_hunks
from orchestrator.series.git import Git
from orchestrator.series.letters import Letter
from orchestrator.series.options import Leniency
from orchestrator.series.workbench import Entry, Workbench, difference, workbench

_CRUD = " \t.,:;<>\"'\\"  # what git itself cuts from the ends of names
_LATEST = 4_102_444_799  # the end of 2099, where git's own date parser stops too
_SYMLINK = "120000"
ALREADY = "it applies in reverse: the base has these changes already"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why patch `number` (from 1) does not apply: git's words, the files as they stand there, and what would help."""

    number: int
    letter: Letter
    errors: str
    files: Mapping[str, tuple[str, ...] | None]
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Letters tried in order: `changes` of each that applied (path -> entry, None: gone), and the first that did not.

    `bent` are lines for the user: what had to be overlooked, patch by patch.
    """

    base: str
    changes: tuple[Mapping[str, Entry | None], ...]
    failure: Failure | None = None
    bent: tuple[str, ...] = ()


def attempt(
    git: Git, base: str, letters: Sequence[Letter], leniency: Leniency, *, keep: bool = False, explain: bool = True
) -> Attempt:
    """Try `letters` in order on the commit `base`. `keep`: blobs stay in the repository, to be committed.

    `explain`: look into what would make a patch apply that does not.
    """
    changes: list[Mapping[str, Entry | None]] = []
    bent: list[str] = []
    with workbench(git, base, letters, keep=keep) as bench:
        before = bench.entries()
        for number, letter in enumerate(letters, 1):
            done = bench.apply(letter, leniency)
            if done.errors:
                failure = Failure(number=number, letter=letter, errors=done.errors, files={})
                if explain:
                    failure = _explained(bench, failure, leniency)
                return Attempt(base=base, changes=tuple(changes), failure=failure, bent=tuple(bent))
            bent += [f"patch {number} applied {words}: {letter.title}" for words in done.bent]
            after = bench.entries()
            changes.append(difference(before, after))
            before = after
    return Attempt(base=base, changes=tuple(changes), bent=tuple(bent))


def commit(git: Git, base: str, letters: Sequence[Letter], leniency: Leniency) -> tuple[str, ...]:
    """Commits of `letters`, all of which apply to `base`, oldest first; a ref keeps them.

    Raises SeriesError for a patch that changes nothing or makes a link out of the tree.
    """
    made = attempt(git, base, letters, leniency, keep=True)
    assert made.failure is None
    for number, (letter, change) in enumerate(zip(letters, made.changes, strict=True), 1):
        label = f"patch {number} of {len(letters)}"
        if not change:
            raise SeriesError(f"{label} changes nothing: {letter.subject}")
        _refuse_escapes(git, f"{label} is refused: {letter.subject}", change)
    fallback = f"@{git.text('show', '--no-patch', '--format=%ct', base)} +0000"
    shas = _import(git, [_commit_command(*pair, fallback) for pair in zip(letters, made.changes, strict=True)], base)
    git.run("update-ref", f"refs/kmatrix/{shas[-1]}", shas[-1])
    return shas


def _import(git: Git, commands: Sequence[tuple[str, bytes, bytes]], base: str) -> tuple[str, ...]:
    """The oids of commits on top of each other, the first on `base`. `git fast-import` names commits by marks."""
    ref = f"refs/kmatrix/new/{os.getpid()}-{secrets.token_hex(4)}"
    stream = b""
    for number, (people, message, files) in enumerate(commands, 1):
        parent = base if number == 1 else f":{number - 1}"
        stream += f"commit {ref}\nmark :{number}\n{people}data {len(message)}\n".encode() + message
        stream += f"\nfrom {parent}\n".encode() + files
    with tempfile.TemporaryDirectory(prefix="kmatrix-import-") as scratch:
        marks = Path(scratch) / "marks"
        options = ("--quiet", "--done", "--date-format=raw", f"--export-marks={marks}")
        git.run("fast-import", *options, stdin=stream + b"done\n")
        git.run("update-ref", "-d", ref)
        rows = sorted((int(row[1:].split()[0]), row.split()[1]) for row in marks.read_text().splitlines())
    return tuple(oid for _, oid in rows)


def _explained(bench: Workbench, failure: Failure, leniency: Leniency) -> Failure:
    letter = failure.letter
    files: dict[str, tuple[str, ...] | None] = {}
    for path in dict.fromkeys(hunk.path for hunk in parse_hunks(letter.text)):
        lines = bench.lines(path)
        files[path] = None if lines is None else tuple(lines)
    hints = []
    if bench.would(letter, "--reverse"):
        hints.append(ALREADY)
    elif bench.would(letter, "--ignore-whitespace"):
        hints.append("it would apply if white space did not count: a mailer damaged it, or the base differs")
    elif bench.would(letter, "-p0"):
        hints.append("its paths lack a/ and b/ (diff.noprefix); make it anew with `git format-patch --default-prefix`")
    elif bench.would(letter, "--unidiff-zero"):
        hints.append("it has no context lines (-U0), which git am does not take either; make it anew with context")
    else:
        fuzz = bench.needed_fuzz(letter)
        if fuzz is not None and fuzz > leniency.fuzz:
            hints.append(f"it would apply with --fuzz {fuzz}: the lines it changes are there, others around them")
        if not leniency.three_way and bench.would_merge(letter):
            hints.append("a three-way merge would apply it: --3way")
    return replace(failure, files=files, hints=tuple(hints))


def _refuse_escapes(git: Git, refusal: str, change: Mapping[str, Entry | None]) -> None:
    for path, entry in change.items():
        if entry is None or entry.mode != _SYMLINK:
            continue
        target = git.run("cat-file", "blob", entry.oid).out.decode("utf-8", "replace")
        if target.startswith("/") or posixpath.normpath(posixpath.join(posixpath.dirname(path), target)).startswith(
            ".."
        ):
            raise SeriesError(f"{refusal}\n  {path}: a symbolic link to {target}, which is outside of the tree")


def _commit_command(letter: Letter, change: Mapping[str, Entry | None], fallback: str) -> tuple[str, bytes, bytes]:
    """Author and committer, message, and files of a commit in the language of git-fast-import(1)."""
    date = (_git_date(letter.date) or fallback).removeprefix("@")
    email = _clean(letter.email) or "unknown"
    name = _clean(letter.author) or _clean(email.partition("@")[0]) or "unknown"
    message = (letter.title.encode("utf-8", "replace") + b"\n\n" + letter.message).replace(b"\0", b"")
    head = f"author {name} <{email}> {date}\ncommitter kmatrix <kmatrix@localhost> {date}\n"
    rows = [f"D {_quoted(path)}\n" for path, entry in change.items() if entry is None]
    rows += [f"M {entry.mode} {entry.oid} {_quoted(path)}\n" for path, entry in change.items() if entry]
    return head, message, "".join(rows).encode("utf-8", "surrogateescape")


def _quoted(path: str) -> str:
    """A path in C quoting, which is read whatever it holds."""
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


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
    zone = when.strftime("%z")[:5] or "+0000"
    if int(zone[1:]) > 1400:
        zone = "+0000"
    return f"@{seconds} {zone}" if 0 <= seconds <= _LATEST else None
