"""What is made from a request alone: an answer, the ACK of a failure, a CANCEL (RFC 3261 8.2.6, 17.1.1.3, 9.1).

Owns which fields are taken over. Must not know transactions, nor make anything of a dialog (``sip/dialog.py``).
"""

from __future__ import annotations

from emulator.siprec.sip.headers import Headers
from emulator.siprec.sip.message import Request, Response
from emulator.siprec.sip.statuses import phrase

_ANSWERED = ("Via", "From", "To", "Call-ID", "CSeq")
MAX_FORWARDS = "70"
"""Of every request (RFC 3261 section 8.1.1.6)."""


def response(
    request: Request,
    status: int,
    *,
    reason: str | None = None,
    tag: str | None = None,
    headers: tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
) -> Response:
    """An answer to a request (RFC 3261 8.2.6).

    Args:
        request: As received.
        status: 100 to 699.
        reason: Its phrase; None is the usual one.
        tag: Of the dialog, put on a To that has none; None leaves To as it is.
        headers: Beside those that are taken over.
        body: With a Content-Type among ``headers``.
    """
    taken = tuple(
        (name, _tagged(value, tag) if name == "To" else value)
        for name in _ANSWERED
        for value in request.headers.every(name)
    )
    routes = () if tag is None else tuple(("Record-Route", each) for each in request.headers.every("Record-Route"))
    text = phrase(status) if reason is None else reason
    return Response(status=status, reason=text, headers=Headers((*taken, *routes, *headers)), body=body)


def trying(request: Request) -> Response:
    """100, which takes the Timestamp over too (RFC 3261 8.2.6.1)."""
    stamps = tuple(("Timestamp", value) for value in request.headers.every("Timestamp"))
    return response(request, 100, headers=stamps)


def ack_of_failure(request: Request, failure: Response) -> Request:
    """The ACK of a 3xx to 6xx, which belongs to the INVITE's own transaction (RFC 3261 17.1.1.3)."""
    return _beside(request, "ACK", to=failure.headers.every("To")[:1])


def cancel(request: Request) -> Request:
    """The CANCEL of an INVITE, with its branch (RFC 3261 9.1)."""
    return _beside(request, "CANCEL", to=request.headers.every("To")[:1])


def _beside(request: Request, method: str, *, to: tuple[str, ...]) -> Request:
    held = request.headers
    number = (held.get("CSeq") or "").partition(" ")[0]
    fields = (
        *(("Via", value) for value in held.every("Via")[:1]),
        *(("Route", value) for value in held.every("Route")),
        ("Max-Forwards", MAX_FORWARDS),
        *(("From", value) for value in held.every("From")),
        *(("To", value) for value in to),
        *(("Call-ID", value) for value in held.every("Call-ID")),
        ("CSeq", f"{number} {method}"),
    )
    return Request(method=method, uri=request.uri, headers=Headers(fields))


def _tagged(to: str, tag: str | None) -> str:
    """To with a tag; one that has a tag keeps it."""
    behind = to.rpartition(">")[2] if ">" in to else to
    if tag is None or ";tag=" in behind.replace(" ", "").lower():
        return to
    return f"{to};tag={tag}"
