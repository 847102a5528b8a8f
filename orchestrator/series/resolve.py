"""What the user named as SERIES, made into a `Series`: commits of a range, or mails applied in the private clone."""

from collections.abc import Sequence
from pathlib import Path

from orchestrator.errors import SeriesError, UserError
from orchestrator.model.series import Series
from orchestrator.series.archive import thread_of
from orchestrator.series.b4 import fetch_thread
from orchestrator.series.history import straight_line
from orchestrator.series.letters import Letter, letters_of_commits, read_letters
from orchestrator.series.mailed import from_mails
from orchestrator.series.messages import is_address, message_id
from orchestrator.series.options import ONE_COMPLETE_SERIES, SeriesOptions
from orchestrator.series.patches import Mail, read_mails
from orchestrator.series.ranges import from_range, from_revision, range_ends, unknown_revision
from orchestrator.series.repository import Repository
from orchestrator.series.selection import select
from orchestrator.series.sources import read_files, unpacked


def resolve(
    repository: Repository,
    spec: str | None,
    options: SeriesOptions = ONE_COMPLETE_SERIES,
    *,
    stdin: bytes | None = None,
) -> Series:
    """The series that `spec` names: `A..B`, a branch or commit, None (HEAD), an mbox, maildir or directory of patches,
    a message-id or its address in an archive, `-` (an mbox in `stdin`).

    What is both a revision and a file is taken as the revision, with a warning. Raises UserError or SeriesError,
    always with what to do.
    """
    if spec is None:
        return from_revision(repository, "HEAD", options, ())
    if spec != "-":
        path = _existing(spec)
        ends = range_ends(repository, spec, path=path is not None)
        if ends or repository.user.commit_of(spec):
            both = f"{spec} is a revision and a file; the revision is taken (say ./{spec} for the file)"
            warnings = (both,) if path else ()
            if ends:
                return from_range(repository, spec, ends, options, warnings)
            return from_revision(repository, spec, options, warnings)
    mails = _mails(repository, spec, options, stdin)
    return from_mails(repository, mails, spec, _prerequisites(repository, options), options)


def _mails(repository: Repository, spec: str, options: SeriesOptions, stdin: bytes | None) -> tuple[Mail, ...]:
    """The mails that `spec`, which is no revision, names. Raises UserError, SeriesError."""
    if spec == "-":
        content = unpacked("-", stdin or b"")
        if not content.strip():
            raise SeriesError(
                "-: nothing came in on standard input; expected an mbox (`b4 mbox -o - ... | kmatrix run -`)"
            )
        return read_mails([("", content)])
    if path := _existing(spec):
        return read_mails(read_files(path))
    identity = message_id(spec)
    if identity is None:
        if is_address(spec):
            raise UserError(f"{spec}: no message-id in this address; expected https://lore.kernel.org/LIST/MESSAGE-ID/")
        raise unknown_revision(repository, spec)
    if options.archives:
        return read_mails(thread_of(options.archives, identity))
    return read_mails([("", fetch_thread(identity, spec))])


def _prerequisites(repository: Repository, options: SeriesOptions) -> tuple[Letter, ...]:
    """The patches of every --prerequisite in order: mails, a message-id, or commits of a range."""
    letters: list[Letter] = []
    for spec in options.prerequisites:
        try:
            letters += _letters(repository, spec, options)
        except SeriesError as error:
            raise SeriesError(f"--prerequisite {spec}: {error}") from error
    return tuple(letters)


def _letters(repository: Repository, spec: str, options: SeriesOptions) -> Sequence[Letter]:
    path = _existing(spec)
    if ends := range_ends(repository, spec, path=path is not None):
        start, end = (repository.user.commit_of(name) or "" for name in ends)
        return letters_of_commits(repository.user, straight_line(repository, (start, end), spec)[1])
    if sha := repository.user.commit_of(spec):
        return letters_of_commits(repository.user, [sha])
    chosen = select(_mails(repository, spec, SeriesOptions(archives=options.archives), None))
    return read_letters(repository.private, chosen.patches)


def _existing(spec: str) -> Path | None:
    try:
        return Path(spec) if spec and Path(spec).exists() else None
    except (OSError, ValueError):
        return None
