"""`kmatrix bisect` in real containers: what is found, with how few builds, and what the proof is."""

import gzip
import json
import subprocess
import sys
from math import ceil, log2
from pathlib import Path
from typing import Any

import pytest
import toykernel as toy
from bisect_run import add, bisect, drop, grow, hows, indices, kmatrix
from end_to_end_run import ARGUMENTS, CELL, ours, run
from toykernel import ToyRepo

pytestmark = pytest.mark.docker


def test_an_object_that_fails_is_made_alone(toy_repo: ToyRepo, tmp_path: Path) -> None:
    """Found, confirmed, few probes, each of one object; `git bisect replay` takes the log."""
    shas = grow(toy_repo, 20, {13: add("mm/page.c", toy.error("boom"))})
    status, found, shown = bisect(
        toy_repo.path, f"{shas[0]}..HEAD", "--match", "undeclared_boom", "--out", str(tmp_path / "out")
    )
    assert status == 0, shown
    assert found["first_bad"] == {"index": 13, "sha": shas[13], "subject": "commit 13"}
    assert found["last_good"]["index"] == 12
    assert found["confirmed"] is True
    assert indices(found["suspects"]) == [13]
    assert found["probes"] <= ceil(log2(20)) + 2
    assert set(hows(found)) == {"files"}
    proof = {row["index"]: row for row in found["answers"]}
    assert Path(proof[12]["log"]).exists()
    assert any("undeclared_boom" in line for line in proof[13]["shown"])
    assert f'First bad commit: {shas[13][:12]} ("commit 13")' in shown
    replayed = toy_repo.git("bisect", "replay", found["log"])
    assert f"{shas[13]} is the first bad commit" in replayed
    assert ours() == []


def test_a_text_that_names_the_source_needs_no_whole_build(toy_repo: ToyRepo) -> None:
    """`mm/page.c:` says which object to make."""
    shas = grow(toy_repo, 8, {3: add("mm/page.c", toy.error("boom"))})
    place = subprocess.run(
        ["grep", "-n", "undeclared_boom", "mm/page.c"], cwd=toy_repo.path, capture_output=True, text=True, check=True
    ).stdout.split(":")[0]
    status, found, shown = bisect(toy_repo.path, f"{shas[0]}..HEAD", "--match", f"mm/page.c:{place}:")
    assert status == 0, shown
    assert found["first_bad"]["index"] == 3
    assert set(hows(found)) == {"files"}


def test_a_link_that_fails_needs_the_whole_target(toy_repo: ToyRepo) -> None:
    """An undefined reference: no object shows it."""
    shas = grow(toy_repo, 9, {6: add("lib/string.c", toy.undefined("lost"))})
    status, found, shown = bisect(toy_repo.path, f"{shas[0]}..HEAD", "--match", "missing_lost")
    assert status == 0, shown
    assert found["first_bad"]["index"] == 6
    assert set(hows(found)) == {"whole"}
    assert found["probes"] <= ceil(log2(9)) + 2


def test_a_header_that_one_object_came_to_use_later(toy_repo: ToyRepo) -> None:
    """mm/page.o alone would name commit 7, where it starts to include the header that has been bad since 4."""
    include = "#include <linux/extra.h>\n"
    shas = grow(
        toy_repo,
        9,
        {
            2: (add("include/linux/extra.h", "#define EXTRA 1\n"), add("mm/swap.c", include)),
            4: add("include/linux/extra.h", toy.warning("extra_hint")),
            7: add("mm/page.c", include),
        },
    )
    status, found, shown = bisect(toy_repo.path, f"{shas[0]}..HEAD", "W=1", "--match", "extra.h")
    assert status == 0, shown
    assert found["first_bad"]["index"] == 4


def test_prepare_that_fails(toy_repo: ToyRepo) -> None:
    """What `prepare` compiles is an object like any other."""
    shas = grow(toy_repo, 8, {5: add(toy.BOUNDS, toy.error("bound"))})
    status, found, shown = bisect(toy_repo.path, f"{shas[0]}..HEAD", "--match", "undeclared_bound")
    assert status == 0, shown
    assert found["first_bad"]["index"] == 5
    assert hows(found).count("whole") <= 1


def test_any_new_error_and_any_new_warning(toy_repo: ToyRepo) -> None:
    """Without a text: an error; what the good end has is not new."""
    shas = grow(
        toy_repo,
        8,
        {
            1: add("mm/page.c", toy.warning("old")),
            3: add("mm/page.c", toy.warning("younger")),
            6: add("mm/slab.c", toy.error("boom")),
        },
    )
    status, found, shown = bisect(toy_repo.path, f"{shas[1]}..HEAD", "W=1")
    assert status == 0, shown
    assert found["first_bad"]["sha"] == shas[6]
    status, found, shown = bisect(toy_repo.path, f"{shas[1]}..{shas[5]}", "W=1", "--new", "warning")
    assert status == 0, shown
    assert found["first_bad"]["sha"] == shas[3]


def test_stored_results_come_first(toy_repo: ToyRepo, tmp_path: Path) -> None:
    """After a run of the same series nothing is built; a finding is named by its id."""
    shas = grow(toy_repo, 4, {3: add("mm/page.c", toy.error("boom"))})
    _, report, said = run(toy_repo.path, f"{shas[0]}..HEAD", tmp_path / "out")
    (finding,) = [one for one in report["findings"] if "undeclared_boom" in one["message"]]
    status, found, shown = bisect(toy_repo.path, f"{shas[0]}..HEAD", "--finding", finding["id"][:8])
    assert status == 0, shown + said
    assert found["first_bad"]["index"] == finding["introduced_by"] == 3
    assert found["probes"] == 0
    assert set(hows(found)) == {"stored"}
    assert found["confirmed"] is True
    status, shown, said = kmatrix(toy_repo.path, "bisect", "--finding", finding["id"])
    assert status == 0, said
    assert f"First bad commit: {shas[3][:12]}" in shown


def test_it_comes_and_goes(toy_repo: ToyRepo, tmp_path: Path) -> None:
    """A real edge is named, and every edge that the answers show is listed."""
    block = toy.error("boom")
    shas = grow(toy_repo, 9, {2: add("mm/page.c", block), 4: drop("mm/page.c", block), 7: add("mm/page.c", block)})
    run(toy_repo.path, f"{shas[0]}..{shas[4]}", tmp_path / "out")
    status, found, shown = bisect(
        toy_repo.path, f"{shas[0]}..HEAD", "--match", "undeclared_boom", "--out", str(tmp_path / "bisect")
    )
    assert status == 0, shown
    assert found["first_bad"]["index"] == 2
    comes = [(edge["after"]["index"], edge["comes"]) for edge in found["edges"]]
    assert comes[:2] == [(2, True), (4, False)]
    assert comes[-1][1] is True
    assert "It comes and goes more than once" in shown
    assert f"{shas[2]} is the first bad commit" in toy_repo.git("bisect", "replay", found["log"])


def test_ends_that_are_not_what_they_should_be(toy_repo: ToyRepo) -> None:
    """Exit 2, and which end it is."""
    shas = grow(toy_repo, 4, {1: add("mm/page.c", toy.error("boom"))})
    status, found, shown = bisect(toy_repo.path, f"{shas[2]}..HEAD", "--match", "undeclared_boom")
    assert (status, found["ending"]) == (2, "good-is-bad"), shown
    assert "The good end is not good" in shown
    status, found, shown = bisect(toy_repo.path, f"{toy_repo.base}~0..{shas[0]}", "--match", "undeclared_boom")
    assert status == 2
    assert "no commits between" in shown
    toy.substitute(toy_repo.path, "mm/page.c", toy.error("boom"), "")
    toy_repo.commit("mended")
    status, found, shown = bisect(toy_repo.path, f"{shas[0]}..HEAD", "--match", "no such words")
    assert (status, found["ending"]) == (2, "bad-is-good"), shown
    for words in (("nowhere..HEAD",), ("HEAD..HEAD~1",), ("HEAD~1..HEAD", "--match", " ")):
        status, _, shown = bisect(toy_repo.path, words[0], *(words[1:] or ("--match", "x")))
        assert status == 2, shown
        assert "Traceback" not in shown


def test_what_a_cell_names(toy_repo: ToyRepo) -> None:
    """`--cell` chooses one; several, or none, are refused with their names."""
    shas = grow(toy_repo, 2, {2: add("mm/page.c", toy.error("boom"))})
    words = ("--config", "tiny_defconfig", "--match", "undeclared_boom")
    status, _, shown = bisect(toy_repo.path, f"{shas[0]}..HEAD", *words)
    assert status == 2
    assert "--cell NAME" in shown
    assert CELL in shown
    status, found, shown = bisect(toy_repo.path, f"{shas[0]}..HEAD", *words, "--cell", CELL)
    assert status == 0, shown
    assert found["cell"] == CELL


def test_several_at_once(toy_repo: ToyRepo) -> None:
    """Three lanes a round: the same answer."""
    shas = grow(toy_repo, 20, {5: add("mm/page.c", toy.error("boom"))})
    status, found, shown = bisect(
        toy_repo.path, f"{shas[0]}..HEAD", "--match", "undeclared_boom", "-j", "3", "--at-once", "3"
    )
    assert status == 0, shown
    assert found["first_bad"]["index"] == 5
    assert ours() == []


def test_probe_is_a_step_of_git_bisect_run(toy_repo: ToyRepo) -> None:
    """0, 1 and 125, and git itself comes to the answer with it."""
    shas = grow(
        toy_repo,
        6,
        {
            3: add(toy.BOUNDS, toy.error("bound")),
            4: drop(toy.BOUNDS, toy.error("bound")),
            5: add("mm/page.c", toy.error("boom")),
        },
    )
    words = ("--tree", str(toy_repo.path), *ARGUMENTS, "--match", "undeclared_boom")
    for number, expected in ((2, 0), (3, 125), (5, 1)):
        status, shown, said = kmatrix(toy_repo.path, "probe", shas[number], *words)
        assert status == expected, shown + said
    assert kmatrix(toy_repo.path, "probe", "nowhere", *words)[0] == 2
    toy_repo.git("bisect", "start", "HEAD", shas[0])

    said = toy_repo.git("bisect", "run", sys.executable, "-m", "orchestrator", "probe", *words)
    assert f"{shas[5]} is the first bad commit" in said


def test_all_findings_with_few_builds(toy_repo: ToyRepo, tmp_path: Path) -> None:
    """Dated as a run of every commit dates them; `kmatrix run` with `series.build: bisect` says what it left out."""
    shas = grow(
        toy_repo,
        24,
        {7: add("mm/page.c", toy.error("boom")), 17: add("lib/string.c", toy.warning("string_hint"))},
    )
    series = f"{shas[0]}..HEAD"
    where = tmp_path / "all.json"
    status, shown, said = kmatrix(
        toy_repo.path, "bisect", "--all", series, "--tree", str(toy_repo.path), *ARGUMENTS, "W=1", "--json", str(where)
    )
    assert status == 1, shown + said
    dated = json.loads(where.read_text())
    built = [row for row in dated["results"] if row["status"] != "not-run"]
    assert len(built) <= 25 // 2
    assert "were not needed" in shown
    _, whole, _ = run(toy_repo.path, series, tmp_path / "whole", "W=1", "--rebuild")
    dates = {(one["message"], one["introduced_by"], one["fixed_by"]) for one in whole["findings"]}
    assert {(one["message"], one["introduced_by"], one["fixed_by"]) for one in dated["findings"]} == dates
    matrix = tmp_path / "matrix.yaml"
    matrix.write_text(
        "series: {build: bisect}\ndefaults: {make: {W: 1}}\n"
        "matrix: {arch: x86_64, compiler: gcc-14, config: defconfig}\n"
    )
    _, again, said = run(toy_repo.path, series, tmp_path / "again", "--matrix", str(matrix))
    assert {(one["message"], one["introduced_by"], one["fixed_by"]) for one in again["findings"]} == dates, said


def logs_of(found: dict[str, Any]) -> dict[int, bytes]:
    """The log of each answer, by commit."""
    return {row["index"]: gzip.decompress(Path(row["log"]).read_bytes()) for row in found["answers"]}


def test_lanes_start_from_a_kept_base(toy_repo: ToyRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it said is remembered of objects that are not made again, and its log is the proof of an answer."""
    steps = {1: add("mm/page.c", toy.warning("old_hint")), 6: add("lib/string.c", toy.undefined("lost"))}
    shas = grow(toy_repo, 7, steps)
    run(toy_repo.path, f"{shas[2]}..{shas[3]}", tmp_path / "out", "W=1")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another-state"))
    for more in ((), ("--rebuild",)):
        words = ("W=1", "--match", "old_hint", *more)
        status, found, shown = bisect(toy_repo.path, f"{shas[2]}..{shas[4]}", *words)
        assert (status, found["ending"]) == (2, "good-is-bad"), shown
        assert (b"old_hint" in logs_of(found)[2]) is bool(more), shown
    everything = logs_of(found)[2].count(b"  CC ")
    status, found, shown = bisect(toy_repo.path, f"{shas[2]}..HEAD", "W=1")
    assert status == 0, shown
    assert found["first_bad"]["sha"] == shas[6]
    assert logs_of(found)[0].count(b"  CC ") == everything
    assert ours() == []
