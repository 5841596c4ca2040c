"""Requests of calls as commands.

Owns how the fields of their bodies and queries become commands. Must not check them: the schemas do, and with
lenient validation a field may hold anything, and then counts as not given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from emulator.core.calls.model import (
    NO_HOOKS,
    AnswerCall,
    CallHooks,
    Dial,
    HangUp,
    ListActiveCalls,
    Page,
    Parties,
    ReadCall,
    RejectCall,
    UpdateClientState,
)
from emulator.core.errors import ErrorItem, Invalid
from emulator.core.formats import is_http_url
from emulator.core.models import SECOND, Route

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from emulator.core.calls.model import CallCommand
    from emulator.core.models import HeaderList, JsonValue, Request

SCHEMA_OF_BODY: Mapping[Route, str] = {
    Route.DIAL: "request.dial",
    Route.ANSWER: "request.answer",
    Route.HANGUP: "request.hangup",
    Route.REJECT: "request.reject",
    Route.CLIENT_STATE_UPDATE: "request.client_state_update",
}

LARGEST_PAGE = 250
_LARGEST_NUMBER = 1 << 53
_RING_SECS, _LIMIT_SECS = 30, 14_400


def text(document: Mapping[str, JsonValue], key: str) -> str | None:
    """A field that is a text."""
    value = document.get(key)
    return value if isinstance(value, str) else None


def _secs(document: Mapping[str, JsonValue], key: str, default: int) -> int:
    value = document.get(key, default)
    counts = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= _LARGEST_NUMBER
    return int(value if counts else default) * SECOND


def custom_headers(value: JsonValue) -> HeaderList:
    """The pairs of ``custom_headers``."""
    listed = value if isinstance(value, list) else []
    return tuple(
        (one["name"], one["value"])
        for one in listed
        if isinstance(one, dict) and isinstance(one.get("name"), str) and isinstance(one.get("value"), str)
    )


def _urls(value: JsonValue) -> tuple[str, ...]:
    """One URL, or a list of which the second is for failover."""
    listed = value if isinstance(value, list) else [value]
    return tuple(one for one in listed if isinstance(one, str) and is_http_url(one))


def _hooks(document: Mapping[str, JsonValue]) -> CallHooks | None:
    """Where webhooks go; None where the body says nothing of it."""
    url = text(document, "webhook_url")
    by_event = document.get("webhook_urls")
    named = {
        event: urls
        for event, value in (by_event.items() if isinstance(by_event, dict) else ())
        if (urls := _urls(value))
    }
    if not (url and is_http_url(url)) and not named:
        return None
    return CallHooks(url=url if url and is_http_url(url) else None, by_event=named)


def notes(document: Mapping[str, JsonValue]) -> Iterator[str]:
    """What a dial or an answer asks for and does not get, in words."""
    for name in ("webhook_url_method", "webhook_urls_method"):
        if document.get(name) == "GET":
            yield f"/{name} is GET; the emulator sends these webhooks by POST."
    to = document.get("to")
    if isinstance(to, list) and len(to) > 1:
        yield "/to names several; the emulator calls the first."


def _dial(_: Request, document: Mapping[str, JsonValue]) -> Dial:
    """CallRequest."""
    written = document.get("to")
    to = tuple(one for one in (written if isinstance(written, list) else [written]) if isinstance(one, str))
    return Dial(
        connection_id=text(document, "connection_id") or "",
        to=to,
        parties=Parties(
            caller=text(document, "from") or "",
            callee=to[0] if to else "",
            caller_name=text(document, "from_display_name"),
        ),
        client_state=text(document, "client_state"),
        command_id=text(document, "command_id"),
        timeout=_secs(document, "timeout_secs", _RING_SECS),
        time_limit=_secs(document, "time_limit_secs", _LIMIT_SECS),
        hooks=_hooks(document) or NO_HOOKS,
        custom_headers=custom_headers(document.get("custom_headers")),
        link_to=text(document, "link_to"),
    )


def _answer(request: Request, document: Mapping[str, JsonValue]) -> AnswerCall:
    """AnswerRequest."""
    return AnswerCall(
        call_control_id=request.params[0],
        client_state=text(document, "client_state"),
        command_id=text(document, "command_id"),
        hooks=_hooks(document),
    )


def _hangup(request: Request, document: Mapping[str, JsonValue]) -> HangUp:
    """HangupRequest."""
    return HangUp(
        call_control_id=request.params[0],
        client_state=text(document, "client_state"),
        command_id=text(document, "command_id"),
    )


def _reject(request: Request, document: Mapping[str, JsonValue]) -> RejectCall:
    """RejectRequest."""
    return RejectCall(
        call_control_id=request.params[0],
        cause=text(document, "cause") or "",
        client_state=text(document, "client_state"),
        command_id=text(document, "command_id"),
    )


def _update(request: Request, document: Mapping[str, JsonValue]) -> UpdateClientState:
    """ClientStateUpdateRequest."""
    return UpdateClientState(call_control_id=request.params[0], client_state=text(document, "client_state"))


def _active_calls(request: Request, _: Mapping[str, JsonValue]) -> ListActiveCalls:
    """The query of ListConnectionActiveCalls: ``page[...]``, or the names without brackets that an SDK sends."""
    query = dict(parse_qsl(request.target.partition("?")[2], keep_blank_values=True))
    fields = {
        name: value
        for name in ("after", "before", "limit", "size", "number")
        if (value := query.get(f"page[{name}]", query.get(f"page_{name}"))) is not None
    }
    size = "limit" if "limit" in fields else "size"
    return ListActiveCalls(
        connection_id=request.params[0],
        page=Page(
            size=_whole(fields, size, 20, LARGEST_PAGE),
            number=_whole(fields, "number", 1, _LARGEST_NUMBER),
            after=fields.get("after"),
            before=fields.get("before"),
        ),
    )


def _whole(fields: Mapping[str, str], name: str, default: int, most: int) -> int:
    """A whole number of the query.

    Raises:
        Invalid: It is none, or out of range (10033).
    """
    written = fields.get(name)
    if written is None:
        return default
    if written.isascii() and written.isdigit() and len(written) <= len(str(most)) and 1 <= int(written) <= most:
        return int(written)
    raise Invalid(
        [
            ErrorItem(
                code="10033",
                title="Value outside of range",
                detail=f"The value is outside of allowed range 1 to {most}",
                parameter=f"page[{name}]",
            )
        ]
    )


BUILDERS: Mapping[
    Route, Callable[[Request, Mapping[str, JsonValue]], CallCommand | Dial | ReadCall | ListActiveCalls]
] = {
    Route.DIAL: _dial,
    Route.CALL_READ: lambda request, _: ReadCall(call_control_id=request.params[0]),
    Route.ANSWER: _answer,
    Route.HANGUP: _hangup,
    Route.REJECT: _reject,
    Route.CLIENT_STATE_UPDATE: _update,
    Route.ACTIVE_CALLS: _active_calls,
}
