"""Which transaction a message belongs to (RFC 3261 17.1.3 and 17.2.3).

Owns the keys. Must not know the machines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.siprec.sip.message import Message, Request, Response

COOKIE = "z9hG4bK"
"""What a branch starts with that is unique to its transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What the messages of one transaction have in common.

    Attributes:
        branch: Of the topmost Via; of a client that makes none, what RFC 2543 compared instead.
        sent_by: Of that Via, lower case; empty for a client's own transaction.
        method: Of CSeq; an ACK counts as its INVITE.
    """

    branch: str
    sent_by: str
    method: str


def key_of_sent(request: Request) -> Key:
    """The key of the client transaction that a request begins."""
    return Key(branch=_branch(request), sent_by="", method=request.method)


def key_of_response(response: Response) -> Key:
    """The key of the client transaction that an answer belongs to."""
    return Key(branch=_branch(response), sent_by="", method=_cseq_method(response))


def key_of_received(request: Request) -> Key:
    """The key of the server transaction that a request belongs to or begins."""
    return _key_of_server(request, "INVITE" if request.method == "ACK" else request.method)


def key_of_cancelled(cancel: Request) -> Key:
    """The key of the INVITE's server transaction that a CANCEL is about (RFC 3261 9.2)."""
    return _key_of_server(cancel, "INVITE")


def branch_of(message: Message) -> str:
    """The branch of the topmost Via; empty where there is none."""
    return _branch(message)


def _key_of_server(request: Request, method: str) -> Key:
    branch = _branch(request)
    if not branch.startswith(COOKIE):
        branch = _of_rfc_2543(request)
    return Key(branch=branch, sent_by=_sent_by(request), method=method)


def _of_rfc_2543(request: Request) -> str:
    """Neither To's tag, which an ACK has and its INVITE may not, nor CSeq's method is compared."""
    held = request.headers
    number = (held.get("CSeq") or "").partition(" ")[0]
    return "\n".join((request.uri, held.get("From") or "", held.get("Call-ID") or "", number, _top_via(request)))


def _cseq_method(message: Message) -> str:
    return (message.headers.get("CSeq") or "").rpartition(" ")[2]


def _top_via(message: Message) -> str:
    return (message.headers.get("Via") or "").partition(",")[0].strip()


def _sent_by(message: Message) -> str:
    return _top_via(message).partition(";")[0].rpartition(" ")[2].lower()


def _branch(message: Message) -> str:
    for parameter in _top_via(message).split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "branch":
            return value.strip()
    return ""
