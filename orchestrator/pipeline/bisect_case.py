"""What a bisection is about: the range, the cell, what is sought. All of it is kept, for `--continue`."""

import re
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from orchestrator.analysis.bisection import Answer
from orchestrator.analysis.sought import Sought
from orchestrator.config.selector import select
from orchestrator.errors import UserError
from orchestrator.model.diagnostic import Diagnostic, Severity
from orchestrator.model.event import Observer, StageStarted
from orchestrator.model.matrix import Matrix
from orchestrator.model.series import Series
from orchestrator.model.verdict import Finding, RunReport, TargetFacts
from orchestrator.pipeline.past_runs import report_of
from orchestrator.pipeline.preparation import prepare
from orchestrator.pipeline.request import Request, load_matrix, load_series
from orchestrator.pipeline.resources import Places
from orchestrator.series.line import line, sources_with, whole_range
from orchestrator.series.repository import open_repository

_MOST_GUESSED = 4
_IDENTIFIER = re.compile(r"(?<![\w/.-])[A-Za-z_]\w{3,}(?![\w/-]|\.\w)")
_SOURCE_IN_TEXT = re.compile(r"(?<![\w./-])((?:[\w+-]+/)+[\w+.-]+)\.[cS]\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The arguments of `kmatrix bisect`, as typed.

    `cell` may be a glob that chooses one. `new`: `error` or `warning`, when neither `match` nor `finding` is given.
    `run`: whose findings `finding` names. `repeat`: how often each object is made. `at_once`: probes at a time
    (None: what the cores allow). `dag`: all commits, not only those of the first-parent line.
    """

    cell: str | None = None
    match: str | None = None
    finding: str | None = None
    run: str = "last"
    new: str = "error"
    repeat: int = 1
    jobs: int | None = None
    at_once: int | None = None
    dag: bool = False
    rebuild: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything decided before the first probe. `guess`: files whose making may show it, before it was seen."""

    series: Series
    facts: TargetFacts
    recipe: str
    sought: Sought
    guess: tuple[str, ...] = ()
    learns_known: bool = False
    repeat: int = 1
    dag: bool = False
    rebuild: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One answer. `how`: `stored` (a result of an earlier run), `files` (made alone, anew), `whole`.

    `seconds` of the build, `log` its path, "" if there is none. `shown`: what was sought and found there.
    """

    commit: int
    how: str
    answer: Answer
    why: str = ""
    shown: tuple[Diagnostic, ...] = ()
    files: tuple[str, ...] = ()
    seconds: float = 0.0
    log: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a search ended; see `Bisection` for the words. `good` and `bad`: the last good and the first bad commit."""

    ending: str
    good: int
    bad: int
    suspects: tuple[int, ...] = ()

    @classmethod
    def at_bad_end(cls, answer: Answer, last: int) -> "Ended":
        """The bad end does not show it, or cannot tell."""
        return cls(ending="bad-is-good" if answer is Answer.GOOD else "bad-untold", good=0, bad=last)

    @classmethod
    def at_good_end(cls, answer: Answer, last: int) -> "Ended":
        """The good end shows it already, or cannot tell."""
        return cls(ending="good-is-bad" if answer is Answer.BAD else "good-untold", good=0, bad=last)


def check(question: Question) -> None:
    """Raise UserError for arguments that contradict each other."""
    if question.match is not None and question.finding is not None:
        raise UserError("--match and --finding: one of them at a time")
    if question.match is not None and not question.match.strip():
        raise UserError("--match: an empty text is in every message; give some words of the error")


def case_of(
    request: Request, question: Question, places: Places, observe: Observer, *, series: Series | None = None
) -> Case:
    """Decide all, get the image. `series`: instead of what is asked for. Raises UserError, InfrastructureError."""
    finding, report = _finding(question, places)
    matrix = load_matrix(request) if report is None or _names_cells(request) else _matrix_of(report)
    matrix = _one_cell(matrix, question.cell or (finding.targets[0] if finding else None))
    if series is None and report is not None and request.series is None:
        series = report.series
    series = series or _series(request, question, matrix, places)
    for warning in (*matrix.warnings, *series.warnings):
        observe(StageStarted(text=f"warning: {warning}"))
    prepared = prepare(matrix, series, observe, cache=places.cache)
    facts = prepared.facts[0]
    case = Case(
        series=series,
        facts=facts,
        recipe=prepared.recipes[facts.target.name],
        sought=Sought(),
        repeat=question.repeat,
        dag=question.dag,
        rebuild=question.rebuild,
    )
    if finding is not None:
        return replace(case, sought=Sought(finding=finding.sample))
    if question.match is not None:
        guess = guessed_files(question.match) or _guessed_by_words(series, question.match)
        return replace(case, sought=Sought(text=question.match), guess=guess)
    return replace(
        case,
        sought=Sought(severity=Severity.ERROR if question.new == "error" else None),
        learns_known=True,
    )


def _finding(question: Question, places: Places) -> tuple[Finding, RunReport] | tuple[None, None]:
    """The finding that is named, and the run that has it."""
    if question.finding is None:
        return None, None
    report = report_of(places, question.run)
    found = [one for one in (*report.findings, *report.preexisting) if one.id.startswith(question.finding)]
    if len(found) != 1 or not question.finding:
        there = ", ".join(one.id for one in report.findings) or "none"
        raise UserError(f"--finding {question.finding}: not one finding of run {report.run}; it has {there}")
    return found[0], report


def _names_cells(request: Request) -> bool:
    return bool(request.matrix or request.arches or request.compilers or request.configs)


def _matrix_of(report: RunReport) -> Matrix:
    return Matrix(name=report.run, targets=tuple(fact.target for fact in report.targets))


def guessed_files(text: str) -> tuple[str, ...]:
    """`mm/gup.o` of a text that names `mm/gup.c`: making it may be all it takes."""
    return tuple(dict.fromkeys(f"{match[1]}.o" for match in _SOURCE_IN_TEXT.finditer(text)))


def _guessed_by_words(series: Series, text: str) -> tuple[str, ...]:
    """The objects of all sources that hold a name which stands in the text, () if they are many, or one is a header.

    A compiler takes names from what it reads: no other object can show a diagnostic with that name in it.
    """
    for word in sorted(set(_IDENTIFIER.findall(text)), key=len, reverse=True):
        sources = sources_with(series, word) if "_" in word else ()
        if 0 < len(sources) <= _MOST_GUESSED and all(path.endswith((".c", ".S")) for path in sources):
            return tuple(str(PurePosixPath(path).with_suffix(".o")) for path in sources)
    return ()


def _one_cell(matrix: Matrix, cell: str | None) -> Matrix:
    names = ", ".join(target.name for target in matrix.targets)
    chosen = select(matrix, (cell,)) if cell else matrix
    if len(chosen.targets) != 1:
        what = f"--cell {cell} matches {len(chosen.targets)} cells" if cell else "there are several cells"
        raise UserError(f"{what}; a bisection is about one: --cell NAME, of {names}")
    return chosen


def _series(request: Request, question: Question, matrix: Matrix, places: Places) -> Series:
    """A range of any length as it is, with merges; anything else as `kmatrix run` takes it."""
    spec = request.series or ""
    if ".." in spec and "..." not in spec:
        repository = open_repository(request.tree, places.cache / "repositories")
        if request.of_series.base:
            raise UserError("--base: a range GOOD..BAD names its good end itself")
        return whole_range(repository, spec) if question.dag else line(repository, spec)
    if question.dag:
        raise UserError("--dag: expected GOOD..BAD, a range of commits")
    return load_series(request, matrix, places)
