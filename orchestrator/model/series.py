"""What to build it for: a base commit and the ordered commits on top of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchMail:
    """The mail a commit came as: what a reply needs.

    `subject` is decoded, unfolded, verbatim (`[RFC PATCH 14/18] ...`). `message_id` has no angle brackets.
    `to` and `cc` are single addresses as written (`Name <a@b>`).
    """

    message_id: str
    subject: str
    sender: str
    date: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchedFile:
    """One path of a commit's diff.

    `status`: A, M, D or T as git prints it. `lines`: 1-based inclusive ranges of the new file.
    """

    path: str
    status: str
    lines: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A row of the table. Index 0 is the base.

    `author` is `Name <mail>`. `touched` is relative to the commit before it; empty for the base.
    """

    index: int
    sha: str
    tree: str
    subject: str
    author: str
    mail: PatchMail | None = None
    touched: tuple[TouchedFile, ...] = ()

    @property
    def message_id(self) -> str | None:
        """The Message-ID without angle brackets, if the commit came as a mail."""
        return self.mail.message_id if self.mail else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A ref that mailed patches were tried on: how many of them apply, and where the next one fails ("": all do)."""

    ref: str
    sha: str
    applied: int
    total: int
    failure: str = ""

    @property
    def applies(self) -> bool:
        """Whether every patch applies."""
        return self.applied == self.total


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Base and commits, all of whose objects are in `git_dir` (a private bare repository, never the user's own).

    `origin` is what the user typed. `base_reason` says why that base; `base_guessed`: neither the user nor the series
    named it; `candidates` are other refs that mailed patches were tried on. `cover` is the cover letter, if one was
    mailed. `applied`: the commits were made here, of mails or patch files, so nobody else has them. `bent` says, a line
    each, what had to be overlooked to apply them (--3way, --fuzz), `trailers` which lines of replies were added to
    which patch. `warnings` are lines for the user.
    """

    title: str
    base: Commit
    base_reason: str
    commits: tuple[Commit, ...]
    git_dir: str
    origin: str
    warnings: tuple[str, ...] = ()
    base_guessed: bool = False
    cover: PatchMail | None = None
    applied: bool = False
    candidates: tuple[Candidate, ...] = ()
    bent: tuple[str, ...] = ()
    trailers: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[Commit, ...]:
        """The base (index 0) and every commit, so that `series.all[i].index == i`."""
        return (self.base, *self.commits)
