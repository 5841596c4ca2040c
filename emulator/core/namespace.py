"""One namespace: everything that one API key sees.

Owns the stores and their bounds. Must not interpret commands or timelines: ``recording.py``, ``connectors.py`` and
``playback.py`` do, on the namespace that they are given.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core.calls.store import CallStore
from emulator.core.errors import LimitReached
from emulator.core.faults import Faults
from emulator.core.journal import Journal
from emulator.core.lines import Lines
from emulator.core.models import SECOND, Connector
from emulator.core.queue import Queue
from emulator.core.reception import Reception
from emulator.core.sessions import ACTIVE
from emulator.core.srs import UNANSWERED
from emulator.core.timers import Timers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from emulator.core.calls.model import Call, Connection
    from emulator.core.clock import Clock
    from emulator.core.delivery import Delivery
    from emulator.core.effects import AttemptResult
    from emulator.core.ids import Randomness
    from emulator.core.journal import Budget, WebhookEntry
    from emulator.core.models import Duration, Instant, JsonValue, Session
    from emulator.core.policy import DeclaredCall, Policy
    from emulator.core.scenario.model import Scenario
    from emulator.core.srs import SrsAddress, SrsStage, Told
    from emulator.core.timeline import Run

COMMAND_ID_WINDOW = 60 * SECOND
"""How long a command_id is remembered (Telnyx: receiving webhooks for programmable voice)."""

_EVICTION_LOOKS = 64
"""A full house of running sessions must not cost a walk over all of them: only the oldest few are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What the control API has set for one namespace; None leaves the server's own setting.

    Attributes:
        seed: What its randomness was seeded with.
    """

    webhook_url: str | None = None
    webhook_failover_url: str | None = None
    policy: Policy | None = None
    seed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A session on the wire that is not over.

    Attributes:
        id: Of its ``DialSrs``.
    """

    id: str
    session_id: str
    address: SrsAddress
    stage: SrsStage


@dataclass(frozen=True, slots=True, kw_only=True)
class Playing:
    """A session whose timeline runs.

    Attributes:
        run: Where the timeline stands.
        scenario: What it plays.
        document: The start's body, for templates.
        headers: The start's headers, lower-case names, for templates.
        size: Bytes of the start's body.
        leg: The id of its session on the wire, while there is one.
        told: By the recording server, for templates; None before anything was dialled.
    """

    run: Run
    scenario: Scenario
    document: dict[str, JsonValue]
    headers: dict[str, str]
    size: int = 0
    leg: str | None = None
    told: Told | None = None


@dataclass(slots=True, kw_only=True)
class PendingDelivery:
    """A delivery that is not over, and the journal entry that shows it; ``attempts.py`` alone changes it.

    Attributes:
        overdue: What the attempt under way will have come to once its simulated time has passed.
    """

    delivery: Delivery
    entry: WebhookEntry
    overdue: AttemptResult | None = None


class Namespace:
    """The state behind one API key.

    Attributes:
        id: A short hash of the key.
        overrides: What the control API has set.
        calls: Those that it knows.
        connections: What was declared of Call Control Apps, by id.
        connectors: By name.
        sessions: By id, ended ones included, oldest first.
        playing: By session id, while the timeline runs.
        active: The session that records a call, by call_control_id.
        legs: Sessions on the wire that are not over, by the id of their dial.
        clock: Replaced whenever it is set or moved.
        deliveries: By the number of the webhook's entry, while not over.
        attempts: The webhook of each attempt that is on the wire, in the order of their sending.
        arrived: Results that wait for the other attempts on the wire, while the clock stands.
        lines: Who may send now.
        held: Requests whose answers are held back, by the number of their entries.
        queue: Scenarios for the next starts.
        faults: Those that are switched on.
        reception: What the built-in receiver answers.
        scenarios: This namespace's own, by name; they stand before the server's.
        dialled: How many dials there were.
        unheeded: How many webhooks an app has taken on which it has sent no command, since the clock stepped last.
        answered_in: How long the app took to answer the last of them, in real time.
    """

    def __init__(
        self, namespace_id: str, *, policy: Policy, clock: Clock, randomness: Randomness, budget: Budget
    ) -> None:
        """Start empty but for the calls that the policy declares."""
        self.id = namespace_id
        self.clock = clock
        self.randomness = randomness
        self.calls = CallStore(randomness, most=policy.limits.max_sessions)
        self.overrides = Overrides()
        self.journal = Journal(max_entries=policy.limits.journal_entries, budget=budget)
        self.timers = Timers()
        self.connections: dict[str, Connection] = {one.id: one for one in policy.connections}
        self.connectors: dict[str, Connector] = {
            one.name: Connector(fields=one, created_at=clock.time, updated_at=clock.time)
            for one in policy.connectors
        }
        self.sessions: OrderedDict[str, Session] = OrderedDict()
        self.playing: dict[str, Playing] = {}
        self.active: dict[str, str] = {}
        self.legs: dict[str, Leg] = {}
        self.dialled = 0
        self.deliveries: dict[int, PendingDelivery] = {}
        self.attempts: dict[str, int] = {}
        self.arrived: dict[str, AttemptResult] = {}
        self.lines = Lines()
        self.held: set[int] = set()
        self.queue = Queue()
        self.faults = Faults()
        self.reception = Reception()
        self.scenarios: dict[str, Scenario] = {}
        self.evicted_sessions = 0
        self.dropped_webhooks = 0
        self.emitted = 0
        self.unheeded = 0
        self.answered_in: Duration = 0
        self.last_used: Instant = 0
        self._command_ids: OrderedDict[tuple[str, str], Instant] = OrderedDict()
        self._asked: OrderedDict[tuple[str, ...], int] = OrderedDict()
        self._max_sessions = policy.limits.max_sessions
        self._max_playing_bytes = policy.limits.journal_bytes
        self._playing_bytes = 0
        self.declare_calls(policy.calls, now=0)

    # --- calls ---

    def declare_calls(self, calls: Iterable[DeclaredCall], now: Instant) -> None:
        """Add calls that exist without having been dialled, replacing those of the same id."""
        self.calls.declare(calls, self.randomness, now)

    def call_of(self, session: Session, now: Instant) -> Call:
        """The call of a session, made anew where it was forgotten after the session's end."""
        return self.calls.known(session.start.call_control_id, self.randomness, now)

    @property
    def usual_connection(self) -> str:
        """The connection that a call comes in on when nobody says which: the one that is declared, if one is."""
        return next(iter(self.connections)) if len(self.connections) == 1 else self.calls.connection_id

    # --- sessions ---

    def add_session(self, session: Session, playing: Playing) -> None:
        """Keep a session that begins, at the cost of the oldest one that is over.

        Raises:
            LimitReached: All that are kept still run, or their bodies would take too much memory.
        """
        self.check_room(playing.size)
        if len(self.sessions) >= self._max_sessions:
            self._evict_session()
        self._playing_bytes += playing.size
        self.sessions[session.id] = session
        call = session.start.call_control_id
        self.playing[session.id] = playing
        self.active[call] = session.id
        self.calls.record(call)

    def check_room(self, size: int) -> None:
        """See that a body of so many bytes may be kept while a timeline runs.

        Raises:
            LimitReached: Those that are kept would take too much memory.
        """
        if self._playing_bytes + size > self._max_playing_bytes:
            what = "bytes of request bodies of running sessions and calls in a namespace"
            raise LimitReached(what, limit=self._max_playing_bytes, setting="--journal-bytes")

    def play_call(self, call_control_id: str, playing: Playing) -> None:
        """The timeline of a call's far end runs; a later picture of it replaces the earlier."""
        before = self.calls.playing.get(call_control_id)
        self._playing_bytes += playing.size - (before.size if before else 0)
        self.calls.playing[call_control_id] = playing

    def finish_call(self, call_control_id: str) -> None:
        """It has ended."""
        self._playing_bytes -= self.calls.playing.pop(call_control_id).size

    def finish_playing(self, session: Session) -> None:
        """The session's timeline has ended."""
        self._playing_bytes -= self.playing.pop(session.id).size
        self.calls.release(session.start.call_control_id)

    def update_session(self, session: Session) -> None:
        """Replace a session; one that is no longer active frees its call for another recording."""
        self.sessions[session.id] = session
        call = session.start.call_control_id
        if session.state not in ACTIVE and self.active.get(call) == session.id:
            del self.active[call]

    def active_session(self, call_control_id: str) -> Session | None:
        """The session that records the call now."""
        session_id = self.active.get(call_control_id)
        return None if session_id is None else self.sessions[session_id]

    def _evict_session(self) -> None:
        """Forget the oldest session that is over, among the oldest few."""
        for _ in range(min(len(self.sessions), _EVICTION_LOOKS)):
            session_id, session = self.sessions.popitem(last=False)
            if session_id not in self.playing:
                self.evicted_sessions += 1
                return
            self.sessions[session_id] = session
        raise LimitReached("sessions", limit=self._max_sessions, setting="--max-sessions")

    # --- webhooks ---

    def has_room_for(self, webhooks: int) -> bool:
        """Whether so many more may wait; counts those that may not."""
        if len(self.deliveries) + webhooks <= self._max_sessions:
            return True
        self.dropped_webhooks += webhooks
        return False

    # --- idempotency ---

    def seen_before(self, call_control_id: str, command_id: str | None, now: Instant) -> bool:
        """Whether the call had a command of that id within the window; forgets what is older."""
        while self._command_ids and next(iter(self._command_ids.values())) <= now:
            self._command_ids.popitem(last=False)
        return command_id is not None and (call_control_id, command_id) in self._command_ids

    def remember_command(self, call_control_id: str, command_id: str | None, now: Instant) -> None:
        """Remember an accepted command's id for the window."""
        if command_id is None:
            return
        self._command_ids[call_control_id, command_id] = now + COMMAND_ID_WINDOW
        if len(self._command_ids) > self._max_sessions:
            self._command_ids.popitem(last=False)

    # --- sequences of answers ---

    def asked(self, *what: str) -> int:
        """How often a call was given an answer of a sequence; ``what`` names the sequence and the call."""
        return self._asked.get(what, 0)

    def count_asked(self, *what: str) -> None:
        """Count that a call was given one more; those unused for longest are forgotten."""
        self._asked[what] = self._asked.pop(what, 0) + 1
        if len(self._asked) > self._max_sessions:
            self._asked.popitem(last=False)

    # --- randomness ---

    def reseed(self, randomness: Randomness, now: Instant) -> None:
        """Draw everything from another source from now on; as long as no command has come, also what was drawn."""
        self.randomness = randomness
        if self.unused:
            self.calls.redraw(randomness, now)

    # --- the whole ---

    @property
    def settled(self) -> bool:
        """Whether nothing is on the wire, so that only time, or a client, can move the namespace on."""
        return not self.attempts

    @property
    def dialling(self) -> bool:
        """Whether a recording server is being dialled, which takes real time."""
        return any(leg.stage in UNANSWERED for leg in self.legs.values())

    @property
    def unused(self) -> bool:
        """Whether no command has come yet."""
        return self.calls.untouched and not len(self.journal.requests)

    @property
    def idle(self) -> bool:
        """Whether nothing runs or is due, nothing is being delivered and no answer is held back."""
        plays = self.playing or self.calls.playing
        return not (plays or self.deliveries or self.held or self.timers.stirring)
