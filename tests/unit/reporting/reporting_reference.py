"""One report that has everything a format must show, after the reference case (powerpc, struct ptdesc)."""

from datetime import UTC, datetime
from pathlib import Path

from factories import a_commit, a_finding, a_mail, a_report, a_result, a_series, a_state, an_error
from factories import a_diagnostic as a_warning

from orchestrator.model.build import Ending
from orchestrator.model.result import Origin, Status
from orchestrator.model.series import Commit
from orchestrator.model.verdict import RunReport
from orchestrator.reporting.reproduce import BuildLines
from orchestrator.reporting.templates import Templates

TEMPLATES = Templates(Path(__file__).parents[3] / "reports")
SENDER = "kmatrix <kmatrix@localhost.localdomain>"
DATE = datetime(2024, 8, 3, 11, 26, tzinfo=UTC)
GCC, CLANG = "powerpc-ppc64_defconfig-gcc-14", "powerpc-ppc64_defconfig-clang-19"
NAMES = ("x86_64-defconfig-gcc-14", "x86_64-defconfig-clang-19", "arm64-defconfig-gcc-14", GCC, CLANG)
SUBJECTS = ("Linux 6.12", "pass a descriptor", "convert the pointer", "declare it", "use it in the header", "tidy up")
HEADER = "arch/powerpc/include/asm/book3s/64/pgtable.h"
OFFSETS = "arch/powerpc/kernel/asm-offsets.s"

VISIBILITY = a_warning(
    "declaration of 'struct ptdesc' will not be visible outside of this function",
    file="arch/powerpc/include/asm/book3s/64/hash-64k.h",
    line=277,
    column=18,
    flag="-Wvisibility",
    object=OFFSETS,
)
PASSED_PAGE = an_error(
    "incompatible pointer types passing 'pgtable_t' to parameter of type 'struct ptdesc *'",
    file=HEADER,
    line=1362,
    column=52,
    flag="-Werror,-Wincompatible-pointer-types",
    object=OFFSETS,
)
PASSED_PTDESC = an_error(
    "incompatible pointer types passing 'struct ptdesc *' to parameter of type 'struct ptdesc *'",
    file=HEADER,
    line=1362,
    column=52,
    flag="-Werror,-Wincompatible-pointer-types",
    object=OFFSETS,
)
RADIX = an_error(
    "assignment to 'pgtable_t' from incompatible pointer type 'struct ptdesc *'",
    file="arch/powerpc/mm/book3s64/radix_pgtable.c",
    line=983,
    column=34,
    flag="-Wincompatible-pointer-types",
    function="radix__pgtable_trans_huge_deposit",
    object="arch/powerpc/mm/book3s64/radix_pgtable.o",
)


def a_reference_commit(index: int) -> Commit:
    """Commit `index` of the reference, as it was mailed."""
    subject = f"mm/pgtable: {SUBJECTS[index]}"
    mail = a_mail(index, 5, subject=f"[RFC PATCH {index}/5] {subject}")
    return a_commit(index, subject=subject, mail=mail)


def reference() -> RunReport:
    """Five mailed patches, five cells, and every kind of square."""
    findings = (
        a_finding("radix", 2, sample=RADIX, targets=(GCC,), fixed_by=4),
        a_finding("unused", 2, sample=a_warning(), targets=NAMES[:3], fixed_by=5),
        a_finding("visible", 3, sample=VISIBILITY, targets=(CLANG,)),
        a_finding("page", 3, sample=PASSED_PAGE, targets=(CLANG,), root_cause="visible", fixed_by=4),
        a_finding("ptdesc", 4, sample=PASSED_PTDESC, targets=(CLANG,), root_cause="visible", touches="file"),
        a_finding("unsure", None, sample=an_error("late", line=77), suspects=(3, 4), seen_at=4, targets=NAMES[:1]),
        a_finding("exempt", 5, sample=a_warning("allowed", line=99), targets=NAMES[1:2], counts=False),
    )
    old = a_finding("old", None, sample=a_warning("old", file="kernel/fork.c"), targets=NAMES[:2], counts=False)
    lost = {"status": Status.UNKNOWN, "state": a_state(all_masked=True), "exit_code": None}
    return a_report(
        series=a_series(
            title="use struct ptdesc to replace pgtable_t",
            commits=tuple(a_reference_commit(index) for index in range(1, 6)),
            warnings=("no base-commit was given",),
        ),
        names=NAMES,
        findings=findings,
        preexisting=(old,),
        results=(
            a_result(3, NAMES[2], ending=Ending.OUT_OF_MEMORY, detail="cc1 was killed at 8192 MiB", **lost),
            a_result(4, NAMES[2], ending=Ending.OUT_OF_MEMORY, detail="cc1 was killed at 8192 MiB", **lost),
            a_result(5, CLANG, state=a_state(VISIBILITY, PASSED_PTDESC, masked=frozenset({"mm/gup.o"}))),
            a_result(5, NAMES[1], status=Status.NOT_RUN, state=a_state(all_masked=True), log=""),
        ),
        warnings=("the base is a guess",),
    )


DEMO_NAMES = tuple(
    f"{arch}-allnoconfig-{compiler}" for arch in ("x86_64", "arm64", "powerpc") for compiler in ("gcc-14", "clang-19")
)
DEMO_SUBJECTS = (
    "Linux 6.12",
    "mm: say in one place what a zap does",
    "mm: keep the size of a pool in a narrower type",
    "mm: tell the architecture before a range is zapped",
    "Documentation: describe the hook",
    "powerpc: take what mm passes",
    "mm: let the compiler lay out the table",
)


def demo() -> RunReport:
    """What `make demo` shows: six commits of a range and six cells, each break at its own commit."""
    narrow = a_warning(
        "implicit conversion loses integer precision", file="mm/mempool.c", line=40, object="mm/mempool.o"
    )
    hook = an_error(
        "too many arguments to function 'arch_zap_range'", file="mm/memory.c", line=1810, object="mm/memory.o"
    )
    layout = an_error("variable-sized object may not be initialized", file="mm/util.c", line=7, object="mm/util.o")
    findings = (
        a_finding("narrow", 2, sample=narrow, targets=DEMO_NAMES[:4], occurrences=2),
        a_finding("hook", 3, sample=hook, targets=DEMO_NAMES[4:], fixed_by=5, touches="line"),
        a_finding("layout", 6, sample=layout, targets=DEMO_NAMES[1::2]),
    )
    commits = tuple(a_commit(index, subject=DEMO_SUBJECTS[index]) for index in range(1, 7))
    same = tuple(
        a_result(4, name, origin=Origin.UNAFFECTED, seconds=0.0, log="", state=a_state(*present))
        for name, present in ((name, [narrow] if name in DEMO_NAMES[:4] else [hook]) for name in DEMO_NAMES)
    )
    series = a_series(title="mm: a small series", commits=commits, origin="v6.12..demo")
    return a_report(series=series, names=DEMO_NAMES, findings=findings, results=same)


def build_lines(report: RunReport) -> dict[str, BuildLines]:
    """How each target is built, as the planning package would have it."""
    return {
        facts.target.name: BuildLines(
            commands=(
                ("make", "O=/out", f"ARCH={facts.target.arch}", facts.target.config.base),
                ("make", "-k", "-O", "O=/out", f"ARCH={facts.target.arch}", "all"),
            ),
            env=(("LC_ALL", "C"), ("KBUILD_BUILD_TIMESTAMP", "Thu Jan  1 00:00:00 UTC 1970")),
        )
        for facts in report.targets
    }
