"""git notes under refs/notes/kmatrix of the user's repository, shown by `git log --notes=kmatrix`; never pushed."""

from orchestrator.errors import UserError
from orchestrator.series.git import Git

_AUTHOR = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "kmatrix"), ("EMAIL", "kmatrix@localhost"))
}


def has_commit(git: Git, sha: str) -> bool:
    """Whether the repository has this very commit."""
    return git.commit_of(sha) == sha


def add_note(git: Git, sha: str, text: str) -> None:
    """Put the note on a commit, in place of an older one. Raises UserError if git will not."""
    writing = git.with_environment(**_AUTHOR)
    done = writing.try_run("notes", "--ref=kmatrix", "add", "-f", "-F", "-", sha, stdin=text.encode())
    if done.code:
        raise UserError(f"{git.directory}: no note can be written on {sha[:12]}: {done.err}")
