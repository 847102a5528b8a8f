"""What is written where, whole or not at all, and read back."""

import email
import errno
import os
from email.policy import SMTP
from pathlib import Path

import pytest
from factories import a_report
from reporting_reference import DATE, SENDER, TEMPLATES, build_lines, reference

from orchestrator.errors import InfrastructureError, UserError
from orchestrator.model.verdict import RunReport
from orchestrator.reporting.export import from_json, to_json
from orchestrator.reporting.outbox import Products, load_results, write_products


def written(report: RunReport, folder: Path) -> Products:
    """The products of a report in `folder`."""
    return write_products(report, folder, TEMPLATES, sender=SENDER, date=DATE, lines=build_lines(report))


def test_all_products_are_where_they_belong(tmp_path: Path) -> None:
    """The names are a contract; scripts can be run; nothing temporary is left."""
    products = written(reference(), tmp_path / "new" / "run")
    names = sorted(str(path.relative_to(tmp_path / "new" / "run")) for path in tmp_path.rglob("*") if path.is_file())
    assert [name for name in names if "/" not in name] == ["report.html", "report.txt", "results.json"]
    assert [path.name[:5] for path in products.mails] == ["0000-", "0002-", "0003-", "0004-"]
    assert f"{products.scripts[0].name}" == "0002-arm64-defconfig-gcc-14.sh"
    assert all(os.access(path, os.X_OK) for path in products.scripts)
    assert len(names) == 3 + len(products.mails) + len(products.scripts)
    message = email.message_from_bytes(products.mails[1].read_bytes(), policy=SMTP)
    assert message["Subject"].startswith("Re: [RFC PATCH 2/5]")


def test_results_are_read_back(tmp_path: Path) -> None:
    """What was written is what is read."""
    products = written(reference(), tmp_path)
    assert load_results(products.results) == from_json(to_json(reference()))


def test_drafts_of_an_earlier_report_are_removed(tmp_path: Path) -> None:
    """A draft that no longer holds must not lie there to be sent; a user's own file stays."""
    written(reference(), tmp_path)
    note = tmp_path / "mails" / "note.eml"
    note.write_text("mine")
    assert [path.name for path in written(a_report(), tmp_path).mails] == ["0000-summary.eml"]
    assert {path.name for path in (tmp_path / "mails").iterdir()} == {"note.eml", "0000-summary.eml"}
    assert list((tmp_path / "reproduce").iterdir()) == []


def test_a_file_in_the_way_is_said(tmp_path: Path) -> None:
    """The place, what is wrong with it, and what to do."""
    (tmp_path / "out").write_text("")
    with pytest.raises(InfrastructureError, match=r"out.*a file is in the way: choose another place with --out"):
        written(reference(), tmp_path / "out")


def test_a_full_disk_is_said_and_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old file stays whole when the new one cannot be written."""
    written(a_report(), tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def full(descriptor: int, mode: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fchmod", full)
    with pytest.raises(InfrastructureError, match=r"No space left on device: free some space"):
        written(reference(), tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "1:1: not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[" * 200_000, "results.json"),
        (b"[1]", "expected a JSON object, found"),
        (b'{"schema": 7, "run": ""}', "later kmatrix"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "results.json"),
    ],
)
def test_a_file_that_is_no_run_is_a_user_error(tmp_path: Path, data: bytes, words: str) -> None:
    """Cut, empty, foreign, binary, nested without end: a clear line each."""
    path = tmp_path / "results.json"
    path.write_bytes(data)
    with pytest.raises(UserError) as caught:
        load_results(path)
    assert words in str(caught.value)


def test_a_missing_file_is_a_user_error(tmp_path: Path) -> None:
    """The path is in the message."""
    with pytest.raises(UserError, match=r"nothing\.json: cannot be read: No such file"):
        load_results(tmp_path / "nothing.json")
