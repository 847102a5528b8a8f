"""A series by message-id: out of mirrors that the test makes, and through b4 from a server of the test's own."""

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import pytest
from series_repos import a_kernel, a_topic, git

from orchestrator.errors import SeriesError, UserError
from orchestrator.series.messages import message_id
from orchestrator.series.options import SeriesOptions
from orchestrator.series.patches import split_mbox
from orchestrator.series.repository import Repository, open_repository
from orchestrator.series.resolve import resolve

DAY = 1722300000
IDS = [f"20240730004000.123456-{n}-dev@example.org" for n in range(4)]
NOISE = 30


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A kernel, and `topic` that was mailed."""
    tree = a_kernel(tmp_path / "linux")
    a_topic(tree)
    return open_repository(tree, tmp_path / "cache")


@pytest.fixture
def mails(repository: Repository) -> list[tuple[int, bytes]]:
    """Mails with their times: a cover, three patches, a reply, and others of the list before, between and after."""
    git(repository.tree, "config", "format.thread", "shallow")
    text = git(repository.tree, "format-patch", "--stdout", "--cover-letter", "master..topic") + "\n"
    made = []
    for n, raw in enumerate(split_mbox(text.encode())):
        lines = [
            line
            for line in raw.split(b"\n")
            if not line.lower().startswith((b"message-id", b"in-reply", b"refer", b"date:"))
        ]
        head = f"Message-ID: <{IDS[n]}>\nDate: {formatdate(DAY + n)}\n"
        head += f"In-Reply-To: <{IDS[0]}>\nReferences: <{IDS[0]}>\n" if n else ""
        made.append((DAY + n, head.encode() + b"\n".join(lines)))
    answer = f"Message-Id: <answer@x>\nReferences: <{IDS[0]}>\n <{IDS[2]}>\nFrom: R <r@x>\nSubject: Re: [PATCH 2/3] x\n"
    made.append((DAY + 9000, f"{answer}Date: {formatdate(DAY + 9000)}\n\nReviewed-by: R <r@x>\n".encode()))
    for n in range(NOISE):
        when = DAY - 40 * 86400 + n * 3 * 86400
        noise = f"Message-ID: <noise{n}@x>\nFrom: N <n@x>\nSubject: noise {n}\nDate: {formatdate(when)}\n\nx\n"
        made.append((when, noise.encode()))
    return sorted(made)


def epoch(where: Path, mails: list[tuple[int, bytes]]) -> None:
    """A bare repository with one mail a commit, as public-inbox v2 has it; spam that was removed is a file `d`."""
    git(where.parent, "init", "-q", "--bare", "-b", "master", str(where))
    stream = b""
    for when, mail in mails:
        stream += b"commit refs/heads/master\ncommitter I <i@x> %d +0000\ndata 1\nx\ndeleteall\n" % when
        stream += b"M 100644 inline m\ndata %d\n%b\n" % (len(mail), mail)
    git(where, "fast-import", "--quiet", stdin=stream)


def version_2(where: Path, mails: list[tuple[int, bytes]]) -> Path:
    """Two epochs."""
    (where / "git").mkdir(parents=True)
    half = len(mails) // 2
    epoch(where / "git" / "0.git", mails[:half])
    epoch(where / "git" / "1.git", mails[half:])
    return where


def version_1(where: Path, mails: list[tuple[int, bytes]]) -> Path:
    """One file a mail, named by the SHA-1 of its message-id."""
    git(where.parent, "init", "-q", "--bare", "-b", "master", str(where))
    stream = b""
    for when, mail in mails:
        digest = hashlib.sha1(mail.partition(b"<")[2].partition(b">")[0]).hexdigest()
        stream += b"commit refs/heads/master\ncommitter I <i@x> %d +0000\ndata 1\nx\n" % when
        stream += b"M 100644 inline %b/%b\ndata %d\n%b\n" % (digest[:2].encode(), digest[2:].encode(), len(mail), mail)
    git(where, "fast-import", "--quiet", stdin=stream)
    return where


def maildir(where: Path, mails: list[tuple[int, bytes]]) -> Path:
    """cur/, new/, tmp/."""
    for sub in ("cur", "new", "tmp"):
        (where / sub).mkdir(parents=True)
    for n, (when, mail) in enumerate(mails):
        (where / ("new" if n % 2 else "cur") / f"{when}.{n}.host:2,S").write_bytes(mail)
    return where


def one_epoch(where: Path, mails: list[tuple[int, bytes]]) -> Path:
    """The repository of an epoch itself."""
    epoch(where, mails)
    return where


FORMS = {"v2": version_2, "v1": version_1, "an epoch": one_epoch, "maildir": maildir}


@pytest.mark.parametrize("form", FORMS)
def test_a_thread_out_of_a_mirror(
    repository: Repository, mails: list[tuple[int, bytes]], tmp_path: Path, form: str
) -> None:
    """Any message of it names the thread; replies come with it; nothing is fetched."""
    archive = FORMS[form](tmp_path / "archive", mails)
    for identity in (IDS[0], f"<{IDS[2]}>", "answer@x", f"https://lore.kernel.org/all/{IDS[3]}/T/#u"):
        options = SeriesOptions(archives=(archive,), base="master", trailers=True)
        series = resolve(repository, identity, options)
        assert [one.message_id for one in series.commits] == IDS[1:]
        assert series.trailers == ("patch 2: Reviewed-by: R <r@x>",)
    with pytest.raises(SeriesError, match="nosuch@x: not in"):
        resolve(repository, "nosuch@x", SeriesOptions(archives=(archive,)))


def test_a_torn_thread_is_mended(repository: Repository, mails: list[tuple[int, bytes]], tmp_path: Path) -> None:
    """Patch 3 began a thread of its own: sender, total and day say that it belongs here."""
    torn = []
    for when, mail in mails:
        own = mail.startswith(f"Message-ID: <{IDS[3]}>".encode())
        lost = mail.replace(f"References: <{IDS[0]}>".encode(), b"X: y").replace(b"In-Reply-To", b"X")
        torn.append((when, lost if own else mail))
    archive = version_2(tmp_path / "archive", torn)
    assert len(resolve(repository, IDS[1], SeriesOptions(archives=(archive,), base="master")).commits) == 3


def test_what_is_no_archive(repository: Repository, tmp_path: Path) -> None:
    """A directory that is not there, and one without mails."""
    (tmp_path / "empty").mkdir()
    for where, words in (
        (tmp_path / "nosuch", "no such directory"),
        (tmp_path / "empty", "no patches in this directory"),
    ):
        with pytest.raises(UserError, match=words):
            resolve(repository, IDS[0], SeriesOptions(archives=(where,)))


@pytest.fixture
def server(mails: list[tuple[int, bytes]]) -> Iterator[str]:
    """What b4 asks of a public-inbox server: the thread as /ID/t.mbox.gz. Its address."""
    thread = [mail for _, mail in mails if b"noise" not in mail]
    packed = gzip.compress(b"".join(b"From mboxrd@z Thu Jan  1 00:00:00 1970\n" + mail + b"\n" for mail in thread))

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = unquote(self.path)
            known = any(identity in path for identity in IDS) and path.endswith("t.mbox.gz")
            self.send_response(200 if known else 404)
            self.end_headers()
            self.wfile.write(packed if known else b"")

        do_HEAD = do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread_of_server = threading.Thread(target=http.serve_forever)
    thread_of_server.start()
    yield f"http://127.0.0.1:{http.server_port}"
    http.shutdown()
    thread_of_server.join()
    http.server_close()


def b4_asks(address: str) -> None:
    """Point b4 there, in the test's own home."""
    if not (Path(sys.executable).parent / "b4").exists() and not shutil.which("b4"):
        pytest.skip("b4 is not installed (the dev extra has it)")
    subprocess.run(["git", "config", "--global", "b4.midmask", f"{address}/all/%s"], check=True)


def test_b4_fetches_a_thread(repository: Repository, server: str) -> None:
    """The real b4, from a server; a message-id and an address are the same."""
    b4_asks(server)
    for spec in (IDS[2], f"{server}/all/{IDS[1]}/"):
        series = resolve(repository, spec, SeriesOptions(base="master"))
        assert [one.message_id for one in series.commits] == IDS[1:]


def test_b4_without_network_or_mail_is_one_line(repository: Repository, server: str) -> None:
    """A server that is gone, and one that has no such mail."""
    for address in ("http://127.0.0.1:9", server):
        b4_asks(address)
        with pytest.raises(SeriesError, match=r"b4 could not fetch it \(.+\); without network") as error:
            resolve(repository, "nosuch@x.org")
        assert "\n" not in str(error.value)
        assert "Traceback" not in str(error.value)


def test_without_b4_one_line_says_so(repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Not on PATH, nor beside Python."""
    (tmp_path / "bin").mkdir()
    for name in ("git",):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or "")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    with pytest.raises(SeriesError, match="b4, which is not installed") as error:
        resolve(repository, "a.b@c.org")
    assert "\n" not in str(error.value)
    assert os.environ["PATH"] == str(tmp_path / "bin")


@pytest.mark.parametrize(
    ("spec", "identity"),
    [
        ("a.b@c.org", "a.b@c.org"),
        ("<a.b@c.org>", "a.b@c.org"),
        ("id:a@b", "a@b"),
        ("https://lore.kernel.org/linux-mm/a@b/", "a@b"),
        ("https://lore.kernel.org/r/a@b", "a@b"),
        ("https://lore.kernel.org/all/a%2Bx@b/T/#m1", "a+x@b"),
        ("lore.kernel.org/all/a@b/raw", "a@b"),
        ("https://patch.msgid.link/a@b", "a@b"),
        ("https://lkml.kernel.org/r/a@b", "a@b"),
        ("https://patchwork.kernel.org/project/netdevbpf/patch/a@b/", "a@b"),
        ("https://lore.kernel.org/linux-mm/", None),
        ("topic@{1}", None),
        ("origin/topic", None),
        ("a b@c", None),
    ],
)
def test_what_names_a_message(spec: str, identity: str | None) -> None:
    """Ids and addresses of archives; git's own words are none."""
    assert message_id(spec) == identity
