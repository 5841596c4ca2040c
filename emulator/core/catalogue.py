"""Telnyx's error codes that a scenario may name: code to title, detail and usual status.

Owns what ``respond: {error: "90018"}`` and ``respond: {status: 503}`` stand for. Must not hold the errors that
the emulator raises itself: those are in ``errors.py``.

Source: Telnyx's error catalogue (developers.telnyx.com/development/api-fundamentals/api-errors) and the examples
in its OpenAPI document. A status that no page gives is that of the closest documented sibling (docs/fidelity.md).
Where Telnyx's detail names the field at fault, a sentence that fits any field stands here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from emulator.core.errors import ERRORS_URL, ErrorItem

if TYPE_CHECKING:
    from collections.abc import Mapping


class Entry(NamedTuple):
    """One code of the catalogue.

    Attributes:
        status: The HTTP status that it comes with.
        linked: Whether it carries ``meta.url``: gateway errors do, errors of a call's state don't.
    """

    status: int
    title: str
    detail: str
    pointer: str | None = None
    linked: bool = False


CATALOGUE: Mapping[str, Entry] = {
    "10004": Entry(422, "Missing required parameter", "The parameter is required and cannot be blank."),
    "10005": Entry(404, "Resource not found", "The requested resource or URL could not be found.", linked=True),
    "10007": Entry(500, "Internal server error", "Internal server error", linked=True),
    "10008": Entry(408, "Request timeout", "The request timed out.", linked=True),
    "10009": Entry(401, "Authentication failed", "Could not understand the provided credentials.", linked=True),
    "10010": Entry(
        403, "Authorization failed", "You do not have permission to perform the requested action.", linked=True
    ),
    "10011": Entry(
        429, "Too many requests", "You have exceeded the maximum number of allowed requests.", linked=True
    ),
    "10012": Entry(422, "Duplicate resource", "Resource is a duplicate."),
    "10014": Entry(
        415, "Unsupported Media Type", "The request must be encoded as 'application/json'.", linked=True
    ),
    "10015": Entry(400, "Bad Request", "The request failed because it was not well-formed.", linked=True),
    "10017": Entry(422, "Associated resource does not exist", "The associated resource does not exist."),
    "10023": Entry(400, "Invalid JSON", "The request body is not valid JSON.", linked=True),
    "10026": Entry(422, "Invalid parameter type", "The parameter is of the wrong type."),
    "10027": Entry(422, "Unprocessable Entity", "The request was well-formed, but could not be processed."),
    "10030": Entry(405, "Method not allowed", "The URL is valid, but the method is not allowed.", linked=True),
    "10032": Entry(422, "Invalid enumerated value", "The value is not one of those allowed."),
    "10033": Entry(422, "Value outside of range", "The value is outside of the allowed range."),
    "20015": Entry(403, "Feature not enabled", "This feature is not enabled for the account.", linked=True),
    "90015": Entry(
        422, "Invalid Call Control ID", "The call_control_id provided was not valid.", "/call_control_id"
    ),
    "90017": Entry(
        422,
        "Invalid value for client_state",
        "The 'client_state' parameter must be a valid base64 string.",
        "/client_state",
    ),
    "90018": Entry(422, "Call has already ended", "This call is no longer active and can't receive commands."),
    "90034": Entry(
        422,
        "Call not answered yet",
        "This call can't receive this command because it has not been answered yet.",
    ),
}
"""Codes as call control writes them, as text."""

_BY_STATUS: Mapping[int, str] = {
    400: "10015",
    401: "10009",
    403: "10010",
    404: "10005",
    405: "10030",
    408: "10008",
    415: "10014",
    422: "10027",
    429: "10011",
}
_UNAVAILABLE = 503
_FIRST_SERVER_STATUS = 500


def item_for_code(code: str) -> ErrorItem:
    """The entry of an error document for a code of the catalogue.

    Args:
        code: A key of ``CATALOGUE``.

    Returns:
        Title and detail, with pointer and ``meta.url`` where Telnyx sends them.

    Raises:
        KeyError: The code is not in the catalogue.
    """
    entry = CATALOGUE[code]
    return ErrorItem(
        code=code,
        title=entry.title,
        detail=entry.detail,
        pointer=entry.pointer,
        url=ERRORS_URL + code if entry.linked else None,
    )


def item_for_status(status: int) -> ErrorItem:
    """What a scenario that names a status alone answers.

    Args:
        status: 400 to 599.

    Returns:
        The entry that Telnyx documents for the status; for others 10015 or 10007, by the status's class.
    """
    by_class = "10007" if status >= _FIRST_SERVER_STATUS else "10015"
    item = item_for_code(_BY_STATUS.get(status, by_class))
    if status == _UNAVAILABLE:
        return replace(item, title="Service unavailable", detail="Service unavailable")
    return item
