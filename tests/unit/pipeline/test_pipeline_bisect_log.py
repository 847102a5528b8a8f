"""The answers as `git bisect log` has them."""

from factories import a_series, a_target

from orchestrator.analysis.bisection import Answer
from orchestrator.analysis.sought import Sought
from orchestrator.model.verdict import TargetFacts
from orchestrator.pipeline.bisect_case import Case, Record, guessed_files
from orchestrator.pipeline.bisect_log import git_log
from orchestrator.results import codec

GOOD, BAD, SKIP = Answer.GOOD, Answer.BAD, Answer.SKIP


def a_case(commits: int, *, dag: bool = False) -> Case:
    """A case on a range of so many commits."""
    facts = TargetFacts(target=a_target(), image_id="sha256:1", compiler_version="gcc")
    return Case(series=a_series(commits), facts=facts, recipe="r", sought=Sought(text="x"), dag=dag)


def said(**answers: Answer) -> tuple[Record, ...]:
    """Records in the order they were asked: `c3=BAD`."""
    return tuple(Record(commit=int(name[1:]), how="files", answer=answer) for name, answer in answers.items())


def marks(text: str) -> list[str]:
    """The commands without their shas' rest."""
    return [line.removeprefix("git bisect ") for line in text.splitlines() if line.startswith("git bisect ")]


def test_the_last_bad_is_the_first_one() -> None:
    """git remembers the last `bad` line alone."""
    case = a_case(8)
    sha = {row.index: row.sha for row in case.series.all}
    text = git_log(case, said(c8=BAD, c0=GOOD, c4=BAD, c2=SKIP, c1=GOOD, c3=BAD), None)
    expected = [("bad", 8), ("bad", 4), ("bad", 3), ("good", 0), ("good", 1), ("skip", 2)]
    assert marks(text) == ["start '--first-parent'", *(f"{word} {sha[at]}" for word, at in expected)]
    assert "# first bad commit" not in text


def test_answers_of_other_edges_are_left_out() -> None:
    """It came with 2, went with 5, came with 7: git is told of the first only."""
    case = a_case(8)
    text = git_log(case, said(c8=BAD, c0=GOOD, c1=GOOD, c2=BAD, c6=GOOD, c7=BAD), 2)
    assert [line.split()[0] for line in marks(text)] == ["start", "bad", "bad", "bad", "good", "good"]
    assert text.endswith(f"# first bad commit: [{case.series.all[2].sha}] {case.series.all[2].subject}\n")


def test_a_graph_is_told_as_it_was_asked() -> None:
    """No order of numbers means anything there."""
    text = git_log(a_case(4, dag=True), said(c4=BAD, c0=GOOD, c1=BAD, c2=GOOD), 1)
    assert [line.split()[0] for line in marks(text)] == ["start", "bad", "good", "bad", "good"]


def test_files_that_a_text_names() -> None:
    """`mm/gup.c` in a message is mm/gup.o; a header or a bare name is nothing to make."""
    assert guessed_files("mm/gup.c:3:1: error: x") == ("mm/gup.o",)
    assert guessed_files("in arch/x86/entry/entry_64.S and mm/gup.c") == ("arch/x86/entry/entry_64.o", "mm/gup.o")
    assert guessed_files("include/linux/mm.h:1: gup.c") == ()


def test_a_case_is_kept_whole() -> None:
    """--continue has nothing but this."""
    case = a_case(3)
    assert codec.decode(Case, codec.encode(case)) == case
    (record,) = said(c1=SKIP)
    assert codec.decode(Record, codec.encode(record)) == record
