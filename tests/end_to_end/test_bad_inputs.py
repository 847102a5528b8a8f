"""Every bad input of docs/bad-inputs.md, tried: exit status and each printed line are those the page shows.

KMATRIX_UPDATE_GOLDEN=1 writes the page anew, to be read before it is kept.
"""

import contextlib
import fcntl
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from bad_input_cases import CASES, GROUPS, Case
from bad_input_home import REPOSITORY, Home, furnish, moved

PAGE = REPOSITORY / "docs/bad-inputs.md"
INTRODUCTION = """\
# Bad inputs

What `kmatrix` says when something is wrong, as really printed: `tests/end_to_end/test_bad_inputs.py` tries every line
of this page and compares. The exit status is 2 if you must change something, 3 if it is this machine's trouble, 130
after Ctrl-C; a warning changes no status. Nothing on this page ends in a traceback, which would be a bug of kmatrix
and exit status 4. `...` stands for lines that say nothing of the matter.
"""
WITHOUT_POWER = ("setpriv", "--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search")


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The home that every case gets a copy of."""
    return furnish(tmp_path_factory.mktemp("bad-inputs") / "ada")


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.wrong, marks=[pytest.mark.docker] if case.docker else []) for case in CASES]
)
def test_bad_input(case: Case, furnished: Home, tmp_path: Path) -> None:
    """The documented exit status and message, and no traceback."""
    home = moved(furnished, tmp_path / "ada")
    case.spoil(home)
    try:
        with case.place(home) if case.place else contextlib.nullcontext():
            status, text = _typed(home, case)
    finally:
        _give_back(home)
    assert "Traceback" not in text
    assert status == case.status, text
    section = _section(case, _kept(text, case.keep))
    if os.environ.get("KMATRIX_UPDATE_GOLDEN"):
        _put({case.wrong: section})
    assert section in PAGE.read_text(), f"docs/bad-inputs.md shows something else than:\n{section}"


def test_page_has_these_cases_in_this_order() -> None:
    """The page's table and headings are those of the cases: none is missing, none is left over."""
    if os.environ.get("KMATRIX_UPDATE_GOLDEN"):
        _put({})
    text = PAGE.read_text()
    assert text.startswith(INTRODUCTION + "\n" + _table())
    assert re.findall(r"^### (.+)$", text, re.MULTILINE) == [case.wrong for case in CASES]
    assert len(CASES) == len({case.wrong for case in CASES})


def _typed(home: Home, case: Case) -> tuple[int, str]:
    prefix = ()
    if case.without_root and os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("root without setpriv (util-linux): permissions do not stop it")
        prefix = WITHOUT_POWER
    with home.start(f"set -o pipefail; {case.line}", *prefix) as process:
        early = ""
        if case.interrupt_at:
            assert process.stdout
            for line in process.stdout:
                early += line
                if case.interrupt_at in line:
                    break
            process.send_signal(signal.SIGINT)
        try:
            text = early + process.communicate(timeout=300)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    return process.returncode, home.said(text)


def _give_back(home: Home) -> None:
    """Let pytest remove the home."""
    for directory, _, _ in os.walk(home.root):
        with contextlib.suppress(OSError):
            Path(directory).chmod(0o700)


def _kept(text: str, words: tuple[str, ...]) -> str:
    """The lines with one of the words (none: all), the others folded into `...`."""
    lines: list[str] = []
    for line in text.splitlines():
        if not words or any(word in line for word in words):
            lines.append(line)
        elif lines[-1:] != ["..."]:
            lines.append("...")
    return "\n".join(lines)


def _section(case: Case, text: str) -> str:
    return f"### {case.wrong}\n\n```console\n$ {case.line}\n{text}\n```\n\nExit status {case.status}.\n"


def _table() -> str:
    rows = [f"| {number} | {case.wrong} | {case.status} |" for number, case in enumerate(CASES, 1)]
    return "\n".join(("|  # | What is wrong | Exit status |", "| -: | --- | -: |", *rows)) + "\n"


def _sections(text: str) -> dict[str, str]:
    found = re.findall(r"^(### (.+)\n(?:.*\n)*?Exit status \d+\.\n)", text, re.MULTILINE)
    return {wrong: whole for whole, wrong in found}


def _put(changed: dict[str, str]) -> None:
    """Write the page anew with what changed; cases may be tried by several processes at once."""
    PAGE.touch()
    with PAGE.open("r+") as page:
        fcntl.flock(page, fcntl.LOCK_EX)
        _rewrite(_sections(page.read()) | changed)


def _rewrite(sections: dict[str, str]) -> None:
    parts = [INTRODUCTION, _table()]
    for title, cases in GROUPS.items():
        parts += [f"## {title}\n", *(sections.get(case.wrong) or _section(case, "") for case in cases)]
    PAGE.write_text("\n".join(parts))
