"""What must be true of an engine's effects, kept by a book of its own.

Owns the invariants of webhooks, sessions and held answers, told from what the scenario language means. Reads only
what the engine gave out, never how the engine keeps it. Must not give the engine any input.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from emulator.core.effects import (
    AttemptOutcome,
    DeliveryPolicy,
    Order,
    Release,
    Send,
    Simulate,
)
from emulator.core.journal import RequestEntry, SrsEntry, TransitionEntry, WebhookEntry
from emulator.core.models import CallbackMethod, EventType, SessionState
from emulator.core.srs import DialSrs, HangUpSrs, SrsStage
from emulator.core.turn import Note, NoteKind
from tests.core.scenario_pool import emits, walks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from emulator.core.effects import Attempt, AttemptResult
    from emulator.core.models import Instant
    from emulator.core.scenario.model import Scenario
    from emulator.core.turn import Effect

UNSENT = {Simulate.DROP, Simulate.CONNECT_ERROR}

ACTIVE = {SessionState.STARTING, SessionState.STARTED}

MAY_FOLLOW: dict[SessionState | None, set[SessionState]] = {
    None: {SessionState.STARTING},
    SessionState.STARTING: {
        SessionState.STARTED,
        SessionState.STOPPED,
        SessionState.FAILED,
        SessionState.ENDED,
    },
    SessionState.STARTED: {SessionState.STOPPED, SessionState.ENDED},
}
"""The drawing at the head of ``sessions.py``, once more."""


@dataclass(slots=True, kw_only=True)
class Hook:
    """One webhook: an entry of the journal, and how far it must have come.

    Attributes:
        state: pending, delivered, failed, abandoned, dropped, withheld or unaddressed.
        ended: Attempts that have ended; ``here``: at the URL of this ``place``.
        wire: The attempt that is under way.
    """

    entry: WebhookEntry
    state: str
    urls: tuple[str, ...]
    ended: int = 0
    here: int = 0
    place: int = 0
    wire: Send | None = None

    @property
    def policy(self) -> DeliveryPolicy:
        """How hard it is tried."""
        assert self.entry.delivery is not None
        return self.entry.delivery.policy

    def simulated(self, number: int) -> Simulate:
        """What the script wants of an attempt."""
        script = self.entry.deliver.attempts
        return script[number - 1].simulate if number <= len(script) else Simulate.NONE

    def url(self, number: int) -> str:
        """Where the script, or else the order of URLs, wants an attempt to go."""
        script = self.entry.deliver.attempts
        scripted = script[number - 1].url if number <= len(script) else None
        return scripted or self.urls[self.place]


@dataclass(slots=True, kw_only=True)
class Life:
    """One session.

    Attributes:
        scenario: What it plays; None until the request's entry has said so.
        events: By its timeline, in order.
        by_hand: Whether an event by hand may have ended its timeline.
        over: Whether its timeline was seen to have ended, or must have.
        ended: The number of the entry that tells of the end of its life.
    """

    call: str
    state: SessionState
    began: Instant
    latest: Instant
    scenario: Scenario | None = None
    events: list[EventType] = field(default_factory=list)
    by_hand: bool = False
    over: bool = False
    ended: int | None = None


@dataclass(slots=True, kw_only=True)
class Book:
    """What one namespace has come to since it began.

    Attributes:
        urls: Where webhooks go that nobody else addresses.
        room: How many webhooks may wait.
        time: The latest that its clock was seen to show; None: it may show anything now.
        set_back: Whether somebody set the clock back, so that times tell no order any more.
        struck: Whether faults of webhooks were ever on.
        groups: The webhooks of one occurrence, or of one replay, by the first's number.
        results: What was reported of attempts, the first report each.
        held: Answers that wait, and until when.
        lines: Sessions on the wire that are not over: the id of the dial, and whose.
        hung_up: The dials that were hung up.
        once: Starts that were accepted with a command_id: call, id and when.
    """

    id: str
    urls: tuple[str, ...]
    delivery: DeliveryPolicy
    room: int
    time: Instant | None = None
    set_back: bool = False
    struck: bool = False
    hooks: dict[int, Hook] = field(default_factory=dict)
    groups: dict[int, list[int]] = field(default_factory=dict)
    lives: dict[str, Life] = field(default_factory=dict)
    results: dict[str, AttemptResult] = field(default_factory=dict)
    held: dict[int, Instant] = field(default_factory=dict)
    lines: dict[str, str] = field(default_factory=dict)
    hung_up: set[str] = field(default_factory=set)
    once: dict[tuple[str, str], Instant] = field(default_factory=dict)

    # --- what the engine gave out ---

    def take(
        self,
        effects: Iterable[Effect],
        now: Instant,
        *,
        by_hand: bool = False,
        repeating: int | None = None,
        giving_up: bool = False,
    ) -> list[TransitionEntry]:
        """Enter the effects of one input, checking each.

        Args:
            effects: Of this namespace alone.
            now: What its clock shows after the input.
            by_hand: The last event of the input occurs by hand.
            repeating: The webhook that the input sends again.
            giving_up: Deliveries and held answers may end before their time.

        Returns:
            Those that tell of a session's beginning.
        """
        effects = list(effects)
        fresh = [one.entry for one in effects if isinstance(one, Note) and self._is_first(one)]
        hand_made = fresh[-1] if by_hand and fresh else None
        begun = []
        for effect in effects:
            match effect:
                case Send():
                    self._sent(effect)
                case Release():
                    due = self.held.pop(effect.seq)
                    assert giving_up or now >= due, "an answer went before its delay had passed"
                case Note(kind=NoteKind.TRANSITION, entry=TransitionEntry() as entry):
                    self._changed(entry, now)
                    begun += [entry] if entry.before is None else []
                case Note(kind=NoteKind.WEBHOOK, entry=WebhookEntry() as entry) if entry.seq in self.hooks:
                    assert giving_up, "a delivery was given up unasked"
                    assert entry.delivery is not None
                    assert entry.delivery.state == "abandoned"
                    self.hooks[entry.seq].state, self.hooks[entry.seq].wire = "abandoned", None
                case Note(kind=NoteKind.WEBHOOK, entry=WebhookEntry() as entry):
                    again = entry.repeats is not None and entry.repeats == repeating
                    repeating = None if again else repeating
                    self._occurred(entry, now, hand_made=entry is hand_made, again=again)
                case Note(kind=NoteKind.ATTEMPT, entry=WebhookEntry() as entry, attempt=attempt):
                    assert attempt is not None
                    self._ended(entry, attempt, now)
                case Note(kind=NoteKind.REQUEST, entry=RequestEntry() as entry):
                    self._answered(entry)
                case _:
                    self._on_the_line(effect)
        return begun

    def _is_first(self, note: Note) -> bool:
        entry = note.entry
        return isinstance(entry, WebhookEntry) and note.kind is NoteKind.WEBHOOK and entry.repeats is None

    def _answered(self, entry: RequestEntry) -> None:
        if entry.reply.delay:
            self.held[entry.seq] = entry.at + entry.reply.delay
        life = self.lives.get(entry.session_id or "")
        if life is not None and life.scenario is None and entry.selected is not None:
            life.scenario = entry.selected.choice.scenario

    # --- recording servers ---

    def _on_the_line(self, effect: Effect) -> None:
        match effect:
            case DialSrs():
                self._dialled(effect)
            case HangUpSrs():
                self._hung_up(effect.dial_id)
            case Note(kind=NoteKind.SRS, entry=SrsEntry() as entry):
                self._came_further(entry)
            case _:
                pass

    def _dialled(self, dial: DialSrs) -> None:
        assert dial.dial_id not in self.lines.keys() | self.hung_up, "two dials of one id"
        assert self.lives[dial.session_id].state in ACTIVE, "a recording that is over was dialled for"
        assert dial.session_id not in self.lines.values(), "two sessions on the wire at once"
        self.lines[dial.dial_id] = dial.session_id

    def _came_further(self, entry: SrsEntry) -> None:
        if entry.stage in {SrsStage.FAILED, SrsStage.ENDED} and entry.dial_id:
            assert entry.dial_id in self.lines.keys() | self.hung_up
            self.lines.pop(entry.dial_id, None)

    def _hung_up(self, dial_id: str) -> None:
        assert dial_id in self.lines.keys() | self.hung_up, "hung up on nobody"
        self.lines.pop(dial_id, None)
        self.hung_up.add(dial_id)

    # --- sessions ---

    def _changed(self, entry: TransitionEntry, now: Instant) -> None:
        if entry.before is None:
            others = [one for one in self.lives.values() if one.call == entry.call_control_id]
            assert all(one.state not in ACTIVE for one in others), "two recordings of one call"
            self.lives[entry.session_id] = Life(
                call=entry.call_control_id, state=entry.after, began=entry.at, latest=entry.at
            )
            assert entry.after is SessionState.STARTING
            return
        life = self.lives[entry.session_id]
        assert entry.before is life.state
        assert entry.after in MAY_FOLLOW.get(life.state, set())
        assert self.set_back or life.began <= entry.at <= now
        life.state = entry.after
        life.ended = entry.seq if entry.after not in ACTIVE else None

    def _occurred(self, entry: WebhookEntry, now: Instant, *, hand_made: bool, again: bool) -> None:
        assert entry.seq not in self.hooks
        if again or entry.repeats is None:
            self.groups[entry.seq] = [entry.seq]
        else:
            # a copy follows the first of its kind
            self.groups[entry.repeats].append(entry.seq)
        self._address(entry)
        life, event = self.lives[str(entry.event.session_id)], entry.event
        if again or entry.repeats is not None:
            return
        assert self.set_back or life.began <= life.latest <= event.occurred_at <= now
        life.latest = event.occurred_at
        if hand_made:
            life.by_hand = True
            # the change of the session is journaled right before its event
            life.over |= life.ended == entry.seq - 1
            return
        assert self.set_back or entry.at == event.occurred_at, "a late tick told another story"
        assert not life.over, "a timeline went on after its end"
        life.events.append(event.type)
        if life.scenario is not None and not self.struck:
            self._as_scripted(entry, life.scenario)

    def _as_scripted(self, entry: WebhookEntry, scenario: Scenario) -> None:
        told = entry.deliver
        assert any(
            step.event is entry.event.type
            and (step.deliver.copies, step.deliver.url, step.deliver.attempts)
            == (told.copies, told.url, told.attempts)
            and step.signing == entry.signing
            for step in emits(scenario.timeline)
        ), "no step of the scenario says so"
        if entry.delivery is not None:
            assert entry.delivery.policy == (scenario.delivery or self.delivery)

    def walked(self, session_id: str, *, plays: bool) -> None:
        """Check the events of a session against every way in which its timeline can go.

        Args:
            session_id: One that was begun here.
            plays: Whether its timeline goes on.
        """
        life = self.lives[session_id]
        assert life.scenario is not None
        assert not (life.over and plays)
        life.over = not plays
        seen, ways = tuple(life.events), walks(life.scenario.timeline)
        if plays or life.by_hand:
            assert any(way[: len(seen)] == seen for way in ways), "the timeline has no such way"
        else:
            assert seen in ways, "the timeline ended on no way that it has"
        assert plays or life.state not in ACTIVE, "a session outlived its timeline"

    # --- webhooks ---

    def _address(self, entry: WebhookEntry) -> None:
        texml = entry.texml
        if entry.deliver.url is not None:
            urls: tuple[str, ...] = (entry.deliver.url,)
        elif texml is not None:
            urls = (texml.status_callback,) if texml.status_callback else ()
        else:
            urls = self.urls
        state = "pending" if urls else "unaddressed"
        if not entry.deliver.copies:
            state = "withheld"
        assert (entry.delivery is not None) == (state == "pending")
        if entry.delivery is not None and not entry.delivery.policy.failover:
            urls = urls[:1]
        if state == "pending" and not self._has_room(entry):
            state = "dropped"
        assert (entry.delivery is None) or ((entry.delivery.state == "abandoned") == (state == "dropped"))
        self.hooks[entry.seq] = Hook(entry=entry, state=state, urls=urls)

    def _has_room(self, entry: WebhookEntry) -> bool:
        """All copies of a webhook have room, or none is sent; the first one's turn decides."""
        if entry.seq not in self.groups:
            return True
        waiting = sum(hook.state == "pending" for hook in self.hooks.values())
        return waiting + entry.deliver.copies <= self.room

    def _sent(self, send: Send) -> None:
        _, seq, number = send.attempt_id.split("/")
        hook = self.hooks[int(seq)]
        assert hook.state == "pending", "sent after the end of its delivery"
        assert hook.wire is None, "two attempts of one webhook at once"
        assert int(number) == hook.ended + 1, "attempts count from 1 without a gap"
        assert hook.simulated(int(number)) not in UNSENT, "sent what was to be lost"
        url = hook.url(int(number))
        got = send.method is CallbackMethod.GET
        assert send.url.startswith(f"{url}?") if got else send.url == url
        hook.wire = send
        self._in_order(hook)
        self._not_too_many(hook)

    def _in_order(self, hook: Hook) -> None:
        if hook.policy.order is not Order.PER_SESSION:
            return
        for seq, other in self.hooks.items():
            same = other.entry.event.session_id == hook.entry.event.session_id and other.state == "pending"
            assert not (same and seq < hook.entry.seq and other.policy.order is Order.PER_SESSION), (
                "a webhook overtook another of its session"
            )

    def _not_too_many(self, hook: Hook) -> None:
        limit = hook.policy.concurrency
        if limit is None:
            return
        under_way = sum(
            one.wire is not None
            and one.policy.concurrency is not None
            and one.entry.scenario == hook.entry.scenario
            for one in self.hooks.values()
        )
        assert under_way <= limit, "more attempts under way than the scenario allows"

    def _ended(self, entry: WebhookEntry, attempt: Attempt, now: Instant) -> None:
        hook = self.hooks[entry.seq]
        assert hook.state == "pending", "an attempt ended after its delivery"
        assert attempt.number == hook.ended + 1
        simulate, result = hook.simulated(attempt.number), attempt.result
        assert attempt.simulate is simulate
        assert result is not None
        if simulate in UNSENT:
            assert hook.wire is None
            assert result.outcome is AttemptOutcome.FAILED
        else:
            assert hook.wire is not None
            assert hook.wire.attempt_id == attempt.id
            reported = self.results[attempt.id].outcome
            lost = simulate is not Simulate.NONE and reported is AttemptOutcome.DELIVERED
            assert result.outcome is (AttemptOutcome.FAILED if lost else reported)
        late = simulate is Simulate.DROP or (
            simulate is Simulate.TIMEOUT and self.results[attempt.id].outcome is AttemptOutcome.DELIVERED
        )
        if late and not self.set_back:
            assert now >= attempt.created_at + hook.policy.timeout, "timed out before its time"
        if attempt.number == 1 and not self.set_back:
            assert attempt.created_at >= self._sets_out(hook), "sent before its delay had passed"
        hook.wire = None
        self._count(hook, result)
        assert entry.delivery is not None
        assert entry.delivery.state == hook.state

    def _sets_out(self, hook: Hook) -> Instant:
        """When its first attempt may be made, as far as nothing had to be drawn for that."""
        deliver, at = hook.entry.deliver, hook.entry.at
        if not (isinstance(deliver.delay, int) and isinstance(deliver.gap, int)):
            return at
        (group,) = (one for one in self.groups.values() if hook.entry.seq in one)
        return at + deliver.delay + group.index(hook.entry.seq) * deliver.gap

    def _count(self, hook: Hook, result: AttemptResult) -> None:
        hook.ended += 1
        hook.here += 1
        if result.outcome is not AttemptOutcome.FAILED:
            hook.state = result.outcome.value
        elif result.refused or hook.here == hook.policy.attempts_per_url:
            hook.place, hook.here = hook.place + 1, 0
            hook.state = "pending" if hook.place < len(hook.urls) else "failed"

    # --- at any moment ---

    def check(self) -> None:
        """What holds after every input."""
        for session_id in self.lines.values():
            assert self.lives[session_id].state in ACTIVE, "a session on the wire outlived its recording"
        for first, group in self.groups.items():
            hook = self.hooks[first]
            told_once = hook.state in {"withheld", "unaddressed", "dropped"}
            copies = 1 if told_once else hook.entry.deliver.copies
            assert len(group) == copies, "as many webhooks as copies"

    @property
    def wires(self) -> list[Send]:
        """Every attempt that is under way and not reported, oldest first."""
        sends = [hook.wire for hook in self.hooks.values() if hook.wire is not None]
        return [send for send in sends if send.attempt_id not in self.results]

    @property
    def pending(self) -> bool:
        """Whether a webhook or an answer still waits."""
        return bool(self.held) or any(hook.state == "pending" for hook in self.hooks.values())
