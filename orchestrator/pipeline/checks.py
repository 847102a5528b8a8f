"""A patch or cover letter in, what stored runs know of it out, at once: nothing is built."""

from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import KmatrixError, UserError
from orchestrator.model.verdict import RunReport
from orchestrator.pipeline.past_runs import report_of
from orchestrator.pipeline.resources import Places
from orchestrator.reporting.b4 import note
from orchestrator.reporting.view import view
from orchestrator.results.records import RunState
from orchestrator.results.store import Store
from orchestrator.series.git import Git
from orchestrator.series.notes import add_note, has_commit
from orchestrator.series.patches import read_mails
from orchestrator.series.patchids import patch_id_of, patch_ids

_RUNS = 20  # the newest; older ones are of other versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The newest run that has the mail, and which of its commits the mail is about (all for a cover letter)."""

    report: RunReport
    commits: tuple[int, ...]


def look_up(places: Places, data: bytes) -> Known | None:
    """What is known of the mail `data`: by its Message-ID, else by what its diff changes. Raises UserError for none."""
    mails = read_mails([("", data)])
    if len(mails) != 1:
        raise UserError(f"expected one mail on standard input, found {len(mails)}")
    (mail,) = mails
    reports = _reports(places)
    for report in reports:
        if found := _by_message_id(report, mail.header.message_id):
            return Known(report=report, commits=found)
    wanted = patch_id_of(data) if mail.has_diff else None
    for report in reports if wanted else ():
        shas = {commit.sha: commit.index for commit in report.series.commits}
        known = patch_ids(report.series.git_dir, tuple(shas))
        if found := tuple(shas[sha] for sha, ids in known.items() if wanted in ids):
            return Known(report=report, commits=found)
    return None


def annotate(places: Places, run: str, tree: Path) -> int:
    """Write a note under refs/notes/kmatrix of the repository `tree` on every commit of a run; how many.

    The one thing kmatrix ever writes to a repository of the user's, and only when asked. Raises UserError.
    """
    report = report_of(places, run)
    git = Git(directory=tree)
    there = [commit for commit in report.series.commits if has_commit(git, commit.sha)]
    if not there:
        raise UserError(
            f"{tree}: none of the commits of run {report.run} is there; --tree names the repository they are in "
            "(patches that came as mails are commits of no repository of yours)"
        )
    for commit in there:
        add_note(git, commit.sha, note(view(report), commit.index))
    return len(there)


def _reports(places: Places) -> list[RunReport]:
    with Store.open(places.state) as store:
        finished = [run.id for run in store.runs() if run.state is RunState.FINISHED][:_RUNS]
        found = []
        for run in finished:
            try:
                found.append(store.report(run))
            except KmatrixError:  # one that failed has none
                continue
    return found


def _by_message_id(report: RunReport, message_id: str) -> tuple[int, ...]:
    if not message_id:
        return ()
    series = report.series
    if series.cover and series.cover.message_id == message_id:
        return tuple(commit.index for commit in series.commits)
    return tuple(commit.index for commit in series.commits if commit.message_id == message_id)
