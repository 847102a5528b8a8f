"""KCIDB 5.3, validated with KernelCI's own library."""

import json
import re
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from factories import a_finding, a_report, a_result, a_series, a_state
from hypothesis import given, settings
from hypothesis import strategies as st
from reporting_attacks import ATTACKS, hostile
from reporting_reference import CLANG, NAMES, build_lines, demo, reference

from orchestrator.errors import InfrastructureError, UserError
from orchestrator.model.build import Ending
from orchestrator.model.result import Status
from orchestrator.model.verdict import RunReport
from orchestrator.reporting.kcidb import EXCERPT, kcidb, validate


def document(report: RunReport) -> dict[str, Any]:
    """A valid document."""
    found = kcidb(report, build_lines(report))
    assert validate(found)
    return found


def test_the_reference_reports(golden: Callable[[str, str], None]) -> None:
    """As they were last read and found good."""
    golden("kcidb-reference.json", json.dumps(document(reference()), indent=1) + "\n")
    golden("kcidb-demo.json", json.dumps(document(demo()), indent=1) + "\n")


def test_ids_are_deterministic_and_all_different() -> None:
    """The same run again is the same objects; another run has builds of its own but the same checkouts."""
    found = document(reference())
    assert found == document(reference())
    for kind in ("checkouts", "builds", "issues", "incidents"):
        ids = [each["id"] for each in found[kind]]
        assert len(ids) == len(set(ids)) > 0
    later = document(a_report(series=reference().series, names=NAMES, started="2025-01-01T00:00:00Z"))
    assert [each["id"] for each in later["checkouts"]] == [each["id"] for each in found["checkouts"]]
    assert not {each["id"] for each in later["builds"]} & {each["id"] for each in found["builds"]}


def test_everything_refers_to_something() -> None:
    """Builds to checkouts, incidents to builds and issues."""
    found = document(reference())
    ids = {kind: {each["id"] for each in found[kind]} for kind in ("checkouts", "builds", "issues")}
    assert {build["checkout_id"] for build in found["builds"]} == ids["checkouts"]
    assert {each["build_id"] for each in found["incidents"]} <= ids["builds"]
    assert {each["issue_id"] for each in found["incidents"]} == ids["issues"]


def test_a_mailed_patch_is_the_base_with_its_message() -> None:
    """Our own sha of an applied mail means nothing to anybody; a range's commits are themselves."""
    base, first = document(reference())["checkouts"][:2]
    assert base["git_commit_hash"] == first["git_commit_hash"] == reference().series.base.sha
    assert (base["patchset_hash"], first["message_id"]) == ("", "20240730064712.1-2-ada@example.org")
    assert "patchset_hash" not in first
    first = document(demo())["checkouts"][1]
    assert (first["git_commit_hash"], first["patchset_hash"]) == (demo().series.commits[0].sha, "")
    assert "message_id" not in first


@pytest.mark.parametrize(
    ("status", "ending", "word"),
    [
        (Status.OK, Ending.EXITED, "PASS"),
        (Status.WARNINGS, Ending.EXITED, "PASS"),
        (Status.ERRORS, Ending.EXITED, "FAIL"),
        (Status.UNKNOWN, Ending.TIMED_OUT, "ERROR"),
        (Status.UNKNOWN, Ending.OUT_OF_MEMORY, "ERROR"),
        (Status.UNKNOWN, Ending.LOST, "MISS"),
        (Status.UNKNOWN, Ending.DISK_FULL, "MISS"),
        (Status.NOT_RUN, Ending.EXITED, "MISS"),
    ],
)
def test_a_status_is_kcidbs_word(status: Status, ending: Ending, word: str) -> None:
    """FAIL is the code's alone."""
    square = a_result(1, status=status, ending=ending, state=a_state())
    report = a_report(series=a_series(1), names=("x86_64-defconfig-gcc-14",), results=(square,))
    assert document(report)["builds"][1]["status"] == word


def test_a_break_is_in_every_build_that_has_it() -> None:
    """An issue for each finding that counts, an incident for each square between its commit and its fix."""
    report = a_report(series=a_series(5), findings=(a_finding(fixed_by=4), a_finding("policy", counts=False)))
    found = document(report)
    assert len(found["issues"]) == 1
    incidents = {each["build_id"] for each in found["incidents"]}
    builds = [build for build in found["builds"] if build["misc"]["kmatrix"]["cell"] == "x86_64-defconfig-gcc-14"]
    assert [build["id"] in incidents for build in builds] == [False, False, True, True, False, False]
    assert "mm/gup.c:12:3: error: implicit declaration" in builds[2]["log_excerpt"]


def test_an_uncertain_square_shows_nothing() -> None:
    """What was not built has no incident."""
    counts = Counter(build["status"] for build in document(reference())["builds"])
    assert counts["ERROR"] == 2
    assert counts["MISS"] == 1
    clang = [build for build in document(reference())["builds"] if build["misc"]["kmatrix"]["cell"] == CLANG]
    assert all(len(build.get("log_excerpt", "")) <= EXCERPT for build in clang)


@pytest.mark.parametrize("origin", ["", "my-lab", "Lab", "a:b", "a b", "a\n"])
def test_an_origin_is_checked(origin: str) -> None:
    """Said before anything is made of it."""
    with pytest.raises(UserError, match="is no origin of KCIDB"):
        kcidb(reference(), {}, origin)


def test_a_wrong_document_is_not_written() -> None:
    """The library's own words are in the error."""
    with pytest.raises(InfrastructureError, match=r"is not valid, nothing was written: .*'FINE'"):
        validate({**document(demo()), "builds": [{**document(demo())["builds"][0], "status": "FINE"}]})


def test_without_the_library_nothing_is_validated(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra."""
    monkeypatch.setitem(sys.modules, "kcidb_io", None)
    assert not validate({})


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_are_valid_text(attack: str) -> None:
    """No control characters, no address, no wrong hash."""
    text = json.dumps(document(hostile(attack)), ensure_ascii=False)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)


@settings(max_examples=20)
@given(st.text(st.characters(), min_size=1))
def test_any_text_is_valid(text: str) -> None:
    """Whatever a patch or a compiler says."""
    document(hostile(text))
