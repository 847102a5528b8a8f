"""What a bisection looks for, and what one build says of it: there, not there, or it cannot be told."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from orchestrator.analysis.bisection import Answer
from orchestrator.analysis.carry import advance
from orchestrator.analysis.classify import blameless, trouble
from orchestrator.analysis.compare import would_show
from orchestrator.analysis.fingerprint import exact, neutral
from orchestrator.analysis.units import owner_of, place_of, target_of, unit_of
from orchestrator.model.build import BuildOutcome
from orchestrator.model.diagnostic import Diagnostic, ParsedLog, Severity
from orchestrator.model.result import CellResult, LaneState, Status

MOST_FILES = 16
"""More objects than this are a build of the whole target."""

_MADE_OF_ALL = frozenset({"ld", "lld", "modpost", "objtool"})
_WHOLE_ONLY = frozenset({"kconfig", "make", "shell", "ld", "lld", "modpost"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """One of three questions.

    `text`: an error or a warning in whose lines it stands. `finding`: one of the same mistake in the same file,
    whatever compiler says it. Else any of `severity` (None: either) that is new: `known` counts those of the good end
    by fingerprint.
    """

    text: str = ""
    finding: Diagnostic | None = None
    severity: Severity | None = None
    known: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`shown`: what was sought and found, if BAD. `why`: one line for a person, if SKIP.

    `absent`: the files that were asked for cannot be made there; only a build of the whole target can tell.
    """

    answer: Answer
    why: str = ""
    shown: tuple[Diagnostic, ...] = ()
    absent: bool = False


def counted(diagnostics: Iterable[Diagnostic]) -> tuple[tuple[str, int], ...]:
    """How many places show each fingerprint."""
    places = {(exact(diagnostic), place_of(diagnostic)) for diagnostic in diagnostics}
    return tuple(sorted(Counter(fingerprint for fingerprint, _ in places).items()))


def showing(
    sought: Sought, diagnostics: Iterable[Diagnostic], moved: Mapping[str, str] | None = None
) -> tuple[Diagnostic, ...]:
    """Those that are sought. `moved`: today's name of files that had another at that commit."""
    named = [(diagnostic, _named_as_today(diagnostic, moved or {})) for diagnostic in diagnostics]
    if sought.text:
        return tuple(
            diagnostic
            for diagnostic, today in named
            if any(sought.text in line for line in (today.raw, today.message, *today.excerpt))
        )
    if sought.finding is not None:
        wanted = neutral(sought.finding)
        return tuple(diagnostic for diagnostic, today in named if neutral(today) == wanted)
    asked = [pair for pair in named if sought.severity in {None, pair[1].severity}]
    known = dict(sought.known)
    new = {name for name, number in counted(today for _, today in asked) if number > known.get(name, 0)}
    return tuple(diagnostic for diagnostic, today in asked if exact(today) in new)


def _named_as_today(diagnostic: Diagnostic, moved: Mapping[str, str]) -> Diagnostic:
    for old, now in moved.items():
        if diagnostic.file == old or old in diagnostic.raw:
            diagnostic = replace(
                diagnostic,
                file=now if diagnostic.file == old else diagnostic.file,
                raw=diagnostic.raw.replace(old, now),
                excerpt=tuple(line.replace(old, now) for line in diagnostic.excerpt),
            )
    return diagnostic


def files_of(shown: Iterable[Diagnostic]) -> tuple[str, ...]:
    """The objects to make to see these again, one for each mistake; () if that takes a build of the whole target.

    A mistake in a header is said by all objects that include it: one of them is asked, the first by name.
    """
    chosen: dict[str, str] = {}
    for diagnostic in shown:
        name = owner_of(unit_of(diagnostic))
        is_file = name.endswith((".o", ".s", ".dtb")) and not name.startswith(("vmlinux", "scripts/", "tools/", "."))
        if diagnostic.kind in _WHOLE_ONLY or not is_file:
            return ()
        fingerprint = exact(diagnostic)
        chosen[fingerprint] = min(name, chosen.get(fingerprint, name))
    files = tuple(sorted(set(chosen.values())))
    return files if len(files) <= MOST_FILES else ()


def all_in_own_sources(shown: Iterable[Diagnostic]) -> bool:
    """True if each is at a line of the source that its object is made of: no other object can show it."""
    return all(
        one.file and one.object and PurePosixPath(one.file).with_suffix("") == PurePosixPath(one.object).with_suffix("")
        for one in shown
    )


def of_whole(sought: Sought, samples: tuple[Diagnostic, ...], result: CellResult, moved: Mapping[str, str]) -> Verdict:
    """What a square says. `samples` are those of the bad end, () if that is not known yet."""
    state = result.state
    if result.status in {Status.UNKNOWN, Status.NOT_RUN}:
        return Verdict(answer=Answer.SKIP, why=result.detail or f"the build is {result.status.value}")
    if shown := showing(sought, state.present, moved):
        return Verdict(answer=Answer.BAD, shown=shown)
    if showing(sought, state.hidden, moved):
        return Verdict(answer=Answer.SKIP, why=f"hidden by another failure: {_first_error(state.present)}")
    if state.complete and not state.failed:
        return Verdict(answer=Answer.GOOD)
    if samples and all(_could_be_seen(result, sample) for sample in samples):
        return Verdict(answer=Answer.GOOD)
    return Verdict(answer=Answer.SKIP, why=f"does not build for another reason: {_first_error(state.present)}")


def _could_be_seen(result: CellResult, sample: Diagnostic) -> bool:
    unit = unit_of(sample)
    if sample.kind in _MADE_OF_ALL and result.exit_code and not {target_of(unit), owner_of(unit)} & {*result.attempted}:
        return False
    return would_show(result.state, unit, sample)


def of_files(
    sought: Sought,
    samples: tuple[Diagnostic, ...],
    files: tuple[str, ...],
    said: tuple[BuildOutcome, ParsedLog],
    moved: Mapping[str, str],
) -> Verdict:
    """What making `files` anew says."""
    outcome, parsed = said
    if blameless(outcome, parsed):
        return Verdict(answer=Answer.SKIP, why=outcome.detail or trouble(parsed) or "the build came to no end")
    if shown := showing(sought, parsed.diagnostics, moved):
        return _if_in_the_build(shown, files, outcome)
    tried = {*parsed.attempted, *parsed.failed}
    missing = [file for file in files if file not in tried]
    error = _first_error(parsed.diagnostics)
    if missing and (outcome.exit_code == 0 or any(_no_rule_for(missing, d) for d in parsed.diagnostics)):
        return Verdict(answer=Answer.SKIP, why=f"{missing[0]} cannot be made alone there", absent=True)
    if missing:
        return Verdict(answer=Answer.SKIP, why=f"does not build for another reason: {error}")
    state = advance(None, parsed, replace(outcome, fresh=True, members=None))
    if all(_file_could_show(state, file, sample) for file in files for sample in samples):
        return Verdict(answer=Answer.GOOD)
    return Verdict(answer=Answer.SKIP, why=f"does not build for another reason: {error}")


def _if_in_the_build(shown: tuple[Diagnostic, ...], files: tuple[str, ...], outcome: BuildOutcome) -> Verdict:
    """BAD, unless the target would not make the file that shows it: its symbol is off, or not there yet."""
    if outcome.members is None:
        return Verdict(answer=Answer.BAD, shown=shown)
    inside = tuple(one for one in shown if owner_of(unit_of(one)) not in files or _made(one, outcome.members))
    return Verdict(answer=Answer.BAD, shown=inside) if inside else Verdict(answer=Answer.GOOD)


def _made(diagnostic: Diagnostic, members: tuple[str, ...]) -> bool:
    return owner_of(unit_of(diagnostic)) in members


def _file_could_show(state: LaneState, file: str, sample: Diagnostic) -> bool:
    return file not in state.failed or would_show(state, file, sample)


def _no_rule_for(files: list[str], diagnostic: Diagnostic) -> bool:
    return diagnostic.kind == "make" and any(f"'{file}'" in diagnostic.raw.replace("`", "'") for file in files)


def _first_error(diagnostics: Iterable[Diagnostic]) -> str:
    errors = [diagnostic for diagnostic in diagnostics if diagnostic.severity is Severity.ERROR]
    telling = [error for error in errors if error.kind != "make"]
    return (telling or errors)[0].raw.strip() if errors else "no error was recognised in its log"
