"""The control API's calls: what each route is asked.

Owns paths, queries, bodies and how long the server may hold an answer back, once for both clients: a transport
carries a ``Call`` out, whether it blocks or is awaited. The arguments are described where users meet them, at
``EmulatorClient``'s methods of the same names. Sans-IO; must not know a connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.client import answers
from emulator.client.call import (
    DEFAULT_WAIT_SECS,
    LONGEST_WAIT_SECS,
    Call,
    at,
    given,
    listing,
    seconds_of,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from emulator.client.answers import Document
    from emulator.client.call import Span


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
    return listing("requests", **filters)


def webhooks(filters: Mapping[str, str]) -> Call[list[Document]]:
    """The latest events."""
    return listing("webhooks", **filters)


def sessions(filters: Mapping[str, str]) -> Call[list[Document]]:
    """The latest recording sessions."""
    return listing("sessions", **filters)


def received(filters: Mapping[str, str]) -> Call[list[Document]]:
    """The latest that the built-in receiver got."""
    return listing("received", **filters)


def one(kind: str, entry_id: int | str, namespace: str | None) -> Call[Document]:
    """One of a list, with all that is known of it."""
    return Call(method="GET", path=at(kind, str(entry_id), namespace=namespace), read=answers.data)


def story(kind: str, entry_id: int | str, namespace: str | None) -> Call[Document]:
    """All that happened to one of a list, in one picture."""
    return Call(method="GET", path=at(kind, str(entry_id), "story", namespace=namespace), read=answers.data)


def session_scenario(session_id: str, namespace: str | None) -> Call[Document]:
    """What happened to a session, as a scenario."""
    path = at("sessions", session_id, "scenario", namespace=namespace)
    return Call(method="GET", path=path, read=answers.data)


def sip_messages(session_id: str, namespace: str | None) -> Call[list[Document]]:
    """What a session sent and received by SIP."""
    return listing("sessions", session_id, "sip", namespace=namespace)


def pcap(session_id: str, namespace: str | None) -> Call[bytes]:
    """A capture of a session."""
    path = at("sessions", session_id, "pcap", namespace=namespace)
    return Call(method="GET", path=path, read=answers.octets, parse=answers.unparsed)


def problems(namespace: str | None) -> Call[list[Document]]:
    """What went wrong that nobody scripted."""
    return listing("problems", namespace=namespace)


def near_misses(namespace: str | None) -> Call[list[Document]]:
    """Requests that nothing took."""
    return listing("requests", "near-misses", namespace=namespace)


def verify(
    kind: str,
    matchers: Mapping[str, object] | None,
    *,
    count: int | Mapping[str, int] | None,
    last: Span | None,
    within: Span | None,
    view: str | None,
    namespace: str | None,
) -> Call[Document]:
    """See that something happened."""
    body = given(count=count, last=text_of(last), within=text_of(within))
    return Call(
        method="POST",
        path=at("verify", namespace=namespace, view=view),
        body={kind: dict(matchers or {}), **body},
        held_secs=0.0 if within is None else seconds_of(within),
        read=answers.data,
    )


def wait(
    kind: str,
    matchers: Mapping[str, object] | None,
    *,
    count: int | None,
    timeout: Span | None,
    view: str | None,
    namespace: str | None,
) -> Call[Document]:
    """Wait until something has happened."""
    awaited: object = True if kind == "idle" and not matchers else dict(matchers or {})
    return Call(
        method="POST",
        path=at("wait", namespace=namespace, view=view),
        body={kind: awaited, **given(count=count, timeout=text_of(timeout))},
        held_secs=DEFAULT_WAIT_SECS if timeout is None else seconds_of(timeout),
        read=answers.data,
    )


# --- time ---


def clock(namespace: str | None) -> Call[Document]:
    """Where a clock stands."""
    return Call(method="GET", path=at("clock", namespace=namespace), read=answers.data)


def set_clock(*, mode: str | None, speed: float | None, time: str | None, namespace: str | None) -> Call[Document]:
    """Let a clock go another way."""
    body = given(mode=mode, speed=speed, time=time)
    return Call(method="PUT", path=at("clock", namespace=namespace), body=body, read=answers.data)


def advance(by: Span | None, *, to: str | None, until: str | None, namespace: str | None) -> Call[Document]:
    """Move a clock forward."""
    return Call(
        method="POST",
        path=at("clock", "advance", namespace=namespace),
        body=given(by=text_of(by), to=to, until=until),
        held_secs=LONGEST_WAIT_SECS,
        read=answers.data_and_meta,
    )


# --- scenarios and settings ---


def put_scenario(scenario: str | Mapping[str, object], name: str, *, namespace: str | None) -> Call[Document]:
    """Load a scenario."""
    text = scenario if isinstance(scenario, str) else {"version": 1, "name": name, **scenario}
    return Call(method="PUT", path=at("scenarios", name, namespace=namespace), body=text, read=answers.data)


def validate_scenario(text: str, *, file: str | None) -> Call[Document]:
    """Check a scenario without loading it."""
    return Call(method="POST", path=at("scenarios", "validate", file=file), body=text, read=answers.whole)


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
        body=given(call_control_id=call_control_id, headers=headers, body=body),
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
    body = given(scenario=scenario, match=match, times=times)
    return Call(method="POST", path=at("queue", namespace=namespace), body=body, read=answers.data)


def queued(namespace: str | None) -> Call[list[Document]]:
    """The scenarios that wait for their start."""
    return listing("queue", namespace=namespace)


def clear_queue(namespace: str | None) -> Call[None]:
    """Let none wait any more."""
    return Call(method="DELETE", path=at("queue", namespace=namespace), read=answers.nothing)


def faults(namespace: str | None) -> Call[Document]:
    """The faults that are switched on."""
    return Call(method="GET", path=at("faults", namespace=namespace), read=answers.data)


def set_faults(faults: Mapping[str, object], *, namespace: str | None) -> Call[Document]:
    """Let things go wrong from now on."""
    return Call(method="PUT", path=at("faults", namespace=namespace), body=dict(faults), read=answers.data)


def add_faults(faults: Mapping[str, object], *, namespace: str | None) -> Call[Document]:
    """Let more go wrong from now on."""
    return Call(method="POST", path=at("faults", namespace=namespace), body=dict(faults), read=answers.data)


def clear_faults(namespace: str | None) -> Call[None]:
    """Let nothing go wrong any more."""
    return Call(method="DELETE", path=at("faults", namespace=namespace), read=answers.nothing)


def reception(namespace: str | None) -> Call[Document]:
    """What the built-in receiver answers."""
    return Call(method="GET", path=at("receiver", namespace=namespace), read=answers.data)


def set_reception(rules: Iterable[Mapping[str, object]], *, namespace: str | None) -> Call[Document]:
    """Let the built-in receiver answer otherwise."""
    body = {"answers": list(rules)}
    return Call(method="PUT", path=at("receiver", namespace=namespace), body=body, read=answers.data)


def add_reception(rules: Iterable[Mapping[str, object]], *, namespace: str | None) -> Call[Document]:
    """Tell the built-in receiver more answers."""
    body = {"answers": list(rules)}
    return Call(method="POST", path=at("receiver", namespace=namespace), body=body, read=answers.data)


def namespaces(namespace: str | None) -> Call[list[Document]]:
    """The namespaces in use."""
    return listing("namespaces", namespace=namespace)


def configure_namespace(namespace: str, settings: Mapping[str, object]) -> Call[Document]:
    """Set what a namespace does differently."""
    return Call(method="PUT", path=at("namespaces", namespace), body=settings, read=answers.data)


def forget_namespace(namespace: str) -> Call[None]:
    """Forget a namespace with all that is in it."""
    return Call(method="DELETE", path=at("namespaces", namespace), read=answers.nothing)


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
    body = given(
        to=to, connection_id=connection_id, custom_headers=pairs, caller_id_name=caller_id_name, scenario=scenario
    )
    if from_ is not None:
        body["from"] = from_
    return Call(method="POST", path=at("calls", namespace=namespace), body=body, read=answers.data)


def phone_calls(filters: Mapping[str, str]) -> Call[list[Document]]:
    """The latest calls."""
    return listing("calls", **filters)


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
        body=given(hangup_cause=hangup_cause, sip_hangup_cause=sip_hangup_cause),
        read=answers.data,
    )


def texml(
    call_control_id: str,
    document: str | bytes,
    *,
    account_sid: str | None,
    file: str | None,
    namespace: str | None,
) -> Call[Document]:
    """Carry out a TeXML document on a call."""
    path = at("calls", call_control_id, "texml", account_sid=account_sid, file=file, namespace=namespace)
    return Call(method="POST", path=path, body=document, read=answers.data)


def connections(namespace: str | None) -> Call[list[Document]]:
    """The connections."""
    return listing("connections", namespace=namespace)


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
        body=given(set=set, remove=list(remove) or None, new_id=new_id or None, deliver=deliver, sign=sign),
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
        body=given(event_type=event_type, set=set, remove=list(remove) or None, deliver=deliver, sign=sign),
        read=answers.data,
    )
