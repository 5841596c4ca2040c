"""The engine: what comes in, and what falls due.

Owns the way of every input: it goes in by one of the methods as a value, with the instant, and what comes of it
goes out as a reply and effects. Must not ask a clock, draw randomness of its own or wait: the driver does, and the
same inputs give the same outputs.

Which namespaces there are is ``namespaces.py``'s, what falls due ``agenda.py``'s, how a request is answered
``answering.py``'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core import dispatch, held, legs, operations, playback, results, srs_reports
from emulator.core.agenda import Agenda
from emulator.core.answering import answered
from emulator.core.calls import beginnings, conduct
from emulator.core.calls.model import CallState
from emulator.core.clock import LATEST, Clock, ClockMode
from emulator.core.errors import CallEnded, LimitReached
from emulator.core.inputs import Outcome
from emulator.core.namespaces import Namespaces
from emulator.core.reception import TAKEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from emulator.core.calls.beginnings import Arrival
    from emulator.core.calls.model import Call, Ending
    from emulator.core.clock import ClockSetting
    from emulator.core.dispatch import Manner
    from emulator.core.effects import AttemptResult, Forwarded
    from emulator.core.errors import ApiError
    from emulator.core.ids import Randomness
    from emulator.core.inputs import Received
    from emulator.core.journal import WebhookEntry
    from emulator.core.models import Event, Instant, Request, Session
    from emulator.core.namespace import Namespace, Overrides
    from emulator.core.playback import Emission
    from emulator.core.policy import DeclaredCall, Policy
    from emulator.core.scenario.model import Scenario
    from emulator.core.srs import SrsReport
    from emulator.core.texml import Script
    from emulator.core.texml_play import Played
    from emulator.core.turn import Addresses, Effect
    from emulator.core.validation import Schemas


class Engine:
    """All state of an emulator.

    Attributes:
        namespaces: All of them, and the scenarios that they see.
    """

    def __init__(
        self,
        *,
        policy: Policy,
        schemas: Schemas,
        scenarios: Iterable[Scenario],
        addresses: Addresses,
        public_key: str,
        randomness: Callable[[str | None], Randomness],
    ) -> None:
        """Start with no namespace.

        Args:
            policy: The server's settings.
            schemas: What requests are checked against.
            scenarios: Those that every namespace sees.
            addresses: Where webhooks go by default.
            public_key: Base64, as GET /public_key shows it.
            randomness: Makes a source of bits from a seed; None: one that no other equals.
        """
        self.policy = policy
        self.schemas = schemas
        self.public_key = public_key
        self.namespaces = Namespaces(
            policy=policy, scenarios=scenarios, addresses=addresses, randomness=randomness
        )
        self._agenda = Agenda()

    # --- inputs ---

    def handle(self, request: Request, wall: Instant) -> Outcome:
        """Answer a request to a Telnyx route.

        Args:
            request: Authenticated, its route known.
            wall: Wall time.

        Returns:
            The reply and the effects. Never raises: what goes wrong is Telnyx's error document.
        """
        try:
            turn = self.namespaces.turn(request.namespace, wall)
        except LimitReached as error:
            return Outcome(reply=operations.refused(error).reply, effects=())
        self._agenda.run_due(turn)
        entry = answered(turn, request, self.schemas, self.public_key)
        turn.record_request(entry)
        if not entry.reply.delay:
            return Outcome(reply=entry.reply, effects=self._agenda.done(turn))
        held.hold(turn, entry.seq, entry.reply.delay)
        return Outcome(reply=entry.reply, effects=self._agenda.done(turn), held=entry.seq)

    def forget_answer(self, namespace_id: str, seq: int) -> None:
        """Hold an answer back no longer: the client has left."""
        namespace = self.namespaces.get(namespace_id)
        if namespace is not None:
            held.forget(namespace, seq)

    def stray(self, namespace: str, method: str, target: str, error: ApiError, wall: Instant) -> Outcome:
        """Answer and journal a request that no Telnyx route takes.

        Args:
            namespace: Its id; empty where the credentials name none, and then nothing is journaled.
            method: HTTP method.
            target: Raw request target.
            error: What it is answered with.
            wall: Wall time.
        """
        answer = operations.refused(error)
        if not namespace:
            return Outcome(reply=answer.reply, effects=())
        try:
            turn = self.namespaces.turn(namespace, wall)
        except LimitReached as full:
            return Outcome(reply=operations.refused(full).reply, effects=())
        turn.record_stray(method, target, error)
        return Outcome(reply=answer.reply, effects=tuple(turn.effects))

    def forwarded(self, forwarded: Forwarded, wall: Instant) -> tuple[Effect, ...]:
        """Journal a request that was passed on to another server, if there is room for its namespace."""
        try:
            turn = self.namespaces.turn(forwarded.namespace, wall)
        except LimitReached:
            return ()
        turn.record_forwarded(forwarded)
        return tuple(turn.effects)

    def due(self, wall: Instant) -> tuple[Effect, ...]:
        """Let everything happen that is due by ``wall``, in every namespace whose clock runs."""
        effects: list[Effect] = []
        while (planned := self._agenda.pop_due(wall)) is not None:
            namespace = self.namespaces.get(planned)
            if namespace is not None:
                turn = self.namespaces.turn_of(namespace, wall)
                self._agenda.run_due(turn)
                effects += self._agenda.done(turn)
        return tuple(effects)

    def next_deadline(self) -> Instant | None:
        """When ``due`` has to be called next, in wall time; None when nothing comes by itself."""
        return self._agenda.next()

    def delivered(self, result: AttemptResult, wall: Instant) -> tuple[Effect, ...]:
        """Take in what came of an attempt.

        Args:
            result: From the sender; of an attempt that nobody knows any more it changes nothing.
            wall: Wall time.
        """
        namespace = self.namespaces.get(result.attempt_id.rsplit("/", 2)[0])
        if namespace is None or result.attempt_id not in namespace.attempts:
            return ()
        turn = self.namespaces.turn_of(namespace, wall)
        self._agenda.run_due(turn)
        results.arrived(turn, result)
        return self._agenda.done(turn)

    def srs_reported(self, report: SrsReport, wall: Instant) -> tuple[Effect, ...]:
        """Take in what a recording server did.

        Args:
            report: Of a dial; where nobody knows it any more, an answer is hung up and the rest is of no account.
            wall: Wall time.
        """
        namespace = self.namespaces.get(report.namespace)
        if namespace is None or report.dial_id not in namespace.legs:
            return srs_reports.unknown(report)
        turn = self.namespaces.turn_of(namespace, wall)
        self._agenda.run_due(turn)
        srs_reports.arrived(turn, report)
        return self._agenda.done(turn)

    def received(self, namespace: str, received: Received, wall: Instant) -> Outcome:
        """Journal and answer what the built-in receiver got; nothing is kept for a namespace that is none."""
        found = self.namespaces.get(namespace)
        if found is None:
            return Outcome(reply=TAKEN, effects=())
        turn = self.namespaces.turn_of(found, wall)
        reply = found.reception.answer(turn.record_received(received))
        return Outcome(reply=reply, effects=tuple(turn.effects))

    def abandon(self, wall: Instant) -> tuple[Effect, ...]:
        """Give up all deliveries and journal it, let held answers go, hang up on recording servers: the end."""
        effects: list[Effect] = []
        for namespace in self.namespaces:
            turn = self.namespaces.turn_of(namespace, wall)
            dispatch.abandon_all(turn)
            effects += turn.effects
            effects += held.release_all(namespace)
            effects += legs.hang_up_all(namespace)
        return tuple(effects)

    # --- control ---

    def configure(
        self, namespace_id: str, overrides: Overrides, calls: Iterable[DeclaredCall], wall: Instant
    ) -> Namespace:
        """Set what one namespace does differently, making it if need be.

        Raises:
            LimitReached: There are as many as may be, all busy.
        """
        turn = self.namespaces.turn(namespace_id, wall)
        namespace = turn.namespace
        if overrides.seed is not None and overrides.seed != namespace.overrides.seed:
            if namespace.unused:
                namespace.clock = namespace.clock.repeatable()
                turn.now = namespace.clock.read(wall)
            namespace.reseed(self.namespaces.randomness(overrides.seed), turn.now)
        namespace.overrides = overrides
        namespace.declare_calls(calls, turn.now)
        return namespace

    def reset(self, namespace_id: str | None) -> tuple[Effect, ...]:
        """Forget a namespace with all that is in it; None forgets every one and their settings."""
        effects: list[Effect] = []
        for namespace in self.namespaces:
            if namespace_id in {None, namespace.id}:
                effects += held.release_all(namespace)
                effects += legs.forget_all(namespace)
                self.namespaces.forget(namespace)
                self._agenda.forget(namespace.id)
        return tuple(effects)

    def emit(
        self, namespace_id: str, session: Session, emission: Emission, wall: Instant
    ) -> tuple[WebhookEntry, tuple[Effect, ...]]:
        """Let an event occur that no timeline asked for.

        Args:
            namespace_id: Of one that exists.
            session: Of that namespace.
            emission: The event.
            wall: Wall time.

        Returns:
            The journal's entry of the event, and the effects.
        """
        turn = self.namespaces.turn(namespace_id, wall)
        self._agenda.run_due(turn)
        entry = playback.emit(turn, turn.namespace.sessions[session.id], emission)
        return entry, self._agenda.done(turn)

    def replay(
        self, entry: WebhookEntry, event: Event, manner: Manner, wall: Instant
    ) -> tuple[WebhookEntry, tuple[Effect, ...]]:
        """Send a webhook of the journal once more.

        Args:
            entry: What is sent again.
            event: Its event, perhaps edited.
            manner: How it is delivered this time.
            wall: Wall time.

        Returns:
            The new entry, and the effects.
        """
        turn = self.namespaces.turn(entry.namespace, wall)
        self._agenda.run_due(turn)
        repeated = dispatch.again(turn, entry, event, manner)
        return repeated, self._agenda.done(turn)

    def texml(
        self, namespace_id: str, script: Script, wall: Instant, *, call: str, account_sid: str | None = None
    ) -> tuple[tuple[Played, ...], tuple[Effect, ...]]:
        """Carry out a TeXML document.

        Args:
            namespace_id: Made if need be.
            script: The document, read.
            wall: Wall time.
            call: The call_control_id that it runs on.
            account_sid: What callbacks say; None: a UUID of the namespace's own.

        Returns:
            What came of each instruction, and the effects.

        Raises:
            LimitReached: There are as many namespaces as may be, all busy.
        """
        from emulator.core import texml_play  # noqa: PLC0415 - a server starts the sooner without XML

        turn = self.namespaces.turn(namespace_id, wall)
        self._agenda.run_due(turn)
        played = texml_play.play(turn, script.instructions, call=call, account_sid=account_sid)
        return played, self._agenda.done(turn)

    # --- calls ---

    def arrive(self, namespace_id: str, arrival: Arrival, wall: Instant) -> tuple[Call, tuple[Effect, ...]]:
        """Let a call come in.

        Args:
            namespace_id: Made if need be.
            arrival: Which.
            wall: Wall time.

        Returns:
            The call, and the effects.

        Raises:
            UnknownScenario, WrongScenario: It names a scenario that is not loaded, or is for something else.
            LimitReached: There are as many calls, or namespaces, as may be.
        """
        turn = self.namespaces.turn(namespace_id, wall)
        self._agenda.run_due(turn)
        call = beginnings.arrive(turn, arrival)
        return call, self._agenda.done(turn)

    def hang_up(
        self, namespace_id: str, call: Call, ends: Ending, wall: Instant
    ) -> tuple[Call, tuple[Effect, ...]]:
        """Let the far end of a call hang up.

        Args:
            namespace_id: Of one that exists.
            call: Of that namespace, alive.
            ends: How.
            wall: Wall time.

        Returns:
            The call, ended, and the effects.

        Raises:
            CallEnded: It has ended by now.
        """
        turn = self.namespaces.turn(namespace_id, wall)
        self._agenda.run_due(turn)
        now = turn.namespace.calls[call.call_control_id]
        if now.state is CallState.ENDED:
            raise CallEnded
        conduct.end(turn, now, ends)
        return turn.namespace.calls[call.call_control_id], self._agenda.done(turn)

    # --- time ---

    def set_clock(
        self, namespace_id: str, setting: ClockSetting, wall: Instant, *, time: Instant | None = None
    ) -> tuple[Effect, ...]:
        """Let a namespace's clock go in another way, from where it stands or from a given time.

        Args:
            namespace_id: Made if need be; a new one that is seeded and stands begins at a fixed time.
            setting: How it goes from now on.
            wall: Wall time.
            time: What it shows now. What waits keeps its instant: it falls due sooner, or at once.

        Raises:
            LimitReached: There are as many namespaces as may be, all busy.
        """
        turn = self.namespaces.turn(namespace_id, wall)
        self._agenda.run_due(turn)
        namespace = turn.namespace
        if setting.mode is ClockMode.RUNNING:
            results.take_kept(turn)
        seeded = self.policy.seed is not None or namespace.overrides.seed is not None
        if time is not None:
            namespace.clock = Clock(setting=setting, wall=wall, time=time, given=True)
        else:
            namespace.clock = namespace.clock.reset(wall, setting)
        if seeded and namespace.unused:
            namespace.clock = namespace.clock.repeatable()
        turn.now = namespace.clock.read(wall)
        self._agenda.run_due(turn)
        return self._agenda.done(turn)

    def step(self, namespace_id: str, limit: Instant | None, wall: Instant) -> tuple[Effect, ...] | None:
        """Move a namespace's clock to the next thing that falls due, and let it happen.

        Args:
            namespace_id: Of one that exists.
            limit: The last instant that counts, in the namespace's time; None: any, as long as something waits
                that is worth it: nobody waits for the longest that a call may last.
            wall: Wall time.

        Returns:
            The effects, None when nothing falls due by then.
        """
        namespace = self.namespaces.get(namespace_id)
        due = namespace.timers.next() if namespace else None
        if namespace is None or due is None or due > min(LATEST if limit is None else limit, LATEST):
            return None
        if limit is None and not namespace.timers.stirring:
            return None
        namespace.unheeded = 0
        namespace.clock = namespace.clock.moved(wall, due)
        turn = self.namespaces.turn_of(namespace, wall)
        # at its own instant, also where a running clock has gone past it unnoticed
        turn.now = due
        self._agenda.run_next(turn)
        return self._agenda.done(turn)

    def move_clock(self, namespace_id: str, to: Instant, wall: Instant) -> tuple[Effect, ...]:
        """Set a namespace's clock forward; what is due by then happens."""
        namespace = self.namespaces.get(namespace_id)
        if namespace is None:
            return ()
        namespace.clock = namespace.clock.moved(wall, to)
        turn = self.namespaces.turn_of(namespace, wall)
        self._agenda.run_due(turn)
        return self._agenda.done(turn)

    def idle(self, namespace_id: str | None = None) -> bool:
        """Whether nothing runs, nothing is being delivered and no answer is held, in one namespace or in all."""
        return all(one.idle for one in self.namespaces if namespace_id in {None, one.id})
