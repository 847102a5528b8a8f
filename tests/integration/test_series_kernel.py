"""The reference series on a real kernel (Debian's linux-source-6.12)."""

import time
from pathlib import Path

import pytest

from orchestrator.errors import SeriesError
from orchestrator.series.repository import open_repository
from orchestrator.series.resolve import resolve

pytestmark = pytest.mark.kernel


def test_ported_series_applies(kernel_tree: Path, shared_data: Path, tmp_path: Path) -> None:
    """18 patches become 18 commits, each with its mail and the lines it touches."""
    series = resolve(open_repository(kernel_tree, tmp_path / "cache"), str(shared_data / "ptdesc-on-6.12.mbox"))
    assert [c.index for c in series.all] == list(range(19))
    assert series.commits[13].subject == "mm/pgtable: use ptdesc in pgtable_trans_huge_deposit"
    assert series.commits[13].message_id == "20240730072719.3715016-4-alexs@kernel.org"
    assert "arch/powerpc/include/asm/book3s/64/pgtable.h" in {file.path for file in series.commits[13].touched}
    assert series.warnings == ()


def test_series_as_mailed_does_not_apply(kernel_tree: Path, shared_data: Path, tmp_path: Path) -> None:
    """Patch 2 of 18, the file, the hunk with its old lines, and that there was no base-commit."""
    started = time.monotonic()
    with pytest.raises(SeriesError) as error:
        resolve(open_repository(kernel_tree, tmp_path / "cache"), str(shared_data / "ptdesc-rfc-v1-thread.mbox"))
    text = str(error.value)
    for words in (
        "patch 2 of 18 does not apply: [RFC PATCH 02/18] mm/pgtable: convert ptdesc.pmd_huge_pte to ptdesc pointer",
        "include/linux/mm_types.h:948: in hunk @@ -948,7 +948,7 @@ struct mm_struct {",
        "#if defined(CONFIG_TRANSPARENT_HUGEPAGE) && !USE_SPLIT_PMD_PTLOCKS",
        "the series gives no base-commit",
        "--base",
    ):
        assert words in text
    assert time.monotonic() - started < 30
