"""URIs by RFC 3261 section 19.1, with its own examples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.errors import GarbledSip, Unwritable
from emulator.siprec.sip.parameters import Parameters
from emulator.siprec.sip.uri import OpaqueUri, SipUri, equivalent, escaped_user, parse_uri


@pytest.mark.parametrize(
    "text",
    [
        "sip:alice@atlanta.com",
        "sip:alice:secretword@atlanta.com;transport=tcp",
        "sips:alice@atlanta.com?subject=project%20x&priority=urgent",
        "sip:+1-212-555-1212:1234@gateway.com;user=phone",
        "sips:1212@gateway.com",
        "sip:alice@192.0.2.4",
        "sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com",
        "sip:alice;day=tuesday@atlanta.com",
        "sip:[2001:db8::10]:5070;lr",
        "sip:user;par=u%40example.net@example.com",
        "sip:sip%3Auser%40example.com@company.com;other-param=summit",
        "sip:siprec_srs:9",
        "tel:+12155551212;phone-context=example.com",
        "nobodyknowsthisscheme:totallyopaquecontent",
    ],
)
def test_a_uri_is_written_as_it_was_read(text: str) -> None:
    assert str(parse_uri(text)) == text


def test_a_uri_has_parts() -> None:
    assert parse_uri("SIPS:J%20D@[2001:db8::1]:5061;Transport=TLS;lr?a=b&c=") == SipUri(
        scheme="sips",
        user="J%20D",
        host="2001:db8::1",
        port=5061,
        parameters=Parameters((("Transport", "TLS"), ("lr", None))),
        headers=(("a", "b"), ("c", "")),
    )


def test_a_uri_tells_what_it_asks_for() -> None:
    read = parse_uri("sips:J%20D%FF@h;TRANSPORT=TCP")
    assert isinstance(read, SipUri)
    assert (read.secure, read.transport, read.user_text) == (True, "tcp", "J D\ufffd")
    assert SipUri(host="h").transport is None
    assert SipUri(host="h").user_text == ""


def test_tel_is_opaque() -> None:
    assert parse_uri("TEL:+1;ext=2") == OpaqueUri(scheme="tel", rest="+1;ext=2")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sip",
        "sip:",
        "sip:@host",
        "sip:a@b@c",
        "sip:a b@c",
        "sip:a@b c",
        "sip:a@",
        "sip:a@[::1",
        "sip:a@[::1%25eth0]",
        "sip:a@[127.0.0.1]",
        "sip:a@::1",
        "sip:a@b:",
        "sip:a@b:0",
        "sip:a@b:65536",
        "sip:a@b:99999999999999999999",
        "sip:a@b:5o",
        "sip:a@b;=c",
        "sip:a@b;x=1;X=2",
        "sip:a@b?=c",
        "sip:a@bücher.example",
        "<sip:a@b>",
        'sip:"a"@b',
        "sip:a@b\r\n",
        "1sip:a@b",
    ],
)
def test_what_is_no_uri_is_refused(text: str) -> None:
    with pytest.raises(GarbledSip):
        parse_uri(text)


@pytest.mark.parametrize(
    ("user", "written"),
    [
        ("a b", "a%20b"),
        ("a@b", "a%40b"),
        ("é", "%C3%A9"),
        ("50%", "50%25"),
        ("%41", "%41"),
        ("#31#", "%2331%23"),
        ("a\r\nb", "a%0D%0Ab"),
        ("+1;x=y?&$,/", "+1;x=y?&$,/"),
    ],
)
def test_what_can_not_stand_bare_is_escaped(user: str, written: str) -> None:
    assert str(SipUri(user=user, host="h")) == f"sip:{written}@h"


def test_parameters_and_headers_are_escaped() -> None:
    made = SipUri(host="h", parameters=Parameters((("a;b", "c=d"), ("e", None))), headers=(("f&", "g h"),))
    assert str(made) == "sip:h;a%3Bb=c%3Dd;e?f%26=g%20h"


@pytest.mark.parametrize("host", ["", "a b", "a@b", "[::1]", "::1%eth0", "a\r\nb", "bücher"])
def test_a_host_that_is_none_is_not_written(host: str) -> None:
    with pytest.raises(Unwritable):
        str(SipUri(host=host))


@pytest.mark.parametrize("port", [0, -1, 65_536])
def test_a_port_that_is_none_is_not_written(port: int) -> None:
    with pytest.raises(Unwritable):
        str(SipUri(host="h", port=port))


def test_half_a_character_is_not_written() -> None:
    with pytest.raises(Unwritable):
        str(SipUri(user="\ud800", host="h"))


@pytest.mark.parametrize("rest", ["", "a b", "a>", "a\r\n"])
def test_an_opaque_uri_that_would_end_early_is_not_written(rest: str) -> None:
    with pytest.raises(Unwritable):
        str(OpaqueUri(scheme="tel", rest=rest))


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_text_can_be_a_user(text: str) -> None:
    read = parse_uri(str(SipUri(user=escaped_user(text), host="h")))
    assert isinstance(read, SipUri)
    assert read.user_text == text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"),
        (
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
        ),
        (
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
        ),
        ("sip:a@[2001:db8:0::1]", "sip:a@[2001:DB8::1]"),
        ("sip:a%3bb@h", "sip:a%3Bb@h"),
        ("tel:+1", "tel:+1"),
    ],
)
def test_uris_that_differ_in_writing_alone_are_equivalent(one: str, other: str) -> None:
    assert equivalent(parse_uri(one), parse_uri(other))
    assert equivalent(parse_uri(other), parse_uri(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
        ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
        ("sip:a@h", "sips:a@h"),
        ("sip:a@h", "sip:h"),
        ("sip:a;b@h", "sip:a%3Bb@h"),
        ("sip:a@h", "tel:a"),
        ("tel:+1", "tel:+2"),
    ],
)
def test_uris_that_may_lead_elsewhere_are_not_equivalent(one: str, other: str) -> None:
    assert not equivalent(parse_uri(one), parse_uri(other))
    assert not equivalent(parse_uri(other), parse_uri(one))


@given(st.text("sip:@[];?=&%4.a\u00e9 1", max_size=30))
def test_any_text_is_read_as_a_uri_or_refused(text: str) -> None:
    try:
        read = parse_uri(f"sip:{text}")
    except GarbledSip:
        return
    assert equivalent(read, read)
    assert equivalent(parse_uri(str(read)), read)
