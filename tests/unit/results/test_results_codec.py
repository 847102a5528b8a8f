"""orchestrator/results/codec.py"""

import dataclasses
import json
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from results_builders import result, results

from orchestrator.model.result import CellResult
from orchestrator.results.codec import SCHEMA, UndecodableError, decode, encode


@given(results)
@settings(max_examples=150, deadline=None)
def test_every_result_comes_back_as_it_was(value: CellResult) -> None:
    """decode(encode(x)) == x for any result, undecodable bytes of a log included."""
    assert decode(CellResult, encode(value)) == value


def test_any_text_survives_even_surrogates_that_look_like_a_pair() -> None:
    """Two lone surrogates stay two characters: JSON escapes would have joined them into one."""
    odd = result(message="\ud83d" + "\ude00" + "\udcff\x00\u2028\U0001f600")
    assert decode(CellResult, encode(odd)) == odd


def test_thousands_of_diagnostics_take_little_room() -> None:
    """A state of 3000 similar warnings of 300 characters is stored in a small part of its size."""
    one = result(message="w" * 300)
    many = tuple(dataclasses.replace(one.state.present[0], line=line) for line in range(3000))
    big = dataclasses.replace(one, state=dataclasses.replace(one.state, present=many))
    body = encode(big)
    assert len(body) < 3000 * 300 // 10
    assert decode(CellResult, body) == big


@given(st.binary(max_size=60))
@settings(deadline=None)
def test_damaged_bytes_are_refused(noise: bytes) -> None:
    """Whatever is no stored result raises UndecodableError and nothing else."""
    with pytest.raises(UndecodableError):
        decode(CellResult, noise)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_cut_body_is_refused(data: st.DataObject) -> None:
    """A body that lost its end is noticed: zlib's checksum stands there."""
    body = encode(result(message="m"))
    with pytest.raises(UndecodableError):
        decode(CellResult, body[: data.draw(st.integers(0, len(body) - 1))])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["commit", "state", "x"]), inner),
)


@given(json_values)
@settings(deadline=None)
def test_json_of_another_shape_is_refused(value: object) -> None:
    """Sound JSON that is no CellResult raises UndecodableError: a type is never guessed."""
    with pytest.raises(UndecodableError):
        decode(CellResult, zlib.compress(json.dumps({"schema": SCHEMA, "value": value}).encode()))


def _edited(**changes: object) -> bytes:
    document = json.loads(zlib.decompress(encode(result(message="m"))))
    return zlib.compress(json.dumps(document | changes).encode())


@pytest.mark.parametrize("schema", [None, 0, SCHEMA + 1, "1", [1]])
def test_another_schema_is_named(schema: object) -> None:
    """A body of a schema that this version does not read says which one it has."""
    with pytest.raises(UndecodableError, match="schema"):
        decode(CellResult, _edited(schema=schema))


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("commit", True), ("commit", 1.5), ("commit", "1"), ("status", "fine"), ("status", 3), ("log_cut", 1), ("new", 1)],
)
def test_a_field_of_the_wrong_type_is_refused(field: str, wrong: object) -> None:
    """Numbers, booleans and enum values are checked, and a field nobody knows is not dropped."""
    value = json.loads(zlib.decompress(encode(result())))["value"]
    with pytest.raises(UndecodableError):
        decode(CellResult, _edited(value=value | {field: wrong}))


def test_a_body_without_a_newer_optional_field_still_reads() -> None:
    """Fields at their default are not written, so a field added later does not need another schema."""
    value = json.loads(zlib.decompress(encode(result())))["value"]
    assert "unset_symbols" not in value
    assert "detail" not in value
