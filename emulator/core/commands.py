"""A request to a typed command: decode, validate, build.

Owns which schema a route's body answers to and how its fields become a command. Must not decide whether the
command is allowed: ``recording.py`` and ``connectors.py`` do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from emulator.core.body import decode_form, decode_json
from emulator.core.calls.model import CallCommand, Dial, ListActiveCalls, ReadCall
from emulator.core.calls.parsing import BUILDERS as CALL_BUILDERS
from emulator.core.calls.parsing import SCHEMA_OF_BODY as SCHEMA_OF_CALL_BODY
from emulator.core.calls.parsing import notes
from emulator.core.errors import ConnectorInvalid, ErrorItem, Invalid, Malformed, UnsupportedMedia
from emulator.core.formats import is_http_url
from emulator.core.inspection import (
    ReadDelivery,
    call_events_of,
    deliveries_of,
    read_query,
    refused_fields,
    refused_filters,
)
from emulator.core.models import (
    CallbackMethod,
    ConnectorFields,
    CreateConnector,
    DeleteConnector,
    ReadConnector,
    Route,
    ShowPublicKey,
    SipTransport,
    StartSiprec,
    StopSiprec,
    TexmlDetails,
    Track,
    UpdateConnector,
)
from emulator.core.policy import Validation
from emulator.core.validation import items

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.core.inspection import Inspection
    from emulator.core.models import JsonValue, Request
    from emulator.core.policy import Policy
    from emulator.core.validation import Schemas, Violation

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

SCHEMA_OF_BODY: Mapping[Route, str] = {
    Route.SIPREC_START: "request.siprec_start",
    Route.SIPREC_STOP: "request.siprec_stop",
    Route.CONNECTOR_CREATE: "request.siprec_connector",
    Route.CONNECTOR_UPDATE: "request.siprec_connector",
    Route.TEXML_SIPREC_START: "request.texml_siprec_start",
    Route.TEXML_SIPREC_UPDATE: "request.texml_siprec_update",
    **SCHEMA_OF_CALL_BODY,
}
"""Routes that have a body; the others ignore one."""

SCHEMA_OF_QUERY: Mapping[Route, str] = {
    Route.WEBHOOK_DELIVERY_LIST: "request.webhook_delivery_list",
    Route.CALL_EVENT_LIST: "request.call_event_list",
}
"""Routes that read their query; the others ignore one."""

_TEXML = frozenset({Route.TEXML_SIPREC_START, Route.TEXML_SIPREC_UPDATE})
_NOTED = frozenset({Route.DIAL, Route.ANSWER})
_CONNECTORS = frozenset({Route.CONNECTOR_CREATE, Route.CONNECTOR_UPDATE})

_LARGEST_NUMBER = 1 << 53
"""Beyond it JSON's numbers stop being whole ones (RFC 8259 section 6), and no field wants one."""

Command: TypeAlias = (
    StartSiprec
    | StopSiprec
    | CreateConnector
    | ReadConnector
    | UpdateConnector
    | DeleteConnector
    | CallCommand
    | Dial
    | ReadCall
    | ListActiveCalls
    | ShowPublicKey
)

_Choice = TypeVar("_Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A request that was let through.

    Attributes:
        command: What it asks for.
        document: Its body's fields as sent, for scenarios to match and quote.
        violations: What the schema refused, where the policy lets it through.
        warnings: What Telnyx would ignore in silence, in words.
    """

    command: Command | Inspection
    document: Mapping[str, JsonValue] = field(default_factory=dict)
    violations: tuple[Violation, ...] = ()
    warnings: tuple[str, ...] = ()


def parse(request: Request, schemas: Schemas, policy: Policy) -> Parsed:
    """Read a request as its route's command.

    Args:
        request: Authenticated, its route known.
        schemas: The compiled schemas.
        policy: Says what becomes of violations and unknown keys.

    Returns:
        The command and what there is to say about it.

    Raises:
        UnsupportedMedia: The content type is none that the route reads.
        Malformed: The body can't be decoded.
        Invalid: It breaks the schema (call control and TeXML), one item a violation.
        ConnectorInvalid: The same for a connector, with Telnyx's int codes.
    """
    name = SCHEMA_OF_BODY.get(request.route) or SCHEMA_OF_QUERY.get(request.route)
    build = _BUILDERS[request.route]
    if name is None:
        return Parsed(command=build(request, {}))
    try:
        document = _decode(request, schemas, name)
    except (Malformed, Invalid) as error:
        if policy.validation is not Validation.WARN:
            raise
        return Parsed(command=build(request, {}), warnings=(error.hint or str(error),))
    violations = schemas.check(name, document)
    unknown = schemas.unknown_keys(name, document)
    if violations and policy.validation is not Validation.WARN:
        raise _refusal(request.route, violations)
    if unknown and policy.validation is not Validation.WARN:
        _refuse_unknown(request.route, unknown, policy)
    return Parsed(
        command=build(request, document),
        document=document,
        violations=violations,
        warnings=(
            *(f"{pointer} is no parameter of {request.route}; Telnyx ignores it." for pointer in unknown),
            *(f"{pointer} is taken, and not emulated." for pointer in schemas.idle_keys(name, document)),
            *(notes(document) if request.route in _NOTED else ()),
        ),
    )


def _decode(request: Request, schemas: Schemas, name: str) -> dict[str, JsonValue]:
    """TeXML is form-encoded; its SDKs send JSON, so that is read there too. Nothing is of no wrong type."""
    media_type = request.media_type
    if request.route in SCHEMA_OF_QUERY:
        return schemas.coerce_form(name, read_query(request.target))
    if request.route in _TEXML and media_type in {FORM, ""}:
        return schemas.coerce_form(name, decode_form(request.body))
    if media_type == JSON or not request.body:
        return decode_json(request.body)
    raise UnsupportedMedia(FORM if request.route in _TEXML else JSON)


def _refusal(route: Route, violations: tuple[Violation, ...]) -> Invalid | ConnectorInvalid:
    refusal: Invalid | ConnectorInvalid
    if route in SCHEMA_OF_QUERY:
        refusal = refused_fields(violations)
    elif route in _CONNECTORS:
        refusal = ConnectorInvalid((violation.pointer, violation.detail) for violation in violations)
    else:
        refusal = Invalid(items(violations))
    refusal.violations = violations
    return refusal


def _refuse_unknown(route: Route, pointers: tuple[str, ...], policy: Policy) -> None:
    refusal = refused_filters(pointers) if route in SCHEMA_OF_QUERY else None
    if refusal is not None:
        raise refusal
    if policy.validation is Validation.STRICT:
        raise _unknown_keys(route, pointers)


def _unknown_keys(route: Route, pointers: tuple[str, ...]) -> Invalid | ConnectorInvalid:
    """Strict validation: Telnyx has no code of its own for a key that it does not know."""
    detail = "The parameter is not known."
    if route in _CONNECTORS:
        return ConnectorInvalid((pointer, detail) for pointer in pointers)
    return Invalid(
        ErrorItem(code="10027", title="Unprocessable Entity", detail=detail, pointer=pointer)
        for pointer in pointers
    )


# --- builders: with lenient validation a field may hold anything, and then counts as not given ---


def _text(document: Mapping[str, JsonValue], key: str) -> str | None:
    value = document.get(key)
    return value if isinstance(value, str) else None


def _url(document: Mapping[str, JsonValue], key: str) -> str | None:
    text = _text(document, key)
    return text if is_http_url(text) else None


def _flag(document: Mapping[str, JsonValue], key: str) -> bool:
    return document.get(key) is True


def _number(document: Mapping[str, JsonValue], key: str, default: int) -> int:
    value = document.get(key, default)
    counts = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST_NUMBER
    return int(value) if counts else default


def _choice(document: Mapping[str, JsonValue], key: str, default: _Choice) -> _Choice:
    value = document.get(key, default)
    try:
        return type(default)(value)
    except ValueError:
        return default


def _start(request: Request, document: Mapping[str, JsonValue]) -> StartSiprec:
    """StartSiprecRequest."""
    return StartSiprec(
        call_control_id=request.params[0],
        connector_name=_text(document, "connector_name"),
        track=_choice(document, "siprec_track", Track.BOTH),
        client_state=_text(document, "client_state"),
        command_id=_text(document, "command_id"),
        include_metadata_custom_headers=_flag(document, "include_metadata_custom_headers"),
        secure=_flag(document, "secure"),
        session_timeout_secs=_number(document, "session_timeout_secs", 1800),
        sip_transport=_choice(document, "sip_transport", SipTransport.UDP),
    )


def _stop(request: Request, document: Mapping[str, JsonValue]) -> StopSiprec:
    """StopSiprecRequest."""
    return StopSiprec(
        call_control_id=request.params[0],
        client_state=_text(document, "client_state"),
        command_id=_text(document, "command_id"),
    )


def _texml_start(request: Request, document: Mapping[str, JsonValue]) -> StartSiprec:
    """TexmlCreateSiprecSessionRequestBody."""
    account_sid, call_sid = request.params
    return texml_start_of(account_sid, call_sid, document)


def texml_start_of(account_sid: str, call_sid: str, document: Mapping[str, JsonValue]) -> StartSiprec:
    """The start that a TeXML request's fields ask for, or the attributes of a verb, which are called the same.

    Args:
        account_sid: Whose.
        call_sid: Which call.
        document: Field to value, as ``request.texml_siprec_start`` describes them.
    """
    return StartSiprec(
        call_control_id=call_sid,
        connector_name=_text(document, "ConnectorName"),
        track=_choice(document, "Track", Track.BOTH),
        include_metadata_custom_headers=_flag(document, "IncludeMetadataCustomHeaders"),
        secure=_flag(document, "Secure"),
        session_timeout_secs=_number(document, "SessionTimeoutSecs", 1800),
        sip_transport=_choice(document, "SipTransport", SipTransport.UDP),
        texml=TexmlDetails(
            account_sid=account_sid,
            name=_text(document, "Name"),
            status_callback=_url(document, "StatusCallback"),
            status_callback_method=_choice(document, "StatusCallbackMethod", CallbackMethod.POST),
        ),
    )


def _texml_update(request: Request, document: Mapping[str, JsonValue]) -> StopSiprec:
    """TexmlUpdateSiprecSessionRequestBody; without Status=stopped nothing is asked to stop."""
    account_sid, call_sid, siprec_sid = request.params
    return StopSiprec(
        call_control_id=call_sid,
        account_sid=account_sid,
        siprec_sid=siprec_sid,
        stops=document.get("Status") == "stopped",
    )


def _fields(document: Mapping[str, JsonValue]) -> ConnectorFields:
    """SiprecConnector."""
    return ConnectorFields(
        name=_text(document, "name") or "",
        host=_text(document, "host") or "",
        port=_number(document, "port", 0),
        app_subdomain=_text(document, "app_subdomain"),
    )


_BUILDERS: Mapping[Route, Callable[[Request, Mapping[str, JsonValue]], Command | Inspection]] = {
    Route.SIPREC_START: _start,
    Route.SIPREC_STOP: _stop,
    Route.CONNECTOR_CREATE: lambda _, document: CreateConnector(fields=_fields(document)),
    Route.CONNECTOR_READ: lambda request, _: ReadConnector(name=request.params[0]),
    Route.CONNECTOR_UPDATE: lambda request, document: UpdateConnector(
        name=request.params[0], fields=_fields(document)
    ),
    Route.CONNECTOR_DELETE: lambda request, _: DeleteConnector(name=request.params[0]),
    Route.TEXML_SIPREC_START: _texml_start,
    Route.TEXML_SIPREC_UPDATE: _texml_update,
    **CALL_BUILDERS,
    Route.PUBLIC_KEY: lambda *_: ShowPublicKey(),
    Route.WEBHOOK_DELIVERY_LIST: deliveries_of,
    Route.WEBHOOK_DELIVERY_READ: lambda request, _: ReadDelivery(id=request.params[0]),
    Route.CALL_EVENT_LIST: call_events_of,
}
