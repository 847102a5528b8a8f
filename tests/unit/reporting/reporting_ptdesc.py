"""Two reports whose mails are golden: one like the reference series (18 mailed patches), one like the demo's branch.

Diagnostics, places and numbers are those of real runs on linux 6.12.
"""

from factories import a_commit, a_finding, a_report, a_result, a_series, a_state, an_error
from factories import a_diagnostic as a_warning

from orchestrator.model.result import Status
from orchestrator.model.series import PatchMail, TouchedFile
from orchestrator.model.verdict import RunReport

GCC, CLANG = "powerpc-ppc64_defconfig-gcc-14", "powerpc-ppc64_defconfig-clang-19"
PTDESC_CELLS = (
    "x86_64-defconfig-gcc-14",
    "x86_64-defconfig-clang-19",
    "arm64-defconfig-gcc-14",
    GCC,
    CLANG,
    "m68k-defconfig-gcc-14",
)
HASH = "arch/powerpc/include/asm/book3s/64/hash-64k.h"
PGTABLE = "arch/powerpc/include/asm/book3s/64/pgtable.h"
OFFSETS = "arch/powerpc/kernel/asm-offsets.s"
MESSAGE_IDS = "20240730064712.3714387-{}-alexs@kernel.org"
CHAIN = (
    "In file included from arch/powerpc/kernel/asm-offsets.c:12:",
    "In file included from include/linux/compat.h:17:",
    "In file included from arch/powerpc/include/asm/book3s/64/mmu-hash.h:20:",
    "In file included from arch/powerpc/include/asm/book3s/64/pgtable.h:268:",
    "In file included from arch/powerpc/include/asm/book3s/64/hash.h:21:",
)
SUBJECTS = {
    2: "mm/pgtable: convert ptdesc.pmd_huge_pte to ptdesc",
    13: "mm/pgtable: fully use ptdesc in pte_alloc_one series functions",
    14: "mm/pgtable: use ptdesc in pgtable_trans_huge_deposit",
    18: "mm/pgtable: pass ptdesc to pte_free",
}

_DECLARED = "declaration of 'struct ptdesc' will not be visible outside of this function"
_RAW = f"{HASH}:277:18: warning: {_DECLARED} [-Wvisibility]"
VISIBILITY = a_warning(
    _DECLARED,
    file=HASH,
    line=277,
    column=18,
    flag="-Wvisibility",
    object=OFFSETS,
    raw=_RAW,
    excerpt=(
        *CHAIN,
        _RAW,
        "  277 |                                 struct ptdesc *pgtable);",
        "      |                ^",
    ),
)


def passed(what: str) -> object:
    """The error of pgtable.h:1362, in the words of one patch or the other."""
    message = f"incompatible pointer types passing '{what}' to parameter of type 'struct ptdesc *'"
    raw = f"{PGTABLE}:1362:52: error: {message} [-Werror,-Wincompatible-pointer-types]"
    return an_error(
        message,
        file=PGTABLE,
        line=1362,
        column=52,
        flag="-Werror,-Wincompatible-pointer-types",
        object=OFFSETS,
        raw=raw,
        excerpt=(
            *CHAIN[:3],
            raw,
            " 1362 |         return hash__pgtable_trans_huge_deposit(mm, pmdp, pgtable);",
            "      |                                                           ^~~~~~~",
            f"{HASH}:277:26: note: passing argument to parameter 'pgtable' here",
            "  277 |                                         struct ptdesc *pgtable);",
            "      |                                                        ^",
        ),
    )


RADIX = an_error(
    "assignment to 'pgtable_t' {aka 'struct page *'} from incompatible pointer type 'struct ptdesc *'",
    file="arch/powerpc/mm/book3s64/radix_pgtable.c",
    line=983,
    column=34,
    flag="-Wincompatible-pointer-types",
    function="radix__pgtable_trans_huge_deposit",
    object="arch/powerpc/mm/book3s64/radix_pgtable.o",
)


def a_ptdesc_mail(number: int, subject: str) -> PatchMail:
    """A mail of the series; 0 is the cover letter."""
    return PatchMail(
        message_id=MESSAGE_IDS.format(number + 1),
        subject=f"[RFC PATCH {number:02d}/18] {subject}",
        sender="Alex Shi <alexs@kernel.org>",
        date="Tue, 30 Jul 2024 14:46:55 +0800",
        to=("Will Deacon <will@kernel.org>", "linux-arch@vger.kernel.org", "linux-mm@kvack.org"),
        cc=("Guo Ren <guoren@kernel.org>", "Matthew Wilcox <willy@infradead.org>"),
        references=(MESSAGE_IDS.format(1),) if number else (),
    )


def ptdesc() -> RunReport:
    """The reference series in six cells: gcc breaks at 2, clang at 13 and, in other words, at 14."""
    commits = tuple(
        a_commit(
            number,
            subject=SUBJECTS.get(number, f"mm/pgtable: use ptdesc, step {number}"),
            author="Alex Shi <alexs@kernel.org>",
            mail=a_ptdesc_mail(number, SUBJECTS.get(number, f"mm/pgtable: use ptdesc, step {number}")),
            touched=(TouchedFile(path=PGTABLE, status="M", lines=((1355, 1362),)),) if number == 14 else (),
        )
        for number in range(1, 19)
    )
    findings = (
        a_finding("radix", 2, sample=RADIX, targets=(GCC,)),
        a_finding("visible", 13, sample=VISIBILITY, targets=(CLANG,)),
        a_finding("page", 13, sample=passed("pgtable_t"), targets=(CLANG,), root_cause="visible", fixed_by=14),
        a_finding(
            "ptdesc", 14, sample=passed("struct ptdesc *"), targets=(CLANG,), root_cause="visible", touches="line"
        ),
    )
    lost = {"status": Status.UNKNOWN, "state": a_state(all_masked=True), "exit_code": None, "detail": "out of memory"}
    return a_report(
        series=a_series(
            title="use struct ptdesc to replace pgtable_t",
            base=a_commit(0, subject="Linux 6.12.117"),
            base_reason="--base v6.12.117",
            commits=commits,
            cover=a_ptdesc_mail(0, "use struct ptdesc to replace pgtable_t"),
            origin="ptdesc-on-6.12.mbox",
        ),
        names=PTDESC_CELLS,
        findings=findings,
        results=(a_result(14, PTDESC_CELLS[5], **lost), a_result(15, PTDESC_CELLS[5], **lost)),
    )


PTDESC_TEXTS = {
    (14, HASH): "\n" * 268
    + "#ifdef CONFIG_TRANSPARENT_HUGEPAGE\n"
    + "extern unsigned long hash__pmd_hugepage_update(struct mm_struct *mm,\n"
    + "\t\t\t\t\t   unsigned long addr,\n"
    + "\t\t\t\t\t   pmd_t *pmdp,\n"
    + "\t\t\t\t\t   unsigned long clr, unsigned long set);\n"
    + "extern pmd_t hash__pmdp_collapse_flush(struct vm_area_struct *vma,\n"
    + "\t\t\t\t   unsigned long address, pmd_t *pmdp);\n"
    + "extern void hash__pgtable_trans_huge_deposit(struct mm_struct *mm, pmd_t *pmdp,\n"
    + "\t\t\t\t\t struct ptdesc *pgtable);\n"
    + "extern pgtable_t hash__pgtable_trans_huge_withdraw(struct mm_struct *mm, pmd_t *pmdp);\n",
    (14, PGTABLE): "\n" * 1354
    + "#define __HAVE_ARCH_PGTABLE_DEPOSIT\n"
    + "static inline void pgtable_trans_huge_deposit(struct mm_struct *mm,\n"
    + "\t\t\t\t\t      pmd_t *pmdp, struct ptdesc *pgtable)\n"
    + "{\n"
    + "\tif (radix_enabled())\n"
    + "\t\treturn radix__pgtable_trans_huge_deposit(mm, pmdp, pgtable);\n"
    + "\n"
    + "\treturn hash__pgtable_trans_huge_deposit(mm, pmdp, pgtable);\n"
    + "}\n",
}


def demo() -> RunReport:
    """A branch that was never mailed: a warning of one compiler, a break that a later commit mends."""
    names = ("x86_64-allnoconfig-gcc-14", "powerpc-allnoconfig-gcc-14", "powerpc-allnoconfig-clang-19")
    declared = a_warning(
        "'struct zap_details' declared inside parameter list will not be visible outside of this definition or "
        "declaration",
        file="arch/powerpc/include/asm/pgtable.h",
        line=150,
        column=42,
        flag=None,
        object="mm/memory.o",
    )
    passing = an_error(
        "passing argument 2 of 'arch_zap_range' from incompatible pointer type",
        file="mm/memory.c",
        line=1810,
        column=29,
        flag="-Wincompatible-pointer-types",
        object="mm/memory.o",
    )
    subjects = ("mm/util: say how much was asked for", "mm: tell the architecture", "powerpc/mm: declare zap_details")
    return a_report(
        series=a_series(
            title="mm/util: say how much was asked for (and 2 more)",
            base=a_commit(0, subject="Linux 6.12.117"),
            base_reason="start of base..demo",
            commits=tuple(a_commit(number, subject=subject) for number, subject in enumerate(subjects, 1)),
            origin="base..demo",
        ),
        names=names,
        findings=(
            a_finding("format", 1, sample=a_warning(flag="-Wformat"), targets=names[:1]),
            a_finding("declared", 2, sample=declared, targets=names[1:], fixed_by=3, touches="line"),
            a_finding("passing", 2, sample=passing, targets=names[1:], root_cause="declared", fixed_by=3),
        ),
    )
