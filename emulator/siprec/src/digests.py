"""Challenges of an SRS or of a proxy before it, and how a session answers them (RFC 3261 section 22).

Owns which challenge is answered, how often, and the credentials of later requests. Must not hash:
``sip/digest.py`` does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from emulator.siprec.sip.digest import authorization, strongest

if TYPE_CHECKING:
    from emulator.core.models import HeaderList
    from emulator.siprec.sip.digest import Challenge, Credentials
    from emulator.siprec.sip.message import Request, Response

CHALLENGES = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}
"""By the answer's status: where it asks, and where the request tells."""

ANSWERS = ("Authorization", "Proxy-Authorization")
_PER_REALM_IF_STALE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A challenge that later requests answer before they are asked again.

    Attributes:
        header: Where.
        count: How often its nonce was answered.
    """

    header: str
    challenge: Challenge
    count: int = 0


def challenged(response: Response, tried: tuple[str, ...]) -> Held | None:
    """The challenge to answer.

    Args:
        response: A 401 or 407.
        tried: Realms that were answered for this request before; a stale nonce is granted one more time.

    Returns:
        None where there is none that can be answered, or the credentials were refused.
    """
    asks, tells = CHALLENGES[response.status]
    challenge = strongest(response.headers.every(asks))
    if challenge is None:
        return None
    times = tried.count(challenge.realm)
    allowed = _PER_REALM_IF_STALE if challenge.stale else 1
    return Held(header=tells, challenge=challenge) if times < allowed else None


def kept(held: tuple[Held, ...], new: Held) -> tuple[Held, ...]:
    """All challenges, where a new one of a realm takes the old one's place."""
    others = (one for one in held if (one.header, one.challenge.realm) != (new.header, new.challenge.realm))
    return (*others, new)


def answered(
    held: tuple[Held, ...], credentials: Credentials, request: Request, cnonce: str
) -> tuple[tuple[Held, ...], HeaderList]:
    """The credentials of a request, and the challenges with their uses counted.

    Raises:
        Unwritable: A challenge holds what can't be given back.
    """
    counted = tuple(replace(one, count=one.count + 1) for one in held)
    fields = tuple(
        (
            one.header,
            authorization(
                one.challenge, credentials, request.method, request.uri, cnonce, one.count, request.body
            ),
        )
        for one in counted
    )
    return counted, fields
