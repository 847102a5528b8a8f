"""A report as large as any: so many commits and cells, and findings that look like those of a real build.

No chance in it: the same numbers give the same report.
"""

from dataclasses import replace

from factories import (
    a_commit,
    a_diagnostic,
    a_finding,
    a_report,
    a_result,
    a_series,
    a_state,
    an_error,
    some_facts,
)

from orchestrator.model.diagnostic import Diagnostic
from orchestrator.model.verdict import Finding, RunReport, SquareDelta
from orchestrator.reporting.reproduce import BuildLines

ARCHES = ("alpha", "arc", "arm", "arm64", "hexagon", "i386", "loongarch", "m68k", "mips", "openrisc")
ARCHES += ("parisc", "powerpc", "riscv", "s390", "sh", "sparc", "sparc64", "um", "x86_64", "xtensa")
CONFIGS = ("allnoconfig", "defconfig", "allmodconfig", "randconfig", "multi_v7_defconfig+CONFIG_KASAN")
COMPILERS = ("gcc-14", "clang-19")


def big(commits: int = 100, cells: int = 200, findings: int = 2000) -> RunReport:
    """`cells` of at most 200."""
    names = tuple(f"{arch}-{config}-{compiler}" for arch in ARCHES for config in CONFIGS for compiler in COMPILERS)
    names = names[:cells]
    series = a_series(
        commits=tuple(
            a_commit(index, subject=f"mm/pgtable: step {index} of a conversion that touches every architecture")
            for index in range(1, commits + 1)
        )
    )
    found = tuple(_finding(number, commits, names) for number in range(findings))
    squares = [(index, name) for index in range(commits + 1) for name in names]
    present: dict[tuple[int, str], list[Diagnostic]] = {}
    introduced: dict[tuple[int, str], list[str]] = {}
    fixed: dict[tuple[int, str], list[str]] = {}
    for each in found:
        for name in each.targets:
            introduced.setdefault((each.seen_at, name), []).append(each.id)
            if each.fixed_by is not None:
                fixed.setdefault((each.fixed_by, name), []).append(each.id)
            for index in range(each.seen_at, each.fixed_by or commits + 1):
                present.setdefault((index, name), []).append(each.sample)
    return replace(
        a_report(series=series, names=(), findings=found),
        targets=some_facts(*names),
        results=tuple(a_result(*where, state=a_state(*present.get(where, ()))) for where in squares),
        deltas=tuple(
            SquareDelta(
                commit=commit,
                target=name,
                introduced=tuple(introduced.get((commit, name), ())),
                fixed=tuple(fixed.get((commit, name), ())),
            )
            for commit, name in squares
        ),
    )


def _finding(number: int, commits: int, names: tuple[str, ...]) -> Finding:
    introduced = 1 + number * 37 % commits
    fixed = introduced + 1 + number % 9
    wide = 1 if number % 5 else 1 + number % 40
    first = number * 13 % len(names)
    return a_finding(
        f"{number:016x}",
        introduced,
        sample=_sample(number),
        targets=names[first : first + wide],
        fixed_by=fixed if fixed <= commits and number % 4 else None,
        occurrences=1 + number % 3,
        root_cause=f"{number - 1:016x}" if number % 10 == 3 else None,
    )


def _sample(number: int) -> Diagnostic:
    make, severity, flag = (a_diagnostic, "warning", "-Wunused-variable")
    if number % 3 == 0:
        make, severity, flag = (an_error, "error", "-Wimplicit-function-declaration")
    where = f"drivers/net/ethernet/vendor{number % 60}/part{number}.c"
    text = f"passing argument {number % 7} of 'vendor_map_{number}' from incompatible pointer type 'struct ptdesc *'"
    line = 100 + number
    return make(
        text,
        file=where,
        line=line,
        column=1 + number % 60,
        function=f"vendor_probe_{number}",
        object=where.replace(".c", ".o"),
        excerpt=(
            "In file included from include/linux/mm.h:1090,",
            f"                 from drivers/net/ethernet/vendor{number % 60}/common.h:17,",
            f"                 from {where}:9:",
            f"{where}: In function 'vendor_probe_{number}':",
            f"{where}:{line}:{1 + number % 60}: {severity}: {text} [{flag}]",
            f"  {line} |         ret = vendor_map_{number}(priv->table, pmd_page(*pmd));",
            "      |                                         ^~~~~~~~~~~~~~",
            "include/linux/vendor.h:88:45: note: expected 'pgtable_t' but argument is of type 'struct ptdesc *'",
            "   88 | int vendor_map(struct table *table, pgtable_t page);",
        ),
    )


def build_lines(report: RunReport) -> dict[str, BuildLines]:
    """The build of each target in two make lines."""
    return {
        facts.target.name: BuildLines(
            commands=(
                ("make", "O=/out", *(f"{name}={value}" for name, value in facts.target.make_vars), "defconfig"),
                ("make", "-k", "-O", "O=/out", *(f"{name}={value}" for name, value in facts.target.make_vars), "all"),
            )
        )
        for facts in report.targets
    }
