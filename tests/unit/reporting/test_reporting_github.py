"""GitHub's workflow commands: golden, one line each, and the runner obeys no foreign one."""

import re
from collections.abc import Callable
from urllib.parse import unquote

import pytest
from factories import a_diagnostic, a_finding, a_report, an_error
from reporting_attacks import ATTACKS, hostile
from reporting_reference import demo, reference

from orchestrator.reporting.github import SHOWN, SUMMARY_BYTES, annotations, guarded, summary

LINE = re.compile(r"::(error|warning|notice) ([^:]*)::([^\r\n]*)")


def test_the_reference_reports(golden: Callable[[str, str], None]) -> None:
    """As they were last read and found good."""
    golden("github-reference.txt", annotations(reference()))
    golden("github-demo.txt", annotations(demo()))


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_line_is_a_command_of_ours(attack: str) -> None:
    """Fields hold no comma or colon of a foreigner's, and what is said ends with its line."""
    for line in annotations(hostile(attack)).splitlines():
        found = LINE.fullmatch(line)
        assert found, line
        fields = dict(field.split("=", 1) for field in found[2].split(","))
        assert set(fields) <= {"title", "file", "line", "col"}
        assert fields["title"].startswith(("kmatrix", "new error"))
        assert not re.search(r"[\x00-\x1f\x7f-\x9f]", line)


def test_what_was_escaped_comes_back() -> None:
    """As the runner reads it: a percent sign, a colon and a comma of a path are what they were."""
    sample = an_error("100% of a, b: c", file="a%0A,b:c.c")
    line = annotations(a_report(findings=(a_finding(sample=sample),))).splitlines()[0]
    assert ",file=a%250A%2Cb%3Ac.c,line=12,col=3::" in line
    said = line.split("::", 2)[2]
    assert "%0A" in said
    assert unquote(said).startswith("a%0A,b:c.c:12:3: error: 100% of a, b: c [-Wimplicit-function-declaration]\n")


def test_new_errors_come_first_and_what_github_drops_is_said() -> None:
    """Ten of each severity; those that stay before those that a later patch fixes."""
    findings = (
        *(a_finding(f"w{n}", sample=a_diagnostic(f"w{n}")) for n in range(12)),
        *(a_finding(f"e{n}", sample=an_error(f"e{n}"), fixed_by=3 if n < 5 else None) for n in range(12)),
        a_finding("exempt", sample=an_error("exempt"), counts=False),
    )
    lines = annotations(a_report(findings=findings)).splitlines()
    kinds = [line.split(" ")[0] for line in lines]
    assert kinds == ["::error"] * SHOWN + ["::notice"] + ["::warning"] * SHOWN + ["::notice", "::notice"]
    assert "error: e5 " in lines[0]
    assert "2 more errors" in lines[SHOWN]
    assert not any("exempt" in line for line in lines)


def test_the_summary_is_as_long_as_github_takes() -> None:
    """A series with thousands of findings still has a summary, and it says that it was cut."""
    findings = tuple(a_finding(f"f{n}", 1 + n % 3, sample=an_error("x" * 300 + str(n))) for n in range(60))
    assert summary(a_report(findings=findings)).startswith("## kmatrix: ")
    huge = a_report(names=tuple(f"arch{n}-defconfig-gcc-14" for n in range(9000)))
    text = summary(huge)
    assert len(text.encode()) < SUMMARY_BYTES + 100
    assert "cut here: the whole report has" in text


def test_a_table_in_a_step_is_guarded() -> None:
    """Between the two lines the runner obeys nothing."""
    assert guarded("::error::x\n", "token") == "::stop-commands::token\n::error::x\n::token::\n"
