"""SRTP by the library, against RFC 3711 and RFC 4568."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from emulator.core.errors import GarbledMedia, SrtpMissing, Unwritable
from emulator.siprec.media.rtcp import ReceiverReport, written
from emulator.siprec.media.rtp import RtpPacket
from emulator.siprec.media.rtp import written as written_rtp
from emulator.siprec.media.srtp import Protector, Unprotector, demand_srtp
from emulator.siprec.sdp.crypto import CryptoKey, Suite

KEY = CryptoKey(key=bytes(range(30)))
SHORT = replace(KEY, suite=Suite.AES_CM_128_HMAC_SHA1_32)
RTP = written_rtp(RtpPacket(payload_type=0, sequence=1, timestamp=160, ssrc=5, payload=b"\xff" * 160))
RTCP = written((ReceiverReport(ssrc=5),))

pytest.importorskip("pylibsrtp", reason="the extra srtp is not installed")


@pytest.mark.parametrize(("key", "tag"), [(KEY, 10), (SHORT, 4)])
def test_a_packet_grows_by_its_suites_tag_and_comes_back(key: CryptoKey, tag: int) -> None:
    sealed = Protector(key).protect(RTP)
    assert len(sealed) == len(RTP) + tag
    assert sealed[:12] == RTP[:12]
    assert sealed[12:172] != RTP[12:]
    assert Unprotector(key).unprotect(sealed) == RTP


@pytest.mark.parametrize("key", [KEY, SHORT])
def test_srtcp_has_an_index_and_80_bits_of_tag_in_either_suite(key: CryptoKey) -> None:
    """RFC 4568 section 6.2.2: the short tag is RTP's alone."""
    sealed = Protector(key).protect_rtcp(RTCP)
    assert len(sealed) == len(RTCP) + 4 + 10
    assert Unprotector(key).unprotect_rtcp(sealed) == RTCP


def test_a_packet_is_sealed_as_a_published_one_was() -> None:
    """Master key and salt of RFC 3711 appendix B.3, and the packet that libsrtp checks itself with."""
    key = CryptoKey(key=bytes.fromhex("E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6"))
    packet = bytes.fromhex("800f1234decafbadcafebabe") + b"\xab" * 16
    sealed = bytes.fromhex("800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb")
    assert Protector(key).protect(packet) == sealed


def test_another_key_opens_nothing() -> None:
    sealed = Protector(KEY).protect(RTP)
    with pytest.raises(GarbledMedia, match="authentication"):
        Unprotector(replace(KEY, key=bytes(30))).unprotect(sealed)


def test_what_came_before_is_refused() -> None:
    opener = Unprotector(KEY)
    sealed = Protector(KEY).protect(RTP)
    opener.unprotect(sealed)
    with pytest.raises(GarbledMedia, match="replay"):
        opener.unprotect(sealed)


@pytest.mark.parametrize("data", [b"", b"\x80", bytes(11), bytes(200), bytes(4_096)])
def test_what_is_no_packet_is_garbled(data: bytes) -> None:
    with pytest.raises(GarbledMedia):
        Unprotector(KEY).unprotect(data)
    with pytest.raises(GarbledMedia):
        Unprotector(KEY).unprotect_rtcp(data)


def test_what_the_library_refuses_is_not_written() -> None:
    with pytest.raises(Unwritable):
        Protector(KEY).protect(bytes(2_000))
    with pytest.raises(Unwritable):
        Protector(KEY).protect_rtcp(b"")


def test_without_the_library_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pylibsrtp", None)
    with pytest.raises(SrtpMissing, match=r"\[srtp\]"):
        demand_srtp()
