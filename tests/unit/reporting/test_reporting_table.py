"""The terminal table: golden, never too wide, safe."""

import re
from collections.abc import Callable

import pytest
from factories import a_commit, a_finding, a_report, a_result, a_series, a_state, a_target, an_error
from hypothesis import given, settings
from hypothesis import strategies as st
from reporting_attacks import ATTACKS, hostile
from reporting_reference import demo, reference

from orchestrator.model.matrix import KernelConfig
from orchestrator.model.result import Status
from orchestrator.model.verdict import TargetFacts
from orchestrator.reporting.table import FINDINGS_PER_COMMIT, table
from orchestrator.reporting.text import display_width

MANY = tuple(f"arch{number}-defconfig-gcc-14" for number in range(30))


@pytest.mark.parametrize("name", ["reference", "demo"])
@pytest.mark.parametrize("width", [80, 120, 200])
def test_the_reference_reports(name: str, width: int, golden: Callable[[str, str], None]) -> None:
    """The whole table, as it was last read and found good."""
    report = {"reference": reference, "demo": demo}[name]()
    golden(f"table-{name}-{width}.txt", table(report, width=width))


@pytest.mark.parametrize("width", [40, 57, 80, 200])
def test_the_last_line_is_the_verdict(width: int) -> None:
    """One line at any width: what does not fit is left out, how many were found last."""
    last = table(reference(), width=width).splitlines()[-1]
    assert last.startswith("Verdict: findings: 4 new errors and ")
    assert ("by one of several patches" in last) is (width == 200)
    assert table(a_report()).splitlines()[-1] == "Verdict: clean: nothing new that counts"


def test_squares_are_spelled_out_where_they_fit() -> None:
    """`+1 new, -1 fixed` in a wide terminal; the same squares in signs in a narrow one."""
    assert re.search(r"E \+1 new, -1 fixed  +mm/pgtable: use it in the header$", table(reference(), width=200), re.M)
    assert re.search(r"\+1E -1E  +mm/pgtable: use it in the header$", table(reference(), width=80), re.M)


@pytest.mark.parametrize("width", [80, 120, 200])
def test_columns_stand_below_each_other(width: int) -> None:
    """In signs that are no letters too: every square begins in the column where its rule begins."""
    for ascii_only in (True, False):
        lines = table(reference(), width=width, ascii_only=ascii_only).splitlines()
        rule = next(place for place, line in enumerate(lines) if line.startswith("----  "))
        starts = [found.start() for found in re.finditer(r"(?<=  )-", lines[rule])]
        for line in lines[rule + 1 : rule + 7]:
            assert all(line[start - 1] == " " != line[start] for start in starts), line


def test_signs_have_an_ascii_form() -> None:
    """The same table, sign for sign."""
    fancy, plain = table(reference(), width=80, ascii_only=False), table(reference(), width=80)
    assert {"\u2713", "\u2717", "\u00b7"} <= set(fancy)
    assert plain.isascii()
    assert "\u2717~" in fancy
    legend = "\u2713: builds without a word"
    assert legend in fancy


@pytest.mark.parametrize("width", [40, 60, 80, 100, 132, 200])
@pytest.mark.parametrize("names", [MANY[:1], MANY[:6], MANY])
def test_no_line_is_wider_than_asked(width: int, names: tuple[str, ...]) -> None:
    """A wide matrix is cut into blocks of columns; long messages are wrapped."""
    report = a_report(names=names, findings=(a_finding(sample=an_error("word " * 80), targets=names[:2]),))
    assert max(map(display_width, table(report, width=width).splitlines())) <= width


def test_every_square_of_a_wide_matrix_is_there() -> None:
    """No column is lost where blocks are cut: each key stands in one header and in the key's own list."""
    text = table(a_report(names=MANY), width=60)
    headers = [word for line in text.splitlines() if line.endswith("patch") for word in line.split()[:-1]]
    assert len(headers) == len(MANY) == len(set(headers))
    assert all(re.search(rf"^{key}  arch", text, re.MULTILINE) for key in headers)


def test_colour_changes_no_letter() -> None:
    """Without its colour codes the coloured table is the plain one: colour is never the only sign."""
    plain = re.sub(r"\x1b\[\d+m", "", table(reference(), colour=True))
    assert plain == table(reference())
    assert "\x1b" not in table(reference())


def test_findings_are_capped_per_commit() -> None:
    """A patch that breaks everything leaves room for the others; the page has the rest."""
    findings = tuple(a_finding(f"f{number}", sample=an_error(f"e{number}")) for number in range(25))
    assert f"(+{25 - FINDINGS_PER_COMMIT} more in report.html)" in table(a_report(findings=findings))


@settings(max_examples=30)
@given(st.text(st.characters()), st.text(st.characters()))
def test_hostile_words_reach_no_terminal(subject: str, message: str) -> None:
    """Control characters of subjects and logs are gone, and the table keeps its width."""
    series = a_series(commits=(a_commit(1), a_commit(2, subject=subject)), title=subject)
    text = table(a_report(series=series, findings=(a_finding(sample=an_error(message, file=subject)),)), width=80)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    text.encode()


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_move_no_cursor(attack: str) -> None:
    """Every line begins and ends as ours do, and the last one is the verdict."""
    text = table(hostile(attack), width=100, colour=False)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]", text)
    assert max(map(display_width, text.splitlines())) <= 100
    assert text.splitlines()[-1].startswith("Verdict: findings: 2 new errors")
    text.encode()


def test_a_lost_lane_says_why() -> None:
    """Squares that were not run because their lane was lost show the reason, once."""
    gone = {"status": Status.NOT_RUN, "state": a_state(all_masked=True), "detail": "no space for the volume", "log": ""}
    report = a_report(results=tuple(a_result(commit, **gone) for commit in (2, 3)))
    assert "? 2..3 x86_64-defconfig-gcc-14 not run: no space for the volume\n" in table(report, width=100)


def test_a_symbol_that_did_not_stick_says_where_it_was_asked_for() -> None:
    """With the place in matrix.yaml."""
    config = KernelConfig(name="defconfig", base="defconfig", where="matrix.yaml:7:12")
    facts = TargetFacts(target=a_target(config=config), image_id="sha256:1", compiler_version="gcc 14")
    said = ("CONFIG_A=y -> # CONFIG_A is not set",)
    report = a_report(names=(facts.target.name,), results=(a_result(1, unset_symbols=said),), targets=(facts,))
    text = " ".join(table(report, width=100).split())
    assert f"matrix.yaml:7:12: {facts.target.name}: .config did not keep {said[0]}" in text
