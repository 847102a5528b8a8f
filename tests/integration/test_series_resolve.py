"""Every way to name a series, and every way to name none."""

import gzip
import re
from pathlib import Path

import pytest
from series_repos import LINES, a_kernel, a_topic, commit, edited, git

from orchestrator.errors import SeriesError, UserError
from orchestrator.model.series import Series
from orchestrator.series.options import SeriesOptions
from orchestrator.series.repository import Repository, open_repository
from orchestrator.series.resolve import resolve


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A kernel with a branch `topic` of three commits, checked out, that tracks master."""
    where = a_kernel(tmp_path / "linux")
    a_topic(where)
    return where


@pytest.fixture
def repository(tree: Path, tmp_path: Path) -> Repository:
    """The tree, opened."""
    return open_repository(tree, tmp_path / "cache")


def subjects(series: Series) -> list[str]:
    """Of its commits."""
    return [commit.subject for commit in series.commits]


THREE = ["mm/a: change 1", "mm/a: change 2", "mm/a: change 3"]


@pytest.mark.parametrize("spec", ["master..topic", "master..", "topic", None, "HEAD", "topic~3..topic"])
def test_ranges_and_branches(repository: Repository, spec: str | None) -> None:
    """A range, a branch with an upstream, and nothing (HEAD) are the same three commits on master."""
    series = resolve(repository, spec)
    assert subjects(series) == THREE
    assert series.base.sha == repository.user.commit_of("master")
    assert [c.index for c in series.all] == [0, 1, 2, 3]
    assert series.commits[1].touched[0].lines == ((10, 10),)
    assert series.commits[1].author == "A Developer <dev@example.org>"
    assert series.base.touched == ()
    assert series.title == "mm/a: change 1 (and 2 more)"


def test_reason_of_the_base(repository: Repository, tree: Path) -> None:
    """The base is explained: the range, the upstream, --base, or the fork point."""
    assert resolve(repository, "master..topic").base_reason == "start of master..topic"
    assert resolve(repository, None).base_reason == "merge-base of topic and its upstream master"
    assert resolve(repository, "topic", SeriesOptions(base="topic~1")).base_reason == "--base topic~1"
    git(tree, "checkout", "-q", "master")
    commit(tree, "later", {"mm/b.c": "x\n"})
    forked = resolve(repository, "master..topic")
    assert subjects(forked) == THREE
    assert forked.base_reason == "where topic forks off from master (start of master..topic)"


def test_base_replaces_the_start_of_a_range(repository: Repository) -> None:
    """--base with a range is said to replace its start."""
    series = resolve(repository, "master..topic", SeriesOptions(base="topic~1"))
    assert subjects(series) == THREE[2:]
    assert "replaces master" in series.warnings[0]


def test_detached_head_and_no_upstream(repository: Repository, tree: Path) -> None:
    """Without an upstream --base is asked for, and does it."""
    git(tree, "checkout", "-q", "--detach")
    with pytest.raises(UserError, match="--base"):
        resolve(repository, None)
    with pytest.raises(UserError, match="--base"):
        resolve(repository, "master")
    assert subjects(resolve(repository, None, SeriesOptions(base="master"))) == THREE


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("master...topic", "two dots"),
        ("topic..master", "no commits"),
        ("master..master", "swapped"),
        ("master..tpoic", "did you mean topic"),
        ("nosuch", "neither a file nor a revision"),
        ("tpoic", "did you mean topic"),
        ("", "neither a file"),
        ("-x", "neither a file"),
        ("--help", "neither a file"),
        ("a\0b", "neither a file"),
        ("https://lore.kernel.org/linux-mm/", "no message-id in this address"),
        ("HEAD:mm/a.c", "neither a file"),
        ("x" * 5000, "neither a file"),
    ],
)
def test_what_names_no_series(repository: Repository, spec: str, words: str) -> None:
    """Each is refused with what to do."""
    with pytest.raises(UserError, match=words):
        resolve(repository, spec)


def test_unknown_base(repository: Repository, tmp_path: Path) -> None:
    """--base that names nothing, for a range and for mails."""
    with pytest.raises(UserError, match="nosuch: neither"):
        resolve(repository, "topic", SeriesOptions(base="nosuch"))
    with pytest.raises(UserError, match="nosuch: neither"):
        resolve(repository, "-", SeriesOptions(base="nosuch"), stdin=patches(repository.tree))


def test_merges_are_listed(repository: Repository, tree: Path) -> None:
    """A range with a merge is no straight line; the merge is named."""
    git(tree, "checkout", "-q", "-b", "side", "master")
    commit(tree, "side work", {"mm/b.c": "x\n"})
    git(tree, "checkout", "-q", "topic")
    git(tree, "merge", "-q", "--no-edit", "side")
    with pytest.raises(UserError, match=r"1 merge\(s\):\n  \w+ Merge branch 'side'[\s\S]*rebase"):
        resolve(repository, "master..topic")


def test_repository_without_commits(tmp_path: Path) -> None:
    """An unborn HEAD."""
    git(tmp_path, "init", "-q", "linux")
    repository = open_repository(tmp_path / "linux", tmp_path / "cache")
    with pytest.raises(UserError, match="no commit yet"):
        resolve(repository, None)
    with pytest.raises(UserError, match="no commit yet"):
        resolve(repository, "-", stdin=b"Subject: x\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n")


def test_root_commit_has_no_base(repository: Repository, tree: Path) -> None:
    """An unrelated history, whose first commit has no parent."""
    git(tree, "checkout", "-q", "--orphan", "fresh")
    commit(tree, "root")
    with pytest.raises(UserError, match="no parent"):
        resolve(repository, "master..fresh")


def test_shallow_clone(tree: Path, tmp_path: Path) -> None:
    """A shallow clone will do for what it has; beyond that `git fetch --unshallow` is named."""
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth=3", "--branch=topic", f"file://{tree}", str(shallow))
    repository = open_repository(shallow, tmp_path / "cache")
    assert subjects(resolve(repository, "HEAD~2..HEAD")) == THREE[1:]
    with pytest.raises(UserError, match="--unshallow"):
        resolve(repository, "HEAD~5..HEAD")
    git(shallow, "fetch", "-q", "--depth=1", "origin", "master:master")
    with pytest.raises(UserError, match="--unshallow"):
        resolve(repository, "master..HEAD")


def test_partial_clone_is_not_completed_behind_the_back(tree: Path, tmp_path: Path) -> None:
    """Missing blobs are not fetched; the message says how to get them."""
    git(tree, "config", "uploadpack.allowFilter", "true")
    partial = tmp_path / "partial"
    arguments = ("--filter=blob:none", "--no-checkout", "--branch=topic")
    git(tmp_path, "clone", "-q", *arguments, f"file://{tree}", str(partial))
    with pytest.raises(UserError, match="partial clone"):
        resolve(open_repository(partial, tmp_path / "cache"), "HEAD~..HEAD")


def test_file_named_like_a_branch(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The branch is taken, with a warning that says how to name the file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "topic").write_bytes(patches(repository.tree))
    series = resolve(repository, "topic")
    assert "say ./topic" in series.warnings[0]
    assert resolve(repository, "./topic", SeriesOptions(base="master")).base_reason == "--base master"


def test_branch_and_tag_of_one_name(repository: Repository, tree: Path) -> None:
    """git says which one it takes; so do we."""
    git(tree, "tag", "topic", "topic~1")
    assert "refname 'topic' is ambiguous." in resolve(repository, "master..topic").warnings


def patches(tree: Path, *options: str, ends: str = "master..topic") -> bytes:
    """The mbox of a range."""
    return git(tree, "format-patch", "--stdout", *options, ends).encode("utf-8", "surrogateescape") + b"\n"


@pytest.mark.parametrize("form", ["mbox", "stdin", "gzip", "directory", "maildir", "quilt", "crlf", "relative"])
def test_every_form_of_mails(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """One series in every container gives the same trees as the branch it came from."""
    tree = repository.tree
    git(tree, "checkout", "-q", "master")
    place, spec, stdin = tmp_path / "form", str(tmp_path / "form"), None
    data = patches(tree)
    if form == "mbox":
        place.write_bytes(data)
    elif form == "stdin":
        spec, stdin = "-", data
    elif form == "gzip":
        place.write_bytes(gzip.compress(data))
    elif form == "crlf":
        place.write_bytes(data.replace(b"\n", b"\r\n"))
    elif form == "relative":
        place.write_bytes(data)
        (tmp_path / "sub").mkdir()
        monkeypatch.chdir(tmp_path / "sub")
        spec = "../form"
    elif form == "maildir":
        for sub in ("cur", "new", "tmp"):
            (place / sub).mkdir(parents=True)
        git(tree, "format-patch", "-q", "-o", str(tmp_path / "made"), "master..topic")
        for number, path in enumerate(sorted((tmp_path / "made").iterdir(), reverse=True)):
            path.rename(place / ("new" if number else "cur") / f"{number}:2,S")
    else:
        git(tree, "format-patch", "-q", "-o", str(place), "--cover-letter", "master..topic")
    if form == "quilt":
        names = sorted(path.name for path in place.iterdir() if "cover" not in path.name)
        (place / "series").write_text("# ours\n\n" + "".join(f"{name} -p1\n" for name in names))
    series = resolve(repository, spec, stdin=stdin)
    assert subjects(series) == THREE
    assert [c.tree for c in series.commits] == [git(tree, "rev-parse", f"topic~{n}^{{tree}}") for n in (2, 1, 0)]
    assert series.base_reason == "blobs: HEAD has each file (1) as the patches were made from it"
    assert series.origin == spec


def test_directory_order_is_numeric(repository: Repository, tmp_path: Path) -> None:
    """2.patch comes before 10.patch where the subjects have no numbers."""
    git(repository.tree, "checkout", "-q", "master")
    lines = LINES
    place = tmp_path / "d"
    place.mkdir()
    for number in (2, 10):
        new = edited(1, "line 1 two", lines) if number == 2 else lines.replace("two", "ten")
        (repository.tree / "mm/a.c").write_text(new)
        (place / f"{number}.patch").write_text(git(repository.tree, "diff") + "\n")
        git(repository.tree, "add", "-A")
        lines = new
    git(repository.tree, "reset", "-q", "--hard")
    assert subjects(resolve(repository, str(place))) == ["2", "10"]


def test_base_commit_of_the_mails(repository: Repository, tmp_path: Path) -> None:
    """The trailer is honoured if the tree has the commit; else HEAD is taken and that is said; --base overrides."""
    tree = repository.tree
    master = git(tree, "rev-parse", "master")
    with_base = patches(tree, "--base=master")
    assert f"base-commit: {master}".encode() in with_base
    series = resolve(repository, "-", stdin=with_base)
    assert (series.base.sha, series.base_reason) == (master, "base-commit of the series")
    git(tree, "checkout", "-q", "master")
    strange = with_base.replace(master.encode(), b"f" * 40)
    series = resolve(repository, "-", stdin=strange)
    assert series.base.sha == master
    assert f"base-commit {'f' * 40} of the series is not in {tree}" in series.warnings[0]
    commit(tree, "later", {"mm/b.c": "x\n"})
    series = resolve(repository, "-", SeriesOptions(base="HEAD"), stdin=with_base)
    assert series.base_reason == "--base HEAD"
    assert "not base-commit" in series.warnings[0]


def test_prerequisites_are_said(repository: Repository) -> None:
    """A series that builds on patches that are nowhere."""
    tree = repository.tree
    data = patches(tree, "--base=master", ends="topic~..topic")
    assert b"prerequisite-patch-id" in data
    with pytest.raises(SeriesError, match="base-commit of the series"):
        resolve(repository, "-", stdin=data.replace(b"changed by 3", b"x").replace(b" line 13", b" line 12"))
    git(tree, "checkout", "-q", "master")
    git(tree, "branch", "-q", "-D", "topic")
    series = resolve(repository, "-", stdin=data)
    assert "2 of 2 prerequisite patch(es) are on no branch here" in series.warnings[0]
    series = resolve(repository, "-", SeriesOptions(base="master"), stdin=data)
    assert "builds on 2 other patch(es)" in series.warnings[0]


def test_mail_facts_are_kept(repository: Repository) -> None:
    """Message-ID, subject and addresses of the mail go with the commit; without an id there is no mail."""
    git(repository.tree, "checkout", "-q", "master")
    mails = patches(repository.tree, "--thread", "--to=List <l@example.org>", "--cc=c@example.org", "--rfc")
    mail = resolve(repository, "-", stdin=mails).commits[1].mail
    assert mail is not None
    assert "@" in mail.message_id
    assert mail.subject == "[RFC PATCH 2/3] mm/a: change 2"
    assert (mail.sender, mail.to, mail.cc) == (
        "A Developer <dev@example.org>",
        ("List <l@example.org>",),
        ("c@example.org",),
    )
    assert len(mail.references) == 1
    assert resolve(repository, "-", stdin=patches(repository.tree)).commits[0].mail is None


def test_message_id_trailer_of_a_commit(repository: Repository, tree: Path) -> None:
    """What `git am --message-id` or a patch.msgid.link adds ties a commit to its mail; other links do not."""
    commit(tree, "x\n\nText.\n\nLink: https://lore.kernel.org/r/bug@x.org\nMessage-ID: <a.b@c.org>")
    commit(tree, "y\n\nText.\n\nLink: https://patch.msgid.link/d.e@f.org\n")
    commit(tree, "z\n\nText.\n\nLink: https://lore.kernel.org/r/bug@x.org\n")
    assert [c.message_id for c in resolve(repository, "HEAD~3..HEAD").commits] == ["a.b@c.org", "d.e@f.org", None]


@pytest.mark.parametrize(
    "what", ["empty", "binary", "directory", "truncated gzip", "no permission", "no stdin", "quilt -p0"]
)
def test_bad_mailboxes(repository: Repository, tmp_path: Path, what: str) -> None:
    """Each is refused with its name and a reason."""
    place, words = tmp_path / "bad", "no mail and no patch"
    place.write_bytes(b"")
    if what == "binary":
        place.write_bytes(bytes(range(256)) * 40)
        words = "no patch|no mail"
    elif what == "directory":
        place = repository.tree
        words = "--tree"
    elif what == "truncated gzip":
        place.write_bytes(gzip.compress(b"x" * 1000)[:-9])
        words = "damaged gzip"
    elif what == "no permission":
        place = Path("/proc/1/mem")
        words = "cannot be read|no mail"
    elif what == "quilt -p0":
        place = tmp_path / "q"
        place.mkdir()
        (place / "series").write_text("a.patch -p0\n")
        words = "series:1: only -p1"
    elif what == "no stdin":
        words = "nothing came in"
    with pytest.raises(UserError, match=words):
        resolve(repository, "-" if what == "no stdin" else str(place), stdin=b"\n")


def test_first_parent_takes_a_merge_as_one_commit(repository: Repository, tree: Path) -> None:
    """What was merged is passed over, and its changes are the merge's."""
    git(tree, "checkout", "-q", "-b", "side", "master")
    commit(tree, "side one", {"mm/b.c": "one\n"})
    commit(tree, "side two", {"mm/b.c": "two\n"})
    git(tree, "checkout", "-q", "topic")
    git(tree, "merge", "-q", "--no-ff", "-m", "Merge side", "side")
    commit(tree, "after", {"mm/b.c": "three\n"})
    with pytest.raises(UserError, match="--first-parent"):
        resolve(repository, "master..topic")
    series = resolve(repository, "master..topic", SeriesOptions(first_parent=True))
    assert subjects(series) == [*THREE, "Merge side", "after"]
    assert [file.path for file in series.commits[3].touched] == ["mm/b.c"]
    assert series.base.sha == git(tree, "rev-parse", "master")


def test_shallow_and_partial_clones(repository: Repository, tree: Path, tmp_path: Path) -> None:
    """Mails apply on the only commit of a shallow clone; a partial clone without the blobs is told what to do."""
    data = patches(tree)
    git(tree, "config", "uploadpack.allowFilter", "true")
    git(tree, "checkout", "-q", "master")
    for name, option in (("shallow", "--depth=1"), ("partial", "--filter=blob:none")):
        git(tmp_path, "clone", "-q", "--bare", option, f"file://{tree}", str(tmp_path / name))
    shallow = open_repository(tmp_path / "shallow", tmp_path / "cache")
    assert subjects(resolve(shallow, "-", stdin=data)) == THREE
    assert len(resolve(shallow, "-", stdin=patches(tree, "--base=master")).commits) == 3
    partial = open_repository(tmp_path / "partial", tmp_path / "cache")
    with pytest.raises(UserError, match="partial clone") as error:
        resolve(partial, "-", stdin=data)
    assert error.value.exit_code == 2


def test_mails_in_a_sha256_repository(tmp_path: Path) -> None:
    """Index lines of such a repository are found there; those of another kind just say nothing."""
    where = tmp_path / "linux"
    git(tmp_path, "init", "-q", "--object-format=sha256", "-b", "master", str(where))
    commit(where, "base", {"Makefile": "a\n", "Kbuild": "\n", "mm/a.c": LINES})
    commit(where, "one", {"mm/a.c": edited(10, "ten")})
    data = git(where, "format-patch", "--stdout", "HEAD~").encode() + b"\n"
    git(where, "reset", "-q", "--hard", "HEAD~")
    repository = open_repository(where, tmp_path / "cache")
    series = resolve(repository, "-", stdin=data)
    assert series.base_reason.startswith("blobs: HEAD")
    assert len(series.commits[0].sha) == 64
    strange = re.sub(rb"index [0-9a-f.]+", b"index 0123456..1234567", data)
    assert resolve(repository, "-", stdin=strange).base_reason.startswith("HEAD, the first candidate")
