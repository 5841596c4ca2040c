"""Questions to the journal: which requests, webhooks, receptions or sessions match, and how many should.

Owns what a question is and what answers it. Must not read a question's JSON (``questions.py`` does), say why
something doesn't match (``near_misses.py``), or know a clock: the time is an argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from heapq import merge
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from emulator.core.calls.model import Call
from emulator.core.calls.views import call_detail, call_view
from emulator.core.facts import Facts
from emulator.core.journal import ReceivedEntry, RequestEntry, StrayEntry, WebhookEntry
from emulator.core.matching import Comparison
from emulator.core.models import Session
from emulator.core.views import (
    received_line,
    request_detail,
    request_line,
    session_detail,
    session_view,
    webhook_detail,
    webhook_line,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from emulator.core.facts import Answerable, Field
    from emulator.core.models import Duration, Instant
    from emulator.core.namespace import Namespace
    from emulator.core.scenario.model import Matcher
    from emulator.core.views import View

NowOf: TypeAlias = "Callable[[Namespace], Instant]"
"""What time it is in a namespace."""


class Kind(StrEnum):
    """What can be asked for."""

    REQUESTS = "requests"
    WEBHOOKS = "webhooks"
    RECEIVED = "received"
    SESSIONS = "sessions"
    CALLS = "calls"


_CLASSES: dict[Kind, tuple[type, ...]] = {
    Kind.REQUESTS: (RequestEntry, StrayEntry),
    Kind.WEBHOOKS: (WebhookEntry,),
    Kind.RECEIVED: (ReceivedEntry,),
    Kind.SESSIONS: (Session,),
    Kind.CALLS: (Call,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is asked for; every matcher must hold.

    Attributes:
        kind: Of what.
        matchers: Each with the field that it looks at.
        last: Only what is no older than this, in the namespace's time; None whatever its age.
    """

    kind: Kind
    matchers: tuple[tuple[Field, Matcher], ...] = ()
    last: Duration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many must match; ``at_most`` None has no upper bound."""

    at_least: int = 1
    at_most: int | None = None

    def admits(self, number: int) -> bool:
        """Whether so many are as many as wanted."""
        return number >= self.at_least and (self.at_most is None or number <= self.at_most)

    def __str__(self) -> str:
        """Such as ``exactly 2``, ``at least 1``, ``at most 3`` or ``1 to 3``."""
        if self.at_most is None:
            return f"at least {self.at_least}"
        if self.at_most == self.at_least:
            return f"exactly {self.at_least}"
        return f"{self.at_least} to {self.at_most}" if self.at_least else f"at most {self.at_most}"


class Hit(NamedTuple):
    """Something that may answer a question, and where it happened."""

    namespace: Namespace
    entry: Answerable

    @property
    def at(self) -> Instant:
        """When it happened, in the namespace's time; of a session or a call, when it was created."""
        if isinstance(self.entry, Session):
            return self.entry.created_at
        return (self.entry.created_at or 0) if isinstance(self.entry, Call) else self.entry.at


def hit_view(hit: Hit) -> View:
    """An answer to a question, in short."""
    match hit.entry:
        case RequestEntry() | StrayEntry():
            return request_line(hit.entry)
        case WebhookEntry():
            return webhook_line(hit.entry)
        case ReceivedEntry():
            return received_line(hit.entry)
        case Call():
            return call_view(hit.entry, hit.namespace)
        case _:
            return session_view(hit.entry, hit.namespace)


def hit_whole(hit: Hit) -> View:
    """An answer to a question, with all that is known of it."""
    match hit.entry:
        case RequestEntry() | StrayEntry():
            return request_detail(hit.entry)
        case WebhookEntry():
            return webhook_detail(hit.entry)
        case ReceivedEntry():
            return received_line(hit.entry)
        case Call():
            return call_detail(hit.entry, hit.namespace)
        case _:
            return session_detail(hit.entry, hit.namespace)


def candidates(kind: Kind, namespaces: Iterable[Namespace]) -> Iterator[Hit]:
    """Everything of a kind that the namespaces still hold, oldest first.

    Args:
        kind: Of what.
        namespaces: One or several; their entries are merged by number, their sessions by creation.
    """
    if kind is Kind.SESSIONS:
        sessions = [Hit(one, session) for one in namespaces for session in one.sessions.values()]
        return iter(sorted(sessions, key=lambda hit: hit.at))
    if kind is Kind.CALLS:
        calls = [Hit(one, call) for one in namespaces for call in one.calls]
        return iter(sorted(calls, key=lambda hit: hit.at))
    numbered = merge(*(log for one in namespaces for log in _logs(kind, one)), key=itemgetter(0))
    return (hit for _, hit in numbered)


def _logs(kind: Kind, namespace: Namespace) -> tuple[Iterator[tuple[int, Hit]], ...]:
    """A namespace's logs of a kind: each entry behind its number, which is counted over the whole server."""
    journal = namespace.journal
    if kind is Kind.WEBHOOKS:
        return (((entry.seq, Hit(namespace, entry)) for entry in journal.webhooks),)
    if kind is Kind.RECEIVED:
        return (((entry.seq, Hit(namespace, entry)) for entry in journal.received),)
    routed = ((entry.seq, Hit(namespace, entry)) for entry in journal.requests)
    strays = ((entry.seq, Hit(namespace, entry)) for entry in journal.strays)
    return routed, strays


def comparisons(query: Query, entry: Answerable) -> Iterator[Comparison]:
    """What a query holds against something of its kind, matcher by matcher."""
    facts = Facts(entry)
    for field, matcher in query.matchers:
        fact = facts.at(field)
        yield Comparison(str(field), matcher, fact.value, fact.there)


def matches(query: Query, entry: Answerable) -> bool:
    """Whether something answers a query, whatever its age; what is of another kind doesn't."""
    return isinstance(entry, _CLASSES[query.kind]) and all(one.holds for one in comparisons(query, entry))


def recent(query: Query, hit: Hit, now_of: NowOf) -> bool:
    """Whether something is no older than a query wants."""
    return query.last is None or hit.at >= now_of(hit.namespace) - query.last


def find(query: Query, namespaces: Iterable[Namespace], now_of: NowOf) -> list[Hit]:
    """Everything that answers a query.

    Args:
        query: What is asked for.
        namespaces: Where to look.
        now_of: Asked only where the query bounds the age.

    Returns:
        Oldest first.
    """
    return [
        hit
        for hit in candidates(query.kind, namespaces)
        if recent(query, hit, now_of) and matches(query, hit.entry)
    ]


class Tally:
    """What has answered a query so far, for whoever waits and is told of one entry at a time.

    An entry that is replaced under its number (a webhook, attempt by attempt), or a session that changes, counts
    once.

    Attributes:
        query: What is waited for.
    """

    def __init__(self, query: Query, *, lasting: bool) -> None:
        """Start with nothing.

        Args:
            query: What is waited for.
            lasting: Whether what has answered once still counts when it no longer matches, as for a wait until
                something happens; else it counts only while it matches.
        """
        self.query = query
        self._lasting = lasting
        self._hits: dict[int | str, Hit] = {}

    def take(self, hit: Hit) -> None:
        """Look at an entry or a session as it stands now; what is of another kind is no matter."""
        if matches(self.query, hit.entry):
            self._hits[_identity(hit.entry)] = hit
        elif not self._lasting:
            self._hits.pop(_identity(hit.entry), None)

    def hits(self, now_of: NowOf) -> list[Hit]:
        """What counts by now.

        Args:
            now_of: Asked only where the query bounds the age.

        Returns:
            Each as it last matched, in the order in which they first did.
        """
        return [hit for hit in self._hits.values() if recent(self.query, hit, now_of)]


def _identity(entry: Answerable) -> int | str:
    if isinstance(entry, Call):
        return entry.call_control_id
    return entry.id if isinstance(entry, Session) else entry.seq
