"""Trees as files: checkouts, and updates that turn one into another."""

import os
import shutil
import subprocess
import tarfile
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from series_repos import a_kernel, commit, git, state_of

from orchestrator.errors import InfrastructureError, UserError
from orchestrator.series.git import Git
from orchestrator.series.repository import Repository, open_repository
from orchestrator.series.trees import export_tree, write_update


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A kernel with one commit, opened."""
    return open_repository(a_kernel(tmp_path / "linux"), tmp_path / "cache")


def tree_of(repository: Repository, revision: str = "HEAD") -> str:
    """The oid of its tree."""
    return git(repository.tree, "rev-parse", f"{revision}^{{tree}}")


def visible(where: Path) -> dict[str, str]:
    """Files with their digests, and directories."""
    found = {
        str(path.relative_to(where)): "dir" for path in where.rglob("*") if path.is_dir() and not path.is_symlink()
    }
    return found | state_of(where)


def test_export_is_the_tree_and_nothing_else(repository: Repository, tmp_path: Path) -> None:
    """Blobs byte for byte, whatever .gitattributes ask for; modes 644 and 755; symlinks as symlinks; no leftovers."""
    tree = repository.tree
    files = {"crlf.txt": "a\n$Id$\n", ".gitattributes": "*.txt text eol=crlf ident working-tree-encoding=UTF-16\n"}
    for name, text in files.items():
        (tree / name).write_text(text)
    oid = git(tree, "hash-object", "-w", "--no-filters", "crlf.txt")
    git(tree, "update-index", "--add", "--cacheinfo", f"100644,{oid},crlf.txt")
    (tree / "run.sh").write_text("x")
    (tree / "run.sh").chmod(0o777)
    (tree / "link").symlink_to("mm/a.c")
    git(tree, "add", ".gitattributes", "run.sh", "link")
    git(tree, "commit", "-q", "-m", "odd")
    dest = tmp_path / "trees" / "base"
    old = os.umask(0o077)
    try:
        export_tree(repository.git_dir, tree_of(repository), dest)
    finally:
        os.umask(old)
    assert (dest / "crlf.txt").read_bytes() == b"a\n$Id$\n"
    assert (dest / "link").readlink() == Path("mm/a.c")
    assert (dest / "run.sh").stat().st_mode & 0o777 == 0o755
    assert (dest / "mm/a.c").stat().st_mode & 0o777 == 0o644
    assert not (dest / ".git").exists()
    assert sorted(path.name for path in dest.parent.iterdir()) == [".base.index", ".base.lock", "base"]


def test_export_is_done_once(repository: Repository, tmp_path: Path) -> None:
    """A complete checkout is left alone, by several callers at once too."""
    dest = tmp_path / "trees" / "base"
    threads = [
        threading.Thread(target=export_tree, args=(repository.git_dir, tree_of(repository), dest)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    before = dest.stat().st_ino
    export_tree(repository.git_dir, tree_of(repository), dest)
    assert dest.stat().st_ino == before


@pytest.mark.parametrize("damage", ["file gone", "file changed", "index gone", "index damaged", "is empty", "a file"])
def test_damaged_checkout_is_made_anew(repository: Repository, tmp_path: Path, damage: str) -> None:
    """What lies there and is not the whole tree is never used."""
    dest = tmp_path / "trees" / "base"
    export_tree(repository.git_dir, tree_of(repository), dest)
    expected = visible(dest)
    if damage == "file gone":
        (dest / "mm/a.c").unlink()
    elif damage == "file changed":
        (dest / "mm/a.c").write_text("patched by a build\n")
    elif damage == "index gone":
        (dest.parent / ".base.index").unlink()
    elif damage == "index damaged":
        (dest.parent / ".base.index").write_bytes(b"DIRC")
    else:
        shutil.rmtree(dest)
        dest.mkdir() if damage == "is empty" else dest.write_text("")
    (dest.parent / ".base.killed.tmp").mkdir()
    export_tree(repository.git_dir, tree_of(repository), dest)
    assert visible(dest) == expected
    assert not (dest.parent / ".base.killed.tmp").exists()


def test_full_disk_leaves_nothing(repository: Repository, tmp_path: Path) -> None:
    """A checkout that does not fit is infrastructure trouble; the partial directory is removed."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("only root can mount a small file system")
    try:
        for number in range(40):
            (repository.tree / f"f{number}").write_text(f"{number}" * 4000)
        commit(repository.tree, "large")
        with pytest.raises(InfrastructureError, match="is full"):
            export_tree(repository.git_dir, tree_of(repository), small / "base")
        assert not (small / "base").exists()
        assert not list(small.glob("*.tmp"))
        with pytest.raises(InfrastructureError, match="is full"):
            write_update(
                repository.git_dir, tree_of(repository, "HEAD~"), tree_of(repository), small / "t", small / "d"
            )
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_unknown_tree_and_missing_blobs(repository: Repository, tmp_path: Path) -> None:
    """An oid that is not there, and a store that lost a blob."""
    with pytest.raises((InfrastructureError, UserError)):
        export_tree(repository.git_dir, "f" * 40, tmp_path / "trees" / "x")
    before = tree_of(repository)
    commit(repository.tree, "b", {"mm/b.c": "other\n"})
    blob = git(repository.tree, "rev-parse", "HEAD:mm/b.c")
    (repository.tree / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(UserError, match=f"lacks object {blob}"):
        export_tree(repository.git_dir, tree_of(repository), tmp_path / "trees" / "base")
    with pytest.raises(UserError, match=f"lacks object {blob}"):
        write_update(repository.git_dir, before, tree_of(repository), tmp_path / "t", tmp_path / "d")


def update(repository: Repository, dest: Path, before: str, after: str) -> int:
    """Bring a checkout from one tree to another the way a lane does: delete, then extract."""
    tar, deleted = dest.parent / "update.tar", dest.parent / "deleted"
    count = write_update(repository.git_dir, before, after, tar, deleted)
    with deleted.open("rb") as names:
        subprocess.run(["xargs", "-0", "-r", "rm", "-rf", "--"], cwd=dest, stdin=names, check=True)
    subprocess.run(["tar", "-x", "-m", "--no-same-owner", "-f", str(tar), "-C", str(dest)], check=True)
    return count


def test_update_archive(repository: Repository, tmp_path: Path) -> None:
    """Owner 0:0, modes 644 and 755, time 0; deletions end in NUL; an unchanged tree is an empty archive."""
    before = tree_of(repository)
    (repository.tree / "run.sh").write_text("x")
    (repository.tree / "run.sh").chmod(0o755)
    commit(repository.tree, "x", {"mm/a.c": "new\n", "Kbuild": None})
    tar, deleted = tmp_path / "t", tmp_path / "d"
    assert write_update(repository.git_dir, before, tree_of(repository), tar, deleted) == 3
    assert deleted.read_bytes() == b"Kbuild\0"
    with tarfile.open(tar) as archive:
        members = {m.name: (m.mode, m.uid, m.gid, m.mtime) for m in archive.getmembers()}
    assert members == {"mm/a.c": (0o644, 0, 0, 0), "run.sh": (0o755, 0, 0, 0)}
    assert write_update(repository.git_dir, before, before, tar, deleted) == 0
    assert deleted.read_bytes() == b""


_CONTENT = st.sampled_from(["file x", "file y", "run x", "link Makefile", "link none"])
_NAMES = st.sampled_from(["a", "b", "d/a", "d/e/a", "d/e/b", "-rf", "ü n\n", "x" * 150, "d/" + "y" * 120])


def a_tree(repository: Repository, files: dict[bytes, str]) -> str:
    """The tree oid of these files, made without a work tree."""
    env = {"GIT_INDEX_FILE": str(repository.tree.parent / "idx")}
    git(repository.tree, "read-tree", "--empty", **env)
    lines = []
    for name, content in files.items():
        kind, text = content.split()
        oid = git(repository.tree, "hash-object", "-w", "--stdin", stdin=text.encode())
        mode = {"file": "100644", "run": "100755", "link": "120000"}[kind]
        lines.append(f"{mode} {oid}\t".encode() + name + b"\0")
    git(repository.tree, "update-index", "-z", "--index-info", stdin=b"".join(lines), **env)
    return git(repository.tree, "write-tree", **env)


def without_clashes(files: dict[str, str]) -> dict[bytes, str]:
    """Names that can stand in one tree: nothing is both a file and a directory."""
    kept = {n: c for n, c in files.items() if not any(other.startswith(n + "/") for other in files)}
    return {name.encode("utf-8", "surrogateescape"): content for name, content in kept.items()}


_TREES = st.dictionaries(_NAMES | st.sampled_from(["d", "d/e", "\udcff"]), _CONTENT, max_size=6).map(without_clashes)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_TREES, _TREES)
def test_update_equals_a_fresh_checkout(
    repository: Repository, first: dict[bytes, str], second: dict[bytes, str]
) -> None:
    """For any two trees: the checkout of one, updated, is the checkout of the other: files, links, directories."""
    place = repository.tree.parent / "update"
    shutil.rmtree(place, ignore_errors=True)
    before, after = a_tree(repository, first), a_tree(repository, second)
    export_tree(repository.git_dir, before, place / "lane")
    export_tree(repository.git_dir, after, place / "fresh")
    update(repository, place / "lane", before, after)
    assert visible(place / "lane") == visible(place / "fresh")


def test_submodules_are_left_out(repository: Repository, tmp_path: Path) -> None:
    """A gitlink has no content to deliver; a file that becomes one is deleted."""
    before = tree_of(repository)
    git(repository.tree, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    git(repository.tree, "rm", "-q", "--cached", "Kbuild")
    git(repository.tree, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},Kbuild")
    after = git(repository.tree, "write-tree")
    write_update(repository.git_dir, before, after, tmp_path / "t", tmp_path / "d")
    assert (tmp_path / "d").read_bytes() == b"Kbuild\0"
    with tarfile.open(tmp_path / "t") as archive:
        assert archive.getnames() == []


def test_reader_of_many_blobs(repository: Repository) -> None:
    """One process serves any number of objects, and stops when the reader is left."""
    git_dir = Git(directory=repository.git_dir, private=True)
    oid = git(repository.tree, "rev-parse", "HEAD:Makefile")
    with git_dir.blobs() as blobs:
        assert [blobs.read(oid) for _ in range(3)] == [b"all:\n"] * 3
        with pytest.raises(UserError, match="lacks object"):
            blobs.read("0" * 40)
