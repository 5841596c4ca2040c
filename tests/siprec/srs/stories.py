"""Recording servers with clients that say anything, some of it made worse on its way: what a server must outlive.

Owns what such a client says and when. Must not judge what the server does.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from emulator.core.models import SECOND
from emulator.siprec.sip.digest import Credentials, authorization, strongest
from emulator.siprec.sip.message import Request, Response, parse, written
from emulator.siprec.sip.transactions.replying import response
from emulator.siprec.srs.actions import Transmit
from emulator.siprec.srs.manner import Answer, Manner
from tests.siprec.mutations import mutants, repaired
from tests.siprec.srs.calling import SDP, Caller, multipart

if TYPE_CHECKING:
    from emulator.siprec.sip.message import Message

METHODS = ("INVITE", "INVITE", "ACK", "BYE", "CANCEL", "UPDATE", "OPTIONS", "INFO", "REGISTER")
STATUSES = (100, 180, 200, 200, 200, 202, 302, 401, 408, 481, 488, 491, 500, 603)
TYPED = 'Content-Type: multipart/mixed; boundary="b1"\r\n'
KNOWN = Credentials(username="src", password="secret")

_TURNS = 12
_WAITS = (SECOND // 100, SECOND, 5 * SECOND, 40 * SECOND, 400 * SECOND)
_LONG = 4_000 * SECOND
"""Within which whatever was begun is over, once the server has hung up."""


def told(seed: int) -> Caller:
    """One story to its end.

    Args:
        seed: The same tells the same.

    Returns:
        The client, whose server has hung up and had the time to tidy.
    """
    dice = random.Random(seed)  # noqa: S311 - a story that can be told again, no secret
    caller = Caller(manner=_manner(dice), gives_ports=dice.random() < 0.95)
    heard = list(caller.invite() if dice.random() < 0.6 else caller.invite(extra=_extra(dice), body=_body(dice)))
    for _ in range(dice.randint(1, _TURNS)):
        heard += caller.say(_spoilt(_said(caller, heard, dice), dice))
        if dice.random() < 0.5:
            heard += caller.wait(dice.choice(_WAITS))
        if dice.random() < 0.03:
            caller.actions += caller.server.lost(caller.link, caller.now)
    caller.actions += caller.server.hang_up(caller.now)
    caller.wait(_LONG)
    return caller


def sent(caller: Caller) -> list[Message]:
    """Everything that the server sent, by its bytes."""
    return [parse(written(action.message)) for action in caller.of(Transmit) if isinstance(action, Transmit)]


def _manner(dice: random.Random) -> Manner:
    return Manner(
        answer=dice.choice((Answer.ACCEPT, Answer.ACCEPT, *Answer)),
        status=dice.choice((302, 486, 603)),
        ring_for=dice.choice((0, SECOND)),
        hang_up_after=dice.choice((None, SECOND, 90 * SECOND)),
        hold_after=dice.choice((None, SECOND // 10)),
        resume_after=dice.choice((None, SECOND // 10)),
        snapshot_after=dice.choice((None, SECOND // 10)),
        credentials=KNOWN,
    )


def _spoilt(data: bytes, dice: random.Random) -> bytes:
    """As it is, or made worse, at times so that it still has its length."""
    if dice.random() < 0.4:
        return data
    worse = next(mutants((data,), dice.randrange(2**32)))
    return repaired(worse) if dice.random() < 0.7 else worse


def _said(caller: Caller, heard: list[Message], dice: random.Random) -> bytes:
    asked = [one for one in heard if isinstance(one, Request) and one.method != "ACK"]
    if asked and dice.random() < 0.5:
        return _answer(dice.choice(asked), dice)
    if dice.random() < 0.5:
        caller.cseq += 1
    return caller.request(
        dice.choice(METHODS),
        number=dice.choice((None, None, None, 0, 1, 2**31 - 1)),
        extra=_extra(dice) + _answered(heard) + TYPED,
        body=_body(dice),
    )


def _answer(asked: Request, dice: random.Random) -> bytes:
    body = SDP.replace("\n", "\r\n").encode() if dice.random() < 0.8 else b""
    fields = (("Contact", "<sip:src@192.0.2.7:5070>;+sip.src"), ("Content-Type", "application/sdp"))
    return written(response(asked, dice.choice(STATUSES), tag="src", headers=fields, body=body))


def _extra(dice: random.Random) -> str:
    require = dice.choice(("Require: siprec\r\n", "Require: siprec\r\n", "", "Require: siprec, other\r\n"))
    return require + dice.choice(
        (
            "",
            "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n",
            "k: timer\r\nx: 1\r\n",
            "x: 1800;refresher=uas\r\n",
        )
    )


def _answered(heard: list[Message]) -> str:
    """The answer to the last challenge, where there was one."""
    refused = [one for one in heard if isinstance(one, Response) and one.status == 401]
    challenge = strongest(refused[-1].headers.every("WWW-Authenticate")) if refused else None
    if challenge is None:
        return ""
    return f"Authorization: {authorization(challenge, KNOWN, 'INVITE', 'sip:srs@192.0.2.1', 'c', 1)}\r\n"


def _body(dice: random.Random) -> str:
    sdp = dice.choice((SDP, SDP, SDP, SDP.replace("sendonly", "inactive"), SDP.replace("40002", "0"), None))
    return multipart(sdp) if dice.random() < 0.8 else multipart(sdp, None)
