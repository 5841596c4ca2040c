"""Lists and details of the journal for the control API: selection, not-found.

Owns the lists' fields. Must not render single entries: ``core/views.py`` does; nor cut pages: ``paging.py`` does.
"""

from __future__ import annotations

from heapq import merge
from operator import attrgetter
from typing import TYPE_CHECKING, TypeAlias

from emulator.core.calls.views import call_detail, call_view
from emulator.core.errors import ControlError
from emulator.core.views import (
    View,
    received_line,
    request_detail,
    request_line,
    session_detail,
    session_view,
    webhook_detail,
    webhook_line,
)
from emulator.web.paging import Listing, Shown, by_seq, in_order, page
from emulator.web.routes import ROUTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.core.calls.model import Call
    from emulator.core.engine import Engine
    from emulator.core.journal import RequestEntry, StrayEntry, WebhookEntry
    from emulator.core.models import JsonValue, Session
    from emulator.core.namespace import Namespace
    from emulator.web.paging import Query

Live: TypeAlias = "Callable[[str], JsonValue]"
"""How the session of an id stands on the wire; None where it was not placed."""

_ID_DIGITS = 18

_CREATED_AT = attrgetter("created_at")


def chosen(engine: Engine, namespace_id: str | None) -> tuple[Namespace, ...]:
    """The namespace of that id, or all; none when it has not been used."""
    if namespace_id is None:
        return tuple(engine.namespaces)
    found = engine.namespaces.get(namespace_id)
    return () if found is None else (found,)


def requests(engine: Engine, namespace_id: str | None, query: Query) -> View:
    """Requests, oldest first; those that no route took among them."""
    listing: Listing[RequestEntry | StrayEntry] = by_seq(
        [log for one in chosen(engine, namespace_id) for log in (one.journal.requests, one.journal.strays)]
    )
    fields = ("method", "route", "call_control_id", "session_id", "scenario", "status")
    return page(listing, query, fields, Shown(request_line, request_detail))


def webhooks(engine: Engine, namespace_id: str | None, query: Query) -> View:
    """Events and how their deliveries stand, oldest first."""
    listing = by_seq([one.journal.webhooks for one in chosen(engine, namespace_id)])
    fields = ("event_type", "session_id", "call_control_id", "state")
    return page(listing, query, fields, Shown(webhook_line, webhook_detail))


def received(engine: Engine, namespace_id: str | None, query: Query) -> View:
    """What the built-in receiver got, oldest first."""
    listing = by_seq([one.journal.received for one in chosen(engine, namespace_id)])
    return page(listing, query, ("method", "verdict"), Shown(received_line))


def sessions(engine: Engine, namespace_id: str | None, query: Query, live: Live) -> View:
    """Sessions, oldest first; ``live`` tells how one stands on the wire."""
    fields = ("state", "call_control_id", "scenario", "connector_name", "api")
    spaces = chosen(engine, namespace_id)
    if len(spaces) == 1:
        # what a page that watches asks again and again: no pair is made of each of many thousands
        [space] = spaces
        mine: Shown[Session] = Shown(
            lambda one: session_view(one, space), lambda one: _whole_session(one, space, live)
        )
        return page(in_order(sorted(space.sessions.values(), key=_CREATED_AT)), query, fields, mine)
    pairs = [(session, space) for space in spaces for session in space.sessions.values()]
    pairs.sort(key=lambda pair: pair[0].created_at)
    shown: Shown[tuple[Session, Namespace]] = Shown(
        lambda one: session_view(*one), lambda one: _whole_session(*one, live)
    )
    return page(in_order(pairs), query, fields, shown)


def problems(engine: Engine, namespace_id: str | None, query: Query) -> View:
    """What went wrong that nobody scripted, oldest first."""
    # a server starts the sooner without, and few ask
    from emulator.core.problems import mishap_view, mishaps  # noqa: PLC0415 - see above

    found = merge(
        *(mishaps(one.journal, ROUTES) for one in chosen(engine, namespace_id)), key=lambda mishap: mishap.seq
    )
    return page(by_seq([list(found)]), query, ("kind",), Shown(mishap_view))


def calls(engine: Engine, namespace_id: str | None, query: Query) -> View:
    """Calls, in the order in which they began."""
    pairs = [(call, one) for one in chosen(engine, namespace_id) for call in one.calls]
    fields = ("call_control_id", "connection_id", "state", "direction", "from", "to", "scenario")
    shown: Shown[tuple[Call, Namespace]] = Shown(lambda one: call_view(*one), lambda one: call_detail(*one))
    return page(in_order(pairs), query, fields, shown)


def request(engine: Engine, namespace_id: str | None, entry_id: str) -> View:
    """One request with all that is known of it.

    Raises:
        ControlError: 404, there is none of that id (any more).
    """
    number = _number(entry_id)
    for one in chosen(engine, namespace_id):
        found = one.journal.requests.get(number) or one.journal.strays.get(number)
        if found is not None:
            return request_detail(found)
    raise ControlError(404, f"The journal holds no request '{entry_id}'.")


def webhook(engine: Engine, namespace_id: str | None, webhook_id: str) -> tuple[Namespace, WebhookEntry]:
    """One event's entry, and whose it is.

    Args:
        engine: Where.
        namespace_id: None: in any.
        webhook_id: The event's id, whose first copy is meant; or the entry's ``seq``, of which each copy and each
            replay has one of its own.

    Raises:
        ControlError: 404, there is none of that id (any more).
    """
    number = _number(webhook_id)
    for one in chosen(engine, namespace_id):
        found = one.journal.webhooks.get(number)
        if found is None:
            found = next((entry for entry in one.journal.webhooks if entry.event.id == webhook_id), None)
        if found is not None:
            return one, found
    raise ControlError(404, f"The journal holds no webhook '{webhook_id}'.")


def webhook_view(engine: Engine, namespace_id: str | None, webhook_id: str) -> View:
    """One event with every attempt; arguments and errors as of ``webhook``."""
    return webhook_detail(webhook(engine, namespace_id, webhook_id)[1])


def session(engine: Engine, namespace_id: str | None, session_id: str, live: Live) -> View:
    """One session with its transitions and webhooks, and how it stands on the wire, which ``live`` tells.

    Raises:
        ControlError: 404, there is none of that id (any more).
    """
    return _whole_session(*found_session(engine, namespace_id, session_id), live)


def _whole_session(session: Session, namespace: Namespace, live: Live) -> View:
    return {**session_detail(session, namespace), "live": live(session.id)}


def found_session(engine: Engine, namespace_id: str | None, session_id: str) -> tuple[Session, Namespace]:
    """A session and whose it is; arguments and errors as of ``session``."""
    for one in chosen(engine, namespace_id):
        found: Session | None = one.sessions.get(session_id)
        if found is not None:
            return found, one
    raise ControlError(404, f"There is no session '{session_id}'.")


def found_call(engine: Engine, namespace_id: str | None, call_id: str) -> tuple[Call, Namespace]:
    """A call and whose it is.

    Raises:
        ControlError: 404, there is none of that id (any more).
    """
    for one in chosen(engine, namespace_id):
        found = one.calls.get(call_id)
        if found is not None:
            return found, one
    raise ControlError(404, f"There is no call '{call_id}'.")


def _number(text: str) -> int:
    """The number of an entry; 0, which none has, for what is no number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _ID_DIGITS else 0
