"""The frozen values that pass between the rooms of the core.

Owns the shapes only: what a request, a command to a recording, a connector, a session and an event are; those of
calls are in ``calls/model.py``.
Must not hold rules: what may become what lives in ``sessions.py`` and ``timeline.py``. What the core asks of
the edge is in ``effects.py``.

Times are whole microseconds: an ``Instant`` since the Unix epoch in the namespace's time, a ``Duration`` between
two instants. Integers keep arithmetic exact, so that the same inputs give the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Instant: TypeAlias = int
"""Microseconds since the Unix epoch."""

Duration: TypeAlias = int
"""Microseconds."""

JsonValue: TypeAlias = Any
"""What a JSON parser returns: None, bool, int, float, str, list or dict of the same."""

HeaderList: TypeAlias = tuple[tuple[str, str], ...]
"""HTTP header fields in the order in which they were received or sent."""

MILLISECOND: Duration = 1_000
SECOND: Duration = 1_000_000
MINUTE: Duration = 60 * SECOND
HOUR: Duration = 60 * MINUTE


# --- what comes in ---


class Route(StrEnum):
    """The Telnyx operations that the emulator answers; the value names it in logs and the journal."""

    SIPREC_START = "siprec_start"
    SIPREC_STOP = "siprec_stop"
    DIAL = "dial"
    CALL_READ = "call_read"
    ANSWER = "answer"
    HANGUP = "hangup"
    REJECT = "reject"
    CLIENT_STATE_UPDATE = "client_state_update"
    ACTIVE_CALLS = "active_calls"
    CONNECTOR_CREATE = "connector_create"
    CONNECTOR_READ = "connector_read"
    CONNECTOR_UPDATE = "connector_update"
    CONNECTOR_DELETE = "connector_delete"
    TEXML_SIPREC_START = "texml_siprec_start"
    TEXML_SIPREC_UPDATE = "texml_siprec_update"
    PUBLIC_KEY = "public_key"
    WEBHOOK_DELIVERY_LIST = "webhook_delivery_list"
    WEBHOOK_DELIVERY_READ = "webhook_delivery_read"
    CALL_EVENT_LIST = "call_event_list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request to a known Telnyx route, as it arrived and already authenticated.

    Attributes:
        namespace: The namespace's id (a short hash of the bearer token, never the token).
        route: Which operation the path and method name.
        method: The HTTP method, upper case.
        target: The raw request target, path and query, still percent-encoded.
        params: The path's parameters, decoded, in the order in which the path names them.
        headers: As received, credentials removed.
        media_type: The content type without parameters, lower case; empty when none was sent.
        body: The raw bytes.
        secure: Whether it came by TLS.
    """

    namespace: str
    route: Route
    method: str
    target: str
    params: tuple[str, ...] = ()
    headers: HeaderList = ()
    media_type: str = ""
    body: bytes = b""
    secure: bool = False


class Track(StrEnum):
    """Which side of the call is recorded (StartSiprecRequest.siprec_track)."""

    INBOUND = "inbound_track"
    OUTBOUND = "outbound_track"
    BOTH = "both_tracks"


class SipTransport(StrEnum):
    """How SIP travels to the SRS (StartSiprecRequest.sip_transport)."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


class CallbackMethod(StrEnum):
    """How a TeXML status callback is sent (StatusCallbackMethod)."""

    GET = "GET"
    POST = "POST"


@dataclass(frozen=True, slots=True, kw_only=True)
class TexmlDetails:
    """What a TeXML Siprec request adds to a start.

    Attributes:
        account_sid: From the path.
        name: The session's name, by which TeXML's ``<Stop>`` knows it.
        status_callback: Where events go; None sends none.
        status_callback_method: GET puts the fields into the query, POST into a form body.
    """

    account_sid: str
    name: str | None = None
    status_callback: str | None = None
    status_callback_method: CallbackMethod = CallbackMethod.POST


@dataclass(frozen=True, slots=True, kw_only=True)
class StartSiprec:
    """siprec_start, or its TeXML sibling when ``texml`` is set. Defaults are Telnyx's documented ones."""

    call_control_id: str
    connector_name: str | None = None
    track: Track = Track.BOTH
    client_state: str | None = None
    command_id: str | None = None
    include_metadata_custom_headers: bool = False
    secure: bool = False
    session_timeout_secs: int = 1800
    sip_transport: SipTransport = SipTransport.UDP
    texml: TexmlDetails | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopSiprec:
    """siprec_stop, or a TeXML update when ``siprec_sid`` is set; an update need not ask for a stop."""

    call_control_id: str
    client_state: str | None = None
    command_id: str | None = None
    account_sid: str | None = None
    siprec_sid: str | None = None
    stops: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorFields:
    """The body of a connector's create and update (SiprecConnector)."""

    name: str
    host: str
    port: int
    app_subdomain: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateConnector:
    """POST /siprec_connectors."""

    fields: ConnectorFields


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadConnector:
    """GET /siprec_connectors/{connector_name}."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateConnector:
    """PUT /siprec_connectors/{connector_name}; the body's name may rename."""

    name: str
    fields: ConnectorFields


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteConnector:
    """DELETE /siprec_connectors/{connector_name}."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowPublicKey:
    """GET /public_key."""


# --- what the emulator keeps ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """A stored SIPREC connector."""

    fields: ConnectorFields
    created_at: Instant
    updated_at: Instant


class SessionState(StrEnum):
    """A recording session's life; ``session.py`` says what may follow what."""

    STARTING = "starting"
    STARTED = "started"
    STOPPED = "stopped"
    FAILED = "failed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One recording of one call.

    Attributes:
        id: A UUID; the TeXML ``sid`` where the session was started that way.
        scenario: The name of the scenario that plays it.
        start: The command that began it.
        cause: The failure or hangup cause of its last event, None before one.
        ended_at: When it reached a final state, None before.
    """

    id: str
    start: StartSiprec
    scenario: str
    state: SessionState
    created_at: Instant
    updated_at: Instant
    started_at: Instant | None = None
    ended_at: Instant | None = None
    cause: str | None = None


class EventType(StrEnum):
    """The webhook events of a recording (siprec.*) and of a call (call.*), as Telnyx names them."""

    STARTED = "siprec.started"
    STOPPED = "siprec.stopped"
    FAILED = "siprec.failed"
    CALL_INITIATED = "call.initiated"
    CALL_ANSWERED = "call.answered"
    CALL_HANGUP = "call.hangup"


RECORDING_EVENTS = (EventType.STARTED, EventType.STOPPED, EventType.FAILED)

CALL_EVENTS = (EventType.CALL_INITIATED, EventType.CALL_ANSWERED, EventType.CALL_HANGUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a session or a call and that the app is told of.

    Attributes:
        id: UUIDv4, the webhook's ``data.id``.
        session_id: None for an event of the call itself.
        occurred_at: In the namespace's time.
        payload: Field to JSON value, already rendered.
    """

    id: str
    type: EventType
    occurred_at: Instant
    session_id: str | None
    call_control_id: str
    payload: Mapping[str, JsonValue]
