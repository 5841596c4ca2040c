"""Words, quotes and lists by RFC 3261's grammar."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.errors import GarbledSip, Unwritable
from emulator.siprec.sip.lists import split_list
from emulator.siprec.sip.parameters import Parameters, parse_parameters
from emulator.siprec.sip.quoting import quoted, unquoted

WRITABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('""', ""),
        ('"J Rosenberg \\\\\\""', 'J Rosenberg \\"'),
        ('"\\a\\;"', "a;"),
        ("token", "token"),
        ("", ""),
    ],
)
def test_a_word_says_what_stands_between_its_quotes(written: str, said: str) -> None:
    assert unquoted(written) == said


@pytest.mark.parametrize("written", ['"', '"a', '"a\\"', '"a"b', '"a""b"'])
def test_a_quoted_string_has_one_end(written: str) -> None:
    with pytest.raises(GarbledSip):
        unquoted(written)


@given(WRITABLE)
def test_what_is_quoted_says_the_same(text: str) -> None:
    assert unquoted(quoted(text)) == text


@pytest.mark.parametrize("text", ["a\rb", "a\nb", "a\0b", "\udc80"])
def test_what_would_end_its_line_is_not_quoted(text: str) -> None:
    with pytest.raises(Unwritable):
        quoted(text)


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("", ()),
        ("a", ("a",)),
        (" a ,\tb , , c,", ("a", "b", "c")),
        ('"Bell, A." <sip:a,b@c>;x="1,2", <sip:d>', ('"Bell, A." <sip:a,b@c>;x="1,2"', "<sip:d>")),
        ('"a\\",b", c', ('"a\\",b"', "c")),
        ('<sip:"a>, b', ('<sip:"a>', "b")),
        ("a > b, c", ("a > b", "c")),
    ],
)
def test_a_list_is_split_at_commas_outside_of_quotes_and_brackets(value: str, parts: tuple[str, ...]) -> None:
    assert split_list(value) == parts


@pytest.mark.parametrize("value", ['"a, b', "<a, b", 'a, "b\\"'])
def test_a_list_with_an_open_quote_or_bracket_is_refused(value: str) -> None:
    with pytest.raises(GarbledSip):
        split_list(value)


def test_parameters_keep_their_order_and_are_found_in_any_case() -> None:
    read = parse_parameters(' ; Tag = a ;LR; x="a;\\"b,c" ;received=[2001:db8::1];empty=;;')
    assert read.fields == (
        ("Tag", "a"),
        ("LR", None),
        ("x", '"a;\\"b,c"'),
        ("received", "[2001:db8::1]"),
        ("empty", ""),
    )
    assert (read.get("tag"), read.get("lr"), read.get("X"), read.get("none")) == ("a", "", 'a;"b,c', None)
    assert "lr" in read
    assert "none" not in read
    assert str(read) == ';Tag=a;LR;x="a;\\"b,c";received=[2001:db8::1];empty='


@pytest.mark.parametrize("text", ["a", ";=a", ';a="b', ';a="b"c', ";a b", ";a,b", ";a=<b>", ";a=1;A=2", ";ä=1"])
def test_what_is_no_parameter_is_refused(text: str) -> None:
    with pytest.raises(GarbledSip):
        parse_parameters(text)


def test_a_parameter_is_quoted_where_it_can_not_stand_bare() -> None:
    made = (
        Parameters()
        .added("lr")
        .added("a", "x.y")
        .added("b", "x y")
        .added("c", "::1")
        .added("d", 'e"')
        .added("f", "")
    )
    assert str(made) == ';lr;a=x.y;b="x y";c=::1;d="e\\"";f=""'
    assert str(made.without("A", "b", "C", "d", "f")) == ";lr"


@pytest.mark.parametrize(("name", "value"), [("", "a"), ("a b", None), ("a;b", None), ("a", "\r\n"), ("a", "\0")])
def test_a_parameter_that_would_say_something_else_is_not_made(name: str, value: str | None) -> None:
    with pytest.raises(Unwritable):
        Parameters().added(name, value)


@given(WRITABLE)
def test_a_parameter_is_read_as_it_was_made(text: str) -> None:
    assert parse_parameters(str(Parameters().added("a", text))).get("a") == text


@given(st.text('";=\\a ,<>\t', max_size=20))
def test_any_text_is_read_as_parameters_or_refused(text: str) -> None:
    try:
        read = parse_parameters(text)
    except GarbledSip:
        return
    assert parse_parameters(str(read)) == read
