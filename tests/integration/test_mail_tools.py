"""Other people's tools on what we write: git send-email, b4, git am, b4's check commands, git notes."""

import json
import mailbox
import os
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from factories import a_finding, a_report
from series_repos import a_kernel, a_topic, git, state_of
from surroundings import skip_or_fail

from orchestrator.cli.main import main
from orchestrator.model.verdict import RunReport
from orchestrator.pipeline import products
from orchestrator.pipeline.resources import places
from orchestrator.results.records import NewRun, ResultKey
from orchestrator.results.store import Store
from orchestrator.series.options import SeriesOptions
from orchestrator.series.repository import open_repository
from orchestrator.series.resolve import resolve

X86 = "x86_64-defconfig-gcc-14"
Said = pytest.CaptureFixture[str]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A kernel with a branch of three commits."""
    path = a_kernel(tmp_path / "linux")
    a_topic(path)
    return path


def keep(report: RunReport) -> RunReport:
    """The report, in the store."""
    with Store.open(places().state) as store:
        store.start_run(NewRun(id=report.run, title="", origin="", out="", argv=(), started=""))
        for result in report.results:
            commit = report.series.all[result.commit]
            key = ResultKey(tree=commit.tree, recipe=result.target, lineage="")
            store.link(report.run, commit.sha, key, store.put(key, result, None))
        store.finish_run(report.run, finished="now", verdict="findings", exit_code=1, report=report)
    return report


def a_run(tree: Path, mbox: bytes | None = None) -> RunReport:
    """A finished run of the branch, or of the same patches as mails; patch 2 is guilty in one of two cells."""
    repository = open_repository(tree, places().cache / "repositories")
    mailed = SeriesOptions(base="master")
    series = resolve(repository, "-", mailed, stdin=mbox) if mbox else resolve(repository, "master..topic")
    return keep(a_report(series=series, findings=(a_finding(targets=(X86,)),)))


def a_posting(tree: Path) -> bytes:
    """The branch as it is mailed: a cover letter and three patches, threaded."""
    git(
        tree,
        "format-patch",
        "-q",
        "--cover-letter",
        "--thread",
        "--to=list@vger.kernel.org",
        "-o",
        "../out",
        "master..topic",
    )
    files = sorted((tree.parent / "out").iterdir())
    texts = [path.read_text().replace("*** SUBJECT HERE ***", "mm: three changes") for path in files]
    return "".join(texts).encode()


def letters(tmp_path: Path, report: RunReport) -> list[Path]:
    """The drafts as files."""
    products.write(
        a_report(series=report.series, findings=report.findings, results=tuple(_bare(report))), tmp_path / "products"
    )
    return sorted((tmp_path / "products/mails").iterdir())


def _bare(report: RunReport) -> list[object]:
    return [replace(result, log="") for result in report.results]


def test_git_send_email_takes_the_drafts(tree: Path, tmp_path: Path) -> None:
    """--dry-run says that each would go out, in the thread."""
    programs = subprocess.run(["git", "--exec-path"], capture_output=True, check=True, text=True).stdout.strip()
    installed = (Path(programs) / "git-send-email").exists()
    skip_or_fail("" if installed else "git send-email is not installed (Debian: git-email)", "KMATRIX_REQUIRE_PROGRAMS")
    files = letters(tmp_path, a_run(tree, a_posting(tree)))
    assert len(files) == 2
    home = {"HOME": os.environ["HOME"], "PATH": os.environ["PATH"]}
    done = subprocess.run(
        ["git", "-c", "user.name=Op", "-c", "user.email=op@x.org", "-c", "sendemail.smtpServer=/bin/true", "send-email",
         "--dry-run", "--confirm=never", "--suppress-cc=all", "--to=op@x.org", "--8bit-encoding=UTF-8",
         *map(str, files)],
        cwd=tree, env=home, capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Result: OK") == 2
    assert "Subject: Re: [PATCH 2/3] mm/a: change 2" in done.stdout


def test_b4_am_and_git_am_leave_our_mails_alone(tree: Path, tmp_path: Path) -> None:
    """A thread with our replies in it gives the same three patches, and nothing of ours becomes a commit."""
    posting = a_posting(tree)
    files = letters(tmp_path, a_run(tree, posting))
    (tmp_path / "plain.mbox").write_bytes(posting)
    box = mailbox.mbox(tmp_path / "thread.mbox")
    with closing(mailbox.mbox(tmp_path / "plain.mbox")) as plain:
        for mail in plain:
            box.add(mail)
    for path in files:
        box.add(path.read_bytes().replace(b"\r\n", b"\n"))
    box.flush()
    box.close()
    git(tree, "checkout", "-q", "master")
    b4 = Path(sys.executable).parent / "b4"
    done = subprocess.run(
        [str(b4), "--offline-mode", "am", "-m", str(tmp_path / "thread.mbox"), "-o", str(tmp_path / "am"), "-n", "x"],
        cwd=tree,
        env={**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null"},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    git(tree, "am", "-q", str(next((tmp_path / "am").glob("*.mbx"))))
    assert git(tree, "log", "--format=%s", "--reverse", "-3").splitlines() == [f"mm/a: change {n}" for n in (1, 2, 3)]
    assert git(tree, "rev-parse", "HEAD^{tree}") == git(tree, "rev-parse", "topic^{tree}")
    refused = subprocess.run(
        ["git", "am", str(files[0])], cwd=tree, capture_output=True, check=False, env={**os.environ}
    )
    assert refused.returncode != 0


def check(data: bytes, capsys: Said, monkeypatch: pytest.MonkeyPatch, *options: str) -> str:
    """What `kmatrix check` answers to a mail on stdin."""
    read, write = os.pipe()
    with os.fdopen(write, "wb") as out:
        out.write(data)
    with os.fdopen(read) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert main(["check", *options]) == 0
    return capsys.readouterr().out


def mails_of(posting: bytes) -> list[bytes]:
    """The mails of an mbox of format-patch."""
    return [b"From " + part for part in posting.split(b"\nFrom ")][:1] + [
        b"From " + part for part in posting.split(b"\nFrom ")[1:]
    ]


def test_a_mail_is_known_by_its_message_id(tree: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    """One object an architecture, in b4's words; the cover letter is about all."""
    cover, first, second, _ = mails_of(a_posting(tree))
    a_run(tree, a_posting(tree))
    answers = {name: json.loads(check(mail, capsys, monkeypatch)) for name, mail in
               (("cover", cover), ("first", first), ("second", second))}  # fmt: skip
    assert [(one["tool"], one["status"]) for one in answers["second"]] == [
        ("kmatrix-x86_64", "fail"),
        ("kmatrix-arm64", "pass"),
    ]
    assert answers["second"][0]["summary"] == "1 new error"
    assert "mm/gup.c:12:3: error: implicit declaration" in answers["second"][0]["details"]
    assert [one["status"] for one in answers["first"]] == ["pass", "pass"]
    assert [one["status"] for one in answers["cover"]] == ["fail", "pass"]


def test_a_patch_of_a_branch_is_known_by_what_it_changes(
    tree: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """b4 prep hands over what `git show` prints, with no Message-ID: one line a finding, silence if all is well."""
    a_run(tree)
    shown = [git(tree, "show", "--format=email", "--patch-with-stat", f"topic~{n}").encode() + b"\n" for n in (2, 1)]
    assert check(shown[0], capsys, monkeypatch, "--format", "lines") == ""
    said = check(shown[1], capsys, monkeypatch, "--format", "lines").splitlines()
    assert said == [
        f"ERROR: mm/gup.c:12:3: error: implicit declaration of function 'f' [-Wimplicit-function-declaration]  [{X86}]"
    ]


def test_what_was_never_built_is_not_called_good(tree: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing for b4 review, a warning for b4 prep."""
    patch = git(tree, "format-patch", "--stdout", "-1", "topic").encode() + b"\n"
    assert json.loads(check(patch, capsys, monkeypatch)) == []
    assert "WARNING: not built yet" in check(patch, capsys, monkeypatch, "--format", "lines")


def test_b4_itself_asks(tree: Path, capsys: Said) -> None:
    """b4's own runner, with kmatrix as its command."""
    a_run(tree, a_posting(tree))
    code = f"""
import email, json, b4, b4.review.checks as c
b4.get_main_config()["cache-expire"] = "10"
msg = email.message_from_bytes(open({str(tree.parent / "mail")!r}, 'rb').read(), policy=b4.emlpolicy)
command = {f"{sys.executable} -m orchestrator check"!r}
review = c.run_perpatch_checks([('x', msg)], [command], {str(tree)!r})
plain = b4.LoreMessage.run_local_check(command.split() + ['--format', 'lines'], 'x', msg, nocache=True)
print(json.dumps([review['x'], plain]))
"""
    (tree.parent / "mail").write_bytes(mails_of(a_posting(tree))[2].partition(b"\n")[2])
    done = subprocess.run([sys.executable, "-c", code], cwd=tree, capture_output=True, check=False, text=True, env={
        **os.environ, "PYTHONPATH": str(Path(__file__).parents[2])})  # fmt: skip
    assert done.returncode == 0, done.stderr
    review, plain = json.loads(done.stdout.splitlines()[-1])
    assert [(one["tool"], one["status"]) for one in review] == [("kmatrix-x86_64", "fail"), ("kmatrix-arm64", "pass")]
    assert [flag for flag, _ in plain] == ["fail"]


def test_notes_are_written_where_asked_and_nothing_else_is(tree: Path, capsys: Said) -> None:
    """A line a cell under refs/notes/kmatrix; index, branches and work tree stay as they are."""
    a_run(tree)
    before = {name: value for name, value in state_of(tree).items() if not name.startswith(".git/")}
    refs = git(tree, "for-each-ref", "refs/heads", "HEAD")
    for _ in range(2):
        assert main(["note", "--tree", str(tree)]) == 0
    assert "3 notes written" in capsys.readouterr().out
    note = git(tree, "notes", "--ref=kmatrix", "show", "topic~1").splitlines()
    assert note[1:] == [f"errors (1 new error)  {X86}", "ok  arm64-defconfig-gcc-14"]
    assert {name: value for name, value in state_of(tree).items() if not name.startswith(".git/")} == before
    assert git(tree, "for-each-ref", "refs/heads", "HEAD") == refs
    assert git(tree, "status", "--porcelain") == ""


def test_mailed_commits_get_no_notes(tree: Path, capsys: Said) -> None:
    """They are in no repository of the user's."""
    a_run(tree, a_posting(tree).replace(b"mm/a: change", b"mm/a: another change"))
    assert main(["note", "--tree", str(tree)]) == 2
    assert "none of the commits of run" in capsys.readouterr().err


def test_a_series_says_how_it_came(tree: Path) -> None:
    """Its cover letter, whether its base was named by anybody, and whether its commits are anybody else's."""
    git(tree, "checkout", "-q", "master")
    repository = open_repository(tree, places().cache / "repositories")
    guessed = resolve(repository, "-", stdin=a_posting(tree))
    assert guessed.cover
    assert guessed.cover.subject == "[PATCH 0/3] mm: three changes"
    assert (guessed.base_guessed, guessed.applied) == (True, True)
    named = resolve(repository, "-", SeriesOptions(base="master"), stdin=a_posting(tree))
    assert (named.base_guessed, named.applied) == (False, True)
    branch = resolve(repository, "master..topic")
    assert (branch.cover, branch.base_guessed, branch.applied) == (None, False, False)
