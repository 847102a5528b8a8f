"""Standard streams as shells hand them over: pipes, broken ones, closed ones, full ones."""

import gzip
import subprocess
import sys

import pytest

LINES = b"".join(b"mm/gup.c:%d:1: error: no\n" % number for number in range(1, 30_001))


def shell(line: str, stdin: bytes = b"") -> tuple[int, bytes, bytes]:
    """Exit status, stdout and stderr of a line of bash in which `kmatrix` is ours."""
    ours = f'kmatrix() {{ "{sys.executable}" -m orchestrator "$@"; }}; set -o pipefail; {line}'
    done = subprocess.run(["bash", "-c", ours], input=stdin, capture_output=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("stdin", [LINES, gzip.compress(LINES)], ids=["plain", "gzip"])
def test_a_log_comes_through_a_pipe(stdin: bytes) -> None:
    """Plain or gzip'd, every line of it."""
    status, out, err = shell("cat | kmatrix parse --format table", stdin)
    assert (status, out.count(b"\n"), err) == (0, 30_000, b"")


def test_a_reader_that_stops_is_no_failure() -> None:
    """`kmatrix parse | head -1`: status 0 and not a word, whichever write it is that fails."""
    status, out, err = shell("kmatrix parse --format table | head -n 1", LINES)
    assert (status, out, err) == (0, b"mm/gup.c:1:1: error: no\n", b"")
    assert shell("kmatrix schema | true") == (0, b"", b"")


@pytest.mark.parametrize("command", ["parse", "schema"])
def test_closed_streams_are_no_bug(command: str) -> None:
    """Daemons and cron jobs close what they do not need."""
    assert shell(f"kmatrix {command} <&- >&-") == (0, b"", b"")
    assert shell(f"kmatrix {command} <&- >&- 2>&-")[0] == 0


def test_a_locale_without_the_letter_gets_the_report_all_the_same() -> None:
    """What cannot be encoded is spelt out."""
    line = "PYTHONIOENCODING=ascii kmatrix parse --format table"
    status, out, err = shell(line, "mm/gup.c:1:1: error: \u2018x\u2019 undeclared\n".encode())
    assert (status, err) == (0, b"")
    assert b"undeclared" in out
