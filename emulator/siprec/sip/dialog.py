"""A dialog: what two sides of a session keep of each other, and the requests within it (RFC 3261 section 12).

Owns tags, numbers, the route set and the remote target. Must not know transactions, nor what a request is for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from emulator.core.errors import GarbledSip
from emulator.siprec.sip.address import NameAddr, parse_address, parse_addresses
from emulator.siprec.sip.cseq import CSeq, parse_cseq
from emulator.siprec.sip.headers import Headers
from emulator.siprec.sip.message import Request
from emulator.siprec.sip.transactions.matching import needed
from emulator.siprec.sip.transactions.replying import MAX_FORWARDS
from emulator.siprec.sip.uri import SipUri, Uri

if TYPE_CHECKING:
    from emulator.core.models import HeaderList
    from emulator.siprec.sip.message import Message, Response

_TARGET_REFRESHES = ("INVITE", "UPDATE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialog:
    """One dialog (RFC 3261 section 12).

    Attributes:
        local: What this side writes into From, with its tag.
        remote: What this side writes into To, with the peer's tag.
        target: Where the peer says that it is: the Request-URI.
        routes: By which proxies, the nearest first.
        local_cseq: Number of this side's last request.
        remote_cseq: Number of the peer's last request; None before its first.
    """

    call_id: str
    local: NameAddr
    remote: NameAddr
    target: Uri
    routes: tuple[NameAddr, ...] = ()
    local_cseq: int
    remote_cseq: int | None = None

    @property
    def next_hop(self) -> Uri:
        """Where its requests go: the first proxy, or else the peer (RFC 3261 section 8.1.2)."""
        return self.routes[0].uri if self.routes else self.target


def of_client(invite: Request, answer: Response) -> Dialog:
    """The dialog that an answer with a To tag opens for who sent the INVITE (RFC 3261 12.1.2).

    Raises:
        GarbledSip: What a dialog needs is missing or can't be read.
    """
    return Dialog(
        call_id=needed(invite, "Call-ID"),
        local=_tagged(invite, "From"),
        remote=_tagged(answer, "To"),
        target=_contact(answer),
        routes=tuple(reversed(_recorded(answer))),
        local_cseq=parse_cseq(needed(invite, "CSeq")).number,
    )


def of_server(invite: Request, tag: str) -> Dialog:
    """The dialog that an INVITE opens for who answers it (RFC 3261 12.1.1).

    Args:
        invite: As received.
        tag: This side's.

    Raises:
        GarbledSip: What a dialog needs is missing or can't be read.
    """
    return Dialog(
        call_id=needed(invite, "Call-ID"),
        local=parse_address(needed(invite, "To")).tagged(tag),
        remote=parse_address(needed(invite, "From")),
        target=_contact(invite),
        routes=_recorded(invite),
        local_cseq=0,
        remote_cseq=parse_cseq(needed(invite, "CSeq")).number,
    )


def in_dialog(
    dialog: Dialog, method: str, *, via: str, fields: HeaderList = (), body: bytes = b""
) -> tuple[Dialog, Request]:
    """A new request within the dialog (RFC 3261 12.2.1.1).

    Args:
        dialog: As it stands.
        method: Any but ACK and CANCEL.
        via: Its Via, with a branch of its own.
        fields: Headers beside those that the dialog makes.
        body: With a Content-Type among ``fields``.

    Returns:
        The dialog with its number counted up, and the request.
    """
    counted = replace(dialog, local_cseq=dialog.local_cseq + 1)
    return counted, _written(counted, CSeq(number=counted.local_cseq, method=method), via, fields, body)


def ack(dialog: Dialog, number: int, *, via: str, fields: HeaderList = (), body: bytes = b"") -> Request:
    """The ACK of a 2xx, a transaction of its own (RFC 3261 13.2.2.4).

    Args:
        dialog: With the route set and target that the 2xx gave.
        number: Of the INVITE.
        via: With a branch of its own.
        fields: Such as the INVITE's credentials.
        body: An answer, where the 2xx made the offer.
    """
    return _written(dialog, CSeq(number=number, method="ACK"), via, fields, body)


def belongs(dialog: Dialog, request: Request) -> bool:
    """Whether a request that came in is of this dialog.

    Raises:
        GarbledSip: From or To can't be read.
    """
    return (
        needed(request, "Call-ID") == dialog.call_id
        and parse_address(needed(request, "To")).tag == dialog.local.tag
        and parse_address(needed(request, "From")).tag == dialog.remote.tag
    )


def followed(dialog: Dialog, request: Request) -> Dialog | None:
    """The dialog after a request of the peer's, other than ACK and CANCEL (RFC 3261 12.2.2).

    Returns:
        None where its number is not higher than that of the one before, which is answered with 500.

    Raises:
        GarbledSip: CSeq can't be read.
    """
    number = parse_cseq(needed(request, "CSeq")).number
    if dialog.remote_cseq is not None and number <= dialog.remote_cseq:
        return None
    return replace(dialog, remote_cseq=number)


def retargeted(dialog: Dialog, message: Message) -> Dialog:
    """The dialog with the target that a target refresh names (RFC 3261 12.2.1.2 and 12.2.2).

    Args:
        dialog: As it stands.
        message: A request that is accepted, or a 2xx. One that is of another method, or has no Contact that can be
            read, leaves the target as it is.
    """
    try:
        if parse_cseq(needed(message, "CSeq")).method in _TARGET_REFRESHES:
            return replace(dialog, target=_contact(message))
    except GarbledSip:
        pass
    return dialog


def _written(dialog: Dialog, cseq: CSeq, via: str, fields: HeaderList, body: bytes) -> Request:
    uri, routes = _route(dialog)
    headers = Headers(
        (
            ("Via", via),
            ("Max-Forwards", MAX_FORWARDS),
            *(("Route", route) for route in routes),
            ("From", str(dialog.local)),
            ("To", str(dialog.remote)),
            ("Call-ID", dialog.call_id),
            ("CSeq", str(cseq)),
            *fields,
        )
    )
    return Request(method=cseq.method, uri=uri, headers=headers, body=body)


def _route(dialog: Dialog) -> tuple[str, tuple[str, ...]]:
    """Request-URI and Route: a proxy without ``lr`` wants to stand in the first itself (RFC 3261 12.2.1.1)."""
    routes = tuple(str(route) for route in dialog.routes)
    target = str(_as_request_uri(dialog.target))
    if not routes:
        return target, ()
    first = dialog.routes[0].uri
    if isinstance(first, SipUri) and "lr" not in first.parameters:
        return str(_as_request_uri(first)), (*routes[1:], f"<{target}>")
    return target, routes


def _as_request_uri(uri: Uri) -> Uri:
    """Without what a Request-URI may not have (RFC 3261 table 1)."""
    if not isinstance(uri, SipUri):
        return uri
    return replace(uri, headers=(), parameters=uri.parameters.without("method"))


def _tagged(message: Message, name: str) -> NameAddr:
    address = parse_address(needed(message, name))
    if address.tag is None:
        raise GarbledSip(f"{name} has no tag")
    return address


def _contact(message: Message) -> Uri:
    contacts = parse_addresses(needed(message, "Contact"))
    if not contacts:
        raise GarbledSip("a Contact is empty")
    return contacts[0].uri


def _recorded(message: Message) -> tuple[NameAddr, ...]:
    return tuple(address for value in message.headers.every("Record-Route") for address in parse_addresses(value))
