"""One turn of the engine: the namespace that an input concerns, the instant, and what comes of it.

Owns the collecting of effects and notes while an input is worked off. Must not outlive the input.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from emulator.core.effects import AttemptOutcome, Release, Send
from emulator.core.journal import CallEntry, ReceivedEntry, StrayEntry, TransitionEntry
from emulator.core.models import EventType
from emulator.core.srs import AskedOfLine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.core.calls.model import Call, CallState
    from emulator.core.effects import Attempt, Forwarded
    from emulator.core.errors import ApiError
    from emulator.core.inputs import Received
    from emulator.core.journal import Entry, RequestEntry, SrsEntry, WebhookEntry
    from emulator.core.models import Instant, Session, SessionState
    from emulator.core.namespace import Namespace, Playing
    from emulator.core.policy import Policy
    from emulator.core.scenario.model import Emit
    from emulator.core.selection import Catalog


class NoteKind(StrEnum):
    """What a note tells of; the names of the server-sent events."""

    REQUEST = "request"
    TRANSITION = "transition"
    CALL = "call"
    WEBHOOK = "webhook"
    ATTEMPT = "attempt"
    RECEIVED = "received"
    SRS = "srs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Effect: tell those who watch that an entry was journaled or an attempt ended.

    Attributes:
        attempt: The one that ended, for ATTEMPT; ``entry`` is then its webhook.
    """

    kind: NoteKind
    entry: Entry
    attempt: Attempt | None = None


Effect: TypeAlias = Send | Note | Release | AskedOfLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where webhooks go by default.

    Attributes:
        webhook_url: The server's own setting; None where nothing is configured.
        webhook_failover_url: Goes with it.
        receiver_url: The built-in receiver, which takes them then; a namespace's id is appended, percent-encoded.
    """

    webhook_url: str | None = None
    webhook_failover_url: str | None = None
    receiver_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hangup:
    """A recording's timeline wants its call to end.

    Attributes:
        step: What the timeline says of it.
        at: When.
        session_id: Whose timeline.
        playing: What it plays.
    """

    step: Emit
    at: Instant
    session_id: str
    playing: Playing


@dataclass(slots=True, kw_only=True)
class Turn:
    """What is at hand while one input is worked off.

    Attributes:
        namespace: Whose input it is.
        policy: The namespace's, or else the server's.
        catalog: The scenarios that the namespace sees.
        addresses: Where webhooks go when the namespace says nothing.
        now: In the namespace's time.
        wall: Wall time, for what is told of it: an attempt's times.
        numbers: Numbers the journal's entries over the whole server.
        effects: What has come of the input so far.
        hangups: Calls that are to end once what is under way has happened.
        ready: Webhooks whose turn to be sent it is, the one that is being seen to first.
    """

    namespace: Namespace
    policy: Policy
    catalog: Catalog
    addresses: Addresses
    now: Instant
    wall: Instant
    numbers: Iterator[int]
    effects: list[Effect] = field(default_factory=list)
    hangups: deque[Hangup] = field(default_factory=deque)
    ready: deque[int] = field(default_factory=deque)

    def next_seq(self) -> int:
        """A number for the next journal entry."""
        return next(self.numbers)

    def record_request(self, entry: RequestEntry) -> None:
        """Journal a request and its answer."""
        self.namespace.unheeded = max(0, self.namespace.unheeded - 1)
        self.namespace.journal.record(self.namespace.journal.requests, entry)
        self.effects.append(Note(kind=NoteKind.REQUEST, entry=entry))

    def record_stray(self, method: str, target: str, error: ApiError) -> None:
        """Journal a request that no Telnyx route took, by what it was answered with."""
        entry = StrayEntry(
            seq=self.next_seq(),
            namespace=self.namespace.id,
            at=self.now,
            method=method,
            target=target,
            status=error.status,
            reason=str(error),
        )
        self.namespace.journal.record(self.namespace.journal.strays, entry)
        self.effects.append(Note(kind=NoteKind.REQUEST, entry=entry))

    def record_forwarded(self, forwarded: Forwarded) -> None:
        """Journal a request that was passed on, once that has ended."""
        entry = StrayEntry(
            seq=self.next_seq(),
            namespace=self.namespace.id,
            at=self.now,
            method=forwarded.method,
            target=forwarded.target,
            status=forwarded.status,
            reason=forwarded.reason,
            forwarded=forwarded,
        )
        self.namespace.journal.record(self.namespace.journal.strays, entry)
        self.effects.append(Note(kind=NoteKind.REQUEST, entry=entry))

    def record_transition(self, before: SessionState | None, session: Session) -> None:
        """Journal a change of a session's state; ``before`` is None when it began."""
        entry = TransitionEntry(
            seq=self.next_seq(),
            namespace=self.namespace.id,
            at=session.updated_at,
            session_id=session.id,
            call_control_id=session.start.call_control_id,
            scenario=session.scenario,
            before=before,
            after=session.state,
            cause=session.cause,
        )
        self.namespace.journal.record(self.namespace.journal.transitions, entry)
        self.effects.append(Note(kind=NoteKind.TRANSITION, entry=entry))

    def record_call(self, before: CallState | None, call: Call) -> None:
        """Journal a change of a call's state; ``before`` is None when it began."""
        entry = CallEntry(
            seq=self.next_seq(),
            namespace=self.namespace.id,
            at=self.now,
            call_control_id=call.call_control_id,
            direction=call.direction,
            before=before,
            after=call.state,
            cause=call.ending.cause if call.ending else None,
        )
        self.namespace.journal.record(self.namespace.journal.calls, entry)
        self.effects.append(Note(kind=NoteKind.CALL, entry=entry))

    def record_srs(self, entry: SrsEntry) -> None:
        """Journal how far a session on the wire has come."""
        self.namespace.journal.record(self.namespace.journal.srs, entry)
        self.effects.append(Note(kind=NoteKind.SRS, entry=entry))

    def record_webhook(self, entry: WebhookEntry) -> None:
        """Journal an event and where it goes."""
        self.namespace.journal.record(self.namespace.journal.webhooks, entry)
        self.effects.append(Note(kind=NoteKind.WEBHOOK, entry=entry))

    def amend_webhook(self, entry: WebhookEntry) -> None:
        """Journal how a delivery stands now, as part of its webhook's entry."""
        self.namespace.journal.amend(self.namespace.journal.webhooks, entry)
        self.effects.append(Note(kind=NoteKind.WEBHOOK, entry=entry))

    def record_attempt(self, entry: WebhookEntry, attempt: Attempt) -> None:
        """Journal what came of an attempt, as part of its webhook's entry."""
        result = attempt.result
        if result is not None and self._taken_by_app(entry, attempt.send.url, result.outcome):
            self.namespace.unheeded += 1
            self.namespace.answered_in = result.finished_at - result.started_at
        self.namespace.journal.amend(self.namespace.journal.webhooks, entry)
        self.effects.append(Note(kind=NoteKind.ATTEMPT, entry=entry, attempt=attempt))

    def _taken_by_app(self, entry: WebhookEntry, url: str, outcome: AttemptOutcome) -> bool:
        """Whether an app has it now that had not, and may act: not after a call, nor the built-in receiver."""
        if entry.event.type is EventType.CALL_HANGUP:
            return False
        receiver = self.addresses.receiver_url
        delivered = outcome is AttemptOutcome.DELIVERED
        return delivered and entry.repeats is None and not (receiver and url.startswith(receiver))

    def record_received(self, received: Received) -> ReceivedEntry:
        """Journal what the built-in receiver got; returns the entry."""
        entry = ReceivedEntry(
            seq=self.next_seq(),
            namespace=self.namespace.id,
            at=self.now,
            method=received.method,
            target=received.target,
            headers=received.headers,
            body=received.body,
            verdict=received.verdict,
            reason=received.reason,
        )
        self.namespace.journal.record(self.namespace.journal.received, entry)
        self.effects.append(Note(kind=NoteKind.RECEIVED, entry=entry))
        return entry
