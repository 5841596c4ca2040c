"""Which transaction a message belongs to (RFC 3261 17.1.3 and 17.2.3).

Owns the keys. Must not know the machines.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from emulator.core.errors import GarbledSip
from emulator.siprec.sip.cseq import parse_cseq
from emulator.siprec.sip.headers import Headers
from emulator.siprec.sip.lists import split_list
from emulator.siprec.sip.via import MAGIC_COOKIE, Via, parse_via

if TYPE_CHECKING:
    from emulator.siprec.sip.message import Message, Request, Response

    Address = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What the messages of one transaction have in common.

    Attributes:
        branch: Of the topmost Via; of a client that makes none, what RFC 2543 compared instead.
        sent_by: Of that Via; empty for a client's own transaction.
        method: Of CSeq; an ACK counts as its INVITE.
    """

    branch: str
    sent_by: str
    method: str


def key_of_sent(request: Request) -> Key:
    """The key of the client transaction that a request begins.

    Raises:
        GarbledSip: It has no Via that can be read.
    """
    return Key(branch=top_via(request).branch or "", sent_by="", method=request.method)


def key_of_response(response: Response) -> Key:
    """The key of the client transaction that an answer belongs to.

    Raises:
        GarbledSip: It has no Via or no CSeq that can be read.
    """
    method = parse_cseq(needed(response, "CSeq")).method
    return Key(branch=top_via(response).branch or "", sent_by="", method=method)


def key_of_received(request: Request) -> Key:
    """The key of the server transaction that a request belongs to or begins.

    Raises:
        GarbledSip: It has no Via, or one of what RFC 2543 compared is missing and needed.
    """
    return _key_of_server(request, "INVITE" if request.method == "ACK" else request.method)


def key_of_cancelled(cancel: Request) -> Key:
    """The key of the INVITE's server transaction that a CANCEL is about (RFC 3261 9.2).

    Raises:
        GarbledSip: As for any request.
    """
    return _key_of_server(cancel, "INVITE")


def top_via(message: Message) -> Via:
    """The topmost Via.

    Raises:
        GarbledSip: There is none, or it can't be read.
    """
    vias = split_list(needed(message, "Via"))
    if not vias:
        raise GarbledSip("a Via is empty")
    return parse_via(vias[0])


def stamped(request: Request, source: Address) -> Request:
    """A request whose topmost Via tells where it came from (RFC 3261 section 18.2.1, RFC 3581 section 4).

    Args:
        request: As received.
        source: Its sender's address.

    Raises:
        GarbledSip: It has no Via that can be read.
    """
    via = str(top_via(request).stamped(*source))
    fields = list(request.headers)
    at = next(at for at, (name, _) in enumerate(fields) if name.lower() == "via")
    others = split_list(fields[at][1])[1:]
    fields[at] = ("Via", ", ".join((via, *others)))
    return replace(request, headers=Headers(tuple(fields)))


def needed(message: Message, name: str) -> str:
    """The first field of a name.

    Raises:
        GarbledSip: There is none.
    """
    value = message.headers.get(name)
    if value is None:
        raise GarbledSip(f"there is no {name}")
    return value


def _key_of_server(request: Request, method: str) -> Key:
    via = top_via(request)
    branch = via.branch or ""
    if not branch.startswith(MAGIC_COOKIE):
        branch = _of_rfc_2543(request, via)
    return Key(branch=branch, sent_by=via.sent_by, method=method)


def _of_rfc_2543(request: Request, via: Via) -> str:
    """Neither To's tag, which an ACK has and its INVITE may not, nor CSeq's method is compared."""
    number = parse_cseq(needed(request, "CSeq")).number
    return "\n".join((request.uri, needed(request, "From"), needed(request, "Call-ID"), str(number), str(via)))
