"""What b4 asks check commands for (b4 docs, maintainer/review.rst and contributor/prep.rst), and git notes.

`b4.review-*-check-cmd` want a JSON list of {"tool", "status": pass|warn|fail, "summary", "details"}: one object an
architecture, as they become columns. `b4.prep-perpatch-check-cmd` and `b4.am-perpatch-check-cmd` want lines: each is a
warning, one with `ERROR:` in it a failure, and silence is success.
"""

from dataclasses import dataclass

from orchestrator.model.result import CellResult, Status
from orchestrator.model.verdict import Finding
from orchestrator.reporting.account import counts
from orchestrator.reporting.text import count, printable
from orchestrator.reporting.view import View, is_error
from orchestrator.reporting.words import finding_cells, headline, row_name

NOT_BUILT = "not built yet, nothing is known of it: `kmatrix run`"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arch:
    """What the asked commits did in one architecture. `doubts` are why it may not be all."""

    name: str
    built: int
    mine: tuple[Finding, ...]
    suspected: tuple[Finding, ...]
    doubts: tuple[str, ...]

    @property
    def status(self) -> str:
        if any(map(is_error, self.mine)):
            return "fail"
        return "warn" if self.mine or self.doubts else "pass"


def checks(seen: View, commits: tuple[int, ...]) -> list[dict[str, str]]:
    """One object an architecture, on what these commits did there. One of which nothing is known has none."""
    about = f"on {printable(seen.report.series.base.subject)}, run {printable(seen.report.run)}"
    return [
        {
            "tool": f"kmatrix-{arch.name}",
            "status": arch.status,
            "summary": "; ".join(filter(None, (counts(arch.mine), *arch.doubts)))
            or f"{count(arch.built, 'build')}, nothing new",
            "details": "\n".join((*(_line(seen, finding) for finding in (*arch.mine, *arch.suspected)), about)),
        }
        for arch in _arches(seen, commits)
    ]


def lines(seen: View, commits: tuple[int, ...]) -> list[str]:
    """The same for b4 prep and am: a line a finding, and one for what is in doubt; nothing if all is well."""
    arches = _arches(seen, commits)
    if not arches:
        return [f"WARNING: {NOT_BUILT}"]
    mine = dict.fromkeys(finding for arch in arches for finding in arch.mine)
    said = [f"{'ERROR' if is_error(finding) else 'WARNING'}: {_line(seen, finding)}" for finding in mine]
    # What is only in doubt must not be a failure: no `ERROR:`.
    return [*said, *(f"WARNING: {arch.name}: {'; '.join(arch.doubts)}" for arch in arches if arch.doubts)]


def note(seen: View, commit: int) -> str:
    """The git note on a commit: a line a cell."""
    said = [f"{_in_a_word(seen, commit, name)}  {printable(name)}" for name in seen.names]
    head = printable(f"kmatrix {seen.report.tool_version}, run {seen.report.run}:")
    return "\n".join((head, *said)) + "\n"


def _in_a_word(seen: View, commit: int, name: str) -> str:
    mine = counts(tuple(finding for finding in _counting(seen, (name,)) if finding.introduced_by == commit))
    return f"{seen.result(commit, name).status}{f' ({mine})' if mine else ''}"


def _arches(seen: View, commits: tuple[int, ...]) -> list[_Arch]:
    arches: dict[str, list[str]] = {}
    for facts in seen.report.targets:
        arches.setdefault(printable(facts.target.arch), []).append(facts.target.name)
    found = [_arch(seen, commits, arch, tuple(names)) for arch, names in arches.items()]
    return [arch for arch in found if arch.built]


def _arch(seen: View, commits: tuple[int, ...], arch: str, names: tuple[str, ...]) -> _Arch:
    squares = [seen.result(index, name) for index in commits for name in names]
    known = [square for square in squares if square.status not in (Status.UNKNOWN, Status.NOT_RUN)]
    counting = _counting(seen, names)
    mine = tuple(finding for finding in counting if finding.introduced_by in commits)
    suspected = tuple(
        finding for finding in counting if finding.introduced_by is None and set(finding.suspects) & set(commits)
    )
    return _Arch(
        name=arch,
        built=len(known),
        mine=mine,
        suspected=suspected,
        doubts=_doubts(len(squares), known, mine, suspected),
    )


def _counting(seen: View, names: tuple[str, ...]) -> tuple[Finding, ...]:
    return tuple(finding for finding in seen.report.findings if finding.counts and set(finding.targets) & set(names))


def _doubts(
    asked: int, known: list[CellResult], mine: tuple[Finding, ...], suspected: tuple[Finding, ...]
) -> tuple[str, ...]:
    doubts = []
    if suspected:
        rows = ", ".join(map(row_name, suspected[0].suspects))
        doubts.append(f"{count(len(suspected), 'finding')} by one of patches {rows}")
    if len(known) < asked:
        doubts.append(f"{count(asked - len(known), 'build')} of {asked} without a result")
    if any(square.status is Status.ERRORS for square in known) and not any(map(is_error, mine)):
        doubts.append("does not build, broken earlier")
    elif any(not square.state.complete for square in known):
        doubts.append("built in part")
    return tuple(doubts)


def _line(seen: View, finding: Finding) -> str:
    return f"{headline(finding)}  [{finding_cells(seen, finding)}]"
