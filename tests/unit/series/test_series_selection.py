"""Which mails are the series."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from series_mails import a_diff, a_mail, a_series, mails_of

from orchestrator.errors import SeriesError
from orchestrator.series.patches import read_mails
from orchestrator.series.selection import Selection, select

OTHER = "B Reviewer <rev@example.com>"


def chosen(*mails: bytes) -> list[str]:
    """Subjects of the patches, in order."""
    return [mail.subject for mail in select(mails_of(*mails)).patches]


def test_order_is_that_of_the_numbers() -> None:
    """The mails' order in the mailbox does not matter; the cover gives the title and is no patch."""
    mails = a_series(12)
    expected = [f"[PATCH {n}/12] t: patch {n}" for n in range(1, 13)]
    random.Random(1).shuffle(mails)
    assert chosen(*mails) == expected
    assert select(mails_of(*mails)).title == "t series"


def test_replies_are_left_out() -> None:
    """A reply is no patch even if a whole diff stands in it."""
    reply = a_mail("Re: [PATCH 1/2] t: patch 1", sender=OTHER, to="t-PATCH-1@example.org")
    assert len(chosen(*a_series(2), reply)) == 2
    with pytest.raises(SeriesError, match=r"no patch in 1 mail"):
        chosen(reply)


def test_robot_mails_are_left_out() -> None:
    """A report about commit 3 of 7 of a branch has a counter, and is no patch of seven."""
    report = a_mail("[tip:master 3/7] mm/a.c:1:2: error: x", sender="robot <lkp@intel.com>", body="Hi,\n")
    assert len(chosen(report, *a_series(2))) == 2


def test_split_thread_is_one_series() -> None:
    """Mails 3 and 4 that start a thread of their own are still 3 and 4."""
    first = a_series(4)[:3]
    rest = [a_mail(f"[PATCH {n}/4] t: patch {n}", to="lost@example.org") for n in (4, 3)]
    assert [s.split()[1] for s in chosen(*rest, *first)] == ["1/4]", "2/4]", "3/4]", "4/4]"]


def test_copies_through_several_lists_are_one() -> None:
    """The same message-id is the same message."""
    mails = a_series(3)
    result = select(mails_of(*mails, *mails))
    assert len(result.patches) == 3
    assert result.warnings == ()


def test_mails_without_any_threading() -> None:
    """git format-patch writes neither message-ids nor references, and From is each patch's author."""
    mails = [a_mail(f"[PATCH {n}/3] x{n}", mid="", sender=f"P{n} <p{n}@x.org>") for n in (1, 2, 3)]
    assert len(chosen(*mails)) == 3


@pytest.mark.parametrize("threaded", [True, False])
def test_newest_version_wins(threaded: bool) -> None:
    """v2 replaces v1, whether it was sent in reply or as a new thread, with another number of patches."""
    old = a_series(3)
    new = a_series(4, prefix="PATCH v2", day=9, to="t-PATCH-0@example.org" if threaded else None)
    result = select(mails_of(*new, *old))
    assert [mail.subject for mail in result.patches] == [f"[PATCH v2 {n}/4] t: patch {n}" for n in (1, 2, 3, 4)]
    assert "v2 is taken, v1 left out" in result.warnings[0]


def test_incomplete_newest_version_is_refused() -> None:
    """An old version is not tested in place of a new one of which some mails are missing."""
    new = a_series(4, prefix="PATCH v2", stem="t", day=9)
    with pytest.raises(SeriesError, match=r"missing 2/4, 3/4[\s\S]*v1 is complete"):
        chosen(*a_series(4, stem="t"), new[0], new[1], new[4])


def test_incomplete_only_version_is_refused() -> None:
    """Missing patches are named."""
    with pytest.raises(SeriesError, match=r"missing 2/3\n"):
        chosen(a_series(3)[0], a_series(3)[1], a_series(3)[3])


def test_cover_alone_is_refused() -> None:
    """A cover letter without its patches has all of them missing."""
    with pytest.raises(SeriesError, match=r"missing 1/2, 2/2"):
        chosen(a_series(2)[0])


def test_single_patch_sent_anew_takes_its_place() -> None:
    """`[PATCH v2 2/3]` in reply to 2/3 replaces that one patch, and a warning says so."""
    again = a_mail("[PATCH v2 2/3] t: patch two, better", to="t-PATCH-2@example.org", day=5)
    result = select(mails_of(*a_series(3), again))
    assert [mail.subject for mail in result.patches][1] == "[PATCH v2 2/3] t: patch two, better"
    assert "sent anew as v2" in result.warnings[0]
    assert "2/3" in result.warnings[0]


def test_unnumbered_new_sending_takes_its_place() -> None:
    """`[PATCH v2]` without a number finds its place by its title."""
    again = a_mail("[PATCH v2] t: patch 2", to="t-PATCH-2@example.org", day=5)
    result = select(mails_of(*a_series(3), again))
    assert [mail.subject for mail in result.patches][1] == "[PATCH v2] t: patch 2"
    assert result.warnings


def test_resent_patch_of_the_same_version() -> None:
    """RESEND of one patch replaces it; RESEND of all replaces all."""
    again = a_mail("[RESEND PATCH 2/3] t: patch 2", to="t-PATCH-0@example.org", day=5)
    assert chosen(*a_series(3), again)[1] == "[RESEND PATCH 2/3] t: patch 2"
    everything = a_series(3, prefix="PATCH RESEND", day=6)
    result = select(mails_of(*everything, *a_series(3)))
    assert all("RESEND" in mail.subject for mail in result.patches)
    assert "2 times" in result.warnings[0]


def test_other_series_in_the_thread_is_left_out() -> None:
    """A counter-proposal in reply is not the thread's own series, even if it is a v5; it is named."""
    theirs = a_series(3, prefix="PATCH v5", stem="u", sender=OTHER, to="t-PATCH-1@example.org", day=8)
    result = select(mails_of(*theirs, *a_series(3)))
    assert [mail.header.sender for mail in result.patches] == ["A Developer <dev@example.org>"] * 3
    assert "another series" in result.warnings[0]


def test_same_numbers_by_another_sender_in_the_thread() -> None:
    """Somebody else's 1/2 and 2/2 in reply do not get mixed into the series."""
    theirs = a_series(2, prefix="PATCH", stem="u", sender=OTHER, to="t-PATCH-1@example.org", day=8)
    assert chosen(*theirs, *a_series(2)) == ["[PATCH 1/2] t: patch 1", "[PATCH 2/2] t: patch 2"]


def test_unrelated_series_are_listed() -> None:
    """Two series in one mailbox: which one is the user's business."""
    with pytest.raises(SeriesError, match=r'several series[\s\S]*"t series"[\s\S]*"u series"'):
        chosen(*a_series(2), *a_series(2, stem="u"))


def test_afterthought_is_left_out() -> None:
    """`[PATCH 4/3]` is not part of the series, and said so."""
    extra = a_mail("[PATCH 4/3] t: oops", to="t-PATCH-0@example.org")
    result = select(mails_of(*a_series(3), extra))
    assert len(result.patches) == 3
    assert "4/3" in result.warnings[-1]


def test_numbered_mail_without_diff_is_refused() -> None:
    """A patch whose diff was lost is no patch to skip."""
    with pytest.raises(SeriesError, match=r"patch 2 of 2 holds no diff"):
        chosen(a_mail("[PATCH 1/2] a"), a_mail("[PATCH 2/2] b", body="Oops.\n", mid="x@y", to=None))


def test_unmarked_diff_in_discussion_is_left_out() -> None:
    """A diff in a mail whose subject is not a patch's is a suggestion."""
    talk = a_mail("how about this", sender=OTHER, to="t-PATCH-1@example.org")
    result = select(mails_of(*a_series(2), talk))
    assert len(result.patches) == 2
    assert "how about this" in result.warnings[0]


def test_single_patch_and_its_versions() -> None:
    """Of a lone patch's versions in one thread the newest is taken."""
    first = a_mail("[PATCH] mm: fix", mid="a@b")
    second = a_mail("[PATCH v2] mm: fix it right", to="a@b", day=3)
    assert chosen(second, first) == ["[PATCH v2] mm: fix it right"]


def test_follow_up_of_somebody_else_is_left_out() -> None:
    """`[PATCH]` in reply by another sender is not the author's patch."""
    first = a_mail("[PATCH] mm: fix", mid="a@b")
    other = a_mail("[PATCH] mm: fix fix", to="a@b", sender=OTHER, day=3)
    result = select(mails_of(other, first))
    assert [mail.subject for mail in result.patches] == ["[PATCH] mm: fix"]
    assert result.warnings


def test_unnumbered_patches_keep_the_order_of_the_file() -> None:
    """git format-patch -k and quilt know no numbers; that is said."""
    mails = read_mails([("b.patch", a_diff("b").encode()), ("a.patch", a_diff("a").encode())])
    result = select(mails)
    assert [mail.subject for mail in result.patches] == ["b", "a"]
    assert "order" in result.warnings[0]


def test_base_commit_and_prerequisites_are_read() -> None:
    """The trailers of git format-patch --base, in the cover or the first patch."""
    trailer = f"\nbase-commit: {'a1' * 20}\nprerequisite-patch-id: {'b2' * 20}\n"
    patch = a_mail("[PATCH] x", body=a_diff() + "-- \n2.43.0\n" + trailer)
    result = select(mails_of(patch))
    assert result.statements.base_commit == "a1" * 20
    assert result.statements.patch_ids == ("b2" * 20,)


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\x7fELF\0\0", b"[package]\nname = 'x'\n"])
def test_no_mail_at_all(data: bytes) -> None:
    """A file that is no mailbox is refused in words."""
    with pytest.raises(SeriesError, match="no "):
        select(read_mails([("x", data)]))


_SUBJECTS = st.builds(
    "{}[{}PATCH{}{}] {}".format,
    st.sampled_from(["", "", "", "Re: "]),
    st.sampled_from(["", "RFC ", "RESEND "]),
    st.sampled_from(["", " v2", " v3"]),
    st.sampled_from(["", " 0/2", " 1/2", " 2/2", " 1/3", " 3/2", " 0/0"]),
    st.sampled_from(["a", "b", "c"]),
)
_MAILS = st.builds(
    lambda subject, mid, to, sender, body, day: a_mail(subject, mid=mid, to=to, sender=sender, body=body, day=day),
    _SUBJECTS,
    st.sampled_from(["", "1@x", "2@x", "3@x", "4@x", "5@x"]),
    st.sampled_from([None, None, "1@x", "2@x"]),
    st.sampled_from(["A <a@x>", "B <b@x>"]),
    st.sampled_from([None, None, "talk\n"]),
    st.integers(1, 9),
)


@settings(max_examples=200)
@given(st.lists(_MAILS, max_size=9))
def test_a_selection_is_whole(mails: list[bytes]) -> None:
    """Whatever the mix: either an error, or patches that each hold a diff, each once, never a reply or a cover."""
    try:
        result: Selection = select(mails_of(*mails))
    except SeriesError:
        return
    assert len({mail.raw for mail in result.patches}) == len(result.patches) > 0
    assert all(mail.has_diff and not mail.subject.startswith("Re:") for mail in result.patches)
    assert not any(" 0/" in mail.subject for mail in result.patches)


def test_the_reference_thread(shared_data) -> None:  # type: ignore[no-untyped-def]
    """A thread split in two, with five replies, is 18 patches in order under the cover's title."""
    result = select(read_mails([("", (shared_data / "ptdesc-rfc-v1-thread.mbox").read_bytes())]))
    assert result.title == "use struct ptdesc to replace pgtable_t"
    assert [f"{n:02}/18" in mail.subject for n, mail in enumerate(result.patches, 1)] == [True] * 18
    assert result.statements.base_commit is None
    assert result.warnings == ()
