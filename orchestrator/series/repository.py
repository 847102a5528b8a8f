"""The user's repository, and the private bare clone beside it that borrows its objects (alternates, no copy).

Questions about names and history go to the user's repository (`Repository.user`); everything new is written to the
private one (`Repository.private`).
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import InfrastructureError, UserError
from orchestrator.series.git import Git, git_error, without_filters

# The bytes of a checkout are the bytes of the blobs: no line end conversion, no $Id$, no re-encoding. `!diff`: a file
# that .gitattributes calls binary still gets line ranges if it is text. This file overrides the tree's .gitattributes.
_ATTRIBUTES = "* -text -ident !working-tree-encoding -filter !diff !merge\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """`tree` is the top of the user's work tree (a bare repository: its directory). `warnings` are for the user."""

    tree: Path
    user: Git
    private: Git
    bare: bool
    shallow: bool
    warnings: tuple[str, ...] = ()

    @property
    def git_dir(self) -> Path:
        """The private bare repository."""
        return self.private.directory


def open_repository(tree: Path, cache_dir: Path) -> Repository:
    """The repository at or above `tree`, with its private clone under `cache_dir`.

    Work trees, bare repositories, linked worktrees, submodules and shallow clones will do. Raises UserError if there
    is none, InfrastructureError if the private clone cannot be written.
    """
    directory = _existing_directory(tree)
    git = _discover(directory)
    bare = git.text("rev-parse", "--is-bare-repository") == "true"
    top = directory
    if not bare:
        top = _top_of(git, directory)
        git = Git(directory=top)
    git = without_filters(git)
    warnings = () if bare else _uncommitted(git, top)
    return Repository(
        tree=top,
        user=git,
        private=_private_clone(git, cache_dir),
        bare=bare,
        shallow=git.text("rev-parse", "--is-shallow-repository") == "true",
        warnings=warnings,
    )


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an advisory lock on the file `path` (made if need be), against other processes and threads alike."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise _unwritable(path.parent, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def current_branch(repository: Repository) -> str:
    """The branch that HEAD is on, HEAD if it is detached."""
    name = repository.user.try_run("symbolic-ref", "--quiet", "--short", "HEAD")
    return name.text if name.code == 0 else "HEAD"


def not_a_kernel(repository: Repository, base: str) -> tuple[str, ...]:
    """A warning if the commit `base` does not look like a kernel."""
    names = ("Makefile", "Kbuild")
    missing = [n for n in names if repository.private.try_run("cat-file", "-e", f"{base}:{n}").code]
    return (f"{repository.tree}: no {' and no '.join(missing)} at the base: is it a kernel?",) if missing else ()


def _existing_directory(tree: Path) -> Path:
    try:
        if not tree.exists():
            raise UserError(f"{tree}: no such directory; --tree wants a git work tree of the kernel")
        if not tree.is_dir():
            raise UserError(f"{tree}: not a directory; --tree wants a git work tree of the kernel")
        if not os.access(tree, os.R_OK | os.X_OK):
            raise UserError(f"{tree}: no permission to read it")
        return tree.resolve()
    except OSError as error:
        raise UserError(f"{tree}: {error.strerror or error}") from error


def _discover(directory: Path) -> Git:
    git = Git(directory=directory)
    found = git.try_run("rev-parse", "--is-inside-git-dir", "--is-bare-repository")
    if found.code:
        raise UserError(
            f"{directory}: not a git repository ({found.err.removeprefix('fatal: ').splitlines()[0]}); "
            f"kmatrix builds commits: clone the kernel with git, or make unpacked sources a repository with "
            f"`cd {directory} && git init && git add -Af . && git commit -m base`"
        )
    inside, bare = found.text.split()
    if inside == "true" and bare == "false":
        raise UserError(f"{directory}: inside a .git directory; --tree wants the work tree, {directory.parent}")
    return git


def _top_of(git: Git, directory: Path) -> Path:
    """The work tree's top. Raises UserError if `directory` only happens to lie in somebody else's repository."""
    top = Path(os.fsdecode(git.run("rev-parse", "--show-toplevel").out.removesuffix(b"\n")))
    if top != directory and not git.run("ls-files", "-z", "--", ".").out:
        raise UserError(
            f"{directory}: not a git repository itself; it lies, untracked, in the repository {top}. "
            f"Say --tree {top} if that is meant, else `cd {directory} && git init && git add -Af . && "
            "git commit -m base`"
        )
    return top


def _uncommitted(git: Git, top: Path) -> tuple[str, ...]:
    changed = git.try_run(
        "status", "--porcelain=v1", "-z", "--untracked-files=no", "--no-renames", "--ignore-submodules=all"
    )
    if changed.code:
        return (f"{top}: cannot tell whether there are uncommitted changes: {changed.err}",)
    count = changed.out.count(b"\0")
    if not count:
        return ()
    files = "1 file has" if count == 1 else f"{count} files have"
    return (f"{top}: {files} uncommitted changes; they are not part of what is built",)


def _private_clone(user: Git, cache_dir: Path) -> Git:
    """The private repository of the user's one, made or refreshed under a lock."""
    common = Path(os.fsdecode(user.run("rev-parse", "--git-common-dir").out.removesuffix(b"\n")))
    common = (user.directory / common).resolve()
    key = hashlib.sha256(os.fsencode(common)).hexdigest()[:16]
    home = cache_dir.absolute() / f"{key}.git"
    private = Git(directory=home, private=True)
    with locked(cache_dir.absolute() / f"{key}.lock"):
        try:
            _initialise(user, home)
            stores = (common / "objects", *_alternates_of(user))
            _write(home / "objects" / "info" / "alternates", b"".join(os.fsencode(s) + b"\n" for s in stores))
            _write(home / "info" / "attributes", _ATTRIBUTES.encode())
        except OSError as error:
            raise _unwritable(home, error) from error
    return private


def _initialise(user: Git, home: Path) -> None:
    if (home / "HEAD").exists():
        return
    hashes = user.try_run("rev-parse", "--show-object-format")
    home.mkdir(parents=True, exist_ok=True)
    setup = Git(directory=home).try_run(
        "init", "--quiet", "--bare", "--template=", f"--object-format={hashes.text or 'sha1'}", "."
    )
    if setup.code:
        raise git_error(("init", "--bare"), setup, home)


def _alternates_of(user: Git) -> list[Path]:
    """The stores that the user's own repository borrows from: git does not follow relative ones at second hand."""
    lines = user.run("count-objects", "-v").out.splitlines()
    found = [line.removeprefix(b"alternate: ") for line in lines if line.startswith(b"alternate: ")]
    return [(user.directory / os.fsdecode(name)).resolve() for name in found]


def _write(path: Path, content: bytes) -> None:
    """Replace a small file in one step, so that another process never sees half of it."""
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(content)
    new.replace(path)


def _unwritable(path: Path, error: OSError) -> InfrastructureError:
    return InfrastructureError(
        f"{path}: cannot write there ({error.strerror or error}); set XDG_CACHE_HOME to a directory of yours"
    )
