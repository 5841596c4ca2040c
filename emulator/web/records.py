"""Lists and details of the journal for the control API: selection, paging, not-found.

Owns the queries' fields. Must not render single entries: ``core/views.py`` does.
"""

from __future__ import annotations

from collections import deque
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

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
from emulator.web.routes import ROUTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from emulator.core.calls.model import Call
    from emulator.core.engine import Engine
    from emulator.core.journal import RequestEntry, StrayEntry, WebhookEntry
    from emulator.core.models import JsonValue, Session
    from emulator.core.namespace import Namespace

Query: TypeAlias = "Mapping[str, str]"

Live: TypeAlias = "Callable[[str], JsonValue]"
"""How the session of an id stands on the wire; None where it was not placed."""

VIEWS = ("line", "whole")
"""How a list may show its entries."""

DEFAULT_LIMIT = 100
MAX_LIMIT = 1_000
_ID_DIGITS = 18

_DIGITS = 20
"""Longer runs of digits are no number that a field takes, and int() is quadratic in their length."""

T = TypeVar("T")


def chosen(engine: Engine, namespace_id: str | None) -> tuple[Namespace, ...]:
    """The namespace of that id, or all; none when it has not been used."""
    if namespace_id is None:
        return tuple(engine.namespaces)
    found = engine.namespaces.get(namespace_id)
    return () if found is None else (found,)


def requests(engine: Engine, namespace_id: str | None, query: Query) -> View:
    """Requests, oldest first; those that no route took among them."""
    logs = chosen(engine, namespace_id)
    entries: Iterable[RequestEntry | StrayEntry] = merge(
        *(one.journal.requests for one in logs), *(one.journal.strays for one in logs), key=lambda entry: entry.seq
    )
    fields = ("method", "route", "call_control_id", "session_id", "scenario", "status")
    return _page(entries, query, fields, Shown(request_line, request_detail), lambda entry: entry.seq)


def webhooks(engine: Engine, namespace_id: str | None, query: Query) -> View:
    """Events and how their deliveries stand, oldest first."""
    entries = merge(*(one.journal.webhooks for one in chosen(engine, namespace_id)), key=lambda entry: entry.seq)
    fields = ("event_type", "session_id", "call_control_id", "state")
    return _page(entries, query, fields, Shown(webhook_line, webhook_detail), lambda entry: entry.seq)


def received(engine: Engine, namespace_id: str | None, query: Query) -> View:
    """What the built-in receiver got, oldest first."""
    entries = merge(*(one.journal.received for one in chosen(engine, namespace_id)), key=lambda entry: entry.seq)
    return _page(entries, query, ("method", "verdict"), Shown(received_line), lambda entry: entry.seq)


def sessions(engine: Engine, namespace_id: str | None, query: Query, live: Live) -> View:
    """Sessions, oldest first; ``live`` tells how one stands on the wire."""
    pairs = [
        (session, namespace)
        for namespace in chosen(engine, namespace_id)
        for session in namespace.sessions.values()
    ]
    pairs.sort(key=lambda pair: pair[0].created_at)
    fields = ("state", "call_control_id", "scenario", "connector_name", "api")
    numbered = list(enumerate(pairs, start=1))
    shown: Shown[tuple[int, tuple[Session, Namespace]]] = Shown(
        lambda one: session_view(*one[1]), lambda one: _whole_session(*one[1], live)
    )
    return _page(numbered, query, fields, shown, lambda one: one[0])


def problems(engine: Engine, namespace_id: str | None, query: Query) -> View:
    """What went wrong that nobody scripted, oldest first."""
    # a server starts the sooner without, and few ask
    from emulator.core.problems import mishap_view, mishaps  # noqa: PLC0415 - see above

    found = merge(
        *(mishaps(one.journal, ROUTES) for one in chosen(engine, namespace_id)), key=lambda mishap: mishap.seq
    )
    return _page(found, query, ("kind",), Shown(mishap_view), lambda mishap: mishap.seq)


def calls(engine: Engine, namespace_id: str | None, query: Query) -> View:
    """Calls, in the order in which they began."""
    pairs = [(call, one) for one in chosen(engine, namespace_id) for call in one.calls]
    fields = ("call_control_id", "connection_id", "state", "direction", "from", "to", "scenario")
    numbered = list(enumerate(pairs, start=1))
    shown: Shown[tuple[int, tuple[Call, Namespace]]] = Shown(
        lambda one: call_view(*one[1]), lambda one: call_detail(*one[1])
    )
    return _page(numbered, query, fields, shown, lambda one: one[0])


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


class Shown(Generic[T]):
    """How a list's entries are shown: a line each, and where there is more to tell, whole."""

    def __init__(self, line: Callable[[T], View], whole: Callable[[T], View] | None = None) -> None:
        """Know both forms; ``whole`` None: the line is all that there is."""
        self.line = line
        self.whole = whole

    def chosen(self, query: Query) -> Callable[[T], View]:
        """The form that the query's ``view`` wants; the line where it says nothing."""
        wanted = query.get("view", VIEWS[0])
        if wanted not in VIEWS:
            raise ControlError(422, f"The query's field 'view' is one of {', '.join(VIEWS)}.")
        return self.whole if self.whole is not None and wanted == VIEWS[1] else self.line


def _page(
    entries: Iterable[T], query: Query, fields: Iterable[str], shown: Shown[T], number: Callable[[T], int]
) -> View:
    """The entries that hold all the query's fields: the first after ``after``, else the latest ``limit``."""
    limit = _bounded(query, "limit", DEFAULT_LIMIT, MAX_LIMIT)
    wanted = {field: query[field] for field in fields if field in query}
    known = {"limit", "after", "before", "namespace"} | ({"view"} if shown.whole else set())
    unknown = set(query) - set(wanted) - known
    if unknown:
        others = ", ".join((*fields, *sorted(known - {"namespace"})))
        raise ControlError(422, f"The query's field '{min(unknown)}' is none of {others}.")
    show = shown.chosen(query)
    after = _bounded(query, "after", 0, 1 << 62) if "after" in query else None
    before = _bounded(query, "before", 0, 1 << 62) if "before" in query else None
    matching = (
        entry
        for entry in entries
        if (after is None or number(entry) > after)
        and (before is None or number(entry) < before)
        and (not wanted or _holds(shown.line(entry), wanted))
    )
    page = list(deque(matching, maxlen=limit) if after is None else islice(matching, limit))
    return {
        "data": [show(entry) for entry in page],
        "meta": {"next_after": number(page[-1]) if page else after},
    }


def _holds(view: View, wanted: Mapping[str, str]) -> bool:
    return all(str(view.get(field)) == text for field, text in wanted.items())


def _bounded(query: Query, field: str, default: int, most: int) -> int:
    text = query.get(field)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS and int(text) <= most):
        raise ControlError(422, f"The query's field '{field}' must be a whole number up to {most}.")
    return int(text)
