"""load.py: YAML with places, and every way it can be no YAML."""

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.config import load
from orchestrator.config.document import Document, dotted
from orchestrator.errors import ConfigError


def only_problem(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load.parse(text, "m.yaml")
    assert len(caught.value.problems) == 1
    return caught.value.problems[0]


def test_every_node_keeps_its_place() -> None:
    """Values and keys know their line and column, both 1-based."""
    document = load.parse("a:\n  b: [x, {c: 1}]\n", "m.yaml")
    assert document.data == {"a": {"b": ["x", {"c": 1}]}}
    assert document.where(("a", "b", 1, "c")) == "m.yaml:2:14"
    assert document.where(("a", "b", 1, "c"), key=True) == "m.yaml:2:11"


def test_an_absent_node_is_placed_at_what_stands_around_it() -> None:
    """A missing key is reported where its mapping begins."""
    assert load.parse("a:\n  b: 1\n", "m.yaml").where(("a", "zz", 3)) == "m.yaml:2:3"


def test_a_path_is_shown_as_in_the_documentation() -> None:
    """Lists have brackets, mappings have dots."""
    assert dotted(("matrix", "exclude", 0, "arch")) == "matrix.exclude[0].arch"


def test_a_key_may_come_once() -> None:
    """PyYAML keeps the last of two equal keys silently; we name both lines."""
    document = load.parse("a: 1\nb: 2\na: 3\n", "m.yaml")
    assert [str(problem) for problem in document.problems] == [
        "m.yaml:3:1: a: this key is here twice (first at line 1)"
    ]


@pytest.mark.parametrize("text", ["1:30", "0644", "0x1f", "1_000"])
def test_a_number_in_disguise_is_not_read_silently(text: str) -> None:
    """YAML 1.1 makes 90 of 1:30 and 420 of 0644: say to quote it."""
    (problem,) = load.parse(f"a: {text}\n", "m.yaml").problems
    assert f'quote it ("{text}")' in str(problem)


@pytest.mark.parametrize("key", ["no", "6.10", "1", "null", "2024-01-01x: {}\non"])
def test_a_key_that_yaml_misreads_is_refused(key: str) -> None:
    """A key is text."""
    (problem,) = load.parse(f"{key}: 1\n", "m.yaml").problems
    assert "quote it" in str(problem)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "m.yaml:1:1: the file is empty"),
        ("# only a comment\n", "m.yaml:1:1: the file is empty"),
        ("a:\n\t- b\n", "m.yaml:2:1: a tab where YAML allows none"),
        ("a: [1, 2\n", "m.yaml:2:1: expected ',' or ']'"),
        ("a: 1\n---\nb: 2\n", "m.yaml:2:1: a second document"),
        ("a: *nobody\n", "m.yaml:1:4: found undefined alias"),
        ("a: &x [*x]\n", "m.yaml:1:4: this alias refers to what it stands in"),
        ("a: \x07\n", "m.yaml:1:4: the character U+0007"),
        ("[" * 5000, "nested more than 40 levels deep"),
        ("%YAML 9.9\n--- a\n", "found incompatible YAML document"),
    ],
)
def test_what_is_no_yaml_is_said_in_one_line(text: str, expected: str) -> None:
    """One problem with a place; never a traceback of the library."""
    assert expected in only_problem(text)


def test_an_alias_bomb_ends_at_the_limit() -> None:
    """A small file may not grow to billions of values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert "aliases make this more than" in only_problem("\n".join(lines))


def test_a_chain_of_aliases_ends_at_the_depth_limit() -> None:
    """Depth by alias counts as depth."""
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 200))]
    assert "levels deep" in only_problem("\n".join(lines))


@pytest.mark.parametrize("text", ["a: !!python/name:os.system x", "a: !!binary aGk=", "a: !mine x", "a: !!int x"])
def test_tags_are_not_read(text: str) -> None:
    """Nothing but text, numbers, booleans, null, lists and mappings comes out."""
    (problem,) = load.parse(text, "m.yaml").problems
    assert "m.yaml:1:4: a:" in str(problem)


def test_a_date_is_text() -> None:
    """Nobody means a date object in a matrix; an impossible date must not raise."""
    assert load.parse("a: 2024-13-45\nb: 2024-01-02\n", "m.yaml").data == {"a": "2024-13-45", "b": "2024-01-02"}


def test_a_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    """An editor's BOM is harmless."""
    (tmp_path / "m.yaml").write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert load.read_text(tmp_path / "m.yaml") == "a: 1\n"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("a: 1\n".encode("utf-16"), "this is UTF-16"),
        (b"\x1f\x8b\x08", "this is gzip"),
        (b"a: 1\nb: \xff\n", ":2:4: byte 0xff is not UTF-8"),
        (b"x" * (load.MAX_BYTES + 1), "more than 256 KiB"),
    ],
)
def test_what_is_no_small_utf8_text_is_refused(tmp_path: Path, data: bytes, expected: str) -> None:
    """The encoding is said, with the place of the first bad byte."""
    (tmp_path / "m.yaml").write_bytes(data)
    with pytest.raises(ConfigError, match=r"m\.yaml") as caught:
        load.read_text(tmp_path / "m.yaml")
    assert expected in str(caught.value)


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """Missing, a directory, a FIFO (which would block), a NUL in the name."""
    os.mkfifo(tmp_path / "fifo")
    for path, expected in (
        (tmp_path / "none.yaml", "no such file"),
        (tmp_path, "is a directory"),
        (tmp_path / "fifo", "is not a regular file"),
        (tmp_path / ("x" * 300), "cannot be read: File name too long"),
    ):
        with pytest.raises(ConfigError) as caught:
            load.read_text(path)
        assert expected in str(caught.value)


@given(st.text(max_size=200) | st.text(alphabet="ab:-[]{}&*!?|>'\"%@,# \n\t0123456789.<", max_size=80))
@settings(max_examples=150, deadline=None)
def test_any_text_is_a_document_or_a_config_error(text: str) -> None:
    """Foreign text never raises anything else."""
    with suppress(ConfigError):
        assert isinstance(load.parse(text, "m.yaml"), Document)
