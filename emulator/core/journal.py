"""The bounded record of everything that happened, and the queries on it.

Owns what is kept, for how long, and which entries a query selects. Must not decide anything else by what it holds:
an entry that is evicted changes no call, session or delivery.

Two bounds hold: entries of one kind per namespace, and bytes over all namespaces together. Whoever is over its
fair share of the bytes loses its oldest entries first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from emulator.core.effects import SIGNED_WELL
from emulator.core.log import About, Log
from emulator.core.scenario.model import USUAL_DELIVERY

if TYPE_CHECKING:
    from emulator.core.calls.model import CallState, Direction
    from emulator.core.delivery import Delivery
    from emulator.core.effects import Attempt, Forwarded, Reply, Signing
    from emulator.core.models import (
        Event,
        HeaderList,
        Instant,
        Request,
        Session,
        SessionState,
        TexmlDetails,
    )
    from emulator.core.scenario.model import Deliver
    from emulator.core.selection import Catalog, Choice, Rejection, Subject
    from emulator.core.srs import SrsReason, SrsStage
    from emulator.core.validation import Violation

_ENTRY_OVERHEAD = 1_000
"""Bytes that an entry's objects take beside its texts, so that a million tiny entries are not called small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """How a request came by its scenario; keeps what is needed to say why each other one lost.

    Attributes:
        choice: The scenario and the rule that won.
        subject: What the rules looked at.
        catalog: The scenarios that there were at that time.
        passed_over: What waited in the queue and was not for this start.
    """

    choice: Choice
    subject: Subject
    catalog: Catalog
    passed_over: tuple[Rejection, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEntry:
    """A request and its answer.

    Attributes:
        seq: Counted over the whole server; the entry's id.
        violations: What the schema refused, also where the request was let through.
        warnings: What Telnyx would have ignored in silence, in words.
        hint: What ``X-Emulator-Hint`` said.
        problem: What whoever tries an app got wrong, in words: it names a scenario that is not loaded.
        session_id: The session that the request began, stopped or met.
    """

    seq: int
    namespace: str
    at: Instant
    request: Request
    reply: Reply
    call_control_id: str | None = None
    selected: Selected | None = None
    violations: tuple[Violation, ...] = ()
    warnings: tuple[str, ...] = ()
    hint: str = ""
    problem: str = ""
    session_id: str | None = None

    @property
    def size(self) -> int:
        """Bytes held, roughly."""
        request = self.request
        texts = len(request.body) + len(self.reply.body) + len(request.target)
        return _ENTRY_OVERHEAD + texts + _headers_size(request.headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class StrayEntry:
    """A request that no Telnyx route took: unknown path, wrong method, no credentials.

    Attributes:
        status: What the client was answered; of one that was passed on and whose client left before, 499.
        reason: Why; empty where it was passed on and answered.
        forwarded: How it was passed on; None where it was not.
    """

    seq: int
    namespace: str
    at: Instant
    method: str
    target: str
    status: int
    reason: str
    forwarded: Forwarded | None = None

    @property
    def size(self) -> int:
        """Bytes held, roughly."""
        return _ENTRY_OVERHEAD + len(self.target) + len(self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionEntry:
    """A session changed its state; ``before`` is None when it began."""

    seq: int
    namespace: str
    at: Instant
    session_id: str
    call_control_id: str
    scenario: str
    before: SessionState | None
    after: SessionState
    cause: str | None = None

    @property
    def size(self) -> int:
        """Bytes held, roughly."""
        return _ENTRY_OVERHEAD


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEntry:
    """A call changed its state; ``before`` is None when it began."""

    seq: int
    namespace: str
    at: Instant
    call_control_id: str
    direction: Direction
    before: CallState | None
    after: CallState
    cause: str | None = None

    @property
    def size(self) -> int:
        """Bytes held, roughly."""
        return _ENTRY_OVERHEAD


@dataclass(frozen=True, slots=True, kw_only=True)
class SrsEntry:
    """A session on the wire came further: it was dialled, answered, failed, ended.

    Attributes:
        dial_id: Which dial; empty where there was nothing to dial.
        target: The recording server's host and port; empty where there was none to dial.
        why: Of a failure, or of an end that nobody here wanted.
        status: The SIP status, where a response told it.
        cause: Telnyx's word for a failure or an end.
        reason: In words.
    """

    seq: int
    namespace: str
    at: Instant
    session_id: str
    call_control_id: str
    dial_id: str
    stage: SrsStage
    target: str
    why: SrsReason | None = None
    status: int | None = None
    cause: str | None = None
    reason: str = ""

    @property
    def size(self) -> int:
        """Bytes held, roughly."""
        return _ENTRY_OVERHEAD + len(self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEntry:
    """An event, where it goes and every attempt so far; replaced under the same ``seq`` as attempts come in.

    Attributes:
        delivery: None when there is nobody to tell (a TeXML session without StatusCallback).
        session: As it stood once the event had occurred; None for an event of the call itself.
        scenario: Whose attempts its own are counted with.
        deliver: How it is delivered, and ``signing``: how it is signed.
        repeats: The ``seq`` of the entry whose event is sent again: of a copy, the first one; of a replay, what it
            repeats. None for the first.
        warnings: What went wrong in making it, such as a template without a value.
    """

    seq: int
    namespace: str
    at: Instant
    event: Event
    session: Session | None
    delivery: Delivery | None
    scenario: str = ""
    deliver: Deliver = USUAL_DELIVERY
    signing: Signing = SIGNED_WELL
    repeats: int | None = None
    attempts: tuple[Attempt, ...] = ()
    warnings: tuple[str, ...] = ()

    def tried(self, delivery: Delivery | None, attempts: tuple[Attempt, ...]) -> WebhookEntry:
        """The entry with how its delivery stands now; written out, since each attempt asks twice."""
        return WebhookEntry(
            seq=self.seq,
            namespace=self.namespace,
            at=self.at,
            event=self.event,
            session=self.session,
            delivery=delivery,
            scenario=self.scenario,
            deliver=self.deliver,
            signing=self.signing,
            repeats=self.repeats,
            attempts=attempts,
            warnings=self.warnings,
        )

    @property
    def line(self) -> str:
        """Whose webhooks follow one another: the session's, or the call's own."""
        return self.event.session_id or self.event.call_control_id

    @property
    def texml(self) -> TexmlDetails | None:
        """Of a session that TeXML started, what its callbacks need."""
        return self.session.start.texml if self.session else None

    @property
    def size(self) -> int:
        """Bytes held, roughly."""
        return _ENTRY_OVERHEAD + sum(map(_attempt_size, self.attempts))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedEntry:
    """What the built-in receiver got, and the verdict on its signature."""

    seq: int
    namespace: str
    at: Instant
    method: str
    target: str
    headers: HeaderList
    body: bytes
    verdict: str
    reason: str

    @property
    def size(self) -> int:
        """Bytes held, roughly."""
        return _ENTRY_OVERHEAD + len(self.target) + len(self.body) + _headers_size(self.headers)


Entry: TypeAlias = (
    RequestEntry | StrayEntry | TransitionEntry | CallEntry | SrsEntry | WebhookEntry | ReceivedEntry
)

E = TypeVar("E", RequestEntry, StrayEntry, TransitionEntry, CallEntry, SrsEntry, WebhookEntry, ReceivedEntry)


def _headers_size(headers: HeaderList) -> int:
    """Bytes of names and values."""
    return sum(map(len, chain.from_iterable(headers)))


def _attempt_size(attempt: Attempt) -> int:
    """Bytes of what was sent and answered."""
    size = _ENTRY_OVERHEAD + len(attempt.send.body) + len(attempt.send.url)
    result = attempt.result
    if result is None:
        return size
    answered = len(result.response_body) + _headers_size(result.response_headers)
    return size + answered + _headers_size(result.request_headers)


@dataclass(slots=True, kw_only=True)
class Budget:
    """The bytes that all journals of a server share."""

    limit: int
    used: int = 0
    journals: list[Journal] = field(default_factory=list)

    def settle(self, journal: Journal) -> None:
        """Evict until the bound holds: from the journal that grew if over its share, else from the largest."""
        while self.used > self.limit:
            share = self.limit // len(self.journals)
            loser = journal if journal.bytes > share else max(self.journals, key=lambda one: one.bytes)
            if not loser.evict_oldest():
                return


AnyLog: TypeAlias = (
    Log[RequestEntry]
    | Log[StrayEntry]
    | Log[TransitionEntry]
    | Log[CallEntry]
    | Log[SrsEntry]
    | Log[WebhookEntry]
    | Log[ReceivedEntry]
)


def _both(entry: RequestEntry | TransitionEntry | SrsEntry) -> About:
    return About(entry.session_id, entry.call_control_id)


class Journal:
    """The record of one namespace.

    Attributes:
        bytes: Held by all logs together.
        evicted: How many entries had to go.
    """

    def __init__(self, *, max_entries: int, budget: Budget) -> None:
        """Join the server's budget.

        Args:
            max_entries: Of each kind.
            budget: Shared by all journals of the server.
        """
        self.requests: Log[RequestEntry] = Log(_both)
        self.strays: Log[StrayEntry] = Log()
        self.transitions: Log[TransitionEntry] = Log(_both)
        self.calls: Log[CallEntry] = Log(lambda one: About(call=one.call_control_id))
        self.srs: Log[SrsEntry] = Log(_both)
        self.webhooks: Log[WebhookEntry] = Log(lambda one: About(one.event.session_id, one.event.call_control_id))
        self.received: Log[ReceivedEntry] = Log()
        self.bytes = 0
        self.evicted = 0
        self._max_entries = max_entries
        self._budget = budget
        budget.journals.append(self)

    def _logs(self) -> tuple[AnyLog, ...]:
        return (
            self.requests,
            self.strays,
            self.transitions,
            self.calls,
            self.srs,
            self.webhooks,
            self.received,
        )

    def record(self, log: Log[E], entry: E) -> None:
        """Put an entry into one of this journal's logs and keep the bounds."""
        self._grow(log.put(entry))
        if len(log) > self._max_entries:
            self._drop(log)
        self._budget.settle(self)

    def amend(self, log: Log[E], entry: E) -> None:
        """Replace an entry by a later picture of the same; one that was evicted meanwhile stays away."""
        if log.get(entry.seq) is not None:
            self.record(log, entry)

    def evict_oldest(self) -> bool:
        """Remove the entry with the lowest number of any kind; False when there is none."""
        filled = [log for log in self._logs() if len(log)]
        if not filled:
            return False
        self._drop(min(filled, key=lambda log: log.oldest() or 0))
        return True

    def clear(self) -> None:
        """Forget everything; not counted as eviction."""
        for log in self._logs():
            while len(log):
                self._grow(-log.drop_oldest())

    def close(self) -> None:
        """Leave the budget."""
        self.clear()
        self._budget.journals.remove(self)

    def _drop(self, log: AnyLog) -> None:
        self._grow(-log.drop_oldest())
        self.evicted += 1

    def _grow(self, size: int) -> None:
        self.bytes += size
        self._budget.used += size
