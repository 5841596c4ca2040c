"""The control API's calls as values: what each route is asked, and how its answer is read.

Owns paths, queries, bodies and how long the server may hold an answer back, once for both clients: a transport
carries a ``Call`` out, whether it blocks or is awaited. The arguments are described where users meet them, at
``EmulatorClient``'s methods of the same names. Sans-IO; must not know a connection.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar
from urllib.parse import quote, urlencode

from emulator.client import answers
from emulator.core.durations import parse_duration
from emulator.core.models import SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from emulator.client.answers import Document

LONGEST_WAIT_SECS = 60.0
"""The longest that the server lets a request wait; also how long an advance may take, which awaits deliveries."""

_DEFAULT_WAIT_SECS = 10.0

Span: TypeAlias = "str | float"
"""A duration: a text such as ``250ms`` or ``30s``, or a number of seconds."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[Result]):
    """One request to the control API.

    Attributes:
        method: Such as ``GET``.
        path: Below the prefix, percent-encoded, with its query.
        read: Makes the result of the status and the parsed body, or raises what they mean.
        body: A text goes as it is, all else as JSON; None: there is none.
        held_secs: How long the server itself may hold its answer back, beside the client's own patience.
    """

    method: str
    path: str
    read: Callable[[int, object], Result]
    body: object = None
    held_secs: float = 0.0


def at(*parts: str, **fields: str | None) -> str:
    """A path below the prefix.

    Args:
        parts: Its segments, not yet percent-encoded.
        fields: Of its query; None leaves one out.
    """
    given = {name: value for name, value in fields.items() if value is not None}
    path = "".join("/" + quote(part, safe="") for part in parts)
    return f"{path}?{urlencode(given)}" if given else path


# --- the server ---


def health() -> Call[bool]:
    """Whether it is alive."""
    return Call(method="GET", path="/health", read=answers.healthy)


def ready() -> Call[bool]:
    """Whether it takes commands."""
    return Call(method="GET", path="/ready", read=answers.readiness)


def info() -> Call[Document]:
    """What it is."""
    return Call(method="GET", path="/info", read=answers.whole)


def reset(namespace: str | None) -> Call[str]:
    """Forget everything."""
    return Call(method="POST", path=at("reset", namespace=namespace), read=answers.was_reset)


# --- what happened ---


def requests(filters: Mapping[str, str]) -> Call[list[Document]]:
    """The latest requests."""
    return _listing("requests", **filters)


def webhooks(filters: Mapping[str, str]) -> Call[list[Document]]:
    """The latest events."""
    return _listing("webhooks", **filters)


def sessions(filters: Mapping[str, str]) -> Call[list[Document]]:
    """The latest recording sessions."""
    return _listing("sessions", **filters)


def near_misses(namespace: str | None) -> Call[list[Document]]:
    """Requests that nothing took."""
    return _listing("requests", "near-misses", namespace=namespace)


def verify(
    kind: str,
    matchers: Mapping[str, object] | None,
    *,
    count: int | Mapping[str, int] | None,
    last: Span | None,
    within: Span | None,
    namespace: str | None,
) -> Call[Document]:
    """See that something happened."""
    body = _given(count=count, last=_span(last), within=_span(within))
    return Call(
        method="POST",
        path=at("verify", namespace=namespace),
        body={kind: dict(matchers or {}), **body},
        held_secs=0.0 if within is None else _seconds(within),
        read=answers.data,
    )


def wait(
    kind: str,
    matchers: Mapping[str, object] | None,
    *,
    count: int | None,
    timeout: Span | None,
    namespace: str | None,
) -> Call[Document]:
    """Wait until something has happened."""
    awaited: object = True if kind == "idle" and not matchers else dict(matchers or {})
    return Call(
        method="POST",
        path=at("wait", namespace=namespace),
        body={kind: awaited, **_given(count=count, timeout=_span(timeout))},
        held_secs=_DEFAULT_WAIT_SECS if timeout is None else _seconds(timeout),
        read=answers.data,
    )


# --- time ---


def clock(namespace: str | None) -> Call[Document]:
    """Where a clock stands."""
    return Call(method="GET", path=at("clock", namespace=namespace), read=answers.data)


def set_clock(*, mode: str | None, speed: float | None, time: str | None, namespace: str | None) -> Call[Document]:
    """Let a clock go another way."""
    body = _given(mode=mode, speed=speed, time=time)
    return Call(method="PUT", path=at("clock", namespace=namespace), body=body, read=answers.data)


def advance(by: Span | None, *, to: str | None, until: str | None, namespace: str | None) -> Call[Document]:
    """Move a clock forward."""
    return Call(
        method="POST",
        path=at("clock", "advance", namespace=namespace),
        body=_given(by=_span(by), to=to, until=until),
        held_secs=LONGEST_WAIT_SECS,
        read=answers.data_and_meta,
    )


# --- scenarios and settings ---


def put_scenario(scenario: str | Mapping[str, object], name: str, *, namespace: str | None) -> Call[Document]:
    """Load a scenario."""
    text = scenario if isinstance(scenario, str) else {"version": 1, "name": name, **scenario}
    return Call(method="PUT", path=at("scenarios", name, namespace=namespace), body=text, read=answers.data)


def explain(
    name: str,
    *,
    call_control_id: str | None,
    headers: Mapping[str, str] | None,
    body: Mapping[str, object] | None,
    namespace: str | None,
) -> Call[Document]:
    """What a start would get from a scenario."""
    return Call(
        method="POST",
        path=at("scenarios", name, "explain", namespace=namespace),
        body=_given(call_control_id=call_control_id, headers=headers, body=body),
        read=answers.data,
    )


def queue(
    scenario: str | Mapping[str, object],
    *,
    match: Mapping[str, object] | None,
    times: int | None,
    namespace: str | None,
) -> Call[Document]:
    """Let the next starts play a scenario."""
    body = _given(scenario=scenario, match=match, times=times)
    return Call(method="POST", path=at("queue", namespace=namespace), body=body, read=answers.data)


def queued(namespace: str | None) -> Call[list[Document]]:
    """The scenarios that wait for their start."""
    return _listing("queue", namespace=namespace)


def clear_queue(namespace: str | None) -> Call[None]:
    """Let none wait any more."""
    return Call(method="DELETE", path=at("queue", namespace=namespace), read=answers.nothing)


def faults(namespace: str | None) -> Call[Document]:
    """The faults that are switched on."""
    return Call(method="GET", path=at("faults", namespace=namespace), read=answers.data)


def set_faults(faults: Mapping[str, object], *, namespace: str | None) -> Call[Document]:
    """Let things go wrong from now on."""
    return Call(method="PUT", path=at("faults", namespace=namespace), body=dict(faults), read=answers.data)


def clear_faults(namespace: str | None) -> Call[None]:
    """Let nothing go wrong any more."""
    return Call(method="DELETE", path=at("faults", namespace=namespace), read=answers.nothing)


def namespaces(namespace: str | None) -> Call[list[Document]]:
    """The namespaces in use."""
    return _listing("namespaces", namespace=namespace)


def configure_namespace(namespace: str, settings: Mapping[str, object]) -> Call[Document]:
    """Set what a namespace does differently."""
    return Call(method="PUT", path=at("namespaces", namespace), body=settings, read=answers.data)


# --- calls ---


def arrive(
    *,
    from_: str | None,
    to: str | None,
    connection_id: str | None,
    custom_headers: Mapping[str, str] | None,
    caller_id_name: str | None,
    scenario: str | None,
    namespace: str | None,
) -> Call[Document]:
    """Let a call come in."""
    pairs = (
        None if custom_headers is None else [{"name": key, "value": text} for key, text in custom_headers.items()]
    )
    body = _given(
        to=to, connection_id=connection_id, custom_headers=pairs, caller_id_name=caller_id_name, scenario=scenario
    )
    if from_ is not None:
        body["from"] = from_
    return Call(method="POST", path=at("calls", namespace=namespace), body=body, read=answers.data)


def phone_calls(filters: Mapping[str, str]) -> Call[list[Document]]:
    """The latest calls."""
    return _listing("calls", **filters)


def phone_call(call_control_id: str, *, namespace: str | None) -> Call[Document]:
    """One call."""
    return Call(method="GET", path=at("calls", call_control_id, namespace=namespace), read=answers.data)


def hang_up(
    call_control_id: str, *, hangup_cause: str | None, sip_hangup_cause: str | None, namespace: str | None
) -> Call[Document]:
    """Let the far end of a call hang up."""
    return Call(
        method="POST",
        path=at("calls", call_control_id, "hangup", namespace=namespace),
        body=_given(hangup_cause=hangup_cause, sip_hangup_cause=sip_hangup_cause),
        read=answers.data,
    )


def connections(namespace: str | None) -> Call[list[Document]]:
    """The connections."""
    return _listing("connections", namespace=namespace)


def put_connection(connection_id: str, settings: Mapping[str, object], *, namespace: str | None) -> Call[Document]:
    """Say where webhooks of a connection's calls go."""
    path = at("connections", connection_id, namespace=namespace)
    return Call(method="PUT", path=path, body=dict(settings), read=answers.data)


def remove_connection(connection_id: str, *, namespace: str | None) -> Call[None]:
    """Forget a connection."""
    path = at("connections", connection_id, namespace=namespace)
    return Call(method="DELETE", path=path, read=answers.nothing)


# --- by hand ---


def replay(
    webhook_id: str,
    *,
    set: Mapping[str, object] | None,  # noqa: A002 - as the control API calls it
    remove: Iterable[str],
    new_id: bool,
    deliver: Mapping[str, object] | None,
    sign: Mapping[str, object] | None,
    namespace: str | None,
) -> Call[Document]:
    """Send a webhook again."""
    return Call(
        method="POST",
        path=at("webhooks", webhook_id, "replay", namespace=namespace),
        body=_given(set=set, remove=list(remove) or None, new_id=new_id or None, deliver=deliver, sign=sign),
        read=answers.data,
    )


def emit(
    session_id: str,
    event_type: str,
    *,
    set: Mapping[str, object] | None,  # noqa: A002 - as the control API calls it
    remove: Iterable[str],
    deliver: Mapping[str, object] | None,
    sign: Mapping[str, object] | None,
    namespace: str | None,
) -> Call[Document]:
    """Let an event occur in a session."""
    return Call(
        method="POST",
        path=at("sessions", session_id, "events", namespace=namespace),
        body=_given(event_type=event_type, set=set, remove=list(remove) or None, deliver=deliver, sign=sign),
        read=answers.data,
    )


def _listing(*parts: str, **fields: str | None) -> Call[list[Document]]:
    return Call(method="GET", path=at(*parts, **fields), read=answers.listed)


def _given(**fields: object) -> Document:
    return {name: value for name, value in fields.items() if value is not None}


def _span(span: Span | None) -> str | None:
    """A duration as the control API reads it."""
    return span if span is None or isinstance(span, str) else f"{span:.6f}s"


def _seconds(span: Span) -> float:
    """The server refuses at once what is no duration or is too long, so any bound will do for those."""
    try:
        return parse_duration(span) / SECOND if isinstance(span, str) else span
    except ValueError:
        return LONGEST_WAIT_SECS
