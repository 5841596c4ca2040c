"""Request bodies: RFC 8259 and application/x-www-form-urlencoded, read strictly."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.body import MAX_FORM_FIELDS, decode_form, decode_json
from emulator.core.errors import Malformed

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=8,
)


@given(st.dictionaries(TEXT, VALUE), st.booleans())
def test_every_json_object_is_read_as_it_was_written(document: dict[str, object], escaped: bool) -> None:
    assert decode_json(json.dumps(document, ensure_ascii=escaped).encode()) == document


@given(TEXT, VALUE, VALUE, st.booleans(), st.booleans())
def test_a_key_twice_is_found_however_it_is_written(
    key: str, first: object, second: object, escaped: bool, nested: bool
) -> None:
    name = json.dumps(key, ensure_ascii=escaped)
    body = f"{{{json.dumps(key)}: {json.dumps(first)}, {name}: {json.dumps(second)}}}"
    body = f'{{"outer": [{body}]}}' if nested else body
    with pytest.raises(Malformed) as refused:
        decode_json(body.encode())
    assert refused.value.hint == "The body names a key twice in one object."


@given(st.binary())
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for decode in (decode_json, decode_form):
        try:
            assert isinstance(decode(body), dict)
        except Malformed:
            continue


def test_an_empty_body_is_an_empty_object() -> None:
    assert decode_json(b"") == {}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"   ",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": "\\ud800"}',
        b'{"\\ud800": 1}',
        b"{} {}",
        b"\xef\xbb\xbf{}",
        b"{'a': 1}",
        b"[]",
        b"null",
        b'"text"',
        b"1",
        b'{"a": ' * 10_000 + b"1" + b"}" * 10_000,
        b'{"a": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b'{"a": ' * 1_000 + b"1" + b"}" * 1_000,
    ],
    ids=lambda body: body[:16],
)
def test_what_is_no_json_object_is_a_bad_request(body: bytes) -> None:
    """Telnyx's catalogue: 10015; the hint alone says more."""
    with pytest.raises(Malformed) as refused:
        decode_json(body)
    item = refused.value.items[0]
    assert (item.code, item.title) == ("10015", "Bad Request")
    assert item.detail == "The request failed because it was not well-formed."
    assert refused.value.hint


def test_bytes_that_are_no_text_are_named_by_their_position() -> None:
    """Telnyx's documented 10028."""
    for decode in (decode_json, decode_form):
        with pytest.raises(Malformed) as refused:
            decode(b'{"a": "\xff"}')
        item = refused.value.items[0]
        assert (item.code, item.title) == ("10028", "Character encoding error")
        assert item.detail == "Error decoding request body at position 7"


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), TEXT))
def test_a_form_is_read_as_it_was_written(fields: dict[str, str]) -> None:
    assert decode_form(urlencode(fields).encode()) == fields


def test_a_form_field_that_comes_twice_keeps_its_last_value() -> None:
    assert decode_form(b"Track=a&Track=b&Name=") == {"Track": "b", "Name": ""}


def test_percent_escapes_of_a_form_must_be_text_too() -> None:
    with pytest.raises(Malformed) as refused:
        decode_form(b"Name=%ff")
    assert refused.value.items[0].code == "10028"


def test_a_form_of_too_many_fields_is_refused() -> None:
    assert len(decode_form(b"&".join(b"f%d=1" % one for one in range(MAX_FORM_FIELDS)))) == MAX_FORM_FIELDS
    with pytest.raises(Malformed) as refused:
        decode_form(b"&".join(b"f%d=1" % one for one in range(MAX_FORM_FIELDS + 1)))
    assert refused.value.hint == "The form has more than 1000 fields."


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a": ', "}")])
def test_a_body_may_be_a_hundred_levels_deep_and_no_more(opening: str, closing: str) -> None:
    def nested(levels: int) -> bytes:
        inner = opening * (levels - 1) + "1" + closing * (levels - 1)
        return f'{{"a": {inner}}}'.encode()

    assert decode_json(nested(100))
    with pytest.raises(Malformed) as refused:
        decode_json(nested(101))
    assert "100 levels" in refused.value.hint
