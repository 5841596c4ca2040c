"""Any interleaving of inputs to an engine.

Owns what may be asked of an engine and when. What must hold is ``engine_run.py``'s and ``engine_ledger.py``'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import rule

from emulator.core.clock import ClockMode
from emulator.core.dispatch import Manner
from emulator.core.errors import UnknownRoute
from emulator.core.faults import NO_FAULTS
from emulator.core.inputs import Received
from emulator.core.models import HOUR, MILLISECOND, MINUTE, RECORDING_EVENTS, SECOND, EventType, Route
from emulator.core.namespace import Overrides
from emulator.core.playback import Emission
from emulator.core.srs import SrsReason, SrsStage
from tests.core.engine_run import ENDLESS, SETTINGS, EngineRun, result, unless_full
from tests.core.engines import FAILOVER, HOOK
from tests.core.scenario_pool import BUILT_IN, DELIVERIES, FAULTS, NAMES, SCENARIOS, SIGNINGS

if TYPE_CHECKING:
    from emulator.core.clock import ClockSetting
    from emulator.core.effects import Reply, Signing
    from emulator.core.engine import Engine
    from emulator.core.faults import FaultRules
    from emulator.core.journal import WebhookEntry
    from emulator.core.models import Duration, JsonValue
    from emulator.core.namespace import Namespace
    from emulator.core.scenario.model import Deliver, Scenario
    from tests.core.engine_run import Given

KEYS = st.sampled_from(("a", "a", "a", "b", "c"))
"""One of them is used most, so that much happens in it."""

RARELY = st.integers(0, 4).map(lambda number: number == 0)
CALLS = st.sampled_from(("v3:1", "v3:2", "v3:3"))
COMMAND_IDS = st.none() | st.sampled_from(("x", "y"))
CHOICES = st.none() | st.sampled_from(NAMES) | st.sampled_from((*(one.name for one in BUILT_IN), "nowhere"))
SPANS = st.sampled_from((0, 1, 400 * MILLISECOND, SECOND, 10 * SECOND, 2 * MINUTE, HOUR))
OUTCOMES = st.sampled_from(("delivered", "failed", "refused", "abandoned"))
PLACES = st.integers(0, 30)
"""Which one of several, counted round."""


class EngineMachine(EngineRun):
    """Everything that an engine can be given, in any order."""

    # --- requests ---

    @rule(key=KEYS, call=CALLS, choice=CHOICES, command_id=COMMAND_IDS, state=st.none() | st.just("bmV3"))
    def start(self, key: str, call: str, choice: str | None, command_id: str | None, state: str | None) -> None:
        """siprec_start."""
        fields = {"command_id": command_id, "client_state": state}
        self.start_one(key, call, choice, **{name: value for name, value in fields.items() if value})

    @rule(key=KEYS, choice=CHOICES, span=SPANS, outcome=OUTCOMES)
    def play(self, key: str, choice: str | None, span: Duration, outcome: str) -> None:
        """Several calls at once, which one scenario plays for a while: so that much is under way."""
        for call in ("v3:1", "v3:2", "v3:3"):
            self.start_one(key, call, choice)
        self.advance_one(key, span)
        self.tell_all(key, outcome)
        self.advance_one(key, span)

    def start_one(self, key: str, call: str, choice: str | None, **fields: str) -> None:
        """A start, with more fields in its body."""
        document: JsonValue = {"connector_name": "c", **fields}
        headers = (("X-Emulator-Scenario", choice),) if choice else ()
        self.ask(key, Route.SIPREC_START, call, document=document, headers=headers)

    @rule(key=KEYS, call=CALLS, command_id=COMMAND_IDS)
    def stop(self, key: str, call: str, command_id: str | None) -> None:
        """siprec_stop."""
        document = {"command_id": command_id} if command_id else {}
        self.ask(key, Route.SIPREC_STOP, call, document=document)

    @rule(
        key=KEYS,
        call=CALLS,
        form=st.sampled_from(
            (
                b"ConnectorName=c",
                b"ConnectorName=c&StatusCallback=http%3A%2F%2Fback.test%2Fcb",
                b"ConnectorName=c&StatusCallback=http%3A%2F%2Fback.test%2Fcb&StatusCallbackMethod=GET",
            )
        ),
        choice=CHOICES,
    )
    def texml_start(self, key: str, call: str, form: bytes, choice: str | None) -> None:
        """TeXML's Siprec.json."""
        headers = (("X-Emulator-Scenario", choice),) if choice else ()
        self.ask(key, Route.TEXML_SIPREC_START, "AC1", call, document=form, headers=headers)

    @rule(key=KEYS, place=PLACES)
    def texml_update(self, key: str, place: int) -> None:
        """TeXML's Siprec/{sid}.json, of any session or none."""
        lives = [*self.books[key].lives.items()] if key in self.books else []
        sid, call = (lives[place % len(lives)][0], lives[place % len(lives)][1].call) if lives else ("no", "v3:1")
        self.ask(key, Route.TEXML_SIPREC_UPDATE, "AC1", call, sid, document=b"Status=stopped")

    @rule(key=KEYS)
    def stray(self, key: str) -> None:
        """A request that no route takes."""
        wall = self.now

        def act(engine: Engine) -> Given[Reply]:
            outcome = engine.stray(key, "GET", "/v2/nowhere", UnknownRoute(), wall)
            return outcome.effects, outcome.reply

        self.give(act)

    @rule(key=KEYS)
    def receive(self, key: str) -> None:
        """Something reaches the built-in receiver."""
        wall = self.now
        got = Received(method="POST", target="/", headers=(), body=b"{}", verdict="good", reason="")
        self.give(lambda engine: (engine.received(key, got, wall).effects, None))

    # --- time ---

    @rule(span=SPANS)
    def tick(self, span: Duration) -> None:
        """Let wall time pass, the engine looking whenever it asked to."""
        before = {one.id: one.clock.read(self.now) for one in self.engine.namespaces}
        end = self.now + span
        for _ in range(ENDLESS):
            deadline = self.engine.next_deadline()
            if deadline is None or deadline > end:
                break
            self.now = max(self.now, deadline)
            self.look()
        else:
            raise AssertionError("what falls due has no end")
        self.now = end
        self.look()
        for key, time in before.items():
            namespace = self.engine.namespaces.get(key)
            assert namespace is not None
            setting = namespace.clock.setting
            speed = setting.speed if setting.mode is ClockMode.RUNNING else 0
            assert abs(namespace.clock.read(end) - time - span * speed) <= 1
            if speed:
                assert all(due > namespace.clock.read(end) for due in self.books[key].held.values())

    @rule(span=SPANS)
    def oversleep(self, span: Duration) -> None:
        """Let wall time pass without the engine having looked."""
        self.now += span

    @rule(key=KEYS, span=SPANS)
    def advance(self, key: str, span: Duration) -> None:
        """Move a clock forward."""
        self.advance_one(key, span)

    def advance_one(self, key: str, span: Duration) -> None:
        """Move a clock forward, and see that every answer went that was due by then."""
        namespace, wall = self.some(key), self.now
        if namespace is None:
            return
        to = namespace.clock.read(wall) + span
        self.give(lambda engine: (engine.move_clock(key, to, wall), None))
        assert namespace.clock.read(wall) == to
        assert all(due > to for due in self.books[key].held.values())

    @rule(key=KEYS, span=st.none() | SPANS)
    def step(self, key: str, span: Duration | None) -> None:
        """Move a clock to what falls due next."""
        self.moved_on(key, span)

    @rule(key=KEYS, setting=SETTINGS, shift=st.none() | st.sampled_from((0, MINUTE, -MINUTE)))
    def set_clock(self, key: str, setting: ClockSetting, shift: Duration | None) -> None:
        """Let a clock go in another way, or show another time."""
        namespace, wall = self.some(key), self.now
        time = None if namespace is None or shift is None else namespace.clock.read(wall) + shift
        if namespace is not None and time is not None and (shift or 0) < 0:
            self.books[key].set_back = True
            self.books[key].time = None

        self.let_clock(key, setting, time)

    # --- deliveries ---

    @rule(key=KEYS, place=PLACES, outcome=OUTCOMES)
    def report(self, key: str, place: int, outcome: str) -> None:
        """Tell what came of an attempt."""
        wires = self.books[key].wires if key in self.books else []
        if wires:
            self.tell(key, result(wires[place % len(wires)].attempt_id, outcome))

    @rule(key=KEYS, outcome=OUTCOMES)
    def report_all(self, key: str, outcome: str) -> None:
        """Tell that all attempts under way came to the same, the latest first."""
        self.tell_all(key, outcome)

    @rule(key=KEYS, place=PLACES)
    def report_again(self, key: str, place: int) -> None:
        """Tell once more what was told."""
        told = [*self.books[key].results.values()] if key in self.books else []
        if told:
            self.tell(key, told[place % len(told)])

    @rule(key=KEYS, attempt_id=st.sampled_from(("{}/0/1", "{}/7/9", "{}/", "nobody/1/1", "")), outcome=OUTCOMES)
    def report_unknown(self, key: str, attempt_id: str, outcome: str) -> None:
        """Tell of an attempt that was never made."""
        wall, told = self.now, result(attempt_id.format(key), outcome)
        known = any(told.attempt_id in {send.attempt_id for send in book.wires} for book in self.books.values())
        if not known:
            effects, _ = self.give(lambda engine: (engine.delivered(told, wall), None))
            assert effects == ()

    # --- recording servers ---

    @rule(key=KEYS, place=PLACES, stage=st.sampled_from(SrsStage), why=st.sampled_from(SrsReason))
    def srs(self, key: str, place: int, stage: SrsStage, why: SrsReason) -> None:
        """Let a recording server do something, also one that was hung up on."""
        book = self.books.get(key)
        dialled = [*book.lines, *sorted(book.hung_up)] if book else []
        if dialled:
            self.let_srs(key, dialled[place % len(dialled)], stage, why)

    @rule(key=KEYS, stage=st.sampled_from((SrsStage.ANSWERED, SrsStage.FAILED)))
    def srs_all(self, key: str, stage: SrsStage) -> None:
        """Let every recording server answer, or fail."""
        for dial_id in tuple(self.books[key].lines) if key in self.books else ():
            self.let_srs(key, dial_id, stage, SrsReason.RESPONSE)

    # --- control ---

    @rule(key=st.none() | KEYS, really=RARELY)
    def reset(self, key: str | None, really: bool) -> None:
        """Forget one namespace, or all."""
        if really:
            self.forget(key)

    @rule(really=RARELY)
    def abandon(self, really: bool) -> None:
        """Give everything up."""
        if not really:
            return
        wall = self.now
        self.give(lambda engine: (engine.abandon(wall), None), giving_up=True)
        for book in self.books.values():
            assert not book.pending

    @rule(key=st.none() | KEYS, scenario=SCENARIOS)
    def put_scenario(self, key: str | None, scenario: Scenario) -> None:
        """Add or replace a scenario."""
        wall = self.now

        self.give(unless_full(lambda engine: ((), engine.namespaces.put_scenario(scenario, key, wall))))

    @rule(key=st.none() | KEYS, name=st.sampled_from(NAMES), really=RARELY)
    def remove_scenario(self, key: str | None, name: str, really: bool) -> None:
        """Take a scenario away."""
        if not really:
            return
        self.give(lambda engine: ((), engine.namespaces.remove_scenario(name, key)))

    @rule(key=KEYS, rules=st.just(NO_FAULTS) | FAULTS)
    def strike(self, key: str, rules: FaultRules) -> None:
        """Switch faults on or off."""
        if self.some(key) is None:
            return
        self.books[key].struck |= bool(rules.webhooks)

        def act(engine: Engine) -> Given[None]:
            _of(engine, key).faults.set(rules)
            return (), None

        self.give(act)

    @rule(key=KEYS, scenario=SCENARIOS | st.sampled_from(BUILT_IN), times=st.integers(1, 3))
    def enqueue(self, key: str, scenario: Scenario, times: int) -> None:
        """Let a scenario wait for the next starts."""
        if self.some(key) is None:
            return

        self.give(lambda engine: ((), _of(engine, key).queue.put(scenario, times=times)))

    @rule(key=KEYS, seed=st.none() | st.just("mine"), url=st.none() | st.just("http://own.test/hook"))
    def configure(self, key: str, seed: str | None, url: str | None) -> None:
        """Give a namespace settings of its own."""
        wall, overrides = self.now, Overrides(webhook_url=url, seed=seed)
        namespace = self.some(key)
        if namespace is not None and namespace.unused:
            # a seed lets a clock that stands begin at a fixed time
            self.books[key].set_back, self.books[key].time = True, None

        def act(engine: Engine) -> Given[str]:
            engine.configure(key, overrides, (), wall)
            return (), ""

        _, refused = self.give(unless_full(act))
        if not refused:
            self.books[key].urls = (url,) if url else (HOOK, FAILOVER)

    @rule(key=KEYS, place=PLACES, event=st.sampled_from(RECORDING_EVENTS), deliver=DELIVERIES, signing=SIGNINGS)
    def emit(self, key: str, place: int, event: EventType, deliver: Deliver, signing: Signing) -> None:
        """Let an event occur by hand."""
        namespace, wall = self.some(key), self.now
        if namespace is None or not namespace.sessions:
            return
        session = [*namespace.sessions.values()][place % len(namespace.sessions)]
        emission = Emission(event=event, deliver=deliver, signing=signing)

        def act(engine: Engine) -> Given[WebhookEntry]:
            entry, effects = engine.emit(key, session, emission, wall)
            return effects, entry

        self.give(act, by_hand=True)

    @rule(key=KEYS, place=PLACES, deliver=DELIVERIES)
    def replay(self, key: str, place: int, deliver: Deliver) -> None:
        """Send a webhook of the journal once more."""
        namespace, wall = self.some(key), self.now
        entries = [*namespace.journal.webhooks] if namespace else []
        if not entries:
            return
        entry = entries[place % len(entries)]
        manner = Manner(policy=entry.delivery.policy if entry.delivery else self.policy.delivery, deliver=deliver)

        def act(engine: Engine) -> Given[WebhookEntry]:
            repeated, effects = engine.replay(entry, entry.event, manner, wall)
            return effects, repeated

        _, repeated = self.give(act, repeating=entry.seq)
        assert repeated.repeats == entry.seq


def _of(engine: Engine, key: str) -> Namespace:
    """A namespace that exists."""
    namespace = engine.namespaces.get(key)
    assert namespace is not None
    return namespace
