"""A report's facts in words, the same in every format: a finding's headline, cells folded, holes, the verdict."""

from fnmatch import fnmatchcase
from itertools import groupby

from orchestrator.model.build import Ending
from orchestrator.model.result import CellResult, Status
from orchestrator.model.series import Series
from orchestrator.model.verdict import Finding
from orchestrator.reporting.text import count, printable, spans
from orchestrator.reporting.view import Hole, View, is_error

_REFS = 5  # named in a line


def place(finding: Finding) -> str:
    """`mm/gup.c:12:3`, as compilers print it; the object or the tool where no file was named."""
    sample = finding.sample
    where = ":".join(str(part) for part in (sample.file, sample.line, sample.column) if part is not None)
    return printable(where if sample.file else sample.object or sample.kind)


def headline(finding: Finding, *, flag: bool = True) -> str:
    """`mm/gup.c:12:3: error: message [-Wflag]` on one line."""
    sample = finding.sample
    text = f"{place(finding)}: {sample.severity}: {printable(sample.message)}"
    return f"{text} [{printable(sample.flag)}]" if flag and sample.flag else text


def bases(series: Series) -> tuple[str, ...]:
    """Lines on the refs that mailed patches were tried on beside the base, as the robot has them."""
    also = [candidate.ref for candidate in series.candidates if candidate.applies]
    cannot = [f"{candidate.ref} ({candidate.failure})" for candidate in series.candidates if not candidate.applies]
    return tuple(
        f"{title}: {printable(', '.join(names[:_REFS]))}" + (f" and {len(names) - _REFS} more" if names[_REFS:] else "")
        for title, names in (("applies to", also), ("cannot apply to", cannot))
        if names
    )


def additions(series: Series) -> tuple[str, ...]:
    """Lines on what was done to the patches: trailers of replies."""
    return tuple(printable(f"added to {line}") for line in series.trailers)


def cells(seen: View, names: tuple[str, ...]) -> str:
    """Names folded: `all 6 cells`, `powerpc-* (2 of 6)`, `*-clang-19 (3 of 6)`, or the names with `(2 of 6)`.

    A pattern is used only if it matches these names and no other of the matrix.
    """
    wanted = set(names)
    if len(seen.names) == 1 or len(wanted) == 1:
        return printable(", ".join(dict.fromkeys(names)))
    if wanted >= set(seen.names):
        return f"all {len(seen.names)} cells"
    ordered = [name for name in seen.names if name in wanted]
    share = f" ({len(ordered)} of {len(seen.names)})"
    targets = [facts.target for facts in seen.report.targets if facts.target.name in wanted]
    patterns = [f"{target.arch}-*" for target in targets] + [f"*-{target.compiler}" for target in targets]
    for pattern in dict.fromkeys(patterns):
        if [name for name in seen.names if fnmatchcase(name, pattern)] == ordered:
            return printable(pattern) + share
    shown = ordered if len(ordered) <= 3 else ordered[:2]
    rest = f" and {len(ordered) - len(shown)} more" if len(ordered) > len(shown) else ""
    return printable(", ".join(shown)) + rest + share


def finding_cells(seen: View, finding: Finding) -> str:
    """The cells that show a finding, folded."""
    return cells(seen, finding.targets)


def group_title(seen: View, key: tuple[int, ...]) -> str:
    """Who introduced a group of `view.by_commit`."""
    if len(key) == 1:
        return f'Introduced by {row_name(key[0])} "{printable(seen.commit(key[0]).subject)}"'
    return f"Introduced by one of {', '.join(map(row_name, key))}: what lies between could not be built"


def hole_text(seen: View, hole: Hole) -> str:
    """One sentence on a run of broken commits."""
    where = cells(seen, hole.targets)
    if hole.fixed_by is None:
        return f"broken at {hole.first} and not fixed in this series: {where}"
    through = str(hole.first) if hole.first == hole.last else f"{hole.first}..{hole.last}"
    return f"broken at {hole.first}, fixed at {hole.fixed_by}: bisection through {through} fails: {where}"


def base_text(seen: View) -> str:
    """What the base had of its own, "" if nothing."""
    old = seen.report.preexisting
    if not old:
        return ""
    errors = sum(is_error(finding) for finding in old)
    numbers = [count(number, noun) for number, noun in ((errors, "error"), (len(old) - errors, "warning")) if number]
    shown = {name for finding in old for name in finding.targets}
    where = cells(seen, tuple(name for name in seen.names if name in shown))
    return f"The base has {' and '.join(numbers)} of its own, in {where}; none of them counts."


def reason(result: CellResult) -> str:
    """Why a square is unknown or not run, in one line."""
    words = "" if result.ending is Ending.EXITED else str(result.ending).replace("-", " ")
    detail = printable(result.detail)
    return ": ".join(part for part in (words, detail) if part) or "no reason recorded"


def trouble(seen: View) -> tuple[tuple[str, str], ...]:
    """(`7 cell`, reason) of every unknown square and every lost lane, runs with one reason folded to `7..9 cell`."""
    lines: list[tuple[str, str]] = []
    for name in seen.names:
        unknown = [seen.result(index, name) for index in range(seen.last + 1)]
        for (status, why), group in groupby(unknown, lambda result: (result.status, reason(result))):
            run = [result.commit for result in group]
            lost = status is Status.NOT_RUN and bool(seen.result(run[0], name).detail)
            if status is Status.UNKNOWN or lost:
                rows = row_name(run[0]) if len(run) == 1 else f"{row_name(run[0])}..{run[-1]}"
                lines.append((f"{rows} {name}{' not run' if lost else ''}", why))
    return tuple(lines)


def unset_text(seen: View) -> tuple[str, ...]:
    """One line a cell whose .config did not keep what was asked for, with the place in matrix.yaml that asks for it."""
    lines = []
    for name, facts in zip(seen.names, seen.report.targets, strict=True):
        where = f"{printable(facts.target.config.where)}: " if facts.target.config.where else ""
        asked = dict.fromkeys(text for index in range(seen.last + 1) for text in seen.result(index, name).unset_symbols)
        if asked:
            lines.append(f"{where}{name}: .config did not keep {'; '.join(map(printable, asked))}")
    return tuple(lines)


def row_name(index: int) -> str:
    """`base` or the patch number."""
    return str(index) if index else "base"


def missing(seen: View) -> int:
    """How many squares are unknown or not run."""
    squares = (seen.result(index, name) for index in range(seen.last + 1) for name in seen.names)
    return sum(result.status in (Status.UNKNOWN, Status.NOT_RUN) for result in squares)


def gap_text(seen: View) -> str:
    """`3 squares of 30 without a result`, "" if all have one."""
    lost = missing(seen)
    return f"{count(lost, 'square')} of {(seen.last + 1) * len(seen.names)} without a result" if lost else ""


def size_text(seen: View) -> str:
    """`5 patches x 6 cells`."""
    return f"{seen.last} {'patch' if seen.last == 1 else 'patches'} x {count(len(seen.names), 'cell')}"


def verdict_parts(seen: View) -> tuple[str, ...]:
    """The verdict in a few words, then what a longer form adds: by whom, and how much of it is in doubt."""
    counting = [finding for finding in seen.report.findings if finding.counts]
    if not counting:
        rest = "" if seen.report.verdict == "clean" else ", but not all is known"
        return (f"{printable(seen.report.verdict)}: nothing new that counts{rest}",)
    errors = sum(is_error(finding) for finding in counting)
    numbers = [
        count(number, f"new {noun}")
        for number, noun in ((errors, "error"), (len(counting) - errors, "warning"))
        if number
    ]
    guilty = sorted({finding.introduced_by for finding in counting if finding.introduced_by is not None})
    unsure = sum(finding.introduced_by is None for finding in counting)
    culprits = f" by {'patch' if len(guilty) == 1 else 'patches'} {spans(tuple(guilty))}" if guilty else ""
    doubt = f", {unsure} of them by one of several patches" if unsure else ""
    return (f"findings: {' and '.join(numbers)}", culprits, doubt)


def verdict_text(seen: View) -> str:
    """The verdict in one sentence, a second one if results are missing."""
    gap = gap_text(seen)
    return f"{''.join(verdict_parts(seen))} ({size_text(seen)}).{f' {gap}.' if gap else ''}"
