"""Telnyx's routes and webhooks, described as the emulator answers and sends them.

Owns one table, by operation. Must not decide paths (``web/routes.py``) or what is valid (``schemas/``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core.calls.parsing import LARGEST_PAGE
from emulator.core.commands import SCHEMA_OF_BODY, SCHEMA_OF_QUERY
from emulator.core.models import EventType, Route
from emulator.web.openapi.parts import (
    ERROR,
    FORM,
    JSON,
    TEXT,
    answer,
    body,
    errors,
    header_parameter,
    parameters_of,
    query_parameter,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.models import JsonValue
    from emulator.web.openapi.parts import Part

PREFIX = "/v2"

_CONNECTOR_ERROR = "error.siprec_connector"
_TEXML_ERROR = "error.texml_not_found"

_TEXTS: Mapping[int, str] = {
    400: "The body cannot be read.",
    401: "No credentials, garbled ones, or a key that is not listed.",
    404: "What the path names does not exist.",
    413: "The body is larger than the emulator takes.",
    415: "The body is of a media type that the route does not read.",
    422: "The request was understood and refused; each violation is an error of its own.",
    503: "A bound of the emulator is reached, or it is stopping.",
}

_HEADERS: Part = {
    "X-Emulator-Scenario": {"description": "The scenario that was chosen.", "schema": TEXT},
    "X-Emulator-Hint": {"description": "What Telnyx would have done in silence, in words.", "schema": TEXT},
}

_REQUIRED = frozenset(
    {"request.siprec_connector", "request.dial", "request.reject", "request.client_state_update"}
)
"""Bodies with a field that must be there."""

_STARTS = frozenset({Route.SIPREC_START, Route.TEXML_SIPREC_START})
_SCENARIO = header_parameter("X-Emulator-Scenario", "The scenario to play; it has to be loaded.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation.

    Attributes:
        method: Lower case, as OpenAPI has it.
        path: With its parameters in braces, without the prefix.
        status: Of success.
        answers: Schema of the success, None for no body.
        faults: Statuses whose document has string codes.
        own_faults: Status to schema, where the document is of another shape.
        recording: Whether scenarios script the answer.
        query: Its parameters there.
    """

    method: str
    path: str
    summary: str
    status: int = 200
    answers: str | None
    faults: tuple[int, ...] = (400, 401, 413, 415, 422, 503)
    own_faults: tuple[tuple[int, str], ...] = ()
    recording: bool = False
    query: tuple[Part, ...] = ()


_SIZE: Part = {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": 20}

_PAGE = (
    query_parameter("page[after]", "The cursor of the call that the page begins behind."),
    query_parameter("page[before]", "The cursor of the call that the page ends before."),
    query_parameter("page[number]", "Which page.", {"type": "integer", "minimum": 1, "maximum": 1 << 53}),
    query_parameter("page[size]", "How many calls a page has.", _SIZE),
    query_parameter("page[limit]", "The same.", _SIZE),
)

_CONNECTOR_FAULTS = ((404, _CONNECTOR_ERROR), (422, _CONNECTOR_ERROR))
_WITHOUT_BODY = (401, 413, 503)
_READING = (401, 413, 422, 503)
_WITH_QUERY = (400, *_READING)
_WITH_BODY = (400, 401, 413, 415, 503)

OPERATIONS: Mapping[Route, Operation] = {
    Route.SIPREC_START: Operation(
        method="post",
        path="/calls/{call_control_id}/actions/siprec_start",
        summary="Start recording a call to a SIPREC server; webhooks tell what becomes of it.",
        answers="response.command_result",
        recording=True,
    ),
    Route.SIPREC_STOP: Operation(
        method="post",
        path="/calls/{call_control_id}/actions/siprec_stop",
        summary="Stop recording a call.",
        answers="response.command_result",
        recording=True,
    ),
    Route.CONNECTOR_CREATE: Operation(
        method="post",
        path="/siprec_connectors",
        summary="Store a connector: where recordings go.",
        status=201,
        answers="response.siprec_connector",
        faults=_WITH_BODY,
        own_faults=((422, _CONNECTOR_ERROR),),
    ),
    Route.CONNECTOR_READ: Operation(
        method="get",
        path="/siprec_connectors/{connector_name}",
        summary="Read a connector.",
        answers="response.siprec_connector",
        faults=_WITHOUT_BODY,
        own_faults=_CONNECTOR_FAULTS[:1],
    ),
    Route.CONNECTOR_UPDATE: Operation(
        method="put",
        path="/siprec_connectors/{connector_name}",
        summary="Replace a connector; the body's name may rename it.",
        answers="response.siprec_connector",
        faults=_WITH_BODY,
        own_faults=_CONNECTOR_FAULTS,
    ),
    Route.CONNECTOR_DELETE: Operation(
        method="delete",
        path="/siprec_connectors/{connector_name}",
        summary="Forget a connector.",
        status=204,
        answers=None,
        faults=_WITHOUT_BODY,
        own_faults=_CONNECTOR_FAULTS[:1],
    ),
    Route.TEXML_SIPREC_START: Operation(
        method="post",
        path="/texml/Accounts/{account_sid}/Calls/{call_sid}/Siprec.json",
        summary="Start recording a call, the TeXML way.",
        answers="response.texml_siprec_start",
        recording=True,
    ),
    Route.TEXML_SIPREC_UPDATE: Operation(
        method="post",
        path="/texml/Accounts/{account_sid}/Calls/{call_sid}/Siprec/{siprec_sid}.json",
        summary="Stop a recording, the TeXML way.",
        answers="response.texml_siprec_update",
        own_faults=((404, _TEXML_ERROR),),
        recording=True,
    ),
    Route.DIAL: Operation(
        method="post",
        path="/calls",
        summary="Dial; webhooks tell what becomes of the call.",
        answers="response.call",
    ),
    Route.CALL_READ: Operation(
        method="get",
        path="/calls/{call_control_id}",
        summary="Read a call, for ten minutes after its end too.",
        answers="response.call",
        faults=_READING,
    ),
    Route.ANSWER: Operation(
        method="post",
        path="/calls/{call_control_id}/actions/answer",
        summary="Answer a call that came in.",
        answers="response.command_result",
    ),
    Route.HANGUP: Operation(
        method="post",
        path="/calls/{call_control_id}/actions/hangup",
        summary="Hang up a call.",
        answers="response.command_result",
    ),
    Route.REJECT: Operation(
        method="post",
        path="/calls/{call_control_id}/actions/reject",
        summary="Reject a call that came in.",
        answers="response.command_result",
    ),
    Route.CLIENT_STATE_UPDATE: Operation(
        method="put",
        path="/calls/{call_control_id}/actions/client_state_update",
        summary="Change what every later webhook of a call carries as its client_state.",
        answers="response.command_result",
    ),
    Route.ACTIVE_CALLS: Operation(
        method="get",
        path="/connections/{connection_id}/active_calls",
        summary="A connection's calls that have not ended, page by page.",
        answers="response.active_calls",
        faults=_READING,
        query=_PAGE,
    ),
    Route.PUBLIC_KEY: Operation(
        method="get",
        path="/public_key",
        summary="The key that signs webhooks.",
        answers="response.public_key",
        faults=_WITHOUT_BODY,
    ),
    Route.WEBHOOK_DELIVERY_LIST: Operation(
        method="get",
        path="/webhook_deliveries",
        summary="The webhooks that were sent, with every attempt.",
        answers="response.webhook_delivery_list",
        faults=_WITH_QUERY,
    ),
    Route.WEBHOOK_DELIVERY_READ: Operation(
        method="get",
        path="/webhook_deliveries/{id}",
        summary="One webhook and every attempt at it.",
        answers="response.webhook_delivery",
        faults=(404, *_WITHOUT_BODY),
    ),
    Route.CALL_EVENT_LIST: Operation(
        method="get",
        path="/call_events",
        summary="What happened to calls: commands and webhooks.",
        answers="response.call_event_list",
        faults=_WITH_QUERY,
    ),
}


def telnyx_paths(schemas: Mapping[str, JsonValue]) -> Part:
    """The path items of Telnyx's routes, under the prefix that its SDKs use.

    Args:
        schemas: File name to JSON Schema, as ``describe`` is given them: fields of queries are described there.
    """
    paths: dict[str, Part] = {}
    for route, operation in OPERATIONS.items():
        described = _described(route, operation)
        described["parameters"] += _fields_of_query(route, schemas)
        paths.setdefault(PREFIX + operation.path, {})[operation.method] = described
    return dict(paths)


def _described(route: Route, operation: Operation) -> Part:
    success = answer(
        "Done." if operation.status != 204 else "Done; there is nothing to say.",  # noqa: PLR2004 - no content
        operation.answers,
        headers=_HEADERS if operation.recording else None,
    )
    faults = errors(_TEXTS, operation.faults)
    for status, document in operation.own_faults:
        faults |= errors(_TEXTS, (status,), document)
    if operation.recording:
        faults["default"] = answer("What the chosen scenario scripts in place of the answer.", ERROR)
    parameters = parameters_of(operation.path)
    described: Part = {
        "operationId": route.value,
        "summary": operation.summary,
        "tags": ["telnyx"],
        "security": [{"api_key": []}],
        "parameters": [*parameters, *operation.query, *((_SCENARIO,) if route in _STARTS else ())],
        "responses": {str(operation.status): success, **faults},
    }
    schema = SCHEMA_OF_BODY.get(route)
    if schema is not None:
        described["requestBody"] = _request_body(route, schema)
    return described


def _fields_of_query(route: Route, schemas: Mapping[str, JsonValue]) -> list[Part]:
    """Each field written out, as SDKs send it: deepObject has one level only (OpenAPI 3.1.1 section 4.8.12.3)."""
    name = SCHEMA_OF_QUERY.get(route)
    fields = schemas[f"{name}.schema.json"]["properties"] if name else {}
    return [query_parameter(field, schema["description"], schema) for field, schema in fields.items()]


def _request_body(route: Route, schema: str) -> Part:
    """TeXML takes a form, and JSON as well, which its SDKs send."""
    media_types = (FORM, JSON) if "texml" in route.value else (JSON,)
    return body(schema, *media_types, required=schema in _REQUIRED)


# --- what is sent ---

_SIGNATURE = [
    header_parameter("telnyx-signature-ed25519", "Base64 of the signature over `timestamp|body`.", required=True),
    header_parameter("telnyx-timestamp", "Seconds since the epoch at which it was signed.", required=True),
]

_RECEIVED: Part = {
    "2XX": {"description": "It arrived; anything else, or no answer in time, is tried again."},
}

_HAPPENED: Mapping[EventType, str] = {
    EventType.STARTED: "The recording server answered.",
    EventType.STOPPED: "A recording ended.",
    EventType.FAILED: "A recording could not be started.",
    EventType.CALL_INITIATED: "A call came in, or was dialled.",
    EventType.CALL_ANSWERED: "A call was answered.",
    EventType.CALL_HANGUP: "A call ended.",
}


def webhooks() -> Part:
    """What the emulator sends to the app, by event."""
    sent: Part = {
        event.value: {
            "post": {
                "operationId": event.value.replace(".", "_"),
                "summary": summary,
                "parameters": _SIGNATURE,
                "requestBody": body(f"webhook.{event.value.replace('.', '_')}", required=True),
                "responses": _RECEIVED,
            }
        }
        for event, summary in _HAPPENED.items()
    }
    sent["texml.siprec"] = _callback()
    return sent


def _callback() -> Part:
    """A TeXML session's events go to its StatusCallback, by the method that it names."""
    schema = "callback.texml_siprec"
    fields: Part = {
        "name": "fields",
        "in": "query",
        "required": True,
        "style": "form",
        "explode": True,
        "schema": {"$ref": f"#/components/schemas/{schema}"},
    }
    summary = "Something happened to a recording that was started through TeXML."
    return {
        "post": {
            "operationId": "texml_siprec_post",
            "summary": summary,
            "parameters": _SIGNATURE,
            "requestBody": body(schema, FORM, required=True),
            "responses": _RECEIVED,
        },
        "get": {
            "operationId": "texml_siprec_get",
            "summary": summary,
            "parameters": [*_SIGNATURE, fields],
            "responses": _RECEIVED,
        },
    }
