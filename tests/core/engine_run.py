"""A run of an engine that gets any inputs: how one goes in, what holds after each, and how the run ends.

Owns the invariants of the engine as a whole; those of its effects are ``engine_ledger.py``'s. Each input is kept,
so that in the end a second engine can be given the same. Must not choose inputs: ``engine_machine.py`` does.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import orjson
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition

from emulator.core.clock import ClockMode, ClockSetting
from emulator.core.effects import AttemptError, AttemptOutcome, AttemptResult
from emulator.core.engine import Engine
from emulator.core.errors import LimitReached
from emulator.core.journal import RequestEntry
from emulator.core.models import MINUTE, Request, Route
from emulator.core.policy import Limits, Policy, Realism
from emulator.core.srs import SrsAddress, SrsReason, SrsReport, SrsStage
from emulator.core.turn import Addresses, Note
from tests.core.engine_ledger import Book
from tests.core.engines import FAILOVER, HOOK, SCHEMAS, T0
from tests.core.scenario_pool import BUILT_IN, NAMES, SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.core.effects import Reply
    from emulator.core.ids import Randomness
    from emulator.core.inputs import Outcome
    from emulator.core.models import Duration, HeaderList, Instant, JsonValue
    from emulator.core.namespace import Namespace
    from emulator.core.scenario.model import Scenario
    from emulator.core.turn import Effect
T = TypeVar("T")

Given: TypeAlias = "tuple[tuple[Effect, ...], T]"
"""What came of an input: the effects, and what else the engine answered."""

SETTINGS = st.builds(
    ClockSetting, mode=st.sampled_from(ClockMode), speed=st.sampled_from((0.001, 0.3, 1.0, 60.0, 100_000.0))
)
LIMITS = st.sampled_from(
    (
        Limits(),
        Limits(max_sessions=2),
        Limits(journal_entries=3),
        Limits(journal_bytes=9_000),
        Limits(max_namespaces=2, max_sessions=3, journal_entries=5, journal_bytes=30_000),
    )
)
ENDLESS = 10_000
"""More than any run of these can take."""


def result(attempt_id: str, outcome: str) -> AttemptResult:
    """What a sender reports of an attempt."""
    if outcome in {"delivered", "abandoned"}:
        return AttemptResult(attempt_id=attempt_id, outcome=AttemptOutcome(outcome), started_at=0, finished_at=0)
    return AttemptResult(
        attempt_id=attempt_id,
        outcome=AttemptOutcome.FAILED,
        started_at=0,
        finished_at=0,
        error=AttemptError.CONNECT,
        reason=outcome,
        refused=outcome == "refused",
    )


def unless_full(act: Callable[[Engine], Given[T]]) -> Callable[[Engine], Given[T | str]]:
    """The input, or that there are as many namespaces as may be."""

    def tried(engine: Engine) -> Given[T | str]:
        try:
            return act(engine)
        except LimitReached as error:
            return (), str(error)

    return tried


def plain(effect: Effect) -> object:
    """An effect without the catalog, which is large and was chosen from alike."""
    if isinstance(effect, Note) and isinstance(effect.entry, RequestEntry) and effect.entry.selected:
        choice = effect.entry.selected.choice
        return replace(effect, entry=replace(effect.entry, selected=None)), choice.scenario.name, choice.rule
    return effect


class EngineRun(RuleBasedStateMachine):
    """An engine, its clock, the book of each of its namespaces, and all inputs so far."""

    policy: Policy
    scenarios: tuple[Scenario, ...]
    engine: Engine

    def __init__(self) -> None:
        """Wait for ``begin``."""
        super().__init__()
        self.now: Instant = T0
        self.books: dict[str, Book] = {}
        self.urls: dict[str, tuple[str, ...]] = {}
        self.inputs: list[tuple[Callable[[Engine], Given[object]], Given[object]]] = []

    @initialize(
        limits=LIMITS,
        clock=SETTINGS,
        seed=st.none() | st.just("s"),
        realism=st.sampled_from((Realism.STANDARD, Realism.LENIENT)),
        made=st.tuples(SCENARIOS, SCENARIOS, SCENARIOS),
        srs=st.sampled_from((SrsAddress(host="srs.test", port=5060), None)),
    )
    def begin(
        self,
        limits: Limits,
        clock: ClockSetting,
        seed: str | None,
        realism: Realism,
        made: tuple[Scenario, ...],
        srs: SrsAddress | None,
    ) -> None:
        """Make the engine."""
        self.policy = Policy(
            limits=limits,
            clock=clock,
            seed=seed,
            realism=realism,
            srs=srs,
            default_scenario=NAMES[0],
        )
        named = (replace(one, name=name) for one, name in zip(made, NAMES, strict=True))
        self.scenarios = (*BUILT_IN, *named)
        self.engine = self.fresh_engine()

    def fresh_engine(self) -> Engine:
        """An engine at its beginning, with randomness that repeats."""
        streams = iter(range(ENDLESS))

        def randomness(seed: str | None) -> Randomness:
            return random.Random(seed or f"{next(streams)}")  # noqa: S311 - identifiers, no secrets

        return Engine(
            policy=self.policy,
            schemas=SCHEMAS,
            scenarios=self.scenarios,
            addresses=Addresses(webhook_url=HOOK, webhook_failover_url=FAILOVER),
            public_key="cHVibGlj",
            randomness=randomness,
        )

    # --- how an input goes in ---

    def give(
        self,
        act: Callable[[Engine], Given[T]],
        *,
        by_hand: bool = False,
        repeating: int | None = None,
        giving_up: bool = False,
        starts: bool = False,
        before: Instant = 0,
    ) -> Given[T]:
        """Give the engine an input, keep it, and enter what came of it.

        Args:
            act: The input.
            by_hand: As in ``Book.take``.
            repeating: Likewise.
            giving_up: Likewise.
            starts: Whether a session may begin.
            before: What the clock shows at the beginning of an input that may set it back.
        """
        effects, answer = act(self.engine)
        self.inputs.append((act, (effects, answer)))
        here = {one.id: one for one in self.engine.namespaces}
        for key in here.keys() - self.books.keys():
            urls = self.urls.get(key, (HOOK, FAILOVER))
            self.books[key] = Book(
                id=key, urls=urls, delivery=self.policy.delivery, room=self.policy.limits.max_sessions
            )
        for key, book in self.books.items():
            mine = [effect for effect in effects if _namespace(effect) == key]
            now = max(before, here[key].clock.read(self.now)) if key in here else book.time or 0
            begun = book.take(mine, now, by_hand=by_hand, repeating=repeating, giving_up=giving_up)
            assert starts or not begun, "a session that nobody asked for"
            assert len(begun) <= 1
            book.check()
        for key in self.books.keys() - here.keys():
            book = self.books.pop(key)
            self.urls.pop(key, None)
            assert not book.held, "an answer was never let go"
            assert not book.lines, "a session on the wire was leaked"
            assert giving_up or not book.pending, "a busy namespace was evicted"
        return effects, answer

    def some(self, key: str) -> Namespace | None:
        """The namespace, if there is one."""
        return self.engine.namespaces.get(key)

    # --- inputs that are given in more ways than one ---

    def ask(self, key: str, route: Route, *params: str, document: JsonValue, headers: HeaderList = ()) -> None:
        """Send a request, and see that it is answered once, now or after its delay."""
        texml = route in {Route.TEXML_SIPREC_START, Route.TEXML_SIPREC_UPDATE}
        request = Request(
            namespace=key,
            route=route,
            method="POST",
            target="/v2/any",
            params=params,
            headers=headers,
            media_type="application/x-www-form-urlencoded" if texml else "application/json",
            body=document if texml else orjson.dumps(document),
        )
        wall = self.now
        full = len(self.engine.namespaces) == self.policy.limits.max_namespaces and self.some(key) is None
        busy = full and not any(one.idle for one in self.engine.namespaces)

        def act(engine: Engine) -> Given[Outcome]:
            outcome = engine.handle(request, wall)
            return outcome.effects, replace(outcome, effects=())

        effects, outcome = self.give(act, starts=route in {Route.SIPREC_START, Route.TEXML_SIPREC_START})
        reply = outcome.reply
        entries = [one.entry for one in effects if isinstance(one, Note) and isinstance(one.entry, RequestEntry)]
        if busy:
            assert (reply.status, effects) == (503, ())
            return
        (entry,) = entries
        assert entry.request is request
        assert entry.reply is reply
        assert outcome.held == (entry.seq if reply.delay else None)
        self.once_only(key, entry, effects, reply)

    def once_only(self, key: str, entry: RequestEntry, effects: tuple[Effect, ...], reply: Reply) -> None:
        """A command_id that was accepted within the last minute on its call begins nothing."""
        book, body = self.books[key], entry.request.body
        if entry.request.route is not Route.SIPREC_START or book.set_back:
            return
        command_id = orjson.loads(body).get("command_id")
        began = any(isinstance(one, Note) and getattr(one.entry, "before", "") is None for one in effects)
        if entry.hint:
            assert not began
        if not began or command_id is None:
            return
        name = (entry.request.params[0], command_id)
        before = book.once.get(name)
        if self.policy.limits.max_sessions > ENDLESS:
            assert before is None or entry.at >= before + MINUTE, f"begun twice: {reply.body!r}"
        book.once[name] = entry.at

    def look(self) -> None:
        """Call ``due``, after which nothing is due."""
        wall = self.now
        self.give(lambda engine: (engine.due(wall), None))
        deadline = self.engine.next_deadline()
        assert deadline is None or deadline > wall

    def moved_on(self, key: str, span: Duration | None) -> bool:
        """Move a clock to what falls due next, within a time; whether there was anything."""
        namespace, wall = self.some(key), self.now
        if namespace is None:
            return False
        time = namespace.clock.read(wall)
        limit = None if span is None else time + span

        def act(engine: Engine) -> Given[bool]:
            effects = engine.step(key, limit, wall)
            return effects or (), effects is not None

        _, moved = self.give(act)
        after = namespace.clock.read(wall)
        assert limit is None or after <= max(limit, time)
        assert moved or after == time
        return moved

    def let_clock(self, key: str, setting: ClockSetting, time: Instant | None) -> None:
        """Let a clock go in another way, or show another time, once what was due has happened."""
        namespace, wall = self.some(key), self.now
        before = namespace.clock.read(wall) if namespace else 0
        act = unless_full(lambda engine: (engine.set_clock(key, setting, wall, time=time), None))
        self.give(act, before=before)

    def tell(self, key: str, told: AttemptResult) -> None:
        """Give the engine a result."""
        wall = self.now
        self.books[key].results.setdefault(told.attempt_id, told)
        self.give(lambda engine: (engine.delivered(told, wall), None))

    def tell_all(self, key: str, outcome: str) -> None:
        """Tell that all attempts under way came to the same, the latest first."""
        for send in reversed(self.books[key].wires if key in self.books else []):
            self.tell(key, result(send.attempt_id, outcome))

    def let_srs(self, key: str, dial_id: str, stage: SrsStage, why: SrsReason) -> None:
        """Let a recording server do something."""
        last = stage in {SrsStage.FAILED, SrsStage.ENDED}
        report = SrsReport(namespace=key, dial_id=dial_id, stage=stage, why=why if last else None, status=486)
        wall = self.now
        self.give(lambda engine: (engine.srs_reported(report, wall), None))

    def forget(self, key: str | None) -> None:
        """Reset one namespace, or all, and see that nothing of it is left."""
        self.give(lambda engine: (engine.reset(key), None), giving_up=True)
        assert self.engine.namespaces.get(key) is None if key else not len(self.engine.namespaces)
        assert key is not None or self.engine.next_deadline() is None

    # --- what holds after each input ---

    @invariant()
    @precondition(lambda self: self.books)
    def time_goes_forward(self) -> None:
        """No clock goes back unless it is set back."""
        for key, book in self.books.items():
            namespace = self.engine.namespaces.get(key)
            assert namespace is not None
            time = namespace.clock.read(self.now)
            assert book.time is None or time >= book.time
            book.time = time

    @invariant()
    @precondition(lambda self: self.books)
    def standing_clocks_plan_nothing(self) -> None:
        """The engine wants to be called for clocks that run alone."""
        if not any(one.clock.runs for one in self.engine.namespaces):
            assert self.engine.next_deadline() is None

    @invariant()
    @precondition(lambda self: self.books)
    def sessions_walk_their_timelines(self) -> None:
        """What a session's timeline made of it so far is one of the ways that it can go."""
        for key, book in self.books.items():
            namespace = self.engine.namespaces.get(key)
            assert namespace is not None
            for session_id, life in book.lives.items():
                book.walked(session_id, plays=session_id in namespace.playing)
                kept = namespace.sessions.get(session_id)
                assert kept is None or kept.state is life.state

    @invariant()
    @precondition(lambda self: self.books)
    def memory_is_bounded(self) -> None:
        """Each store keeps its limit, and nothing waits for what is over."""
        limits = self.policy.limits
        assert len(self.engine.namespaces) <= limits.max_namespaces
        assert sum(one.journal.bytes for one in self.engine.namespaces) <= limits.journal_bytes
        for one in self.engine.namespaces:
            journal = one.journal
            logs = (journal.requests, journal.strays, journal.transitions, journal.webhooks, journal.received)
            assert all(len(log) <= limits.journal_entries for log in (*logs, journal.srs))
            assert {leg.session_id for leg in one.legs.values()} <= one.playing.keys()
            assert len(one.sessions) <= limits.max_sessions
            assert len(one.calls) <= limits.max_sessions + 1
            assert len(one.deliveries) <= limits.max_sessions
            assert one.playing.keys() <= one.sessions.keys()
            assert len(one.timers) <= len(one.playing) + len(one.deliveries) + len(one.held)
            assert one.held == self.books[one.id].held.keys()
            waiting = {seq for seq, hook in self.books[one.id].hooks.items() if hook.state == "pending"}
            assert one.deliveries.keys() == waiting
            assert set(one.attempts) == {
                hook.wire.attempt_id
                for hook in self.books[one.id].hooks.values()
                if hook.wire is not None and not one.deliveries[hook.entry.seq].overdue
            }

    # --- the end ---

    def teardown(self) -> None:
        """Drain everything, see that nothing is lost, and give the same inputs to a second engine."""
        if not hasattr(self, "engine"):
            return
        for key in tuple(self.books):
            self.let_clock(key, ClockSetting(mode=ClockMode.MANUAL), None)
        assert self.engine.next_deadline() is None
        for key, book in self.books.items():
            self.drain(key)
            assert not book.pending, "a webhook or an answer was lost"
        self.forget(None)
        second = self.fresh_engine()
        for act, (effects, answer) in self.inputs:
            again, same = act(second)
            assert [*map(plain, again)] == [*map(plain, effects)], "the same inputs gave another run"
            assert same == answer

    def drain(self, key: str) -> None:
        """Deliver everything and step on until nothing is due."""
        namespace = self.engine.namespaces.get(key)
        assert namespace is not None
        for _ in range(ENDLESS):
            self.tell_all(key, "delivered")
            for leg in tuple(namespace.legs.values()):
                self.let_srs(key, leg.id, SrsStage.FAILED, SrsReason.REFUSED)
                self.let_srs(key, leg.id, SrsStage.ENDED, SrsReason.BYE)
            if not self.moved_on(key, None) and not self.books[key].wires and not namespace.legs:
                return
        raise AssertionError("what falls due has no end")


def _namespace(effect: Effect) -> str:
    return effect.entry.namespace if isinstance(effect, Note) else effect.namespace
