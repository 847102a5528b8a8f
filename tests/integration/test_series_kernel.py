"""The reference series on a real kernel (Debian's linux-source-6.12)."""

import time
from pathlib import Path

import pytest
from series_repos import git

from orchestrator.errors import SeriesError
from orchestrator.series.options import Leniency, SeriesOptions
from orchestrator.series.repository import open_repository
from orchestrator.series.resolve import resolve

pytestmark = pytest.mark.kernel


def size_of(where: Path) -> int:
    """Bytes on disk of all files under a directory."""
    return sum(path.stat().st_blocks * 512 for path in where.rglob("*") if path.is_file())


def test_ported_series_applies(kernel_tree: Path, shared_data: Path, tmp_path: Path) -> None:
    """18 patches become 18 commits, each with its mail and the lines it touches; base by blobs, fast and small."""
    repository = open_repository(kernel_tree, tmp_path / "cache")
    resolve(repository, str(shared_data / "ptdesc-on-6.12.mbox"))  # the first use reads the base's trees from disk
    before, started = size_of(tmp_path), time.monotonic()
    mails = (shared_data / "ptdesc-on-6.12.mbox").read_bytes().replace(b"+\t * ", b"+\t *  ")
    series = resolve(repository, "-", stdin=mails)
    assert time.monotonic() - started < 5
    assert size_of(tmp_path) - before < 20 << 20
    assert series.base_reason == "blobs: HEAD has each file (54) as the patches were made from it"
    assert [c.index for c in series.all] == list(range(19))
    assert series.commits[13].subject == "mm/pgtable: use ptdesc in pgtable_trans_huge_deposit"
    assert series.commits[13].message_id == "20240730072719.3715016-4-alexs@kernel.org"
    assert "arch/powerpc/include/asm/book3s/64/pgtable.h" in {file.path for file in series.commits[13].touched}
    assert series.warnings == ()


def test_series_as_mailed_does_not_apply(kernel_tree: Path, shared_data: Path, tmp_path: Path) -> None:
    """Patch 2 of 18, the hunk beside what the tree has, the best candidate, and that no base is stated."""
    started = time.monotonic()
    with pytest.raises(SeriesError) as error:
        resolve(open_repository(kernel_tree, tmp_path / "cache"), str(shared_data / "ptdesc-rfc-v1-thread.mbox"))
    text = str(error.value)
    for words in (
        "patch 2 of 18 does not apply: [RFC PATCH 02/18] mm/pgtable: convert ptdesc.pmd_huge_pte to ptdesc pointer",
        "include/linux/mm_types.h:948: in hunk @@ -948,7 +948,7 @@ struct mm_struct {",
        "&& !USE_SPLIT_PMD_PTLOCKS               | ",
        "it would apply with --fuzz 3",
        "The series does not state its base; 29 of the 54 files it changes are there as they were",
        "best candidate: HEAD, patches that apply: 1 of 18",
        "--base",
    ):
        assert words in text
    assert time.monotonic() - started < 30


def test_fuzz_goes_as_far_as_patch_7(kernel_tree: Path, shared_data: Path, tmp_path: Path) -> None:
    """With --fuzz 3 the hunk of copy_huge_pmd fails: other lines stand between its lines."""
    repository = open_repository(kernel_tree, tmp_path / "cache")
    options = SeriesOptions(leniency=Leniency(fuzz=3))
    with pytest.raises(SeriesError) as error:
        resolve(repository, str(shared_data / "ptdesc-rfc-v1-thread.mbox"), options)
    text = str(error.value)
    assert "patch 7 of 18 does not apply: [RFC PATCH 07/18] mm/thp: use ptdesc in copy_huge_pmd" in text
    assert "mm/huge_memory.c:1369: in hunk @@ -1369,15 +1369,15 @@ int copy_huge_pmd(" in text
    assert ">     pmd = pmdp_get_lockless(src_pmd);" in text


def test_series_as_mailed_on_its_own_blobs(kernel_tree: Path, shared_data: Path, tmp_path: Path) -> None:
    """A past that has the files as the ported series was made from them is found by blobs, without any option."""
    tree = tmp_path / "linux"
    git(tmp_path, "clone", "-q", "--bare", "--shared", str(kernel_tree), str(tree))
    start = git(tree, "rev-parse", "HEAD")
    index = {"GIT_INDEX_FILE": str(tmp_path / "index")}
    git(tree, "read-tree", start, **index)
    blob = git(tree, "hash-object", "-w", "--stdin", stdin=b"/* gone */\n")
    tip = newest = start
    for path in ("kernel/fork.c", "mm/huge_memory.c", "include/linux/mm_types.h", "mm/memory.c"):
        git(tree, "update-index", "--cacheinfo", f"100644,{blob},{path}", **index)
        tip = git(tree, "commit-tree", git(tree, "write-tree", **index), "-p", tip, "-m", f"{path}: gone")
        newest = tip if path == "kernel/fork.c" else newest
    git(tree, "update-ref", "HEAD", tip)
    repository = open_repository(tree, tmp_path / "cache")
    series = resolve(repository, str(shared_data / "ptdesc-on-6.12.mbox"))
    assert series.base.sha == newest
    assert series.base_reason == "blobs: the newest commit of HEAD has each file (54) as the patches were made from it"
    assert [(c.ref, c.applied) for c in series.candidates] == [("HEAD", 1)]
