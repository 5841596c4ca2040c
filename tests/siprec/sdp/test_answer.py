"""Answering an offer, as a client in a re-INVITE and as a server (RFC 3264 section 6)."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.errors import GarbledSdp
from emulator.siprec.sdp.answer import Answered, answered
from emulator.siprec.sdp.codecs import Codec
from emulator.siprec.sdp.crypto import CryptoKey, Suite
from emulator.siprec.sdp.description import parse_sdp
from emulator.siprec.sdp.offer import accepted, offer
from emulator.siprec.sdp.streams import Direction, OfferedStream

CLIENT = (
    OfferedStream(label="inbound", port=20000, rtcp_port=20001),
    OfferedStream(label="outbound", port=20002, rtcp_port=20003),
)
SERVER = tuple(
    OfferedStream(label=None, port=port, rtcp_port=port + 1, direction=Direction.RECVONLY)
    for port in (30000, 30002)
)
HEAD = "v=0\r\no=- 5 5 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n"


def _reply(sections: str, streams: tuple[OfferedStream, ...] = CLIENT[:1], head: str = HEAD) -> Answered:
    return answered(parse_sdp(f"{head}{sections}".encode()), streams, host="192.0.2.1", session=9, version=2)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("a=recvonly\r\n", "sendonly"),
        ("a=sendrecv\r\n", "sendonly"),
        ("", "sendonly"),
        ("a=inactive\r\n", "inactive"),
        ("a=sendonly\r\n", "inactive"),
    ],
)
def test_a_client_answers_with_the_mirrored_direction(asked: str, said: str) -> None:
    reply = _reply(f"m=audio 30000 RTP/AVP 0\r\n{asked}")
    (media,) = reply.description.media
    assert media.get(said) == ""
    assert (media.port, media.get("label")) == (20000, "inbound")
    assert reply.streams[0].sending is (said == "sendonly")
    assert reply.streams[0].remote == ("198.51.100.7", 30000)


def test_an_answer_has_the_head_that_the_client_has_always_written() -> None:
    origin = _reply("m=audio 30000 RTP/AVP 0\r\n").description.origin
    assert (origin.username, origin.session, origin.version, origin.host) == ("FreeSWITCH", "9", 2, "192.0.2.1")


def test_a_stream_that_is_taken_away_is_answered_with_port_0() -> None:
    reply = _reply("m=audio 0 RTP/AVP 0\r\nm=audio 30002 RTP/AVP 0\r\na=recvonly\r\n", CLIENT)
    assert [media.port for media in reply.description.media] == [0, 20002]
    assert [stream.active for stream in reply.streams] == [False, True]


@pytest.mark.parametrize(
    "section",
    [
        "m=video 30000 RTP/AVP 0\r\n",
        "m=audio 30000 RTP/SAVP 0\r\n",
        "m=audio 30000 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\n",
    ],
)
def test_a_medium_that_is_not_spoken_is_refused_with_its_own_words(section: str) -> None:
    reply = _reply(section)
    (media,) = reply.description.media
    assert media.port == 0
    assert section.startswith(f"m={media.kind} 30000 {media.protocol} {media.formats[0]}")
    assert not reply.streams[0].active


def test_lines_beyond_the_own_streams_are_refused() -> None:
    reply = _reply("m=audio 30000 RTP/AVP 0\r\nm=audio 30002 RTP/AVP 0\r\n")
    assert [media.port for media in reply.description.media] == [20000, 0]


def test_an_offer_with_fewer_lines_than_before_is_refused() -> None:
    with pytest.raises(GarbledSdp, match="m= lines"):
        _reply("m=audio 30000 RTP/AVP 0\r\n", CLIENT)


def test_the_codec_that_the_peer_prefers_is_taken_under_its_number() -> None:
    reply = _reply(
        "m=audio 30000 RTP/AVP 101 97 0\r\na=rtpmap:101 telephone-event/8000\r\na=rtpmap:97 PCMA/8000\r\n"
    )
    (media,) = reply.description.media
    assert media.formats == ("97", "0")
    assert media.every("rtpmap") == ("97 PCMA/8000", "0 PCMU/8000")
    assert (reply.streams[0].payload_type, reply.streams[0].codec) == (97, Codec.PCMA)


def test_a_server_takes_a_clients_offer_and_both_agree() -> None:
    opened = offer(CLIENT, host="192.0.2.1", session=1)
    reply = answered(opened, SERVER, host="198.51.100.7", session=2)
    assert [media.get("recvonly") for media in reply.description.media] == ["", ""]
    assert [(stream.label, stream.receiving, stream.sending) for stream in reply.streams] == [
        ("inbound", True, False),
        ("outbound", True, False),
    ]
    assert reply.streams[0].received_types == ((0, Codec.PCMU), (8, Codec.PCMA))
    assert reply.streams[1].remote_rtcp == ("192.0.2.1", 20003)
    client = accepted(CLIENT, reply.description)
    assert [stream.remote for stream in client] == [("198.51.100.7", 30000), ("198.51.100.7", 30002)]
    assert all(stream.sending for stream in client)


def test_a_server_and_a_client_exchange_keys() -> None:
    clients = CryptoKey(tag=1, suite=Suite.AES_CM_128_HMAC_SHA1_32, key=b"\x01" * 30)
    servers = CryptoKey(tag=1, key=b"\x02" * 30)
    client = OfferedStream(label="inbound", port=20000, rtcp_port=20001, crypto=clients)
    server = OfferedStream(label=None, port=30000, rtcp_port=30001, direction=Direction.RECVONLY, crypto=servers)
    reply = answered(offer((client,), host="192.0.2.1", session=1), (server,), host="198.51.100.7", session=2)
    (heard,) = reply.streams
    (sent,) = accepted((client,), reply.description)
    assert heard.remote_key == sent.local_key == clients
    assert heard.local_key == sent.remote_key
    assert sent.remote_key is not None
    assert (sent.remote_key.key, sent.remote_key.suite) == (servers.key, clients.suite)


def test_a_secure_stream_without_a_suite_that_is_spoken_is_refused() -> None:
    secure = OfferedStream(label="inbound", port=20000, rtcp_port=20001, crypto=CryptoKey(key=b"\x01" * 30))
    inline = b64encode(bytes(30)).decode()
    reply = _reply(f"m=audio 30000 RTP/SAVP 0\r\na=crypto:1 F8_128_HMAC_SHA1_80 inline:{inline}\r\n", (secure,))
    assert reply.description.media[0].port == 0
    assert not reply.streams[0].active


@given(st.binary(max_size=120))
def test_no_offer_gives_another_exception(tail: bytes) -> None:
    try:
        opened = parse_sdp(HEAD.encode() + b"m=audio 30000 RTP/AVP 0\r\n" + tail)
        reply = answered(opened, CLIENT[:1], host="192.0.2.1", session=1)
    except GarbledSdp:
        return
    assert len(reply.description.media) == len(opened.media)
