"""Mails made into a `Series`: the patches selected, their base chosen, all committed in the private clone."""

from collections.abc import Sequence

from orchestrator.errors import SeriesError
from orchestrator.model.series import Series
from orchestrator.series.apply import commit
from orchestrator.series.base import choose_base
from orchestrator.series.history import read_commits
from orchestrator.series.letters import Letter, read_letters, with_trailers
from orchestrator.series.options import SeriesOptions
from orchestrator.series.patches import Mail
from orchestrator.series.repository import Repository, not_a_kernel
from orchestrator.series.selection import Selection, select
from orchestrator.series.stated import Question
from orchestrator.series.threads import sent_at


def from_mails(
    repository: Repository, mails: Sequence[Mail], origin: str, given: Sequence[Letter], options: SeriesOptions
) -> Series:
    """The series that `mails` hold, on the base that `options`, the mails or the tree tell; `given` go first.

    Raises SeriesError, each line of which says what is wrong with `origin`, and UserError.
    """
    try:
        return _from_mails(repository, mails, origin, given, options)
    except SeriesError as error:
        raise SeriesError(f"{origin}: {error}") from error


def _from_mails(
    repository: Repository, mails: Sequence[Mail], origin: str, given: Sequence[Letter], options: SeriesOptions
) -> Series:
    selection = select(mails, options)
    letters = read_letters(repository.private, selection.patches)
    base = choose_base(
        Question(
            repository=repository,
            letters=letters,
            given=tuple(given),
            statements=selection.statements,
            options=options,
            sent=min(sent_at(mail) for mail in selection.patches),
        )
    )
    git = repository.private
    start = commit(git, base.sha, base.first, base.leniency)[-1] if base.first else base.sha
    shas = commit(git, start, _with_trailers(repository, selection, letters), base.leniency)
    headers = [mail.header if mail.header.message_id else None for mail in selection.patches]
    return Series(
        title=selection.title,
        base=read_commits(git, [start], 0)[0],
        base_reason=base.reason,
        commits=tuple(read_commits(git, shas, 1, headers)),
        git_dir=str(repository.git_dir),
        origin=origin,
        base_guessed=base.guessed,
        cover=selection.cover.header if selection.cover and selection.cover.header.message_id else None,
        applied=True,
        warnings=(
            *repository.warnings,
            *selection.warnings,
            *base.warnings,
            *(f"{line}; check it" for line in base.bent),
            *not_a_kernel(repository, start),
        ),
        candidates=base.candidates,
        bent=base.bent,
        trailers=tuple(
            f"patch {number}: {line}" for number, lines in enumerate(selection.trailers, 1) for line in lines
        ),
    )


def _with_trailers(repository: Repository, selection: Selection, letters: Sequence[Letter]) -> list[Letter]:
    lines = selection.trailers or ((),) * len(letters)
    return [
        with_trailers(repository.private, letter, added) if added else letter
        for letter, added in zip(letters, lines, strict=True)
    ]
