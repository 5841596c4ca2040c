"""What must hold of a session's media, by Wireshark's reading of them.

Owns the demands: nothing lost, a packet every 20 ms, reports, and the right tone on the right track.
"""

from __future__ import annotations

import base64
import struct
from typing import TYPE_CHECKING, Any

import pylibsrtp
import pytest

from tests.judges.tones import from_ulaw, share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.judges.tshark import Dissection, RtpPacket

FRAME = 160
MEAN_DELTA_MS = 20
MOST_JITTER_MS = 2
_ABOUT_MS = 0.5
SENDER_REPORT, DESCRIPTION, GOODBYE = 200, 202, 203

_NEARLY_ALL = 0.98
"""The rest is what mu-law adds."""

_HEADER = 12
_WHOLE_PERIODS = 200
"""Samples that hold whole periods of 440 Hz as of 880 Hz."""


def demand_pace(found: Dissection, ports: tuple[int, ...], least: int) -> None:
    """To each port went one stream on time, and none elsewhere.

    Args:
        found: The capture.
        ports: Of RTP.
        least: How many packets each must have.
    """
    assert [stream.port for stream in found.streams] == sorted(ports), found.streams
    for stream in found.streams:
        assert stream.packets >= least, stream
        assert stream.lost == 0, stream
        assert stream.mean_delta == pytest.approx(MEAN_DELTA_MS, abs=_ABOUT_MS), stream
        assert stream.mean_jitter < MOST_JITTER_MS, stream


def punctual(found: Dissection) -> bool:
    """Whether all streams are on time."""
    return all(
        abs(stream.mean_delta - MEAN_DELTA_MS) < _ABOUT_MS and stream.mean_jitter < MOST_JITTER_MS
        for stream in found.streams
    )


def demand_reports(found: Dissection, ports: tuple[int, ...]) -> None:
    """Beside each port came SR and SDES, and BYE at the end (RFC 7866 8.1.2, RFC 3550 6)."""
    for port in ports:
        _demand_kinds(found.rtcp(port + 1))


def demand_secure_reports(found: Dissection, port: int, key: str) -> None:
    """The same of SRTCP beside one port; the key as in ``opened``."""
    session = _session(key)
    packets = [session.unprotect_rtcp(datagram) for datagram in found.datagrams(port + 1)]
    _demand_kinds([kind for packet in packets for kind in _kinds(packet)])


def _demand_kinds(kinds: list[int]) -> None:
    assert kinds[:2] == [SENDER_REPORT, DESCRIPTION], kinds
    assert kinds[-3:] == [SENDER_REPORT, DESCRIPTION, GOODBYE], kinds


def _kinds(compound: bytes) -> Iterator[int]:
    while compound:
        _, kind, words = struct.unpack_from(">BBH", compound)
        yield kind
        compound = compound[4 * (words + 1) :]


def demand_tone(payloads: list[bytes], hertz: float) -> None:
    """The sound is that tone and no other; mu-law."""
    assert {len(payload) for payload in payloads} == {FRAME}
    samples = from_ulaw(b"".join(payloads))
    samples = samples[: len(samples) // _WHOLE_PERIODS * _WHOLE_PERIODS]
    assert share(samples, hertz) > _NEARLY_ALL, share(samples, hertz)


def opened(packets: list[RtpPacket], key: str) -> list[bytes]:
    """Payloads of SRTP, by the library that others decrypt with.

    Args:
        packets: As captured.
        key: What follows ``inline:`` in the offer: base64 of master key and salt (RFC 4568 6.1).
    """
    session = _session(key)
    return [session.unprotect(packet.raw)[_HEADER:] for packet in packets]


def _session(key: str) -> Any:
    policy = pylibsrtp.Policy(
        key=base64.b64decode(key),
        ssrc_type=pylibsrtp.Policy.SSRC_ANY_INBOUND,
        srtp_profile=pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    )
    return pylibsrtp.Session(policy)
