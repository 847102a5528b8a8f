"""Checks posted to a small local patchwork: once, with the token, to nobody else."""

import socket
from collections.abc import Iterator

import pytest
from factories import a_finding, a_report, a_series
from patchwork_server import TOKEN, Server, patchwork

from orchestrator.errors import InfrastructureError, KmatrixError, UserError
from orchestrator.pipeline.patchwork import Patchwork
from orchestrator.reporting.patchwork import PatchChecks, checks

REPORT = a_report(series=a_series(3, mails=True), findings=(a_finding(fixed_by=3),))
PATCHES = checks(REPORT)


@pytest.fixture
def server() -> Iterator[Server]:
    """It knows the first two patches, the second in two projects."""
    ids = [patch.message_id for patch in PATCHES]
    with patchwork(Server(patches={11: ids[0], 12: ids[1], 22: ids[1]})) as running:
        yield running


def test_every_patch_gets_its_checks(server: Server) -> None:
    """In each project that has it; what is not there is told."""
    posted = Patchwork(server.url, TOKEN).post(PATCHES)
    assert (posted.new, posted.known, posted.strangers) == (9, 0, (PATCHES[2].message_id,))
    assert server.latest(11) == {"kmatrix": "success", "kmatrix-x86_64": "success", "kmatrix-arm64": "success"}
    assert server.latest(12) == {"kmatrix": "fail", "kmatrix-x86_64": "fail", "kmatrix-arm64": "success"}
    assert server.latest(22) == server.latest(12)
    assert set(server.tokens) == {f"Token {TOKEN}"}


def test_a_second_time_nothing_is_posted(server: Server) -> None:
    """Only what changed is: a later run that found the fault gone posts two."""
    client = Patchwork(server.url + "/", TOKEN)
    client.post(PATCHES)
    posted = client.post(PATCHES)
    assert (posted.new, posted.known) == (0, 9)
    posted = client.post(checks(a_report(series=a_series(3, mails=True)))[1:2])
    assert (posted.new, posted.known) == (4, 2)
    assert server.latest(12)["kmatrix"] == "success"


def test_checks_of_others_are_read_page_by_page(server: Server) -> None:
    """A patch with hundreds of checks; ours are found among them."""
    other = {"state": "success", "context": "other", "description": "", "target_url": None}
    server.checks[11] = [{**other, "id": number} for number in range(1, 251)]
    client = Patchwork(server.url, TOKEN)
    assert client.post(PATCHES[:1]).new == 3
    assert client.post(PATCHES[:1]).known == 3


@pytest.mark.parametrize(
    ("token", "allowed", "words"),
    [("wrong", True, "the token was refused \\(401\\)"), (TOKEN, False, "refused \\(403\\): .* may edit the patch")],
)
def test_a_refusal_is_the_users(server: Server, token: str, allowed: bool, words: str) -> None:
    """With what to do about it, and never with the token in it."""
    server.allowed = allowed
    with pytest.raises(UserError, match=words) as caught:
        Patchwork(server.url, token).post(PATCHES)
    assert token not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "body", "headers", "kind", "words"),
    [
        (500, b"oops", {}, InfrastructureError, "the server failed \\(500\\); try again later"),
        (429, b"", {}, InfrastructureError, "try again later"),
        (404, b"\x1b[31mno", {}, UserError, "it answered 404: no; expected the address of a patchwork"),
        (200, b"<html>", {}, UserError, "no answer of a patchwork; is the address right"),
        (200, b'{"a": 1}', {}, UserError, "no answer of a patchwork"),
        (200, b"[1]", {}, UserError, "no answer of a patchwork"),
        (301, b"", {"Location": "http://127.0.0.1:1/x"}, UserError, "it has moved to http://127.0.0.1:1/x"),
    ],
)
def test_answers_that_are_none(
    server: Server, code: int, body: bytes, headers: dict[str, str], kind: type[KmatrixError], words: str
) -> None:
    """Each with its exit status; a redirect is told, not followed with the token."""
    server.broken = (code, body, headers)
    with pytest.raises(kind, match=words) as caught:
        Patchwork(server.url, TOKEN).post(PATCHES)
    assert "\x1b" not in str(caught.value)
    assert len(server.tokens) == 1


def test_nobody_listens() -> None:
    """Infrastructure, whatever was posted before."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(InfrastructureError, match=r"cannot be reached: .*refused"):
        Patchwork(f"http://127.0.0.1:{port}", TOKEN).post(PATCHES)


@pytest.mark.parametrize(
    "url", ["patchwork.example.org", "file:///etc", "ftp://x", "https://u:p@x", "https://x/?a=b", ""]
)
def test_an_address_is_checked(url: str) -> None:
    """Before anything is asked."""
    with pytest.raises(UserError, match="expected the address of a patchwork"):
        Patchwork(url, TOKEN)


def test_a_token_goes_over_https_only() -> None:
    """But for this machine."""
    with pytest.raises(UserError, match="https only"):
        Patchwork("http://patchwork.example.org", TOKEN)


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX: y", "\u00e9"])
def test_without_a_token_nothing_is_posted(server: Server, token: str) -> None:
    """Nor with one that would make a header of its own."""
    with pytest.raises(UserError, match="KMATRIX_PATCHWORK_TOKEN"):
        Patchwork(server.url, token)
    assert server.tokens == []


def test_a_message_id_stays_one_word(server: Server) -> None:
    """Whatever is in it: it is asked for, no more."""
    strange = PatchChecks(message_id="a&per_page=1#/../<x>@\u00e9", checks=PATCHES[0].checks)
    assert Patchwork(server.url, TOKEN).post([strange]).strangers == (strange.message_id,)
