"""JUnit XML, read back with junitparser as a CI would."""

import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from factories import a_finding, a_report, a_result, a_state, an_error
from hypothesis import given, settings
from hypothesis import strategies as st
from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite
from reporting_attacks import ATTACKS, hostile
from reporting_reference import CLANG, GCC, NAMES, demo, reference

from orchestrator.model.build import Ending
from orchestrator.model.result import Status
from orchestrator.model.verdict import RunReport
from orchestrator.reporting.junit import junit

TestCase.__test__ = TestSuite.__test__ = False  # pytest would collect what is named so
NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read(report: RunReport) -> dict[str, list[TestCase]]:
    """The cases of each suite."""
    document = JUnitXml.fromstring(junit(report).encode())
    return {suite.name: list(suite) for suite in document}


def ends(report: RunReport, name: str) -> list[list[type]]:
    """What each case of a suite ended with: nothing is a pass."""
    return [[type(result) for result in case.result] for case in read(report)[name]]


def test_the_reference_reports(golden: Callable[[str, str], None]) -> None:
    """As they were last read and found good."""
    golden("junit-reference.xml", junit(reference()))
    golden("junit-demo.xml", junit(demo()))


def test_a_case_fails_for_what_its_own_patch_did() -> None:
    """A patch on top of a break is skipped, trouble of the machine is an error, a part that is hidden a skip."""
    assert ends(reference(), GCC) == [[], [], [Failure], [Skipped], [], []]
    assert ends(reference(), CLANG) == [[], [], [], [Failure], [Failure], [Skipped]]
    assert ends(reference(), NAMES[2]) == [[], [], [Failure], [Error], [Error], []]
    assert ends(reference(), NAMES[1])[5] == [Skipped]


def test_the_numbers_are_the_cases() -> None:
    """Of each suite and of all."""
    document = JUnitXml.fromstring(junit(reference()).encode())
    for suite in document:
        results = [type(result) for case in suite for result in case.result]
        numbers = (results.count(Failure), results.count(Error), results.count(Skipped))
        assert (suite.failures, suite.errors, suite.skipped, suite.tests) == (*numbers, 6)
    assert document.tests == 30
    assert document.failures == sum(suite.failures for suite in document)


def test_a_failure_says_what_the_log_says() -> None:
    """The number of findings and the first one as message; all of them with their excerpts below."""
    (failure,) = read(reference())[CLANG][3].result
    assert failure.message.startswith("1 new error and 1 new warning: arch/powerpc/include/asm/book3s/64/")
    assert failure.type == "error"
    assert "\n       277 |   int x;" in failure.text
    (unsure,) = read(reference())[NAMES[0]][4].result
    assert unsure.message.endswith("(by one of 3, 4)")


def test_the_base_and_what_does_not_count_fail_nobody() -> None:
    """What the base has, and what policy exempts."""
    old = a_finding("old", None, counts=False)
    exempt = a_finding("exempt", sample=an_error("other"), counts=False)
    assert ends(a_report(preexisting=(old,)), "x86_64-defconfig-gcc-14") == [[Skipped]] * 4
    report = a_report(findings=(exempt,))
    assert ends(report, "x86_64-defconfig-gcc-14") == [[], [], [Skipped], [Skipped]]


def test_trouble_says_which() -> None:
    """Time, memory, disk: the ending as type, the detail as message."""
    lost = a_result(
        2, status=Status.UNKNOWN, state=a_state(all_masked=True), ending=Ending.TIMED_OUT, detail="after 45 min", log=""
    )
    (error,) = read(a_report(results=(lost,)))["x86_64-defconfig-gcc-14"][2].result
    assert (error.type, error.message) == ("timed-out", "timed out: after 45 min")


def assert_sound(text: str) -> None:
    """The XML of a report full of `text` parses, and has the elements of an innocent one."""
    found = junit(hostile(text))
    assert not NOT_XML.search(found)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", found)
    root, innocent = (ET.fromstring(document.encode()) for document in (found, junit(hostile("x"))))
    assert [each.tag for each in root.iter() if each.tag != "system-out"] == [
        each.tag for each in innocent.iter() if each.tag != "system-out"
    ]
    assert len(read(hostile(text))) == 2


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_stay_text(attack: str) -> None:
    """Markup and control characters of logs break no reader: an ESC alone would."""
    assert_sound(attack)


@settings(max_examples=25)
@given(st.text(st.characters(), min_size=1))
def test_any_text_is_sound(text: str) -> None:
    """Lone surrogates and noncharacters included."""
    assert_sound(text)
