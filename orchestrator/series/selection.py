"""Which of many mails are the series: the patches of its newest complete version, in n/m order.

Pure. A mailbox may hold several versions, replies, resent patches, copies that came through several lists, and other
people's patches in the same thread; threads may be split, and mails may come in any order. Where one reading is
clearly meant it is taken and said in a warning; where not, SeriesError lists what there is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.errors import SeriesError
from orchestrator.series.options import ONE_COMPLETE_SERIES, SeriesOptions
from orchestrator.series.patches import Mail
from orchestrator.series.postings import Entry, Posting, collect, families
from orchestrator.series.statements import NO_STATEMENTS, Statements, read_statements
from orchestrator.series.strangers import no_series
from orchestrator.series.threads import candidates, entries_of, without_copies
from orchestrator.series.trailers import collect_trailers


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The patches to apply, in order. `statements`: what the mails say of the base.

    `trailers`: those of replies to add, for each patch, empty unless they were asked for.
    """

    title: str
    patches: tuple[Mail, ...]
    cover: Mail | None = None
    statements: Statements = NO_STATEMENTS
    trailers: tuple[tuple[str, ...], ...] = ()
    warnings: tuple[str, ...] = ()


def select(mails: Sequence[Mail], options: SeriesOptions = ONE_COMPLETE_SERIES) -> Selection:
    """The series that `mails` hold.

    Raises SeriesError if there is no patch, if the version lacks some of its patches, or if there are several series
    and none is the thread's own; `options` (version, pick, allow_missing, trailers) settle that.
    """
    once = without_copies(mails)
    entries, warnings = candidates(entries_of(once))
    if not entries:
        raise SeriesError(no_series(mails))
    if all(entry.subject.number is None for entry in entries):
        patches, more = _unnumbered(entries, options)
        return _selection(once, None, patches, (*warnings, *more), options)
    posting, more = _newest(collect(entries), options)
    chosen = posting.patches
    if not chosen:
        raise SeriesError(f"no patch but a cover letter: {posting.describe()}")
    for number, entry in chosen.items():
        if not entry.mail.has_diff:
            raise SeriesError(f"patch {number} of {posting.total} holds no diff: {entry.mail.subject}")
    ordered = tuple(chosen[number] for number in sorted(chosen))
    return _selection(once, posting.cover, ordered, (*warnings, *more), options)


def _selection(
    mails: Sequence[Mail],
    cover: Entry | None,
    patches: Sequence[Entry],
    warnings: tuple[str, ...],
    options: SeriesOptions,
) -> Selection:
    chosen = tuple(entry.mail for entry in patches)
    title = cover.subject.title if cover else patches[0].subject.title
    if not cover and len(chosen) > 1:
        title = f"{title} (and {len(chosen) - 1} more)"
    trailers: tuple[tuple[str, ...], ...] = ()
    if options.trailers:
        collected = collect_trailers(mails, chosen, cover.mail if cover else None)
        trailers = tuple(collected.lines.get(mail.header.message_id, ()) for mail in chosen)
        warnings = (*warnings, *collected.warnings)
    return Selection(
        title=title,
        patches=chosen,
        cover=cover.mail if cover else None,
        statements=read_statements(cover.mail.body if cover else None, [mail.body for mail in chosen]),
        trailers=trailers,
        warnings=warnings,
    )


def _unnumbered(entries: list[Entry], options: SeriesOptions) -> tuple[list[Entry], tuple[str, ...]]:
    """Patches without n/m: of each thread the newest version by the one who started it, in file order."""
    kept, warnings = [], []
    if options.pick:
        entries = _picked_entries(entries, options.pick)
    if options.version:
        _require_version(options.version, {entry.subject.version for entry in entries})
    for thread in dict.fromkeys(entry.thread for entry in entries):
        members = [entry for entry in entries if entry.thread == thread]
        owner = min(members, key=Entry.seniority)
        newest = options.version or max(e.subject.version for e in members if e.sender == owner.sender)
        for entry in members:
            if entry.sender == owner.sender and entry.subject.version == newest:
                kept.append(entry)
            else:
                warnings.append(f"left out, v{newest} by {owner.sender} is taken: {entry.mail.subject}")
    for entry in tuple(kept):
        twins = [e for e in kept if e.subject.key == entry.subject.key and e.replaces(entry)]
        if twins:
            kept.remove(entry)
            warnings.append(f"left out, it was sent anew: {entry.mail.subject}")
    kept.sort(key=lambda entry: entry.position)
    if len(kept) > 1:
        warnings.append(f"{len(kept)} patches without n/m numbers: taken in the order they come in")
    return kept, tuple(warnings)


def _newest(postings: list[Posting], options: SeriesOptions) -> tuple[Posting, tuple[str, ...]]:
    """The newest complete version of the one series that `postings` are about, or the version asked for."""
    groups = families(postings)
    if options.pick:
        postings = _picked(groups, options.pick)
    elif len(groups) > 1:
        raise SeriesError(_several([min(group, key=Posting.seniority) for group in groups]))
    owner = min(postings, key=Posting.seniority)
    lineage = _lineage(owner, postings)
    strangers = [p for p in postings if p not in lineage]
    warnings = [f"left out, another series in the same thread: {p.describe()}" for p in strangers]
    version = options.version or max(p.version for p in lineage)
    _require_version(version, {p.version for p in lineage})
    newest = [p for p in lineage if p.version == version]
    older = [p for p in lineage if p.version < version]
    chosen = _complete(newest, older, owner, options.allow_missing, warnings)
    chosen = _with_resent(chosen, [p for p in newest if p is not chosen], warnings)
    replaced = [p for p in older if p.version != chosen.version]
    if replaced and chosen.version == version:
        names = ", ".join(f"v{p.version}" for p in sorted(replaced, key=lambda p: p.version))
        warnings.append(f"several versions of the series: v{version} is taken, {names} left out")
    if chosen.surplus:
        names = ", ".join(f"{number}/{chosen.total}" for number in sorted(chosen.surplus))
        warnings.append(f"left out, beyond the last patch of the series: {names}")
    return chosen, tuple(warnings)


def _lineage(owner: Posting, postings: list[Posting]) -> list[Posting]:
    """The versions of `owner`: postings that share a title with one of them, or its sender and its tags."""
    lineage = [owner]
    grown = True
    while grown:
        more = [p for p in postings if p not in lineage and any(p.is_version_of(known) for known in lineage)]
        lineage += more
        grown = bool(more)
    return lineage


def _complete(
    newest: list[Posting], older: list[Posting], owner: Posting, allow_missing: bool, warnings: list[str]
) -> Posting:
    """The complete posting among `newest`, or a complete older one whose patches `newest` only replaces."""
    complete = [p for p in newest if not p.missing]
    if not complete:
        for before in sorted((p for p in older if not p.missing), key=lambda p: (-p.version, -p.date)):
            if all(p.fits_into(before) for p in newest):
                return _with_resent(before, newest, warnings)
        fullest = max(newest, key=lambda p: len(p.patches))
        if not (allow_missing and fullest.patches):
            raise SeriesError(_incomplete(fullest, older))
        warnings.append(f"not there, and gone without (--allow-missing): {_missing(fullest)}")
        return fullest
    latest = max(complete, key=lambda p: (p.date, p.position))
    if len(complete) > 1 and all(p is latest or p.shares_title(latest) for p in complete):
        warnings.append(f"v{latest.version} was sent {len(complete)} times: the latest is taken")
        return latest
    if len(complete) > 1 and owner not in complete:
        raise SeriesError(_several(complete))
    chosen = owner if owner in complete else latest
    warnings += [f"left out, another series in the same thread: {p.describe()}" for p in complete if p is not chosen]
    return chosen


def _with_resent(chosen: Posting, others: list[Posting], warnings: list[str]) -> Posting:
    """`chosen` with single patches replaced by those that were sent anew, later, in answer to them."""
    for other in sorted(others, key=lambda p: (p.date, p.position)):
        if other.missing and other.fits_into(chosen):
            if other.version < chosen.version or (other.version == chosen.version and other.date < chosen.date):
                continue
            numbers = ", ".join(f"{number}/{chosen.total}" for number in sorted(other.patches))
            warnings.append(f"sent anew as v{other.version}, and taken in place of the first sending: {numbers}")
            chosen = chosen.replaced_by(other)
        elif other.missing:
            warnings.append(f"left out, not part of the version that is taken: {other.describe()}")
    return chosen


def _missing(posting: Posting) -> str:
    """`2/7, 3/7`."""
    missing = ", ".join(f"{number}/{posting.total}" for number in posting.missing[:20])
    return f"{missing} and {len(posting.missing) - 20} more" if len(posting.missing) > 20 else missing


def _incomplete(posting: Posting, older: list[Posting]) -> str:
    text = f"{posting.describe()}: missing {_missing(posting)}"
    whole = [p for p in older if not p.missing]
    if whole:
        version = max(p.version for p in whole)
        text += (
            f"\nv{version} is complete, but an old version is not tested in place of a new one; "
            f"say --version {version} if that is meant"
        )
    return text + (
        "\nget the whole series, for instance `b4 mbox <message-id>`, or go without (--allow-missing), "
        "which tests something else than was posted"
    )


def _require_version(version: int, there: set[int]) -> None:
    if version not in there:
        listed = ", ".join(f"v{number}" for number in sorted(there))
        raise SeriesError(f"--version {version}: there is no v{version} of the series here, only {listed}")


def _picked(groups: list[list[Posting]], pick: str) -> list[Posting]:
    """The one series that --pick names: its number in the list, a message-id of it, or words of a title."""
    owners = sorted((min(group, key=Posting.seniority) for group in groups), key=lambda p: p.position)
    if pick.isdecimal():
        found = owners[int(pick) - 1 : int(pick)] if int(pick) else []
    else:
        wanted, identity = " ".join(pick.casefold().split()), pick.strip("<>")
        found = [
            min(group, key=Posting.seniority)
            for group in groups
            if any(wanted in title for posting in group for title in posting.titles)
            or any(e.mail.header.message_id == identity for posting in group for e in posting.entries.values())
        ]
    if len(found) != 1:
        raise SeriesError(f"--pick {pick}: {'no' if not found else 'more than one'} series fits;{_listed(owners)}")
    return next(group for group in groups if found[0] in group)


def _picked_entries(entries: list[Entry], pick: str) -> list[Entry]:
    wanted, identity = " ".join(pick.casefold().split()), pick.strip("<>")
    found = [e for e in entries if wanted in e.subject.key or e.mail.header.message_id == identity]
    if not found:
        raise SeriesError(f"--pick {pick}: no patch fits, by title or message-id")
    threads = {entry.thread for entry in found}
    return [entry for entry in entries if entry.thread in threads]


def _several(postings: Sequence[Posting]) -> str:
    listed = _listed(sorted(postings, key=lambda p: p.position))
    return f"several series in one mailbox; choose one with --pick N, a message-id or words of its title:{listed}"


def _listed(owners: Sequence[Posting]) -> str:
    return "".join(f"\n  {number}: {posting.describe()}" for number, posting in enumerate(owners[:20], 1))
