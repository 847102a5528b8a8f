"""Drafts: who gets one, what is in it, and that no foreign text breaks it."""

import dataclasses
import email
import re
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from factories import (
    a_commit,
    a_finding,
    a_mail,
    a_report,
    a_result,
    a_series,
    a_state,
    an_error,
)
from factories import a_diagnostic as a_warning
from hypothesis import given, settings
from hypothesis import strategies as st
from reporting_ptdesc import PTDESC_CELLS, PTDESC_TEXTS, demo, ptdesc
from reporting_reference import CLANG, DATE, SENDER, TEMPLATES, build_lines, reference

from orchestrator.errors import UserError
from orchestrator.model.result import Status
from orchestrator.model.series import PatchMail, TouchedFile
from orchestrator.model.verdict import RunReport
from orchestrator.reporting.mail import Draft, drafts

X86, ARM = "x86_64-defconfig-gcc-14", "arm64-defconfig-gcc-14"


def drafted(report: RunReport) -> tuple[Draft, ...]:
    """All drafts of a report."""
    return drafts(report, TEMPLATES, sender=SENDER, date=DATE, lines=build_lines(report))


def parsed(draft: Draft) -> EmailMessage:
    """The draft after its way over the wire."""
    message = email.message_from_bytes(draft.message.as_bytes(), policy=SMTP)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def body(draft: Draft) -> str:
    """The text of a draft."""
    text = parsed(draft).get_content()
    assert isinstance(text, str)
    return text.replace("\r\n", "\n")


def with_mail(**fields: object) -> RunReport:
    """One finding, of patch 1, whose mail has these fields."""
    commit = a_commit(1, mail=a_mail(1, 1, **fields))
    return a_report(series=a_series(commits=(commit,)), findings=(a_finding(introduced_by=1),))


def test_the_reference_mail(golden: Callable[[str, str], None]) -> None:
    """The whole mail about the reference case's last break, as it was last read and found good."""
    draft = next(draft for draft in drafted(reference()) if draft.commit == 4)
    golden("mail.eml", draft.message.as_bytes().decode().replace("\r\n", "\n"))


@pytest.mark.parametrize("number", [14, 0])
def test_the_mails_on_the_reference_series(number: int, golden: Callable[[str, str], None]) -> None:
    """On patch 14, to its author; on the whole series, to the cover letter: as they were last read and found good."""
    letters = drafts(
        ptdesc(), TEMPLATES, sender=SENDER, date=DATE, lines=build_lines(ptdesc()), texts=PTDESC_TEXTS, to="list"
    )
    draft = next(draft for draft in letters if draft.commit == number)
    golden(f"mail-ptdesc-{number:02d}.eml", draft.message.as_bytes().decode().replace("\r\n", "\n"))


@pytest.mark.parametrize("number", [2, 0])
def test_the_mails_on_a_branch(number: int, golden: Callable[[str, str], None]) -> None:
    """On a commit that was never mailed, and on the branch."""
    draft = next(draft for draft in drafted(demo()) if draft.commit == number)
    golden(f"mail-demo-{number:02d}.eml", draft.message.as_bytes().decode().replace("\r\n", "\n"))


def test_the_mail_on_patch_14_says_what_its_author_needed() -> None:
    """Arch, compiler, error, root cause with the patch that brought it, base, and the cells that are free of it."""
    letters = drafts(ptdesc(), TEMPLATES, sender=SENDER, date=DATE, lines=build_lines(ptdesc()), texts=PTDESC_TEXTS)
    text = body(next(draft for draft in letters if draft.commit == 14))
    words = " ".join(text.split())
    assert "1 new error, in 1 of 6 cells" in words
    assert "shown by powerpc-ppc64_defconfig-clang-19 root cause:" in words
    assert "hash-64k.h:277:18: warning: declaration of 'struct ptdesc' will not be visible" in words
    assert "(since patch 13)" in words
    assert "base: 00000000000000000000000000000000000000a0 Linux 6.12.117 (--base v6.12.117)" in words
    free = words.split("Cells that build without them: ")[1].split(" Cells")[0].split()
    assert free == list(PTDESC_CELLS[:3])
    assert "powerpc-ppc64_defconfig-gcc-14 (broken by something else)" in words
    assert "\n > 277\t" in text
    assert "\n> 1362\t" in text


def test_one_mail_per_guilty_commit_and_one_on_the_series() -> None:
    """Each commit with a certain finding that counts gets one, and nobody else: not for suspicion, not for the base."""
    assert [draft.commit for draft in drafted(reference())] == [2, 3, 4, 0]


def test_nothing_of_ours_is_mailed() -> None:
    """Unknown squares, exempt findings and uncertain ones make no mail at all."""
    report = a_report(
        findings=(a_finding("unsure", None, suspects=(1, 2), seen_at=2, counts=False), a_finding("x", counts=False)),
        results=(a_result(1, X86, status=Status.UNKNOWN, state=a_state(all_masked=True)),),
    )
    assert [draft.commit for draft in drafted(report)] == [0]
    assert "BUILD SUCCESS\n" in body(drafted(report)[0])


def test_a_run_that_could_not_build_everything_and_found_nothing_is_nobodys_news() -> None:
    """Trouble of the machine is never mailed."""
    lost = a_result(1, X86, status=Status.UNKNOWN, state=a_state(all_masked=True))
    assert drafted(a_report(results=(lost,), verdict="incomplete")) == ()


def test_a_reply_goes_to_the_very_patch_mail() -> None:
    """In-Reply-To is the patch, References ends with it and starts with the cover letter, the subject is kept."""
    draft, _ = drafted(with_mail(message_id="p1@x", references=("cover@x", "<p1@x>"), subject="[PATCH 1/1] mm: a"))
    message = parsed(draft)
    assert message["In-Reply-To"] == "<p1@x>"
    assert message["References"].split() == ["<cover@x>", "<p1@x>"]
    assert message["Subject"] == "Re: [PATCH 1/1] mm: a"
    assert message["To"] == "Ada Lovelace <ada@example.org>"
    assert message["Cc"] is None


def test_re_is_not_doubled() -> None:
    """A patch sent as a reply keeps its one `Re:`."""
    draft, _ = drafted(with_mail(subject="Re: [PATCH v3] mm: a"))
    assert draft.message["Subject"] == "Re: [PATCH v3] mm: a"


def test_an_own_branch_starts_a_thread() -> None:
    """A commit that was never mailed has nothing to reply to; the subject says the first finding without its flag."""
    draft, _ = drafted(a_report(findings=(a_finding(),)))
    assert draft.message["In-Reply-To"] is None
    assert draft.message["References"] is None
    assert draft.message["Subject"] == ("[kmatrix 2/3] mm/gup.c:12:3: error: implicit declaration of function 'f'")


def test_a_second_try_is_the_same_mail() -> None:
    """The Message-ID follows from series, commit and findings, whenever it is run, so that no list gets it twice."""
    first, again = (drafted(a_report(findings=(a_finding(),), run=run))[0] for run in ("a", "b"))
    other = drafted(a_report(findings=(a_finding("more"),)))[0]
    assert first.message["Message-ID"] == again.message["Message-ID"] != other.message["Message-ID"]
    assert first.key == again.key != other.key
    first = first.message
    assert first["Auto-Submitted"] == "auto-generated"


def test_every_new_occurrence_is_marked_and_old_ones_are_not() -> None:
    """All places of a finding get `>> `, also where notes stand between; what the parent had does not."""
    old = an_error("bad", line=5)
    new = [an_error("bad", line=number) for number in (10, 20)]
    series = a_series(commits=(a_commit(1, touched=(TouchedFile(path="mm/gup.c", status="M", lines=((10, 20),)),)),))
    report = a_report(
        series=series,
        findings=(a_finding(introduced_by=1, sample=new[0], targets=(X86,), occurrences=3),),
        results=(a_result(0, X86, state=a_state(old)), a_result(1, X86, state=a_state(old, *new))),
    )
    draft, _ = drafted(report)
    assert re.findall(r"^>> mm/gup.c:(\d+)", body(draft), re.MULTILINE) == ["10", "20"]
    assert "\n   mm/gup.c:5:3: error: bad" in body(draft)


def test_a_line_printed_by_many_objects_is_shown_once() -> None:
    """A header's error stands once, with the number of objects it came from."""
    state = a_state(*(an_error(object=f"mm/{name}.o") for name in "abcde"))
    report = a_report(findings=(a_finding(targets=(X86,)),), results=(a_result(2, X86, state=state),))
    text = body(drafted(report)[0])
    assert text.count(">> mm/gup.c:12:3") == 1
    assert "   (the same in 4 more: mm/b.o, mm/c.o, mm/d.o, ...)" in text


def test_units_are_separated_and_lld_continuations_are_no_marks() -> None:
    """`--` stands between objects; lld's `>>> ` is indented like all context."""
    raw = "ld.lld: error: undefined symbol: f"
    lld = an_error("undefined symbol: f", kind="lld", file=None, line=None, column=None, object="vmlinux", raw=raw)
    lld = dataclasses.replace(lld, excerpt=(raw, ">>> referenced by gup.c", ">>>               vmlinux.o:(f)"))
    report = a_report(findings=(a_finding("a"), a_finding("b", sample=lld)))
    text = body(drafted(report)[0])
    assert "\n--\n" in text
    assert f"\n>> {raw}\n   >>> referenced by gup.c\n   >>>  " in text
    assert not re.search(r"^>>>", text, re.MULTILINE)


def test_cells_are_listed_by_what_they_say() -> None:
    """Those that show it, those that build, those that can say nothing."""
    report = a_report(
        findings=(a_finding(targets=(X86,)),),
        names=(X86, ARM, "m68k-defconfig-gcc-14"),
        results=(a_result(2, "m68k-defconfig-gcc-14", status=Status.UNKNOWN, state=a_state(all_masked=True)),),
    )
    text = body(drafted(report)[0])
    assert f"shown by\n          {X86}\n\nCells that build without them:\n    {ARM}\n" in text
    assert "say nothing about them:\n    m68k-defconfig-gcc-14 (no result)\n" in text


def test_a_root_cause_from_an_earlier_patch_comes_first_and_unmarked() -> None:
    """The reference case: the error is patch 4's, the line that explains it is patch 3's."""
    draft = next(draft for draft in drafted(reference()) if draft.commit == 4)
    lines = body(draft).splitlines()
    assert "(since patch 3)" in next(line for line in lines if line.startswith("        root cause: arch/powerpc/"))
    block = lines[lines.index("All errors (new ones prefixed by >>):") :]
    shown = [line for line in block if ": warning: " in line or ": error: " in line]
    assert shown[0].startswith("   arch/powerpc/include/asm/book3s/64/hash-64k.h:277:18")
    assert shown[1].startswith(">> arch/powerpc/include/asm/book3s/64/pgtable.h:1362:52")
    assert CLANG in body(draft)


def test_long_lines_are_cut_and_utf8_stays_readable() -> None:
    """No line is over 998 bytes, none is re-wrapped, and the encoding is 7bit or 8bit: mail can be grepped."""
    long = an_error("‘x’ " + "y" * 3000)  # noqa: RUF001
    draft, _ = drafted(a_report(findings=(a_finding(sample=long),)))
    assert draft.message["Content-Transfer-Encoding"] == "8bit"
    assert max(map(len, draft.message.as_bytes().split(b"\r\n"))) <= 998
    assert "‘x’ yyy" in body(draft)  # noqa: RUF001


@pytest.mark.parametrize("author", ["nobody", "A <>", "A <a@b\r\nBcc: evil@x>", "", "<@>", "ä <ä@ö>"])
def test_an_author_without_an_address_makes_a_draft_with_a_problem(author: str) -> None:
    """The draft is there, without a recipient, and says so; no header is injected."""
    report = with_mail(sender=author)
    draft, _ = drafted(report)
    assert draft.message["To"] is None
    assert "set To: by hand" in draft.problem
    assert parsed(draft)["Bcc"] is None


def test_a_sender_that_is_no_address_is_the_users_error() -> None:
    """The operator's own address comes from a configuration: say what is wrong with it."""
    with pytest.raises(UserError, match="is no sender of mail"):
        drafts(a_report(), TEMPLATES, sender="me", date=DATE, lines={})


HEADERS = {
    "From",
    "To",
    "Date",
    "Message-ID",
    "Subject",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "X-Kmatrix-Run",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
}


@settings(max_examples=80)
@given(st.text(st.characters()), st.text(st.characters()), st.text(st.characters()), st.text(st.characters()))
def test_no_foreign_text_adds_a_header_or_breaks_the_mail(subject: str, name: str, run: str, message: str) -> None:
    """Line breaks, encoded words and surrogates in subjects, names, ids and logs stay what they are: text."""
    commit = a_commit(1, subject=subject, mail=PatchMail(message_id=name, subject=subject, sender=f"{name} <a@b.c>"))
    finding = a_finding(introduced_by=1, sample=an_error(message, file=subject, excerpt=(message, subject)))
    for row in (commit, dataclasses.replace(commit, mail=None, author=f"{name} <a@b.c>")):
        report = a_report(series=a_series(commits=(row,), title=subject), findings=(finding,), run=run)
        draft, _ = drafted(report)
        got = parsed(draft)
        assert set(got.keys()) <= HEADERS
        assert str(got["Subject"]) == str(draft.message["Subject"])
        assert max(map(len, draft.message.as_bytes().split(b"\r\n"))) <= 998
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", body(draft))


def test_warnings_only_say_so() -> None:
    """The first sentence and the heading name what was found."""
    draft, _ = drafted(a_report(findings=(a_finding(sample=a_warning()),)))
    assert "following build warnings:" in body(draft)
    assert "All warnings (new ones prefixed by >>):" in body(draft)
