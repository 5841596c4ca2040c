"""Strange messages of which RFC 4475 and RFC 3261 say what becomes of them."""

from __future__ import annotations

import pytest

from emulator.core.errors import GarbledSip
from emulator.siprec.multipart import parse_multipart
from emulator.siprec.sip.address import parse_address
from emulator.siprec.sip.cseq import parse_cseq
from emulator.siprec.sip.digest import Algorithm, strongest
from emulator.siprec.sip.message import Request, parse, written
from emulator.siprec.sip.uri import SipUri, parse_uri
from emulator.siprec.sip.via import parse_vias
from tests.siprec.readers import READERS
from tests.siprec.torture import INVALID, METADATA, OFFER, REFUSED_VALUES, VALID


@pytest.mark.parametrize("name", VALID)
def test_strange_messages_are_read_with_each_of_their_headers(name: str) -> None:
    message = parse(VALID[name])
    for header, value in message.headers:
        if header.lower() in READERS:
            READERS[header.lower()](value)
    assert parse(written(message)).headers.without("Content-Length") == message.headers.without("Content-Length")


@pytest.mark.parametrize("name", INVALID)
def test_what_is_no_message_is_refused(name: str) -> None:
    with pytest.raises(GarbledSip):
        parse(INVALID[name])


@pytest.mark.parametrize(("header", "value"), REFUSED_VALUES)
def test_a_header_that_can_not_be_read_is_refused(header: str, value: str) -> None:
    with pytest.raises(GarbledSip):
        READERS[header.lower()](value)


def test_the_invite_of_a_recording_is_read_down_to_its_parts() -> None:
    message = parse(VALID["siprec invite"])
    assert message.headers.listed("Accept")[1] == "application/rs-metadata"
    sdp, metadata = parse_multipart(message.headers.get("Content-Type") or "", message.body)
    assert (sdp.media_type.name, sdp.body) == ("application/sdp", OFFER)
    assert metadata.headers.get("Content-Disposition") == "recording-session"
    assert metadata.body == METADATA


def test_white_space_and_short_names_change_nothing() -> None:
    headers = parse(VALID["compact, folded, spaced"]).headers
    vias = [via for value in headers.every("Via") for via in parse_vias(value)]
    assert [(via.transport, via.host, via.branch) for via in vias] == [
        ("UDP", "192.0.2.2", "390skdjuw"),
        ("TCP", "spindle.example.com", "z9hG4bK9ikj8"),
        ("UDP", "192.168.255.111", "z9hG4bK30239"),
    ]
    caller = parse_address(headers.get("From") or "")
    assert (caller.display, caller.tag) == ('J Rosenberg \\"', "98asjd8")
    assert parse_address(headers.get("To") or "").tag == "1918181833n"
    assert parse_cseq(headers.get("CSeq") or "").number == 9
    assert headers.get("Subject") == ""


def test_escaped_users_are_told_apart_from_hosts() -> None:
    message = parse(VALID["escapes"])
    assert isinstance(message, Request)
    uri = parse_uri(message.uri)
    assert isinstance(uri, SipUri)
    assert (uri.user_text, uri.host) == ("sips:user@example.com", "example.net")


def test_semicolons_in_a_user_are_no_parameters() -> None:
    message = parse(VALID["names without white space"])
    assert isinstance(message, Request)
    uri = parse_uri(message.uri)
    assert isinstance(uri, SipUri)
    assert (uri.user_text, uri.host, uri.parameters.fields) == ("user;par=u@example.net", "example.com", ())


def test_of_several_challenges_the_strongest_is_answered() -> None:
    chosen = strongest(parse(VALID["challenges"]).headers.every("WWW-Authenticate"))
    assert chosen is not None
    assert chosen.algorithm is Algorithm.SHA_256_SESS
