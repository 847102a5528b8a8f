"""Bisections that meet what real histories hold: never a wrong name, and what was skipped is said."""

import signal
import subprocess
from pathlib import Path

import pytest
import toykernel as toy
from bisect_run import add, bisect, command, drop, grow, indices
from end_to_end_run import ARGUMENTS, ours
from toykernel import ToyRepo

pytestmark = pytest.mark.docker
BOOM = ("--match", "undeclared_boom")


def test_commits_that_do_not_build_widen_the_suspects(toy_repo: ToyRepo) -> None:
    """`prepare` is broken from 4 to 6, the error comes with 5: exit 1, suspects 4 to 7, the skips with their reason."""
    shas = grow(
        toy_repo,
        9,
        {
            4: add(toy.BOUNDS, toy.error("bound")),
            5: add("mm/page.c", toy.error("boom")),
            7: drop(toy.BOUNDS, toy.error("bound")),
        },
    )
    status, found, shown = bisect(toy_repo.path, f"{shas[0]}..HEAD", *BOOM)
    assert (status, found["ending"]) == (1, "suspects"), shown
    assert indices(found["suspects"]) == [4, 5, 6, 7]
    skipped = [row for row in found["answers"] if row["answer"] == "skip"]
    assert indices(skipped) == [4, 5, 6]
    assert all("undeclared_bound" in row["why"] for row in skipped)
    assert "one of 4" in shown


def test_another_error_in_the_same_object(toy_repo: ToyRepo) -> None:
    """A front end shows all its errors, so another one beside it hides nothing; `#error` in a header hides it."""
    shas = grow(
        toy_repo,
        9,
        {
            2: add("mm/page.c", toy.error("other")),
            6: add("mm/page.c", toy.error("boom")),
            7: drop("mm/page.c", toy.error("other")),
        },
    )
    status, found, shown = bisect(toy_repo.path, f"{shas[0]}..HEAD", *BOOM)
    assert status == 0, shown
    assert found["first_bad"]["index"] == 6


def test_a_file_that_moves(toy_repo: ToyRepo) -> None:
    """What is mm/pages.c at the end was mm/page.c when the error came."""

    def move(tree: Path) -> None:
        (tree / "mm/page.c").rename(tree / "mm/pages.c")
        toy.substitute(tree, "mm/Makefile", "page.o", "pages.o")

    shas = grow(toy_repo, 8, {3: add("mm/page.c", toy.error("boom")), 6: move})
    status, found, shown = bisect(toy_repo.path, f"{shas[0]}..HEAD", *BOOM)
    assert status == 0, shown
    assert found["first_bad"]["index"] == 3
    files = {row["index"]: row["files"] for row in found["answers"]}
    assert ["mm/page.o"] in files.values()


def test_a_file_that_is_not_there_yet(toy_repo: ToyRepo) -> None:
    """It is new in the range: where it is not there, the whole target tells."""
    shas = grow(toy_repo, 8, {5: lambda tree: toy.add_object(tree, "mm/zone.c", toy.error("boom"))})
    status, found, shown = bisect(toy_repo.path, f"{shas[0]}..HEAD", *BOOM)
    assert status == 0, shown
    assert found["first_bad"]["index"] == 5


def test_a_symbol_that_appears_inside_the_range(toy_repo: ToyRepo) -> None:
    """The broken file is there from 2 on, but its symbol and so the object come with 6: make would make it anyway."""
    shas = grow(
        toy_repo,
        9,
        {
            2: lambda tree: toy.add_object(tree, "mm/zone.c", toy.error("boom"), when="$(CONFIG_ZONES)"),
            6: lambda tree: toy.add_symbol(tree, "ZONES"),
        },
    )
    status, found, shown = bisect(toy_repo.path, f"{shas[0]}..HEAD", *BOOM)
    assert status == 0, shown
    assert found["first_bad"]["index"] == 6


def merged(repo: ToyRepo) -> tuple[str, str]:
    """A merge of a branch of three whose second commit is bad; the shas of that and of the merge."""
    grow(repo, 2, {})
    repo.git("checkout", "-q", "-b", "topic", "HEAD~1")
    repo.commit("topic 1", {"mm/topic.h": "/* 1 */\n"})
    toy.append(repo.path, "mm/page.c", toy.error("boom"))
    bad = repo.commit("topic 2")
    repo.commit("topic 3", {"mm/topic.h": "/* 3 */\n"})
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "--no-ff", "-m", "the merge", "topic")
    merge = repo.git("rev-parse", "HEAD")
    repo.commit("after", {"mm/after.h": "/* 4 */\n"})
    return bad, merge


def test_merges(toy_repo: ToyRepo) -> None:
    """The merge by default, the commit inside the branch with --dag; git replays either log."""
    bad, merge = merged(toy_repo)
    for words, expected in (((), merge), (("--dag",), bad)):
        status, found, shown = bisect(toy_repo.path, f"{toy_repo.base}..HEAD", *BOOM, *words)
        assert status == 0, shown
        assert found["first_bad"]["sha"] == expected
        assert f"{expected} is the first bad commit" in toy_repo.git("bisect", "replay", found["log"])
        toy_repo.git("bisect", "reset")


def test_flaky_results_are_skips(toy_repo: ToyRepo) -> None:
    """A recipe that fails every other time: --repeat sees it, and nobody is blamed for it alone."""
    flaky = (
        "\n$(obj)/page.o: KBUILD_CFLAGS += $(shell if [ -e /tmp/odd ]; then rm /tmp/odd; else touch /tmp/odd; "
        "echo -DODD; fi)\n"
    )
    shas = grow(
        toy_repo,
        6,
        {
            3: (add("mm/Makefile", flaky), add("mm/page.c", f"\n#ifdef ODD\n{toy.error('boom')}#endif\n")),
            5: (drop("mm/Makefile", flaky), add("mm/page.c", toy.error("boom").replace("boom(", "boom2("))),
        },
    )
    status, found, shown = bisect(toy_repo.path, f"{shas[0]}..HEAD", *BOOM, "--repeat", "4")
    assert status == 1, shown
    assert indices(found["suspects"]) == [3, 4, 5]
    assert any("flaky" in row["why"] for row in found["answers"])


@pytest.mark.parametrize(
    ("words", "block"), [(("--timeout", "40s"), "sleep 600"), (("--memory", "64m"), "tail /dev/zero")]
)
def test_builds_that_are_ended_by_force_are_skips(toy_repo: ToyRepo, words: tuple[str, ...], block: str) -> None:
    """A time-out and a lack of memory blame nobody."""
    rule = f"\nprepare: slow\nslow:\n\t@{block}\n.PHONY: slow\n"
    shas = grow(
        toy_repo,
        5,
        {3: add("Makefile", rule), 4: (drop("Makefile", rule), add("mm/page.c", toy.error("boom")))},
    )
    status, found, shown = bisect(toy_repo.path, f"{shas[0]}..HEAD", *BOOM, *words)
    assert status == 1, shown
    assert indices(found["suspects"]) == [3, 4]
    (skip,) = [row for row in found["answers"] if row["answer"] == "skip"]
    assert skip["index"] == 3
    assert "timeout" in skip["why"] or "memory" in skip["why"]


def stopped(repo: ToyRepo, series: str, number: signal.Signals) -> tuple[list[str], str]:
    """The commits that a bisection had answers of when it got the signal, at its third, and all that it said."""
    words = command("bisect", series, "--tree", str(repo.path), *ARGUMENTS, *BOOM)
    said = []
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, cwd=repo.path.parent) as process:
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line)
            if line.startswith("[3]"):
                process.send_signal(number)
    assert process.returncode in {130, -signal.SIGKILL}
    return [line.split()[1] for line in said if line.startswith("[")], "".join(said)


def test_asked_to_stop_it_says_how_to_go_on(toy_repo: ToyRepo) -> None:
    """Ctrl-C: 130, nothing left behind, and the words that go on."""
    shas = grow(toy_repo, 30, {11: add("mm/page.c", toy.error("boom"))})
    _, said = stopped(toy_repo, f"{shas[0]}..HEAD", signal.SIGINT)
    assert "kmatrix bisect --continue bisect-" in said
    assert "Traceback" not in said
    assert ours() == []


def test_killed_it_goes_on_and_asks_nothing_twice(toy_repo: ToyRepo) -> None:
    """kill -9 in mid-bisection, --continue: the same answer, each commit asked once in all."""
    shas = grow(toy_repo, 30, {11: add("mm/page.c", toy.error("boom"))})
    asked, _ = stopped(toy_repo, f"{shas[0]}..HEAD", signal.SIGKILL)
    status, found, shown = bisect(toy_repo.path, "ignored..ignored", "--continue")
    assert status == 0, shown
    again = [line.split()[1] for line in shown.splitlines() if line.startswith("[")]
    assert found["first_bad"]["index"] == 11
    assert not set(asked) & set(again)
    assert len(asked) + len(again) == len(found["answers"])
    status, _, shown = bisect(toy_repo.path, "ignored..ignored", "--continue")
    assert status == 2
    assert "--continue" in shown
    assert ours() == []
