"""Addresses by RFC 3261 sections 20.10 and 25.1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.errors import GarbledSip, Unwritable
from emulator.siprec.sip.address import NameAddr, parse_address, parse_addresses
from emulator.siprec.sip.parameters import Parameters
from emulator.siprec.sip.uri import OpaqueUri, SipUri

BOB = SipUri(user="bob", host="biloxi.com")


@pytest.mark.parametrize(
    ("text", "display", "parameters"),
    [
        ("<sip:bob@biloxi.com>", "", ()),
        ("sip:bob@biloxi.com", "", ()),
        ("sip:bob@biloxi.com;tag=a6c85cf", "", (("tag", "a6c85cf"),)),
        ("sip:bob@biloxi.com ;  tag = a6c85cf", "", (("tag", "a6c85cf"),)),
        ("Bob <sip:bob@biloxi.com>;tag=a6c85cf", "Bob", (("tag", "a6c85cf"),)),
        ("caller<sip:bob@biloxi.com>", "caller", ()),
        ("Mr. R.  Bob\t<sip:bob@biloxi.com>", "Mr. R.  Bob", ()),
        ('"Bob, \\"R.\\" \\\\" <sip:bob@biloxi.com>', 'Bob, "R." \\', ()),
        ('"<sip:eve@evil>" <sip:bob@biloxi.com>', "<sip:eve@evil>", ()),
        ("Ünïcödé 大停電 <sip:bob@biloxi.com>", "Ünïcödé 大停電", ()),
        ('"" <sip:bob@biloxi.com>', "", ()),
        ("<sip:bob@biloxi.com>;+sip.src", "", (("+sip.src", None),)),
        ('<sip:bob@biloxi.com>;+sip.instance="<urn:uuid:0>"', "", (("+sip.instance", '"<urn:uuid:0>"'),)),
    ],
)
def test_an_address_is_read(text: str, display: str, parameters: tuple[tuple[str, str | None], ...]) -> None:
    assert parse_address(text) == NameAddr(uri=BOB, display=display, parameters=Parameters(parameters))


def test_parameters_within_the_brackets_are_the_uris() -> None:
    read = parse_address("<sip:bob@biloxi.com;transport=tcp;lr>;tag=1")
    assert str(read.uri) == "sip:bob@biloxi.com;transport=tcp;lr"
    assert (read.tag, str(read.parameters)) == ("1", ";tag=1")


def test_an_address_may_lead_elsewhere_than_sip() -> None:
    assert parse_address("<tel:+12155551212;ext=1>;tag=2").uri == OpaqueUri(
        scheme="tel", rest="+12155551212;ext=1"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "<>",
        "Bob",
        "Bob <sip:bob@biloxi.com",
        '"Bob <sip:bob@biloxi.com>',
        "Bell, Alexander <sip:bob@biloxi.com>",
        'Bob "R." <sip:bob@biloxi.com>',
        "<sip:bob@biloxi.com> tail",
        "<sip:bob@biloxi.com>, <sip:bob@biloxi.com>",
        "<<sip:bob@biloxi.com>>",
        "sip:bob@biloxi.com?Route=%3Csip:sip.example.com%3E",
        "sip:a,b@biloxi.com",
        "<sip:bob@biloxi.com>;tag=1;tag=2",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(GarbledSip):
        parse_address(text)


def test_addresses_stand_after_commas() -> None:
    read = parse_addresses('"A, B" <sip:a@h;lr>, <sip:b@h>;x="1,2",sip:c@h')
    assert [str(address) for address in read] == ['"A, B" <sip:a@h;lr>', '<sip:b@h>;x="1,2"', "<sip:c@h>"]


def test_a_tag_takes_the_place_of_another() -> None:
    assert (
        str(parse_address("Bob <sip:bob@biloxi.com>;tag=1;x").tagged("2")) == '"Bob" <sip:bob@biloxi.com>;x;tag=2'
    )


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0")))
def test_any_name_is_read_as_it_was_written(name: str) -> None:
    made = NameAddr(uri=BOB, display=name, parameters=Parameters().added("tag", "1"))
    assert parse_address(str(made)) == made


@pytest.mark.parametrize("name", ["a\r\nInjected: 1", "\n", "\0"])
def test_a_name_that_would_end_its_line_is_not_written(name: str) -> None:
    with pytest.raises(Unwritable):
        str(NameAddr(uri=BOB, display=name))
