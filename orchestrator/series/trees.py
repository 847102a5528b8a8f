"""Trees as files: a full checkout of one, and the difference of two as a tar archive with a list of deletions.

Both write the bytes of the blobs as they are; nothing of the tree is executed.
"""

import errno
import shutil
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from orchestrator.errors import InfrastructureError
from orchestrator.model.series import TouchedFile
from orchestrator.series.git import BlobReader, Git, disk_full, git_error
from orchestrator.series.repository import locked

_SYMLINK, _GITLINK, _EXECUTABLE = "120000", "160000", "100755"
# A copy of the cache or a changed owner does not make a file another one; a changed size or time does.
_COMPARE_BY_SIZE_AND_TIME = ("-c", "core.trustctime=false", "-c", "core.checkStat=minimal")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFile:
    """A path of the new tree to write: `mode` as git says it (100644, 100755, 120000), `oid` of its content."""

    path: bytes
    mode: str
    oid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What makes one tree another. First remove `deleted` (files, then directories left empty, deepest first)."""

    changed: tuple[ChangedFile, ...]
    deleted: tuple[bytes, ...]


def has_trees(git_dir: Path, trees: Iterable[str]) -> bool:
    """True if the repository is there and holds every one of these trees."""
    git = Git(directory=git_dir, private=True)
    return git_dir.is_dir() and all(
        tree and not git.try_run("cat-file", "-e", f"{tree}^{{tree}}").code for tree in trees
    )


def changes(git_dir: Path, tree_from: str, tree_to: str) -> Changes:
    """The difference of two trees (or commits), renames as deletion and addition.

    A path that changes its type (file, symlink, directory) is in both lists. Submodules are left out: git does not
    know their content.
    """
    git = Git(directory=git_dir, private=True)
    fields = git.run("diff-tree", "-r", "-z", "--raw", "--no-renames", tree_from, tree_to).out.split(b"\0")
    changed, deleted = [], []
    for header, path in zip(fields[0:-1:2], fields[1::2], strict=True):
        _, new_mode, _, new_oid, status = header.decode("ascii").removeprefix(":").split()
        if status in {"D", "T"}:
            deleted.append(path)
        if status != "D" and new_mode != _GITLINK:
            changed.append(ChangedFile(path=path, mode=new_mode, oid=new_oid))
    emptied = _emptied_directories(git, tree_to, deleted) if deleted else []
    return Changes(changed=tuple(changed), deleted=(*deleted, *emptied))


def touched_paths(git_dir: Path, tree_from: str, tree_to: str) -> tuple[TouchedFile, ...]:
    """The paths that differ between two trees (or commits), without lines; a rename is a D and an A."""
    if tree_from == tree_to:
        return ()
    git = Git(directory=git_dir, private=True)
    fields = git.run("diff-tree", "-r", "-z", "--name-status", "--no-renames", tree_from, tree_to).out.split(b"\0")
    return tuple(
        TouchedFile(path=path.decode("utf-8", "replace"), status=status.decode("ascii", "replace")[:1])
        for status, path in zip(fields[0:-1:2], fields[1::2], strict=True)
    )


def write_update(
    git_dir: Path, tree_from: str, tree_to: str, tar_path: Path, deleted_path: Path, *, mtime: int = 0
) -> int:
    """Write what turns a checkout of `tree_from` into one of `tree_to`; return how many paths differ.

    `tar_path`: an uncompressed GNU tar of added and modified files and symlinks, owner 0:0, modes 644 and 755, all of
    time `mtime` (seconds since the epoch; extract with `tar -m` for the present time). `deleted_path`: paths to remove
    *first*, each ended by NUL, directories after what was in them (`xargs -0r rm -rf --`). Raises
    InfrastructureError on a full disk.
    """
    difference = changes(git_dir, tree_from, tree_to)
    git = Git(directory=git_dir, private=True)
    try:
        deleted_path.write_bytes(b"".join(path + b"\0" for path in difference.deleted))
        with (
            git.blobs() as blobs,
            tarfile.open(tar_path, "w", format=tarfile.GNU_FORMAT, encoding="utf-8") as archive,
        ):
            for file in difference.changed:
                _add(archive, file, blobs, mtime)
    except OSError as error:
        raise _write_error(tar_path, error) from error
    return len({*difference.deleted, *(file.path for file in difference.changed)})


def export_tree(git_dir: Path, tree: str, dest: Path) -> None:
    """Make `dest` a complete checkout of `tree` (an oid), unless it is one already.

    It appears by one rename, so a half-written one is never seen; an existing one is checked file by file (size and
    time against the index kept beside it) and made anew if anything differs. Concurrent callers wait for the first.
    Raises InfrastructureError on a full disk (nothing is left then), UserError if objects are missing.
    """
    dest = dest.absolute()
    kept_index = dest.with_name(f".{dest.name}.index")
    git = Git(directory=git_dir, private=True)
    with locked(dest.with_name(f".{dest.name}.lock")):
        if dest.is_dir() and _is_complete(git, tree, dest, kept_index):
            return
        for leftover in dest.parent.glob(f".{dest.name}.*.tmp"):
            shutil.rmtree(leftover, ignore_errors=True)
        try:
            _export(git, tree, dest, kept_index)
        except OSError as error:
            raise _write_error(dest, error) from error


def _export(git: Git, tree: str, dest: Path, kept_index: Path) -> None:
    work = Path(tempfile.mkdtemp(prefix=f".{dest.name}.", suffix=".tmp", dir=dest.parent))
    try:
        sources, index = work / "tree", work / "index"
        sources.mkdir(mode=0o755)
        checkout = git.with_environment(GIT_INDEX_FILE=str(index), GIT_WORK_TREE=str(sources))
        checkout.run("read-tree", tree)
        # One writer: checkout.workers=2 took twice as long, 4 five times (kernel tree, 2 cores).
        written = checkout.try_run("checkout-index", "--all", "--index", "--force", cwd=sources)
        if written.code:
            raise git_error(("checkout-index",), written, dest)
        if dest.exists():
            dest.rename(work / "stale")
        index.replace(kept_index)
        sources.rename(dest)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _write_error(path: Path, error: OSError) -> InfrastructureError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return disk_full(path, str(error.strerror))
    return InfrastructureError(f"{path}: cannot be written: {error.strerror or error}")


def _is_complete(git: Git, tree: str, dest: Path, index: Path) -> bool:
    if not index.is_file():
        return False
    checkout = git.with_environment(GIT_INDEX_FILE=str(index), GIT_WORK_TREE=str(dest))
    found = checkout.try_run(*_COMPARE_BY_SIZE_AND_TIME, "diff-index", "--quiet", "--ignore-submodules", tree, cwd=dest)
    return found.code == 0


def _emptied_directories(git: Git, tree_to: str, deleted: list[bytes]) -> list[bytes]:
    """Directories that lost their last file, deepest first: a checkout of `tree_to` would not have them."""
    there = set(git.run("ls-tree", "-r", "-d", "-z", "--name-only", "--full-tree", tree_to).out.split(b"\0"))
    parents = {path[:cut] for path in deleted for cut in range(len(path)) if path[cut : cut + 1] == b"/"}
    return sorted(parents - there, key=lambda path: (-path.count(b"/"), path))


def _add(archive: tarfile.TarFile, file: ChangedFile, blobs: BlobReader, mtime: int) -> None:
    content = blobs.read(file.oid)
    entry = tarfile.TarInfo(file.path.decode("utf-8", "surrogateescape"))
    entry.mtime = mtime
    if file.mode == _SYMLINK:
        entry.type = tarfile.SYMTYPE
        entry.linkname = content.decode("utf-8", "surrogateescape")
        entry.mode = 0o777
        archive.addfile(entry)
        return
    entry.mode = 0o755 if file.mode == _EXECUTABLE else 0o644
    entry.size = len(content)
    archive.addfile(entry, BytesIO(content))
