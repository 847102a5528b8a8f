"""A finished run's files."""

import contextlib
import gzip
import mailbox
from dataclasses import replace
from pathlib import Path

import pytest
from factories import a_finding, a_report, a_result, an_error

from orchestrator.errors import InfrastructureError, UserError
from orchestrator.pipeline import products

CELL = "x86_64-defconfig-gcc-14"


def test_logs_are_beside_the_report(tmp_path: Path) -> None:
    """By commit and cell, whole, and the report says where, relative to --out; a square without a log has none."""
    log = tmp_path / "store.log.gz"
    log.write_bytes(gzip.compress(b"x\n"))
    results = tuple(a_result(commit, CELL, log=str(log) if commit else "") for commit in range(4))
    written = products.write(a_report(names=(CELL,), results=results), tmp_path / "out")
    assert [result.log for result in written.results] == ["", *(f"logs/{n:02d}/{CELL}.log.gz" for n in (1, 2, 3))]
    assert (tmp_path / "out" / written.results[1].log).read_bytes() == log.read_bytes()


def test_writing_twice_is_writing_once(tmp_path: Path) -> None:
    """A run into the directory of an earlier one replaces what is there."""
    log = tmp_path / "store.log.gz"
    log.write_bytes(b"1")
    report = a_report(names=(CELL,), results=tuple(a_result(n, CELL, log=str(log)) for n in range(4)))
    products.write(report, tmp_path / "out")
    log.write_bytes(b"2")
    products.write(report, tmp_path / "out")
    assert (tmp_path / f"out/logs/01/{CELL}.log.gz").read_bytes() == b"2"


def test_a_log_that_is_gone_is_trouble_of_the_machine(tmp_path: Path) -> None:
    """Something other than kmatrix took it."""
    report = a_report(names=(CELL,), results=tuple(a_result(n, CELL, log=str(tmp_path / "none")) for n in range(4)))
    with pytest.raises(InfrastructureError, match="cannot write the log"):
        products.write(report, tmp_path / "out")


def test_drafts_as_an_mbox(tmp_path: Path) -> None:
    """A mail program takes it apart into the same mails, a body line that begins with From included."""
    sample = an_error("no", excerpt=("From here on it is wrong",), raw="From here on it is wrong")
    report = a_report(findings=(a_finding(sample=sample), replace(a_finding("f2", 3), sample=an_error("two"))))
    (tmp_path / "mbox").write_bytes(products.mailbox(report))
    with contextlib.closing(mailbox.mbox(tmp_path / "mbox")) as box:
        mails = list(box)
    assert len(mails) == 3
    assert all(mail["Subject"] for mail in mails)


def test_nothing_to_mail_is_an_empty_mbox() -> None:
    """A series that could not be built and shows nothing has no drafts."""
    assert products.mailbox(a_report(verdict="incomplete")) == b""


def test_a_place_that_can_be_made_is_left_unmade(tmp_path: Path) -> None:
    """The check writes nothing: a run that stops early leaves no empty directory."""
    products.check_place(tmp_path / "a/b/c", "--out")
    products.check_place(tmp_path, "--out")
    assert not list(tmp_path.iterdir())


def test_a_file_in_the_way_is_told_before_anything_is_built(tmp_path: Path) -> None:
    """With the option to change."""
    (tmp_path / "file").touch()
    for place in ("file", "file/report"):
        with pytest.raises(UserError, match=r"--out: .*file is a file; choose another place with --out"):
            products.check_place(tmp_path / place, "--out")
