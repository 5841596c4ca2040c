"""The client's offer, and what an answer makes of it (RFC 3264, RFC 7866 section 7.1)."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.errors import GarbledSdp
from emulator.siprec.sdp.codecs import Codec
from emulator.siprec.sdp.crypto import CryptoKey
from emulator.siprec.sdp.description import parse_sdp, written_sdp
from emulator.siprec.sdp.offer import accepted, offer
from emulator.siprec.sdp.streams import Direction, NegotiatedStream, OfferedStream

IN = OfferedStream(label="inbound", port=20000, rtcp_port=20001)
OUT = OfferedStream(label="outbound", port=20002, rtcp_port=20003)
KEY = CryptoKey(key=bytes(range(30)))
SECURE_IN = OfferedStream(label="inbound", port=20000, rtcp_port=20001, crypto=KEY)
PEER_KEY = b64encode(b"\x07" * 30).decode()

HEAD = "v=0\r\no=- 5 5 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n"


def _one(section: str, stream: OfferedStream = IN, head: str = HEAD) -> NegotiatedStream:
    (negotiated,) = accepted((stream,), parse_sdp(f"{head}{section}".encode()))
    return negotiated


def test_two_tracks_are_offered_in_the_shape_of_telnyx() -> None:
    assert written_sdp(offer((IN, OUT), host="192.0.2.1", session=1712345678)).decode() == (
        "v=0\r\n"
        "o=FreeSWITCH 1712345678 1 IN IP4 192.0.2.1\r\n"
        "s=Telnyx Media Gateway\r\n"
        "c=IN IP4 192.0.2.1\r\n"
        "t=0 0\r\n"
        "m=audio 20000 RTP/AVP 0 8\r\n"
        "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20\r\na=maxptime:20\r\na=sendonly\r\n"
        "a=label:inbound\r\n"
        "m=audio 20002 RTP/AVP 0 8\r\n"
        "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20\r\na=maxptime:20\r\na=sendonly\r\n"
        "a=label:outbound\r\n"
    )


def test_pcmu_alone_is_offered_where_that_is_asked_for() -> None:
    alone = OfferedStream(label="inbound", port=20000, rtcp_port=20001, codecs=(Codec.PCMU,))
    assert offer((alone,), host="192.0.2.1", session=1).media[0].formats == ("0",)


def test_a_secure_stream_is_offered_over_savp_with_its_key() -> None:
    (media,) = offer((SECURE_IN,), host="192.0.2.1", session=1).media
    assert media.protocol == "RTP/SAVP"
    assert media.every("crypto") == (f"1 AES_CM_128_HMAC_SHA1_80 inline:{b64encode(KEY.key).decode()}",)


def test_an_rtcp_port_that_is_not_the_next_one_is_said() -> None:
    odd = OfferedStream(label="inbound", port=20000, rtcp_port=20009)
    assert offer((odd,), host="192.0.2.1", session=1).media[0].get("rtcp") == "20009"
    assert offer((IN,), host="192.0.2.1", session=1).media[0].get("rtcp") is None


def test_a_stream_without_a_label_is_offered_so_where_that_is_asked_for() -> None:
    bare = OfferedStream(label=None, port=20000, rtcp_port=20001)
    assert offer((bare,), host="192.0.2.1", session=1).media[0].get("label") is None


def test_an_accepted_stream_flows_to_the_peers_ports() -> None:
    stream = _one("m=audio 30000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=recvonly\r\n")
    assert stream.sending
    assert not stream.receiving
    assert (stream.label, stream.direction) == ("inbound", Direction.SENDONLY)
    assert (stream.remote, stream.remote_rtcp) == (("198.51.100.7", 30000), ("198.51.100.7", 30001))
    assert (stream.payload_type, stream.codec, stream.ptime) == (0, Codec.PCMU, 20)


@pytest.mark.parametrize(
    ("line", "sending"),
    [
        ("", True),
        ("a=sendrecv\r\n", True),
        ("a=recvonly\r\n", True),
        ("a=inactive\r\n", False),
        ("a=sendonly\r\n", False),
    ],
)
def test_the_answers_direction_says_whether_to_send(line: str, sending: bool) -> None:
    stream = _one(f"m=audio 30000 RTP/AVP 0\r\n{line}")
    assert stream.active
    assert stream.sending is sending
    assert stream.remote_rtcp == ("198.51.100.7", 30001)


def test_the_sessions_direction_counts_where_the_medium_has_none() -> None:
    assert not _one("m=audio 30000 RTP/AVP 0\r\n", head=f"{HEAD}a=inactive\r\n").sending
    assert _one("m=audio 30000 RTP/AVP 0\r\na=recvonly\r\n", head=f"{HEAD}a=inactive\r\n").sending


def test_port_0_refuses_a_stream_and_leaves_the_other() -> None:
    answer = parse_sdp(f"{HEAD}m=audio 0 RTP/AVP 0\r\nm=audio 30002 RTP/AVP 0\r\na=recvonly\r\n".encode())
    first, second = accepted((IN, OUT), answer)
    assert first == NegotiatedStream(label="inbound", active=False)
    assert not first.sending
    assert (second.label, second.sending) == ("outbound", True)


def test_an_address_of_zeros_holds_a_stream() -> None:
    stream = _one("m=audio 30000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n")
    assert stream.active
    assert not stream.sending
    assert (stream.remote, stream.remote_rtcp) == (None, None)


def test_the_mediums_own_address_counts_before_the_sessions() -> None:
    assert _one("m=audio 30000 RTP/AVP 0\r\nc=IN IP6 2001:db8::7\r\n").remote == ("2001:db8::7", 30000)


@pytest.mark.parametrize(
    ("formats", "lines", "expected"),
    [
        ("8", "", (8, Codec.PCMA)),
        ("8 0", "a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n", (8, Codec.PCMA)),
        ("101 0", "a=rtpmap:101 telephone-event/8000\r\n", (0, Codec.PCMU)),
        ("96", "a=rtpmap:96 PCMU/8000\r\n", (96, Codec.PCMU)),
        ("97", "a=rtpmap:97 pcma/8000/1\r\n", (97, Codec.PCMA)),
        ("0 8", "a=rtpmap:0 PCMU/16000\r\n", (8, Codec.PCMA)),
    ],
)
def test_the_peer_chooses_codec_and_payload_type(formats: str, lines: str, expected: tuple[int, Codec]) -> None:
    stream = _one(f"m=audio 30000 RTP/AVP {formats}\r\n{lines}")
    assert (stream.payload_type, stream.codec) == expected


@pytest.mark.parametrize(("line", "ptime"), [("a=ptime:40\r\n", 40), ("a=ptime:0\r\n", 20), ("a=ptime:x\r\n", 20)])
def test_the_ptime_that_the_peer_asks_for_is_told(line: str, ptime: int) -> None:
    assert _one(f"m=audio 30000 RTP/AVP 0\r\n{line}").ptime == ptime


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a=rtcp:53020\r\n", ("198.51.100.7", 53020)),
        ("a=rtcp:53020 IN IP4 126.16.64.4\r\n", ("126.16.64.4", 53020)),
        ("a=rtcp:53020 IN IP6 2001:db8::4\r\n", ("2001:db8::4", 53020)),
    ],
)
def test_rtcp_goes_where_rfc_3605_says(line: str, expected: tuple[str, int]) -> None:
    assert _one(f"m=audio 30000 RTP/AVP 0\r\n{line}").remote_rtcp == expected


def test_rtcp_shares_a_port_only_where_that_was_offered() -> None:
    section = "m=audio 30000 RTP/AVP 0\r\na=rtcp-mux\r\n"
    assert _one(section).remote_rtcp == ("198.51.100.7", 30001)
    muxing = OfferedStream(label="inbound", port=20000, rtcp_port=20000, rtcp_mux=True)
    assert _one(section, muxing).remote_rtcp == ("198.51.100.7", 30000)
    assert offer((muxing,), host="192.0.2.1", session=1).media[0].get("rtcp-mux") == ""


def test_a_secure_answer_gives_the_peers_key() -> None:
    stream = _one(
        f"m=audio 30000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{PEER_KEY}\r\n", SECURE_IN
    )
    assert stream.local_key == KEY
    assert stream.remote_key == CryptoKey(key=b"\x07" * 30)


@pytest.mark.parametrize(
    "sections",
    [
        "",
        "m=audio 30000 RTP/AVP 0\r\nm=audio 30002 RTP/AVP 0\r\n",
        "m=video 30000 RTP/AVP 0\r\n",
        "m=audio 30000 RTP/SAVP 0\r\n",
        "m=audio 30000 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000\r\n",
        "m=audio 30000 RTP/AVP 200\r\na=rtpmap:200 PCMU/8000\r\n",
        "m=audio 30000 RTP/AVP 0\r\na=rtcp:x\r\n",
        "m=audio 30000 RTP/AVP 0\r\na=rtcp:0\r\n",
        "m=audio 30000 RTP/AVP 0\r\na=rtcp:5 IN IP4\r\n",
    ],
)
def test_an_answer_that_does_not_fit_the_offer_is_refused(sections: str) -> None:
    with pytest.raises(GarbledSdp):
        _one(sections)


def test_an_answer_without_an_address_is_refused() -> None:
    with pytest.raises(GarbledSdp, match="c="):
        _one("m=audio 30000 RTP/AVP 0\r\n", head="v=0\r\no=- 5 5 IN IP4 198.51.100.7\r\n")


@pytest.mark.parametrize("section", ["m=audio 30000 RTP/AVP 0\r\n", "m=audio 30000 RTP/SAVP 0\r\n"])
def test_a_secure_offer_is_not_answered_in_the_clear(section: str) -> None:
    with pytest.raises(GarbledSdp):
        _one(section, SECURE_IN)


@given(
    st.lists(st.sampled_from([
        "m=audio 1 RTP/AVP 0 8 96", "m=audio 0 RTP/AVP 0", "m=audio 2 RTP/SAVP 8", "m=audio 65535 RTP/AVP 0",
        "c=IN IP4 0.0.0.0", "c=IN IP6 ::1", "a=rtpmap:96 PCMA/8000", "a=rtpmap:", "a=rtpmap:0", "a=ptime:99999",
        "a=rtcp:1 2 3 4", "a=rtcp", "a=rtcp-mux", "a=sendonly", "a=inactive", "a=crypto",
        f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{PEER_KEY}",
    ]), max_size=6)
)  # fmt: skip
def test_no_answer_gives_another_exception(lines: list[str]) -> None:
    answer = parse_sdp("\r\n".join(["v=0", "o=- 5 5 IN IP4 198.51.100.7", *lines]).encode())
    for offered in ((IN,), (SECURE_IN,), (IN, OUT)):
        try:
            streams = accepted(offered, answer)
        except GarbledSdp:
            continue
        assert len(streams) == len(offered)
