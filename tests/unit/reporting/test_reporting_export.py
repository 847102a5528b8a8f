"""results.json: the contract of its keys, the round trip, and foreign files."""

import copy
import dataclasses
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from factories import a_finding, a_report, a_target
from hypothesis import given, settings
from hypothesis import strategies as st
from reporting_reference import CLANG, DATE, SENDER, TEMPLATES, build_lines, reference

from orchestrator.errors import UserError
from orchestrator.model.diagnostic import Diagnostic
from orchestrator.model.matrix import KernelConfig, Resources
from orchestrator.model.result import CellResult
from orchestrator.model.series import Candidate, TouchedFile
from orchestrator.model.verdict import RunReport
from orchestrator.reporting.export import from_json, to_json
from orchestrator.reporting.mail import drafts
from orchestrator.reporting.page import page
from orchestrator.reporting.reproduce import script
from orchestrator.reporting.table import table

CONTRACT = {
    "": "schema tool run verdict series cells results findings",
    "tool": "name version",
    "series": "title base commits",
    "series.base": "sha reason",
    "series.commits.0": "index sha tree subject author message_id",
    "cells.0": "name arch config compiler image_id compiler_version",
    "results.0": "commit cell status origin exit_code seconds introduced fixed present masked log",
    "findings.0": "id severity kind file line column message flag function object introduced_by suspects fixed_by "
    "cells occurrences root_cause",
}


def at(document: Any, path: str) -> Any:
    """The value at a dotted path."""
    for key in filter(None, path.split(".")):
        document = document[int(key)] if key.isdigit() else document[key]
    return document


def reread(report: RunReport) -> RunReport:
    """The report after a trip through a file."""
    return from_json(json.loads(json.dumps(to_json(report))))


@pytest.mark.parametrize("place", CONTRACT)
def test_the_keys_of_the_contract_are_there(place: str) -> None:
    """Scripts depend on these names; more may be added, none may go."""
    assert set(CONTRACT[place].split()) <= set(at(to_json(reference()), place))


def test_where_make_printed_an_object_changes_nothing() -> None:
    """Of two logs in which parallel make had the objects in another order, one report comes."""
    numbers = iter((900, 7, 800, 5, 300, 1) * 1000)
    report = reference()
    shuffled = dataclasses.replace(report, results=tuple(map(_elsewhere_in_the_log(numbers), report.results)))
    there, here = to_json(shuffled), to_json(report)
    assert (there["results"], there["diagnostics"]) == (here["results"], here["diagnostics"])


def _elsewhere_in_the_log(numbers: Iterator[int]) -> Callable[[CellResult], CellResult]:
    def moved(diagnostics: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
        return tuple(dataclasses.replace(diagnostic, log_line=next(numbers)) for diagnostic in diagnostics)

    def change(result: CellResult) -> CellResult:
        state = dataclasses.replace(
            result.state, present=moved(result.state.present), hidden=moved(result.state.hidden)
        )
        return dataclasses.replace(result, state=state)

    return change


def test_values_are_those_of_the_contract() -> None:
    """Types and words as the contract shows them."""
    document = to_json(reference())
    assert document["schema"] == 1
    assert document["verdict"] == "findings"
    square = next(item for item in document["results"] if item["commit"] == 4 and item["cell"] == CLANG)
    assert square["status"] == "errors"
    assert square["origin"] == "built"
    assert square["introduced"] == ["ptdesc"]
    assert square["fixed"] == ["page"]
    assert square["present"] == 2
    assert square["masked"] is False
    finding = next(item for item in document["findings"] if item["id"] == "ptdesc")
    assert (finding["introduced_by"], finding["fixed_by"], finding["root_cause"]) == (4, None, "visible")
    assert finding["flag"] == "-Werror,-Wincompatible-pointer-types"


def test_everything_but_logs_own_numbers_survives() -> None:
    """A report read back is the report, but for what no format shows."""
    target = dataclasses.replace(
        a_target(),
        config=KernelConfig(
            name="defconfig",
            base="my.config",
            base_is_file=True,
            base_text="CONFIG_A=y\n",
            fragments=("kernel/configs/debug.config",),
            fragment_texts=("CONFIG_B=y\n",),
            symbols=("CONFIG_C=y",),
            where="matrix.yaml:3:4",
        ),
        resources=Resources(jobs=2, memory_mb=100, pids=7),
        allow=("warning",),
    )
    report = a_report(names=(target.name,), findings=(a_finding(),))
    commit = dataclasses.replace(
        report.series.commits[0], touched=(TouchedFile(path="mm/gup.c", status="M", lines=((1, 2), (5, 5))),)
    )
    report = dataclasses.replace(
        report,
        targets=(dataclasses.replace(report.targets[0], target=target),),
        series=dataclasses.replace(report.series, commits=(commit, *report.series.commits[1:])),
    )
    assert reread(report) == report


FORMATS: dict[str, Callable[[RunReport], object]] = {
    "json": to_json,
    "table": lambda report: table(report, width=80),
    "page": lambda report: page(report, TEMPLATES, build_lines(report)),
    "mails": lambda report: [
        draft.message.as_bytes()
        for draft in drafts(report, TEMPLATES, sender=SENDER, date=DATE, lines=build_lines(report))
    ],
    "scripts": lambda report: [
        script(report, TEMPLATES, commit=4, target=name, lines=lines) for name, lines in build_lines(report).items()
    ],
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_renders_a_report_read_back_as_the_original(name: str) -> None:
    """`kmatrix report` shows a finished run exactly as it was shown at its end."""
    assert FORMATS[name](reread(reference())) == FORMATS[name](reference())


def test_repeated_diagnostics_are_stored_once() -> None:
    """A warning carried through every commit costs a number a commit."""
    document = to_json(reference())
    assert len(document["diagnostics"]) == len({json.dumps(item) for item in document["diagnostics"]}) < 10


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.pop("schema"), "not the results of a kmatrix run"),
        (lambda d: d.update(schema=2), "later kmatrix"),
        (lambda d: d.update(verdict="fine"), "results.json.verdict: expected clean or findings"),
        (lambda d: d.pop("findings"), "`findings` is missing"),
        (lambda d: d["results"][3].update(status="red"), "results.json.results[3].status: expected ok or"),
        (
            lambda d: d["results"][3].update(commit=99),
            "results.json.results[3].commit: expected a commit of the series",
        ),
        (lambda d: d["results"][3].update(cell="no-such-cell"), "results.json.results[3].cell"),
        (lambda d: d["results"][3].update(seconds=float("nan")), "results.json.results[3].seconds"),
        (lambda d: d["findings"][0].update(introduced_by=99), "results.json.findings[0]"),
        (lambda d: d["findings"][0].update(line="x"), "results.json.findings[0].line: expected a whole number"),
        (lambda d: d["cells"][0].update(name="other"), "results.json.cells[0].name"),
        (lambda d: d["results"][0]["state"].update(present=[10**6]), "results.json.results[0].state.present[0]"),
    ],
)
def test_a_foreign_or_damaged_file_is_refused_with_the_place(change: Callable[[Any], Any], words: str) -> None:
    """The message says what is wrong, where, and what was expected."""
    document = copy.deepcopy(to_json(reference()))
    change(document)
    with pytest.raises(UserError) as caught:
        from_json(document)
    assert words in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 99) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=60)
@given(st.data())
def test_any_damage_is_a_user_error_or_still_renders(data: st.DataObject) -> None:
    """Whatever one value of the file is replaced with, no format ever fails in another way."""
    document: Any = json.loads(json.dumps(to_json(reference())))
    place = document
    for _ in range(data.draw(st.integers(1, 6))):
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or not place[key]:
            break
        parent, parent_key, place = place, key, place[key]
    else:
        place, key = parent, parent_key
    place[key] = data.draw(JSON)
    try:
        report = from_json(document)
    except UserError:
        return
    for render in FORMATS.values():
        render(report)


def test_keys_of_a_later_version_of_the_schema_are_let_be() -> None:
    """Additive changes keep the schema number, so unknown keys are no error."""
    document = to_json(reference())
    document["new"] = document["cells"][0]["new"] = {"x": 1}
    assert from_json(document) == from_json(to_json(reference()))


def test_how_the_base_was_chosen_comes_back() -> None:
    """Other refs that were tried, what had to be overlooked, and trailers; a file without them is read as well."""
    tried = (
        Candidate(ref="next/master", sha="1" * 40, applied=3, total=3),
        Candidate(ref="old", sha="2" * 40, applied=1, total=3, failure="patch 2: mm/a.c:7"),
    )
    report = a_report()
    told = dataclasses.replace(
        report.series, candidates=tried, bent=("patch 1 applied with fuzz",), trailers=("patch 1: T: x",)
    )
    document = to_json(dataclasses.replace(report, series=told))
    assert from_json(json.loads(json.dumps(document))).series == dataclasses.replace(told, git_dir="")
    assert "applies to: next/master" in table(dataclasses.replace(report, series=told), width=100)
    assert "cannot apply to: old (patch 2: mm/a.c:7)" in table(dataclasses.replace(report, series=told), width=100)
    for key in ("bent", "trailers"):
        del document["series"][key]
    del document["series"]["base"]["candidates"]
    assert from_json(document).series.candidates == ()
