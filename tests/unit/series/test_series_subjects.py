"""Subjects of patch mails."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.series.subjects import parse_subject


@pytest.mark.parametrize(
    ("subject", "version", "number", "total", "title"),
    [
        ("[PATCH] mm: fix", 1, None, None, "mm: fix"),
        ("[PATCH v2 3/7] mm: fix", 2, 3, 7, "mm: fix"),
        ("[RFC PATCH net-next v3 03/12] a: b", 3, 3, 12, "a: b"),
        ("[PATCH 5.10 1/2] x", 1, 1, 2, "x"),
        ("[PATCH v5.10 1/2] x", 1, 1, 2, "x"),
        ("[PATCHv2] x", 2, None, None, "x"),
        ("[PATCH-v2 1/2] x", 2, 1, 2, "x"),
        ("[V4 PATCH 1/2] x", 4, 1, 2, "x"),
        ("[v2,3/7] x", 2, 3, 7, "x"),
        ("[PATCH][next] x", 1, None, None, "x"),
        ("[net-next][PATCH 1 of 2] x", 1, 1, 2, "x"),
        ("[PATCH 1/2] [media] x [y]", 1, 1, 2, "x [y]"),
        ("x: no brackets", 1, None, None, "x: no brackets"),
        ("[PATCH 00/18] cover ", 1, 0, 18, "cover"),
        ("[PATCH]", 1, None, None, "[PATCH]"),
    ],
)
def test_prefix_is_taken_apart(subject: str, version: int, number: int | None, total: int | None, title: str) -> None:
    """Version, place and title come out of every habit of writing a prefix; a kernel version is none of the series."""
    found = parse_subject(subject)
    assert (found.version, found.number, found.total, found.title) == (version, number, total, title)


@pytest.mark.parametrize(
    "subject", ["Re: [PATCH 1/2] x", "RE: Re: [PATCH] x", "AW: [PATCH] x", "回复: [PATCH] x", "Re[2]: x"]
)
def test_replies_are_known(subject: str) -> None:
    """A reply is one in every language that mailers speak."""
    assert parse_subject(subject).reply


def test_tags_leave_out_what_changes_between_versions() -> None:
    """Tags are the tree and the topic, not RFC, RESEND, version or counter."""
    assert parse_subject("[RFC PATCH RESEND net-next v3 1/2] x").tags == {"net-next"}
    assert parse_subject("[PATCH 5.10.y 1/2] x").tags == {"5.10.y"}


def test_resent_is_known() -> None:
    """RESEND in any place of the prefix."""
    assert parse_subject("[RESEND PATCH] x").resent
    assert not parse_subject("[PATCH] resend the frame").resent


@given(st.text(alphabet=st.sampled_from("[]PATCHv123/of: Re,x\n\t-."), max_size=40) | st.text(max_size=40))
def test_any_text_is_a_subject(text: str) -> None:
    """Nothing raises."""
    assert parse_subject(text).version >= 0
