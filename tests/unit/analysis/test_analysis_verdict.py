"""The whole judgement: the reference case, groups over targets, what counts, and the word for the series."""

from time import process_time

from factories import a_commit, a_diagnostic, a_result, a_series, a_target, an_error, some_facts

from orchestrator.analysis.verdict import Judgement, judge
from orchestrator.model.diagnostic import Diagnostic
from orchestrator.model.result import CellResult, LaneState, Status
from orchestrator.model.series import TouchedFile
from orchestrator.model.verdict import TargetFacts

GCC, CLANG = "powerpc-ppc64_defconfig-gcc-14", "powerpc-ppc64_defconfig-clang-19"


def lane(target: str, *states: LaneState | Status) -> list[CellResult]:
    return [
        a_result(k, target, status=state) if isinstance(state, Status) else a_result(k, target, state=state)
        for k, state in enumerate(states)
    ]


def seen(*diagnostics: Diagnostic, **fields: frozenset[str]) -> LaneState:
    return LaneState(present=diagnostics, **fields)


W = a_diagnostic("unused variable 'x'")
E = an_error("'x' undeclared", flag=None)


def test_the_reference_case() -> None:
    """ptdesc on ppc64 with clang: 13 breaks `prepare`, 14 breaks the same lines with other words, one root for both."""
    prep = "arch/powerpc/kernel/asm-offsets.s"
    types = ("'pgtable_t' (aka 'struct page *')", "'struct ptdesc *'")
    errors = [
        an_error(
            f"incompatible pointer types passing {name} to parameter of type 'struct ptdesc *'",
            file="arch/powerpc/include/asm/book3s/64/pgtable.h",
            line=1362,
            column=52,
            flag="-Werror,-Wincompatible-pointer-types",
            object=prep,
        )
        for name in types
    ]
    scope = a_diagnostic(
        "declaration of 'struct ptdesc' will not be visible outside of this function",
        file="arch/powerpc/include/asm/book3s/64/hash-64k.h",
        line=277,
        column=18,
        flag="-Wvisibility",
        object=prep,
    )
    mask, failed = frozenset({"mm/gup.o", "vmlinux"}), frozenset({prep})
    states = [
        *[seen() for _ in range(13)],
        *[seen(scope, error, masked=mask, failed=failed) for error in errors],
        *[seen(scope, errors[1], masked=mask, failed=failed) for _ in range(15, 19)],
    ]
    judged = judge(a_series(18), some_facts(CLANG), lane(CLANG, *states))
    by_message = {finding.sample.message: finding for finding in judged.findings}
    root = by_message.pop(scope.message)
    at13, at14 = (by_message[error.message] for error in errors)
    assert (at13.introduced_by, at13.fixed_by, at14.introduced_by, at14.fixed_by) == (13, 14, 14, None)
    assert (root.introduced_by, root.root_cause, at13.root_cause, at14.root_cause) == (13, None, root.id, root.id)
    assert judged.verdict == "findings"
    deltas = {delta.commit: delta for delta in judged.deltas}
    assert (deltas[14].introduced, deltas[14].fixed) == ((at14.id,), (at13.id,))


def test_gcc_and_clang_share_a_finding() -> None:
    """One mistake, one commit, two targets; the same line of both counts as one place."""
    clang = an_error("use of undeclared identifier 'x'", flag=None, column=9)
    judged = judge(
        a_series(1), some_facts(GCC, CLANG), [*lane(GCC, seen(), seen(E)), *lane(CLANG, seen(), seen(clang))]
    )
    (finding,) = judged.findings
    assert (finding.targets, finding.occurrences, finding.sample) == ((GCC, CLANG), 1, E)


def test_targets_that_got_rid_of_it_at_different_commits_are_findings_of_their_own() -> None:
    """What is fixed for gcc is not shown as there because clang still says it; the one that stays keeps its id."""
    facts = some_facts(GCC, CLANG)
    first = lane(GCC, seen(), seen(E), seen(), seen())
    late = judge(a_series(3), facts, [*first, *lane(CLANG, seen(), seen(E), seen(E), seen())])
    open_ended = judge(a_series(3), facts, [*first, *lane(CLANG, seen(), seen(E), seen(E), seen(E))])
    assert [(found.targets, found.fixed_by) for found in late.findings] == [((CLANG,), 3), ((GCC,), 2)]
    assert [(found.targets, found.fixed_by) for found in open_ended.findings] == [((CLANG,), None), ((GCC,), 2)]
    assert len({found.id for found in late.findings}) == 2
    assert late.findings[0].id == open_ended.findings[0].id
    assert [(d.commit, d.target) for d in late.deltas if d.fixed] == [(2, GCC), (3, CLANG)]


def test_the_order_and_number_of_deltas() -> None:
    """One per square, in series order, then matrix order."""
    judged = judge(a_series(1), some_facts(GCC, CLANG), [*lane(CLANG, seen(), seen(E)), *lane(GCC, seen(W), seen(W))])
    assert [(d.commit, d.target) for d in judged.deltas] == [(0, GCC), (0, CLANG), (1, GCC), (1, CLANG)]
    assert all(not d.introduced for d in judged.deltas if d.commit == 0), "the base introduces nothing"


def one(*states: LaneState | Status, fail_on: tuple[str, ...] = ("error", "new-warning")) -> Judgement:
    return judge(a_series(len(states) - 1), some_facts(GCC), lane(GCC, *states), fail_on)


def test_what_the_base_had_never_counts() -> None:
    """It is kept apart, and a patch may fix it."""
    judged = one(seen(E), seen(E), seen())
    assert (judged.findings, judged.verdict) == ((), "clean")
    (old,) = judged.preexisting
    assert (old.seen_at, old.introduced_by, old.suspects, old.counts, old.fixed_by) == (0, None, (), False, 2)
    assert judged.deltas[2].fixed == (old.id,)


def test_a_hole_in_bisectability_is_a_finding() -> None:
    """Broken at 1, fixed at 2."""
    assert one(seen(), seen(E), seen()).verdict == "findings"


def test_fail_on_decides_what_counts() -> None:
    """Warnings count only with `new-warning`."""
    judged = one(seen(), seen(W), fail_on=("error",))
    assert (judged.verdict, judged.findings[0].counts) == ("clean", False)
    assert one(seen(), seen(E), fail_on=("error",)).verdict == "findings"
    assert one(seen(), seen(W)).verdict == "findings"


def test_allow_exempts_only_if_all_targets_allow_it() -> None:
    """One target that minds is enough."""
    lenient = TargetFacts(target=a_target(GCC, allow=("warning",)), image_id="i", compiler_version="c")
    (strict,) = some_facts(CLANG)
    alone = judge(a_series(1), (lenient,), lane(GCC, seen(), seen(W)))
    both = judge(a_series(1), (lenient, strict), [*lane(GCC, seen(), seen(W)), *lane(CLANG, seen(), seen(W))])
    assert (alone.verdict, both.verdict) == ("clean", "findings")


def test_squares_nobody_saw_make_it_incomplete() -> None:
    """Unless something worse was found."""
    assert one(seen(), Status.UNKNOWN).verdict == "incomplete"
    assert one(seen(), Status.NOT_RUN).verdict == "incomplete"
    assert judge(a_series(1), some_facts(GCC), lane(GCC, seen())).verdict == "incomplete"
    assert one(seen(), seen(E), Status.UNKNOWN).verdict == "findings"


def test_what_may_be_the_bases_blames_nobody() -> None:
    """The base could not be seen: the finding names it as a suspect, does not count, and the run is not complete."""
    judged = one(seen(masked=frozenset({"mm/gup.o"})), seen(E))
    (finding,) = judged.findings
    assert (finding.introduced_by, finding.suspects, finding.counts) == (None, (0, 1), False)
    assert judged.verdict == "incomplete"


def test_several_suspects_count_but_nobody_is_named() -> None:
    """The series did it, but which patch is not known."""
    judged = one(seen(), Status.UNKNOWN, seen(E))
    (finding,) = judged.findings
    assert (finding.introduced_by, finding.suspects, finding.seen_at, judged.verdict) == (None, (1, 2), 2, "findings")


def test_ids_are_stable_and_tell_introductions_apart() -> None:
    """The same in another run with more targets; another for another introduction; 12 hex digits."""
    twice = one(seen(), seen(E), seen(), seen(E)).findings
    assert len({finding.id for finding in twice}) == 2
    assert all(len(finding.id) == 12 and int(finding.id, 16) >= 0 for finding in twice)
    more = judge(a_series(1), some_facts(GCC, CLANG), [*lane(GCC, seen(), seen(E)), *lane(CLANG, seen(), seen(E))])
    assert more.findings[0].id == twice[0].id


def test_a_finding_says_whether_the_patch_touches_it() -> None:
    """The line, the file, or neither."""

    def touches(*touched: TouchedFile) -> str | None:
        series = a_series(1, commits=(a_commit(1, touched=touched),))
        return judge(series, some_facts(GCC), lane(GCC, seen(), seen(W))).findings[0].touches

    assert touches(TouchedFile(path="mm/gup.c", status="M", lines=((1, 3), (10, 12)))) == "line"
    assert touches(TouchedFile(path="mm/gup.c", status="M", lines=((1, 3), (13, 20)))) == "file"
    assert touches(TouchedFile(path="mm/gup.h", status="M", lines=((12, 12),))) is None


def test_occurrences_are_places() -> None:
    """Two lines of one fingerprint, in however many objects, are two occurrences of one finding."""
    places = [a_diagnostic(file="include/linux/mm.h", line=n, object=f"mm/{o}.o") for n in (3, 9) for o in "abc"]
    (finding,) = one(seen(), seen(*places)).findings
    assert (finding.occurrences, finding.sample.line) == (2, 3)


def test_cost_follows_what_changes() -> None:
    """20 commits x 30 targets x 2000 carried diagnostics are judged in seconds."""
    names = [f"arch{n}-defconfig-gcc-14" for n in range(30)]
    old = [a_diagnostic(f"unused variable 'v{n}'", file=f"mm/{n}.c", object=f"mm/{n}.o") for n in range(2000)]
    results = [
        result
        for name in names
        for result in lane(name, *[seen(*old[k:], *([E] if k > 10 else [])) for k in range(21)])
    ]
    before = process_time()
    judged = judge(a_series(20), some_facts(*names), results)
    assert process_time() - before < 10
    assert len(judged.preexisting) == 2000
    assert judged.findings[0].introduced_by == 11
