"""Which commit mailed patches are applied on, and why that one.

In b4's order: what the user says; the base-commit trailer, with the patches it wants first; such patches alone; what
the cover letter says; the commit whose blobs are those the patches were made from; the first candidate on which every
patch applies. A base that is said is taken or refused; one that is found has to take every patch.
"""

from collections.abc import Sequence
from dataclasses import replace

from orchestrator.errors import SeriesError, UserError
from orchestrator.model.series import Candidate
from orchestrator.series.apply import ALREADY, Attempt, attempt
from orchestrator.series.blobsearch import find_by_blobs, matching_blobs
from orchestrator.series.diffs import pre_images
from orchestrator.series.misfit import Misfit, refusal
from orchestrator.series.options import STRICT, Leniency
from orchestrator.series.refs import Ref, candidate_refs
from orchestrator.series.rejects import summary
from orchestrator.series.stated import Base, Question, stated_base


def choose_base(question: Question) -> Base:
    """The base, on which every patch applies. Raises SeriesError saying where they do not, UserError."""
    refs, warnings = candidate_refs(question.repository, question.options.candidates)
    said, doubts = stated_base(question, refs)
    warnings = (*warnings, *doubts)
    bases = [said] if said else _found(question, refs)
    misfits: dict[str, Misfit] = {}
    # A base that fits as it is comes before any on which something has to be overlooked.
    for leniency in dict.fromkeys((STRICT, question.options.leniency)):
        for base in bases:
            fitted, tried = _try(question, base, leniency)
            if tried.failure is None:
                others = tuple(_candidate(question, ref) for ref in refs if ref.sha != base.sha)
                return replace(fitted, candidates=others, warnings=(*warnings, *fitted.warnings))
            misfits[base.sha] = _misfit(question, fitted, tried)
    raise SeriesError(_refusal(question, refs, tuple(misfits.values()), said=said is not None))


def _found(question: Question, refs: Sequence[Ref]) -> list[Base]:
    """Bases that the patches' own blobs or the candidates suggest, the likeliest first."""
    git = question.repository.user
    wanted = _wanted_blobs(question)
    # HEAD and its past come first if the user named no candidates: a newer branch of theirs may be about anything.
    groups = [refs] if question.options.candidates else [refs[:1], refs[1:]]
    bases = []
    for group in groups:
        if found := find_by_blobs(git, wanted, group, question.sent):
            how = found.ref.name if found.tip else f"the newest commit of {found.ref.name}"
            reason = f"blobs: {how} has each file ({len(wanted)}) as the patches were made from it"
            bases.append(Base(sha=found.sha, name=f"by blobs, in {found.ref.name}", reason=reason, guessed=True))
            break
    known = {base.sha for base in bases}
    bases += [
        Base(
            sha=ref.sha,
            name=ref.name,
            reason=f"{ref.name}, the first candidate on which every patch applies",
            guessed=True,
        )
        for ref in refs
        if ref.sha not in known
    ]
    if not bases:
        raise UserError(
            f"{question.repository.tree}: the repository has no commit yet, so there is nothing to apply patches on"
        )
    return bases


def _wanted_blobs(question: Question) -> dict[str, str]:
    """Path -> first digits of the blob that the patches were made from."""
    return pre_images(letter.text for letter in (*question.given, *question.letters))


def _try(question: Question, base: Base, leniency: Leniency) -> tuple[Base, Attempt]:
    """The base with what it needs first, and how all went; prerequisites that it has already are left out."""
    first, warnings = (*base.first, *question.given), list(base.warnings)
    while True:
        tried = attempt(question.repository.private, base.sha, (*first, *question.letters), leniency)
        failure = tried.failure
        if failure is None or failure.number > len(first) or ALREADY not in failure.hints:
            break
        warnings.append(f"the base has this prerequisite already: {failure.letter.subject}")
        first = tuple(letter for letter in first if letter is not failure.letter)
    reason = base.reason
    if question.given and first:
        reason += f", with {len(first)} patch(es) of --prerequisite on it"
    fitted = replace(base, first=first, leniency=leniency, bent=tried.bent, warnings=tuple(warnings), reason=reason)
    return fitted, tried


def _misfit(question: Question, base: Base, tried: Attempt) -> Misfit:
    first, total = len(base.first), len(question.letters)
    return Misfit(base=base.sha, name=base.name, first=first, total=total, attempt=tried)


def _candidate(question: Question, ref: Ref) -> Candidate:
    """The series, without anything overlooked, on one ref."""
    letters = (*question.given, *question.letters)
    tried = attempt(question.repository.private, ref.sha, letters, STRICT, explain=False)
    return _as_candidate(question, ref, tried, len(question.given))


def _as_candidate(question: Question, ref: Ref, tried: Attempt, first: int) -> Candidate:
    failure = ""
    if tried.failure:
        number = tried.failure.number - first
        who = f"patch {number}" if number > 0 else f"prerequisite {tried.failure.number}"
        failure = f"{who}: {summary(tried.failure.errors)}"
    applied = max(0, len(tried.changes) - first)
    return Candidate(ref=ref.name, sha=ref.sha, applied=applied, total=len(question.letters), failure=failure)


def _refusal(question: Question, refs: Sequence[Ref], misfits: Sequence[Misfit], *, said: bool) -> str:
    """The words with which the series is refused: the best of what was tried, and what there is beside it."""
    best = max(misfits, key=lambda misfit: misfit.applied)
    names = {ref.sha: ref for ref in refs}
    if said:
        tried = tuple(_candidate(question, ref) for ref in refs if ref.sha != best.base)
    else:
        pairs = [(names[m.base], m) for m in misfits if m.base in names]
        tried = tuple(_as_candidate(question, ref, m.attempt, m.first) for ref, m in pairs)
    return refusal(question.repository.user, best, tried, refs, _how_stated(question, best, said=said))


def _how_stated(question: Question, best: Misfit, *, said: bool) -> str:
    """What is known of the base beside the attempts, in a line."""
    if said:
        return ""
    statements, git = question.statements, question.repository.user
    text = "The series does not state its base"
    if statements.base_commit or statements.based_on:
        name = statements.base_commit or statements.based_on[0]
        text = f"The series states its base, {name}, which is not in {question.repository.tree}"
    wanted = _wanted_blobs(question)
    if not wanted:
        return f"{text}, and has no index lines to find it by."
    count = matching_blobs(git, wanted, best.base)
    return f"{text}; {count} of the {len(wanted)} files it changes are there as they were when it was made."
