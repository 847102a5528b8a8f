"""Mail headers from foreign text."""

import email
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.reporting.headers import address, first_name, header_text, mail_policy, message_id


@settings(max_examples=150)
@given(st.text(st.characters(), max_size=300))
def test_a_subject_reads_back_as_it_was_written(text: str) -> None:
    """Long words, encoded-word look-alikes and any script survive folding, encoding and parsing."""
    message = EmailMessage(policy=mail_policy())
    message["Subject"] = header_text(text)
    message.set_content("x\n")
    data = message.as_bytes()
    assert data.isascii()
    assert str(email.message_from_bytes(data, policy=SMTP)["Subject"]) == header_text(text)


def test_ids_longer_than_a_line_are_not_encoded() -> None:
    """Threading needs the id as it is; the library would make encoded words of it."""
    ids = f"<{'a' * 90}@x> <{'b' * 120}@y>"
    message = EmailMessage(policy=mail_policy())
    message["References"] = ids
    assert b"=?" not in message.as_bytes()
    assert str(email.message_from_bytes(message.as_bytes(), policy=SMTP)["References"]).split() == ids.split()


@pytest.mark.parametrize(
    ("text", "name", "spec"),
    [
        ("Ada Lovelace <ada@example.org>", "Ada Lovelace", "ada@example.org"),
        ("ada@example.org", "", "ada@example.org"),
        ('"Lovelace, Ada" <ada@example.org>', "Lovelace, Ada", "ada@example.org"),
        ("Lovelace, Ada <ada@example.org>", "Lovelace, Ada", "ada@example.org"),
        ("Ada (work) <ada@example.org>", "Ada (work)", "ada@example.org"),
        ("Adä Lövelace <ada@example.org>", "Adä Lövelace", "ada@example.org"),
        ("ada@home <ada@example.org>", "ada@home", "ada@example.org"),
    ],
)
def test_addresses_as_git_authors_write_them(text: str, name: str, spec: str) -> None:
    """Commas, brackets and at signs in a name are no reason to lose the address; it reads back the same."""
    found = address(text)
    assert found is not None
    assert (found.display_name, found.addr_spec) == (name, spec)
    message = EmailMessage(policy=mail_policy())
    message["To"] = found
    (again,) = email.message_from_bytes(message.as_bytes(), policy=SMTP)["To"].addresses
    assert (again.display_name, again.addr_spec) == (name, spec)


@settings(max_examples=150)
@given(st.text(st.characters()))
def test_any_text_is_an_address_or_none(text: str) -> None:
    """Never an exception, never a second header line."""
    found = address(text)
    assert found is None or "\n" not in str(found)


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Ada Lovelace", "Ada"),
        ("Lovelace, Ada", "Ada"),
        ("J. Doe", ""),
        ("kernel2 bot", ""),
        ("", ""),
        ("Zoë X", "Zoë"),
    ],
)
def test_whom_to_greet(name: str, first: str) -> None:
    """A first name if there is one; nobody is called by an initial."""
    assert first_name(name) == first


@pytest.mark.parametrize(
    ("text", "found"), [("a@b", "<a@b>"), ("<a@b>", "<a@b>"), ("a b@c", None), ("a@b>\r\nBcc: x", None), ("", None)]
)
def test_message_ids(text: str, found: str | None) -> None:
    """An id with or without its brackets; anything else is none."""
    assert message_id(text) == found
