"""Which of our schemas describes which part of Telnyx's document.

Owns the list of operations and webhooks that the emulator covers. Must not compare.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core.models import EventType

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation or webhook of the document.

    Attributes:
        id: Its ``operationId``, to name it by.
        section: ``paths`` or ``webhooks``.
        path: Its key there.
        method: Lower case.
        request: Our schema of its body, None where it has none.
        media_type: Of the body.
        responses: Status to our schema; None for an answer without a body.
    """

    id: str
    path: str
    method: str = "post"
    section: str = "paths"
    request: str | None = None
    media_type: str = JSON
    responses: Mapping[str, str | None]


_COMMAND = {
    "200": "response.command_result",
    "422": "error.call_control",
    "default": "error.call_control",
}
_CONNECTOR = "response.siprec_connector"
_CONNECTOR_ERROR = "error.siprec_connector"
_CONNECTORS = "/siprec_connectors"
_ONE_CONNECTOR = "/siprec_connectors/{connector_name}"
_TEXML = "/texml/Accounts/{account_sid}/Calls/{call_sid}/Siprec"


_READ = {"422": "error.call_control", "default": "error.call_control"}
_DIAL = {
    "200": "response.call",
    **dict.fromkeys(("400", "422", "500", "503", "default"), "error.call_control"),
}


def _webhook(event: str) -> Operation:
    """Of an event such as ``siprec.started``, whose name there is ``callSiprecStarted``."""
    name = event.removeprefix("call.").title().replace(".", "")
    return Operation(
        id=f"Call{name}",
        section="webhooks",
        path=f"call{name}",
        request=f"webhook.{event.replace('.', '_')}",
        responses={"200": None},
    )


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        id="StartSiprecSession",
        path="/calls/{call_control_id}/actions/siprec_start",
        request="request.siprec_start",
        responses=_COMMAND,
    ),
    Operation(
        id="StopSiprecSession",
        path="/calls/{call_control_id}/actions/siprec_stop",
        request="request.siprec_stop",
        responses=_COMMAND,
    ),
    Operation(
        id="createSiprecConnector",
        path=_CONNECTORS,
        request="request.siprec_connector",
        responses={"201": _CONNECTOR, "422": _CONNECTOR_ERROR, "default": _CONNECTOR_ERROR},
    ),
    Operation(
        id="getSiprecConnector",
        path=_ONE_CONNECTOR,
        method="get",
        responses={"200": _CONNECTOR, "404": _CONNECTOR_ERROR, "default": _CONNECTOR_ERROR},
    ),
    Operation(
        id="updateSiprecConnector",
        path=_ONE_CONNECTOR,
        method="put",
        request="request.siprec_connector",
        responses={
            "200": _CONNECTOR,
            "404": _CONNECTOR_ERROR,
            "422": _CONNECTOR_ERROR,
            "default": _CONNECTOR_ERROR,
        },
    ),
    Operation(
        id="deleteSiprecConnector",
        path=_ONE_CONNECTOR,
        method="delete",
        responses={"204": None, "404": _CONNECTOR_ERROR, "default": _CONNECTOR_ERROR},
    ),
    Operation(
        id="StartTeXMLSiprecSession",
        path=f"{_TEXML}.json",
        request="request.texml_siprec_start",
        media_type=FORM,
        responses={"200": "response.texml_siprec_start", "404": "error.texml_not_found"},
    ),
    Operation(
        id="UpdateTeXMLSiprecSession",
        path=f"{_TEXML}/{{siprec_sid}}.json",
        request="request.texml_siprec_update",
        media_type=FORM,
        responses={"200": "response.texml_siprec_update", "404": "error.texml_not_found"},
    ),
    Operation(id="DialCall", path="/calls", request="request.dial", responses=_DIAL),
    Operation(
        id="RetrieveCallStatus",
        path="/calls/{call_control_id}",
        method="get",
        responses={"200": "response.call", **_READ},
    ),
    Operation(
        id="AnswerCall",
        path="/calls/{call_control_id}/actions/answer",
        request="request.answer",
        responses=_COMMAND,
    ),
    Operation(
        id="HangupCall",
        path="/calls/{call_control_id}/actions/hangup",
        request="request.hangup",
        responses=_COMMAND,
    ),
    Operation(
        id="ListConnectionActiveCalls",
        path="/connections/{connection_id}/active_calls",
        method="get",
        responses={"200": "response.active_calls", **_READ},
    ),
    Operation(
        id="GetWebhookDeliveries",
        path="/webhook_deliveries",
        method="get",
        responses={
            "200": "response.webhook_delivery_list",
            "401": "error.call_control",
            "422": "error.call_control",
        },
    ),
    Operation(
        id="GetWebhookDelivery",
        path="/webhook_deliveries/{id}",
        method="get",
        responses={
            "200": "response.webhook_delivery",
            "401": "error.call_control",
            "404": "error.call_control",
        },
    ),
    Operation(
        id="ListCallEvents",
        path="/call_events",
        method="get",
        responses={
            "200": "response.call_event_list",
            "422": "error.call_control",
            "default": "error.call_control",
        },
    ),
    *map(_webhook, (event.value for event in EventType)),
)
"""What the emulator covers of the document."""
