"""What becomes of an INVITE that begins a session: refused, challenged, or let in.

Owns what a server demands before it rings, and the answers that ``--answer`` scripts. Must not keep a session.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core.errors import GarbledSip
from emulator.siprec.sip import session_timer
from emulator.siprec.sip.digest import Algorithm, Challenge, parse_authorization, verified
from emulator.siprec.sip.option_tags import option_tags
from emulator.siprec.sip.seconds import parse_session_expires
from emulator.siprec.srs.manner import Answer

if TYPE_CHECKING:
    from emulator.core.models import HeaderList
    from emulator.siprec.sip.message import Request
    from emulator.siprec.srs.manner import Manner

UNDERSTOOD = frozenset({"siprec", "timer"})
"""Option tags that a client may require."""

REALM = "siprec-emulator"
_LEAST_TRY = 2
"""A 422 wants this many times what was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An answer of 300 or more.

    Attributes:
        headers: Beside the usual ones.
        again: Whether the client is to come again, so that the session is not over.
    """

    status: int
    headers: HeaderList = ()
    again: bool = False


def refusal(invite: Request, manner: Manner, *, nonce: str, asked_before: int) -> Refusal | None:
    """Why an INVITE is not let in.

    Args:
        invite: That begins a session.
        manner: How this server answers.
        nonce: What a challenge gives out, the same for one session.
        asked_before: How often the same client was sent away to come again.

    Returns:
        None where it is let in, as far as its headers go.
    """
    strange = [tag for tag in option_tags(invite, "Require") if tag not in UNDERSTOOD]
    if strange:
        return Refusal(status=420, headers=(("Unsupported", ", ".join(strange)),))
    if manner.answer is Answer.CHALLENGE and not _known(invite, manner, nonce):
        challenge = Challenge(realm=REALM, nonce=nonce, algorithm=Algorithm.SHA_256)
        old = Challenge(realm=REALM, nonce=nonce, algorithm=Algorithm.MD5)
        asked = (("WWW-Authenticate", str(challenge)), ("WWW-Authenticate", str(old)))
        return Refusal(status=401, headers=asked, again=asked_before == 0)
    if manner.answer is Answer.REFUSE:
        return Refusal(status=manner.status, headers=_with_status(manner.status))
    return _too_short(invite, manner, asked_before)


def _too_short(invite: Request, manner: Manner, asked_before: int) -> Refusal | None:
    """RFC 4028 section 9; a server that is asked to says so of any interval, once."""
    least = session_timer.MIN_SE
    if manner.answer is Answer.TOO_SHORT and asked_before == 0:
        least = max(least, _LEAST_TRY * _interval(invite))
    elif not session_timer.too_short(invite):
        return None
    return Refusal(status=422, headers=(("Min-SE", str(least)),), again=True)


def _interval(invite: Request) -> int:
    try:
        return parse_session_expires(invite.headers.get("Session-Expires") or "").seconds
    except GarbledSip:
        return 0


def _known(invite: Request, manner: Manner, nonce: str) -> bool:
    """Whether an answer to the challenge is there, and right."""
    if manner.credentials is None:
        return False
    for value in invite.headers.every("Authorization"):
        try:
            answer = parse_authorization(value)
        except GarbledSip:
            continue
        asked = (answer.realm, answer.nonce, answer.uri) == (REALM, nonce, invite.uri)
        if asked and verified(answer, manner.credentials, invite.method, invite.body):
            return True
    return False


def _with_status(status: int) -> HeaderList:
    """What the RFC wants beside some statuses."""
    return {
        302: (("Contact", "<sip:elsewhere@127.0.0.1:9>"),),
        420: (("Unsupported", "siprec"),),
        503: (("Retry-After", "10"),),
    }.get(status, ())
