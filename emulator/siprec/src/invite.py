"""The requests that a recording client writes, as Telnyx's does (RFC 7866 section 6; facts: what the SRC sends).

Owns their headers. Must not know when one is sent, nor number it: within the session ``sip/dialog.py`` does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.core.errors import GarbledSip, Unwritable
from emulator.siprec.metadata.names import MEDIA_TYPE, REQUEST_MEDIA_TYPE
from emulator.siprec.sip.address import NameAddr
from emulator.siprec.sip.cseq import CSeq
from emulator.siprec.sip.headers import Headers
from emulator.siprec.sip.message import Request
from emulator.siprec.sip.parameters import Parameters
from emulator.siprec.sip.quoting import is_token, writable
from emulator.siprec.sip.session_timer import asking
from emulator.siprec.sip.transactions.replying import MAX_FORWARDS
from emulator.siprec.sip.uri import ANONYMOUS, SipUri, escaped_user, parse_uri
from emulator.siprec.src.bodies import SDP
from emulator.siprec.src.digests import ANSWERS
from emulator.siprec.src.order import DRACHTIO

if TYPE_CHECKING:
    from emulator.core.models import HeaderList
    from emulator.siprec.src.bodies import Body
    from emulator.siprec.src.order import Order
    from emulator.siprec.src.state import Conduct

METHODS = ("INVITE", "ACK", "CANCEL", "BYE", "UPDATE", "OPTIONS")
ALLOW = ("Allow", ", ".join(METHODS))
ACCEPT = ("Accept", f"{SDP}, {MEDIA_TYPE}, {REQUEST_MEDIA_TYPE}")
UNDERSTOOD = ("siprec", "timer")
"""Option tags that the SRS may require."""

_OWN = frozenset(
    {
        *("accept", "allow", "allow-events", "call-id", "contact", "content-disposition", "content-encoding"),
        *("content-length", "content-type", "cseq", "from", "max-forwards", "mime-version", "min-se"),
        *("authorization", "proxy-authorization", "proxy-require", "record-route", "require", "route"),
        *("session-expires", "supported", "to", "unsupported", "user-agent", "via", "x-desthost"),
    }
)
"""Headers that a call's custom ones must not touch, in lower case."""


def opening_invite(conduct: Conduct, via: str, body: Body) -> Request:
    """The INVITE that opens the session, with the number that the state has."""
    order = conduct.order
    uri = str(_request_uri(order))
    here = conduct.whereabouts
    sender = NameAddr(uri=SipUri(user=_user(order.caller), host=here.host), display=order.caller_name or "")
    fields = (
        ("Via", via),
        ("Max-Forwards", MAX_FORWARDS),
        ("From", str(sender.tagged(conduct.tag))),
        ("To", f"<{uri}>"),
        ("Call-ID", conduct.call_id),
        ("CSeq", str(CSeq(number=conduct.number, method="INVITE"))),
        *opening_fields(conduct),
        *_custom(order),
        *body.fields,
    )
    return Request(method="INVITE", uri=uri, headers=Headers(fields), body=body.data)


def opening_fields(conduct: Conduct) -> HeaderList:
    """What an INVITE or UPDATE says of the recording session and its timer."""
    return (
        *common_fields(conduct),
        ("Supported", "timer"),
        ("Require", "siprec"),
        ALLOW,
        ACCEPT,
        *asking(conduct.asked, conduct.timer),
    )


def common_fields(conduct: Conduct) -> HeaderList:
    """What every request of the session has (RFC 7866 section 6.1.1)."""
    return (("Contact", contact(conduct)), ("User-Agent", conduct.order.user_agent))


def closing_fields(conduct: Conduct) -> HeaderList:
    """What a BYE has; ``Supported: timer`` stands in every request but ACK (RFC 4028 section 7.1)."""
    return (*common_fields(conduct), ("Supported", "timer"))


def contact(conduct: Conduct) -> str:
    """Where this side is reached, with the tag that says that it is a recording client."""
    order, here = conduct.order, conduct.whereabouts
    transport = Parameters().added("transport", order.transport)
    uri = SipUri(user=_user(order.caller), host=here.host, port=here.port, parameters=transport)
    return str(NameAddr(uri=uri, parameters=Parameters().added("+sip.src")))


def renewed(request: Request, number: int, via: str, fields: HeaderList = ()) -> Request:
    """A request to be tried again, after what a refusal told (RFC 3261 section 8.1.3.5).

    Args:
        request: As it was.
        number: Its new one.
        via: With a branch of its own.
        fields: Headers that take the place of those of their names.
    """
    replaced = {
        "via": via,
        "cseq": str(CSeq(number=number, method=request.method)),
    }
    kept = request.headers.without(*ANSWERS, *(name for name, _ in fields))
    headers = Headers(tuple((name, replaced.get(name.lower(), value)) for name, value in kept))
    return replace(request, headers=headers.added(*fields))


def _request_uri(order: Order) -> SipUri:
    return SipUri(
        user=DRACHTIO if order.app_subdomain else _user(order.caller),
        host=order.host,
        port=order.port,
        parameters=Parameters().added("transport", order.transport),
    )


def _custom(order: Order) -> HeaderList:
    """X-DestHost, and the call's own headers where they are no metadata; harmful ones are left out."""
    hint = (("X-DestHost", order.app_subdomain),) if order.app_subdomain else ()
    if order.metadata_headers:
        return hint
    own = tuple((name, value) for name, value in order.custom_headers if _harmless(name, value))
    return (*hint, *own)


def _harmless(name: str, value: str) -> bool:
    try:
        writable(value)
    except Unwritable:
        return False
    return is_token(name) and name.lower() not in _OWN


def _user(party: str) -> str:
    """What stands before the host: a number, or a URI's user."""
    try:
        uri = parse_uri(party)
    except GarbledSip:
        return escaped_user(party) or ANONYMOUS
    if isinstance(uri, SipUri):
        return uri.user or ANONYMOUS
    return escaped_user(uri.rest)
