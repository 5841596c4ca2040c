"""The messages that the recording server writes (RFC 7866 section 6.2).

Owns its headers. Must not decide when one is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator import __version__
from emulator.siprec.metadata.names import DISPOSITION, MEDIA_TYPE, REQUEST_MEDIA_TYPE
from emulator.siprec.metadata.writing import written_snapshot_request
from emulator.siprec.net.link import Transport
from emulator.siprec.sip import dialog as dialogs
from emulator.siprec.sip.address import NameAddr
from emulator.siprec.sip.cseq import parse_cseq
from emulator.siprec.sip.parameters import NO_PARAMETERS
from emulator.siprec.sip.transactions.matching import needed
from emulator.siprec.sip.transactions.replying import response
from emulator.siprec.sip.uri import SipUri
from emulator.siprec.sip.via import MAGIC_COOKIE, Via

if TYPE_CHECKING:
    from emulator.core.ids import Randomness
    from emulator.core.models import HeaderList
    from emulator.siprec.net.link import Link
    from emulator.siprec.sip.dialog import Dialog
    from emulator.siprec.sip.message import Request, Response

ALLOWED = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "UPDATE")
ALLOW = ("Allow", ", ".join(ALLOWED))
_SERVER = ("Server", f"telnyx-siprec-emulator/{__version__}")
_SUPPORTED = ("Supported", "siprec, timer")
_ACCEPT = ("Accept", f"application/sdp, {MEDIA_TYPE}, multipart/mixed")
_BRANCH_BITS = 96
_SNAPSHOT = (
    ("Content-Type", REQUEST_MEDIA_TYPE),
    ("Content-Disposition", DISPOSITION),
)


def contact(link: Link) -> tuple[str, str]:
    """Where this side is reached, with its feature tag (RFC 7866 section 6.2)."""
    host, port = link.local
    named = NO_PARAMETERS if link.transport is Transport.UDP else NO_PARAMETERS.added("transport", link.transport)
    uri = SipUri(user="srs", host=host, port=port, parameters=named)
    return "Contact", str(NameAddr(uri=uri, parameters=NO_PARAMETERS.added("+sip.srs")))


def via(link: Link, randomness: Randomness) -> str:
    """A Via with a branch of its own."""
    host, port = link.local
    branch = f"{MAGIC_COOKIE}{randomness.getrandbits(_BRANCH_BITS):024x}"
    parameters = NO_PARAMETERS.added("branch", branch).added("rport")
    return str(Via(transport=link.transport.upper(), host=host, port=port, parameters=parameters))


def answer(request: Request, status: int, *, tag: str, headers: HeaderList = (), body: bytes = b"") -> Response:
    """An answer of this server's."""
    described = (("Content-Type", "application/sdp"),) if body else ()
    return response(request, status, tag=tag, headers=(*headers, _SERVER, *described), body=body)


def success(link: Link, headers: HeaderList = ()) -> HeaderList:
    """What goes with a 2xx to INVITE, UPDATE and OPTIONS."""
    return (contact(link), ALLOW, _SUPPORTED, _ACCEPT, *headers)


def asking(link: Link, headers: HeaderList = ()) -> HeaderList:
    """What goes with a request within a dialog."""
    return (contact(link), _SUPPORTED, ALLOW, ("User-Agent", _SERVER[1]), *headers)


def ack(dialog: Dialog, invite: Request, *, via: str) -> Request:
    """The ACK of the 2xx to an INVITE of this server's."""
    return dialogs.ack(dialog, parse_cseq(needed(invite, "CSeq")).number, via=via)


def snapshot_request() -> tuple[HeaderList, bytes]:
    """Headers and body that ask for all the metadata (RFC 7866 section 9.2)."""
    return _SNAPSHOT, written_snapshot_request("The recording server was told to ask.")
