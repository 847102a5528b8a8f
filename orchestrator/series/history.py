"""Commits as git stores them: ranges that are a straight line, and what each commit touches."""

import re
from collections.abc import Sequence

from orchestrator.errors import UserError
from orchestrator.model.series import Commit, PatchMail, TouchedFile
from orchestrator.series.git import Git
from orchestrator.series.repository import Repository

_FIELDS = ("%H", "%T", "%an <%ae>", "%s", "%aD", "%B")
_HUNK = re.compile(rb"^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")
# `git am --message-id` adds the first; b4 and maintainers' scripts the second, which names the patch mail itself, where
# a lore.kernel.org link may just as well be a bug report.
_MESSAGE_ID = re.compile(
    r"^(?:Message-I[Dd]:[ \t]*<([^<>\s]+@[^<>\s]+)>"
    r"|Link:[ \t]*https://patch\.msgid\.link/([^<>\s/]+@[^<>\s/]+))[ \t]*$",
    re.MULTILINE,
)


def straight_line(
    repository: Repository, ends: tuple[str, str], shown: str, *, first_parent: bool = False
) -> tuple[str, tuple[str, ...]]:
    """The base and the commits, oldest first, that the second of `ends` has and the first (both oids) lacks.

    `shown` is how the user wrote the range. `first_parent`: a merge is one commit that brings all it merged; what it
    merged is passed over. Raises UserError if the range is empty, holds merges otherwise, or has no base.
    """
    start, end = ends
    line = ("--first-parent",) if first_parent else ()
    listed = repository.user.text("rev-list", *line, "--reverse", "--topo-order", "--parents", end, f"^{start}")
    rows = [line.split() for line in listed.splitlines()]
    if not rows:
        raise UserError(
            f"{shown}: no commits; {end[:12]} has nothing that {start[:12]} lacks. "
            "Are the two ends swapped, or was the branch pushed to its upstream already? "
            "--base REV names where the series starts (`--base origin/master`)"
        )
    merges = [row[0] for row in rows if len(row) > 2 and not first_parent]
    if merges:
        raise UserError(_merges(repository, merges, shown))
    if len(rows[0]) == 1:
        raise UserError(_no_base(repository, rows[0][0], shown))
    return rows[0][1], tuple(row[0] for row in rows)


def read_commits(
    git: Git, shas: Sequence[str], first_index: int, mails: Sequence[PatchMail | None] = ()
) -> list[Commit]:
    """`Commit`s of `shas`, numbered from `first_index` (0 is the base, which gets no touched files).

    `mails` are the mails they came as, if they did; else a Message-ID in the commit's trailers makes a minimal one.
    """
    request = "".join(f"{sha}\n" for sha in shas).encode()
    layout = "--format=" + "%x00".join(_FIELDS)
    out = git.run("log", "--no-walk=unsorted", "--stdin", "-z", "--encoding=UTF-8", layout, stdin=request).out
    fields = out.decode("utf-8", "replace").split("\0")
    commits = []
    for offset, sha in enumerate(shas):
        _, tree, author, subject, date, text = fields[offset * len(_FIELDS) : (offset + 1) * len(_FIELDS)]
        index = first_index + offset
        mail = mails[offset] if mails else _mail_of_trailer(text, subject, author, date)
        commits.append(
            Commit(
                index=index,
                sha=sha,
                tree=tree,
                subject=subject,
                author=author,
                mail=mail if index else None,
                touched=touched_files(git, f"{sha}^", sha) if index else (),
            )
        )
    return commits


def touched_files(git: Git, before: str, after: str) -> tuple[TouchedFile, ...]:
    """The paths that differ between two commits, with the ranges of new lines; renames are a D and an A."""
    arguments = ("-r", "-z", "--raw", "-p", "-U0", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color")
    return parse_diff(git.run("diff-tree", *arguments, before, after).out)


def parse_diff(output: bytes) -> tuple[TouchedFile, ...]:
    """Read `git diff-tree -z --raw -p -U0`: NUL-separated raw entries, an empty field, then the patch in their order.

    A change of type (T) has two sections in the patch: the old file's end and the new one's beginning.
    """
    entries = []
    rest = output
    while rest.startswith(b":"):
        header, name, rest = rest.split(b"\0", 2)
        entries.append((header.rsplit(b" ", 1)[1].decode("ascii", "replace")[:1], name.decode("utf-8", "replace")))
    sections: list[list[tuple[int, int]]] = []
    for line in rest.removeprefix(b"\0").split(b"\n"):
        if line.startswith(b"diff --git "):
            sections.append([])
        elif sections and (match := _HUNK.match(line)):
            start, count = int(match.group(1)), int(match.group(2) or 1)
            if count:
                sections[-1].append((start, start + count - 1))
    found = []
    position = 0
    for status, path in entries:
        position += 2 if status == "T" else 1
        lines = sections[position - 1] if position <= len(sections) else []
        found.append(TouchedFile(path=path, status=status, lines=tuple(lines)))
    return tuple(found)


def _mail_of_trailer(text: str, subject: str, author: str, date: str) -> PatchMail | None:
    matches = _MESSAGE_ID.findall(text)
    if not matches:
        return None
    return PatchMail(message_id=matches[-1][0] or matches[-1][1], subject=subject, sender=author, date=date)


def _merges(repository: Repository, merges: list[str], shown: str) -> str:
    text = repository.user.text("log", "--no-walk=unsorted", "--format=%h %s", *merges[:10])
    listed = "".join(f"\n  {line}" for line in text.splitlines())
    more = f"\n  and {len(merges) - 10} more" if len(merges) > 10 else ""
    return (
        f"{shown}: not a straight line of commits, it holds {len(merges)} merge(s):{listed}{more}\n"
        "a series has one parent per patch: `git rebase` it onto its base, give a range without the merges, "
        "or take each merge as one commit with --first-parent"
    )


def _no_base(repository: Repository, root: str, shown: str) -> str:
    if repository.shallow:
        return (
            f"{shown}: the history ends at {root[:12]} because {repository.tree} is a shallow clone; "
            "`git fetch --unshallow` (or --deepen=100) brings the rest"
        )
    return (
        f"{shown}: {root[:12]} has no parent, so there is no base to compare the first patch with; "
        "--base REV names another start"
    )
