"""The shapes that patches have on lists: each is the series that its author meant, or is refused in words."""

import base64
import gzip
import quopri
from collections.abc import Callable
from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path

import pytest
from series_repos import LINES, a_kernel, commit, edited, git

from orchestrator.errors import SeriesError
from orchestrator.model.series import Series
from orchestrator.series.options import SeriesOptions
from orchestrator.series.repository import Repository, open_repository
from orchestrator.series.resolve import resolve

AUTHOR = "A Developer <dev@example.org>"
REVIEWER = "R. Viewer <rev@example.com>"
FOOTER = "_______________________________________________\nlinux-mm mailing list\nhttps://lists.example.org/linux-mm\n"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A kernel with one commit, opened."""
    return open_repository(a_kernel(tmp_path / "linux"), tmp_path / "cache")


def diff(number: int, path: str = "mm/a.c") -> str:
    """The change of patch `number`, line 3 * number of a file, with three lines of context."""
    line = 3 * number
    before = [f" line {n}\n" for n in range(max(1, line - 2), line)]
    after = [f" line {n}\n" for n in range(line + 1, line + 3)]
    body = "".join([*before, f"-line {line}\n+changed by {number}\n", *after])
    count = len(before) + len(after) + 1
    head = f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n"
    return f"{head}@@ -{line - len(before)},{count} +{line - len(before)},{count} @@\n{body}"


def body(number: int) -> str:
    """Message, diffstat, diff and signature, as git format-patch writes them."""
    stat = " mm/a.c | 2 +-\n 1 file changed, 1 insertion(+), 1 deletion(-)\n\n"
    return f"Why {number}.\n\nSigned-off-by: {AUTHOR}\n---\n{stat}{diff(number)}-- \n2.43.0\n\n"


def mail(subject: str, text: str, *, mid: str = "", to: str = "", sender: str = AUTHOR, **headers: str) -> bytes:
    """A plain mail."""
    lines = [f"From: {sender}", f"Subject: {subject}", "Date: Tue, 30 Jul 2024 14:46:55 +0800"]
    lines += [f"Message-ID: <{mid or subject.replace(' ', '.').strip('[') + '@x'}>"]
    lines += [f"In-Reply-To: <{to}>", f"References: <{to}>"] if to else []
    lines += [f"{key.replace('_', '-')}: {value}" for key, value in headers.items()]
    return ("\n".join(lines) + "\n\n" + text).encode()


def mbox(*mails: bytes, separator: bytes = b"From mboxrd@z Thu Jan  1 00:00:00 1970\n") -> bytes:
    """The mails as lore writes them."""
    return b"".join(separator + one + b"\n" for one in mails)


def series(total: int = 2, prefix: str = "[PATCH {n}/{m}]", **options: str) -> list[bytes]:
    """Patches 1..total, in reply to the first."""
    made = []
    for n in range(1, total + 1):
        name = prefix.format(n=n, m=total, n02=f"{n:02}", n03=f"{n:03}")
        made.append(mail(f"{name} mm: patch {n}", body(n), mid=f"{n}@s", to="1@s" if n > 1 else "", **options))
    return made


def encoded(number: int, encoding: str, text: str | None = None) -> bytes:
    """A patch in a transfer encoding."""
    plain = (text or body(number)).encode()
    packed = base64.encodebytes(plain) if encoding == "base64" else quopri.encodestring(plain)
    kind = {"MIME_Version": "1.0", "Content_Type": "text/plain; charset=UTF-8", "Content_Transfer_Encoding": encoding}
    return mail(f"[PATCH {number}/2] mm: patch {number}", packed.decode(), mid=f"{number}@s", **kind)


def multipart(number: int, message: MIMEMultipart) -> bytes:
    """The headers of patch `number` over MIME parts."""
    message["From"], message["Subject"] = AUTHOR, f"[PATCH {number}/2] mm: patch {number}"
    message["Date"], message["Message-ID"] = "Tue, 30 Jul 2024 14:46:55 +0800", f"<{number}@s>"
    return message.as_bytes()


def with_parts(kind: str, *parts: MIMEText | MIMEApplication | MIMEMultipart | MIMEMessage) -> MIMEMultipart:
    """Parts in an envelope."""
    message = MIMEMultipart(kind)
    for part in parts:
        message.attach(part)
    return message


def attached(number: int, content: str, name: str, subtype: str = "x-patch") -> MIMEText:
    """A patch file as an attachment."""
    part = MIMEText(content, subtype, "utf-8")
    part.add_header("Content-Disposition", "attachment", filename=name)
    return part


def patch_file(number: int, total: int = 2) -> str:
    """A file of git format-patch."""
    header = f"From {'a' * 40} Mon Sep 17 00:00:00 2001\nFrom: {AUTHOR}\nDate: Tue, 30 Jul 2024 14:46:55 +0800\n"
    return f"{header}Subject: [PATCH {number}/{total}] mm: patch {number}\n\n{body(number)}"


def both(make: Callable[[int], bytes]) -> bytes:
    """An mbox of the two patches that `make` makes."""
    return mbox(make(1), make(2))


def flowed(text: str) -> str:
    """RFC 3676, space-stuffed, as a mailer that means it sends it."""
    return "".join(f" {line}\n" if line.startswith((" ", ">", "From ")) else f"{line}\n" for line in text.split("\n"))


def flowed_mail(number: int, text: str) -> bytes:
    """A patch that says format=flowed."""
    kind = {"MIME_Version": "1.0", "Content_Type": "text/plain; charset=UTF-8; format=flowed"}
    return mail(f"[PATCH {number}/2] mm: patch {number}", text, mid=f"{number}@s", **kind)


def digest() -> bytes:
    """A mailman digest."""
    message = with_parts("digest", *(MIMEMessage(_parsed(one)) for one in series()))
    message["Subject"], message["From"], message["Message-ID"] = "linux-mm Digest, Vol 1", "l@example.org", "<d@x>"
    return mbox(message.as_bytes())


def _parsed(raw: bytes) -> EmailMessage:
    from email import message_from_bytes  # noqa: PLC0415

    return message_from_bytes(raw)  # type: ignore[return-value]


def quoted(text: str) -> str:
    """As replies quote."""
    return "".join(f"> {line}\n" for line in text.splitlines())


def reply(text: str, to: str = "1@s", sender: str = REVIEWER, subject: str = "Re: [PATCH 1/2] mm: patch 1") -> bytes:
    """An answer."""
    return mail(subject, text, mid=f"reply{hash(text) % 10**8}@r", to=to, sender=sender)


COVER = mail("[PATCH 0/2] mm: two", "The cover.\n\n mm/a.c | 4 ++--\n", mid="0@s")

TWO: dict[str, Callable[[], bytes]] = {
    "plain": lambda: mbox(*series()),
    "backwards": lambda: mbox(*reversed(series())),
    "cover": lambda: mbox(COVER, *series()),
    "zero-padded": lambda: mbox(*series(prefix="[PATCH {n02}/02]")),
    "RFC, tree and version": lambda: mbox(*series(prefix="[RFC PATCH net-next v3 {n02}/{m}]")),
    "PATCHv4": lambda: mbox(*series(prefix="[PATCHv4 {n}/{m}]")),
    "version last": lambda: mbox(*series(prefix="[PATCH {n}/{m} v2]")),
    "patchwork": lambda: mbox(*series(prefix="[v2,{n}/{m}]")),
    "patchwork with a tree": lambda: mbox(*series(prefix="[net-next,v2,{n}/{m}]")),
    "list tag before": lambda: mbox(*series(prefix="[Intel-gfx] [PATCH v2 {n}/{m}]")),
    "RESEND": lambda: mbox(*series(prefix="[PATCH RESEND {n}/{m}]")),
    "stable": lambda: mbox(*series(prefix="[PATCH 6.6.y {n}/{m}]")),
    "n of m": lambda: mbox(*series(prefix="[PATCH {n} of {m}]")),
    "copies through two lists": lambda: mbox(*series(), *series()),
    "base64": lambda: both(lambda n: encoded(n, "base64")),
    "base64 with CRLF": lambda: both(lambda n: encoded(n, "base64", body(n).replace("\n", "\r\n"))),
    "quoted-printable": lambda: both(lambda n: encoded(n, "quoted-printable")),
    "CRLF": lambda: mbox(*series()).replace(b"\n", b"\r\n"),
    "gzip": lambda: gzip.compress(mbox(*series())),
    "byte order mark": lambda: b"\xef\xbb\xbf" + mbox(*series()),
    "mboxrd": lambda: mbox(*(one.replace(b"Why ", b">From here on: why\nWhy ") for one in series())),
    "mboxo separators": lambda: mbox(*series(), separator=b"From dev@example.org Tue Jul 30 14:46:55 2024\n"),
    "format-patch separators": lambda: "".join(patch_file(n) for n in (2, 1)).encode(),
    "mailman footer": lambda: mbox(*(one + FOOTER.encode() for one in series())),
    "mailman footer as a part": lambda: both(
        lambda n: multipart(n, with_parts("mixed", MIMEText(body(n)), MIMEText(FOOTER)))
    ),
    "nested multipart": lambda: both(
        lambda n: multipart(
            n, with_parts("mixed", with_parts("mixed", MIMEText(body(n), "plain", "utf-8")), MIMEText(FOOTER))
        )
    ),
    "PGP/MIME": lambda: both(
        lambda n: multipart(
            n,
            with_parts("signed", MIMEText(body(n)), MIMEApplication(b"-----BEGIN PGP SIGNATURE-----", "pgp-signature")),
        )
    ),
    "HTML beside": lambda: both(
        lambda n: multipart(n, with_parts("alternative", MIMEText(body(n)), MIMEText("<p>diff --git a/x b/x", "html")))
    ),
    "format-patch --attach": lambda: both(
        lambda n: multipart(
            n, with_parts("mixed", MIMEText("Why.\n---\n mm/a.c | 2 +-\n"), attached(n, diff(n), "1.patch"))
        )
    ),
    "a diff as octet-stream": lambda: both(
        lambda n: multipart(n, with_parts("mixed", MIMEText("Why.\n"), _octets(diff(n), "fix.diff")))
    ),
    "format-patch files attached to one mail": lambda: mbox(
        multipart(
            1,
            with_parts(
                "mixed",
                MIMEText("Please find attached.\n"),
                attached(1, patch_file(1), "0001-a.patch"),
                attached(2, patch_file(2), "0002-b.patch"),
            ),
        ).replace(b"[PATCH 1/2] mm: patch 1", b"my patches")
    ),
    "digest": digest,
    "flowed and stuffed": lambda: both(lambda n: flowed_mail(n, flowed(body(n)))),
    "flowed but not meant": lambda: both(lambda n: flowed_mail(n, body(n))),
    "torn thread": lambda: mbox(series()[0], mail("[PATCH 2/2] mm: patch 2", body(2), mid="2@t", to="nowhere@x")),
    "replies that quote the whole patch": lambda: mbox(*series(), reply(quoted(body(1)) + "Looks odd.\n")),
    "a reply with another diff": lambda: mbox(*series(), reply("How about:\n\n" + diff(4))),
    "a report of the robot": lambda: mbox(
        *series(), reply("kernel test robot noticed the following build errors:\n", sender="lkp <lkp@intel.com>")
    ),
    "somebody else's series in the thread": lambda: mbox(
        *series(), mail("[PATCH v9 1/1] mm: other", body(5), mid="o@o", to="1@s", sender=REVIEWER)
    ),
    "an afterthought 3/2": lambda: mbox(*series(), mail("[PATCH 3/2] mm: oops", body(3), mid="3@s", to="1@s")),
    "no message-ids": lambda: "".join(patch_file(n) for n in (1, 2)).encode(),
    "blanks at line ends lost": lambda: mbox(*(one.replace(b"\n \n", b"\n\n") for one in series())),
    "scissors in the message": lambda: mbox(*(one.replace(b"Why", b"Text\n-- >8 --\nWhy") for one in series())),
    "patch in a message of an older mbox": lambda: mbox(*(b"Status: RO\nX-Keywords: \n" + one for one in series())),
}


def _octets(content: str, name: str) -> MIMEApplication:
    part = MIMEApplication(content.encode(), "octet-stream")
    part.add_header("Content-Disposition", "attachment", filename=name)
    return part


def applied(repository: Repository, data: bytes, options: SeriesOptions = SeriesOptions()) -> Series:  # noqa: B008
    """The series of a mailbox on standard input."""
    return resolve(repository, "-", options, stdin=data)


@pytest.mark.parametrize("shape", TWO)
def test_two_patches_in_every_shape(repository: Repository, shape: str) -> None:
    """Both patches, in order, with the changes and the author that were sent."""
    found = applied(repository, TWO[shape]())
    assert [one.subject for one in found.commits] == ["mm: patch 1", "mm: patch 2"]
    assert {one.author for one in found.commits} == {AUTHOR}
    shown = git(repository.git_dir, "show", f"{found.commits[1].sha}:mm/a.c") + "\n"
    assert shown == edited(6, "changed by 2", edited(3, "changed by 1"))


def test_more_than_99_patches(repository: Repository) -> None:
    """`[PATCH 100/120]` is one of 120, and the order is that of numbers."""
    commit(repository.tree, "rows", {f"rows/{n}": f"row {n}\n" for n in range(1, 121)})
    mails = []
    for n in range(1, 121):
        path = f"rows/{n}"
        one = f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-row {n}\n+ROW {n}\n"
        mails.append(mail(f"[PATCH v2 {n:03}/120] rows: {n}", f"Why.\n---\n{one}-- \n2.43.0\n", mid=f"{n}@r"))
    found = applied(repository, mbox(*sorted(mails)))
    assert [one.subject for one in found.commits] == [f"rows: {n}" for n in range(1, 121)]


def test_authors_in_utf8_and_latin1(repository: Repository) -> None:
    """Names come out right from RFC 2047 words, raw UTF-8, a Latin-1 body and an in-body From."""
    plain = mail("[PATCH 1/3] mm: patch 1", body(1), mid="1@s", sender="=?iso-8859-1?q?J=F6rg?= <j@x.org>")
    raw = mail("[PATCH 2/3] mm: patch 2", body(2), mid="2@s", sender="Zoë <z@x.org>")
    latin = mail(
        "[PATCH 3/3] mm: patch 3",
        "From: Renée <r@x.org>\n\n" + body(3),
        mid="3@s",
        Content_Type="text/plain; charset=iso-8859-1",
        Content_Transfer_Encoding="8bit",
    )
    found = applied(repository, mbox(plain, raw, latin.decode().encode("latin-1")))
    assert [one.author for one in found.commits] == ["Jörg <j@x.org>", "Zoë <z@x.org>", "Renée <r@x.org>"]


def test_single_patch_without_a_number(repository: Repository) -> None:
    """`[PATCH] x` is a series of one, and so is a bare diff from `git diff`."""
    assert [c.subject for c in applied(repository, mail("[PATCH -next] mm: one", body(1))).commits] == ["mm: one"]
    assert len(applied(repository, diff(1).encode()).commits) == 1


def test_renames_modes_and_binaries(repository: Repository) -> None:
    """What git format-patch --binary -M writes is what comes out, an executable bit and a rename included."""
    tree = repository.tree
    git(tree, "checkout", "-q", "-b", "all")
    (tree / "pic.bin").write_bytes(bytes(range(256)) * 3)
    (tree / "Makefile").chmod(0o755)
    git(tree, "mv", "mm/b.c", "mm/moved.c")
    commit(tree, "all", {"mm/moved.c": edited(1, "moved")})
    data = git(tree, "format-patch", "--stdout", "--binary", "-M", "--attach", "HEAD~").encode()
    wanted = git(tree, "rev-parse", "all^{tree}")
    git(tree, "checkout", "-q", "master")
    git(tree, "branch", "-q", "-D", "all")
    assert applied(repository, data).commits[0].tree == wanted


def test_newest_version_or_the_one_asked_for(repository: Repository) -> None:
    """v2 by default, v1 with --version 1; a version that is not there is named with those that are."""
    first, second = series(), series(prefix="[PATCH v2 {n}/{m}]")
    second = [one.replace(b"@s", b"@v2") for one in second]
    data = mbox(*first, *second)
    assert applied(repository, data).commits[0].message_id == "1@v2"
    assert applied(repository, data, SeriesOptions(version=1)).commits[0].message_id == "1@s"
    with pytest.raises(SeriesError, match="no v3 of the series here, only v1, v2"):
        applied(repository, data, SeriesOptions(version=3))


def test_missing_patches(repository: Repository) -> None:
    """Which are missing is said; --allow-missing goes without them and says that too."""
    data = mbox(COVER.replace(b"0/2", b"0/4"), *(one.replace(b"/2]", b"/4]") for one in series()))
    with pytest.raises(SeriesError, match=r"missing 3/4, 4/4[\s\S]*--allow-missing"):
        applied(repository, data)
    found = applied(repository, data, SeriesOptions(allow_missing=True))
    assert len(found.commits) == 2
    assert any("3/4, 4/4" in line for line in found.warnings)


def test_several_series_in_one_mailbox(repository: Repository) -> None:
    """They are listed with numbers; number, message-id or words of a title choose one."""
    other = [mail(f"[PATCH {n}/2] sound: s{n}", body(n + 3), mid=f"{n}@o", sender=REVIEWER) for n in (1, 2)]
    data = mbox(*series(), *other)
    with pytest.raises(SeriesError, match=r'--pick N[\s\S]*1: v1 "mm: patch 1"[\s\S]*2: v1 "sound: s1"'):
        applied(repository, data)
    for pick in ("2", "2@o", "<1@o>", "Sound: S1", "sound"):
        assert [c.subject for c in applied(repository, data, SeriesOptions(pick=pick)).commits] == [
            "sound: s1",
            "sound: s2",
        ]
    for pick, words in (("3", "no series fits"), ("nosuch", "no series fits"), (":", "more than one")):
        with pytest.raises(SeriesError, match=words):
            applied(repository, data, SeriesOptions(pick=pick))


def test_trailers_only_if_asked_for(repository: Repository) -> None:
    """A reply's Reviewed-by goes to its patch, one to the cover letter to all; a stranger's is not believed."""
    ok = reply(quoted(body(1)) + f"Fine.\n\nReviewed-by: {REVIEWER}\n")
    again = mail("Re: [PATCH 1/2] mm: patch 1", f"Reviewed-by: {REVIEWER}\n", mid="again@r", to="1@s", sender=REVIEWER)
    all_of_it = reply("For the series:\nTested-by: T <t@x.org> # on a board\n", to="0@s", sender="T <t@x.org>")
    forged = reply("Acked-by: Linus <torvalds@example.org>\n", to="2@s")
    data = mbox(COVER, *series(), ok, again, all_of_it, forged)
    messages = [git(repository.git_dir, "show", "-s", "--format=%B", c.sha) for c in applied(repository, data).commits]
    assert not any("-by: R" in text or "-by: T" in text for text in messages)
    found = applied(repository, data, SeriesOptions(trailers=True))
    first, second = (git(repository.git_dir, "show", "-s", "--format=%B", c.sha) for c in found.commits)
    assert first.endswith(f"Signed-off-by: {AUTHOR}\nReviewed-by: {REVIEWER}\nTested-by: T <t@x.org>")
    assert second.endswith(f"Signed-off-by: {AUTHOR}\nTested-by: T <t@x.org>")
    assert found.trailers == (
        f"patch 1: Reviewed-by: {REVIEWER}", "patch 1: Tested-by: T <t@x.org>", "patch 2: Tested-by: T <t@x.org>",
    )  # fmt: skip
    assert any("trailer not added" in line and "Linus" in line for line in found.warnings)


BINARY = "diff --git a/mm/a.c b/mm/a.c\nindex 1234567..89abcde 100644\nBinary files a and b differ\n"
REFUSED = {
    "only a reply": (lambda: reply(quoted(body(1)) + "No.\n"), "it answers 1@s: give that thread"),
    "a diff in a reply": (lambda: reply("Maybe\n" + diff(1)), "a diff in a reply"),
    "only HTML": (
        lambda: mail("[PATCH] x", "<pre>diff --git a/x b/x</pre>", Content_Type="text/html"), "only HTML is in it"),
    "only a cover letter": (lambda: COVER, "missing 1/2, 2/2"),
    "a pull request": (lambda: mail("[GIT PULL] mm for 6.12", "The following changes since\n"), "no patch in 1 mail"),
    "a report": (
        lambda: mail("[tip:master 1/9] mm/a.c:1: error", "tree:   https://git.example.org x\n"), "kernel test robot"),
    "wrapped lines": (
        lambda: mail("[PATCH] x", body(1).replace("line 2\n", "line\n2\n")), "damaged on its way"),
    "a binary patch without its data": (
        lambda: mail("[PATCH] x", BINARY),
        "full index line|format-patch --binary"),
    "cut off": (lambda: mbox(*series())[:-50], "damaged on its way"),
    "damaged gzip": (lambda: gzip.compress(mbox(*series()))[:-20], "damaged gzip"),
    "no context": (
        lambda: mail("[PATCH] x", diff(1).replace("@@ -1,5 +1,5 @@", "@@ -3 +3 @@").replace(" line 1\n line 2\n", "")
                     .replace(" line 4\n line 5\n", "")), "no context lines"),
    "tabs to blanks": (
        lambda: mail("[PATCH] x", diff(1).replace(" line 2", " line  2")), "white space"),
}  # fmt: skip


@pytest.mark.parametrize("shape", REFUSED)
def test_what_is_no_series_is_refused(repository: Repository, shape: str) -> None:
    """Exit status 2, and a reason that helps."""
    make, words = REFUSED[shape]
    with pytest.raises(SeriesError, match=words) as error:
        applied(repository, make())
    assert error.value.exit_code == 2


def test_every_mail_of_the_robot_is_refused(repository: Repository, shared_data: Path) -> None:
    """A report is no series: it is named as one, with the thread it speaks of."""
    mails = sorted((shared_data / "lkp-mails").iterdir())
    assert len(mails) == 15
    for path in mails:
        with pytest.raises(SeriesError, match="no patch in 1 mail") as error:
            resolve(repository, str(path))
        assert "give the" in str(error.value) or "give that" in str(error.value), path
    assert (repository.tree / "mm/a.c").read_text() == LINES
