"""Sessions with servers that answer anything, some of it made worse on its way: what a client must outlive.

Owns what such a server says and when. Must not judge what the client does.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from emulator.siprec.sdp.streams import Direction
from emulator.siprec.sip.digest import Challenge, Credentials
from emulator.siprec.sip.message import Request, written
from emulator.siprec.sip.transactions.replying import response
from emulator.siprec.src import machine
from tests.siprec.mutations import mutants, repaired
from tests.siprec.src.peer import CONTACT, SDP, directed, placed, up

if TYPE_CHECKING:
    from tests.siprec.src.peer import Peer

STATUSES = (
    *(
        100,
        180,
        183,
        199,
        200,
        202,
        204,
        299,
        300,
        302,
        305,
        400,
        401,
        403,
        404,
        407,
        408,
        415,
        420,
        421,
        422,
        423,
    ),
    *(480, 481, 486, 487, 488, 491, 500, 503, 513, 600, 603, 606, 699),
)
METHODS = ("INVITE", "ACK", "BYE", "CANCEL", "UPDATE", "OPTIONS", "INFO", "REGISTER")
SNAPSHOT = b'<requestsnapshot xmlns="urn:ietf:params:xml:ns:recording:1"/>'
SNAPSHOT_FIELDS = (
    ("Content-Type", "application/rs-metadata-request"),
    ("Content-Disposition", "recording-session"),
)

_TURNS = 12
_WAITS = (0.01, 0.6, 5, 40, 200, 1_000)
_LONG = 4_000
"""Seconds within which whatever was begun is over, once the client has hung up."""


def told(seed: int) -> Peer:
    """One story to its end.

    Args:
        seed: The same tells the same.

    Returns:
        The client, which has hung up and had the time to tidy.
    """
    dice = random.Random(seed)  # noqa: S311 - a story that can be told again, no secret
    peer = _begun(dice)
    for _ in range(dice.randint(1, _TURNS)):
        said = _answer(peer, dice) if dice.random() < 0.6 else _request(peer, dice)
        peer.take(machine.heard(peer.conduct, _spoilt(said, dice), peer.now))
        if dice.random() < 0.5:
            peer.pass_time(dice.choice(_WAITS))
        if dice.random() < 0.05:
            peer.hang_up()
        if dice.random() < 0.05:
            peer.lose()
    peer.hang_up()
    peer.pass_time(_LONG)
    return peer


def _begun(dice: random.Random) -> Peer:
    begin = dice.choice((placed, up))
    return begin(
        session_timeout_secs=dice.choice((0, 90, 1_800)),
        credentials=dice.choice((None, Credentials(username="src", password="secret"))),
    )


def _spoilt(data: bytes, dice: random.Random) -> bytes:
    """As it is, or made worse, at times so that it still has its length."""
    if dice.random() < 0.4:
        return data
    worse = next(mutants((data,), dice.randrange(2**32)))
    return repaired(worse) if dice.random() < 0.7 else worse


def _answer(peer: Peer, dice: random.Random) -> bytes:
    """To any request that the client has ever sent."""
    asked = dice.choice([one for one in peer.sent if isinstance(one, Request) and one.method != "ACK"])
    status = dice.choice(STATUSES)
    fields = [CONTACT, ("Session-Expires", dice.choice(("90;refresher=uac", "90;refresher=uas", "1800", "0")))]
    if status in (401, 407):
        name = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
        fields.append((name, str(Challenge(realm="r", nonce=str(dice.randrange(3)), stale=dice.random() < 0.5))))
    if status == 422:
        fields.append(("Min-SE", dice.choice(("90", "120", "2000", "4294967295"))))
    if dice.random() < 0.3:
        fields.append(("Record-Route", "<sip:p1.example.com;lr>, <sip:[2001:db8::1]:5061;lr>"))
    body = b""
    if asked.method in ("INVITE", "UPDATE") and dice.random() < 0.8:
        body = peer.sdp(asked)
        fields.append(SDP)
    tag = dice.choice(("srs", "srs", "srs", "fork"))
    return written(response(asked, status, tag=tag, headers=tuple(fields), body=body))


def _request(peer: Peer, dice: random.Random) -> bytes:
    method = dice.choice(METHODS)
    number = dice.choice((None, None, None, 0, 1, 2**31 - 1))
    if method == "UPDATE" and dice.random() < 0.5:
        return written(peer.theirs(method, CONTACT, *SNAPSHOT_FIELDS, body=SNAPSHOT, number=number))
    if method in ("INVITE", "UPDATE", "ACK") and dice.random() < 0.8:
        ports = dice.choice(((50_000, 50_002), (50_000, 0), (50_000,), (50_000, 50_002, 50_004)))
        offer = directed(dice.choice(tuple(Direction)), version=dice.randrange(5), ports=ports)
        return written(peer.theirs(method, CONTACT, SDP, body=offer, number=number))
    return written(peer.theirs(method, CONTACT, number=number))
