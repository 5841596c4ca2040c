"""The engine: the namespaces and what falls due in them.

Owns the namespaces, the agenda of deadlines and the server's scenarios. Every input goes in by one of its methods
as a value, with the instant; what comes of it goes out as a reply and effects. Must not ask a clock, draw
randomness of its own or wait: the driver does, and the same inputs give the same outputs.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from emulator.core import dispatch, operations, playback
from emulator.core.commands import parse
from emulator.core.errors import ApiError, LimitReached
from emulator.core.journal import Budget, ReceivedEntry, RequestEntry, StrayEntry
from emulator.core.models import Route
from emulator.core.namespace import Namespace
from emulator.core.scenario.model import WebhookAcked
from emulator.core.selection import Catalog
from emulator.core.timers import Timers
from emulator.core.turn import Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from emulator.core.effects import AttemptResult, Reply
    from emulator.core.ids import Randomness
    from emulator.core.models import HeaderList, Instant, Request
    from emulator.core.namespace import Overrides
    from emulator.core.policy import DeclaredCall, Policy
    from emulator.core.scenario.model import Scenario
    from emulator.core.turn import Addresses, Effect
    from emulator.core.validation import Schemas, Violation


_CALL_PARAM: Mapping[Route, int] = {
    Route.SIPREC_START: 0,
    Route.SIPREC_STOP: 0,
    Route.TEXML_SIPREC_START: 1,
    Route.TEXML_SIPREC_UPDATE: 1,
}
"""Which of a route's path parameters is the call."""


MAX_SCENARIOS = 1_000
"""That one namespace may have, and that the server may: each change of them indexes them anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a request: the answer, and what the edge is to do beside giving it."""

    reply: Reply
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A request that reached the built-in receiver.

    Attributes:
        verdict: On the signature, in a word; ``reason`` in a sentence.
    """

    method: str
    target: str
    headers: HeaderList
    body: bytes
    verdict: str
    reason: str


class Engine:
    """All state of an emulator.

    Attributes:
        scenarios: The server's, by name; a namespace may have its own besides.
        addresses: Where webhooks go by default.
        evicted_namespaces: How many had to go for ``max_namespaces``.
    """

    def __init__(
        self,
        *,
        policy: Policy,
        schemas: Schemas,
        scenarios: Iterable[Scenario],
        addresses: Addresses,
        public_key: str,
        randomness: Callable[[str], Randomness],
    ) -> None:
        """Start with no namespace.

        Args:
            policy: The server's settings.
            schemas: What requests are checked against.
            scenarios: Those that every namespace sees.
            addresses: Where webhooks go by default.
            public_key: Base64, as GET /public_key shows it.
            randomness: Makes a source of bits for the namespace of that id.
        """
        self.policy = policy
        self.schemas = schemas
        self.addresses = addresses
        self.public_key = public_key
        self.scenarios = {scenario.name: scenario for scenario in scenarios}
        self.evicted_namespaces = 0
        self._catalog = Catalog.of(self.scenarios.values())
        self._catalogs: dict[str, Catalog] = {}
        self._randomness = randomness
        self._namespaces: OrderedDict[str, Namespace] = OrderedDict()
        self._budget = Budget(limit=policy.limits.journal_bytes)
        self._numbers = count(1)
        self._agenda = Timers()

    # --- inputs ---

    def handle(self, request: Request, now: Instant) -> Outcome:
        """Answer a request to a Telnyx route.

        Args:
            request: Authenticated, its route known.
            now: Wall time.

        Returns:
            The reply and the effects. Never raises: what goes wrong is Telnyx's error document.
        """
        try:
            turn = self._turn(request.namespace, now)
        except LimitReached as error:
            return Outcome(reply=operations.refused(error).reply, effects=())
        self._run_due(turn)
        entry = self._answered(turn, request)
        turn.record_request(entry)
        self._plan(turn.namespace)
        return Outcome(reply=entry.reply, effects=tuple(turn.effects))

    def _answered(self, turn: Turn, request: Request) -> RequestEntry:
        violations: tuple[Violation, ...] = ()
        warnings: tuple[str, ...] = ()
        try:
            parsed = parse(request, self.schemas, turn.policy)
            violations, warnings = parsed.violations, parsed.warnings
            answer = operations.answer(turn, request, parsed, self.public_key)
        except ApiError as error:
            answer, violations = operations.refused(error), violations or error.violations
        return RequestEntry(
            seq=turn.next_seq(),
            namespace=turn.namespace.id,
            at=turn.now,
            request=request,
            reply=answer.reply,
            call_control_id=request.params[_CALL_PARAM[request.route]] if request.route in _CALL_PARAM else None,
            selected=answer.selected,
            violations=violations,
            warnings=warnings,
            hint=answer.hint,
            session_id=answer.session_id,
        )

    def stray(self, namespace: str, method: str, target: str, error: ApiError, now: Instant) -> Outcome:
        """Answer and journal a request that no Telnyx route takes.

        Args:
            namespace: Its id; empty where the credentials name none, and then nothing is journaled.
            method: HTTP method.
            target: Raw request target.
            error: What it is answered with.
            now: Wall time.
        """
        answer = operations.refused(error)
        if not namespace:
            return Outcome(reply=answer.reply, effects=())
        try:
            turn = self._turn(namespace, now)
        except LimitReached as full:
            return Outcome(reply=operations.refused(full).reply, effects=())
        turn.record_stray(
            StrayEntry(
                seq=turn.next_seq(),
                namespace=namespace,
                at=turn.now,
                method=method,
                target=target,
                status=error.status,
                reason=str(error),
            )
        )
        return Outcome(reply=answer.reply, effects=tuple(turn.effects))

    def due(self, now: Instant) -> tuple[Effect, ...]:
        """Let everything happen that is due by ``now``, in every namespace.

        Args:
            now: Wall time.
        """
        effects: list[Effect] = []
        while (planned := self._agenda.pop_due(now)) is not None:
            turn = self._turn_of(self._namespaces[planned[1]], now)
            self._run_due(turn)
            self._plan(turn.namespace)
            effects += turn.effects
        return tuple(effects)

    def next_deadline(self) -> Instant | None:
        """When ``due`` has to be called next, in wall time; None when nothing waits."""
        return self._agenda.next()

    def delivered(self, result: AttemptResult, now: Instant) -> tuple[Effect, ...]:
        """Take in what came of an attempt.

        Args:
            result: From the sender; of a namespace that was forgotten meanwhile it changes nothing.
            now: Wall time.
        """
        namespace = self._namespaces.get(result.attempt_id.partition("/")[0])
        if namespace is None:
            return ()
        turn = self._turn_of(namespace, now)
        self._run_due(turn)
        acked = dispatch.taken(turn, result)
        if acked is not None:
            playback.signalled(turn, acked.event.session_id, WebhookAcked(event=acked.event.type))
        self._plan(namespace)
        return tuple(turn.effects)

    def received(self, namespace: str, received: Received, now: Instant) -> tuple[Effect, ...]:
        """Journal what the built-in receiver got; nothing for a namespace that does not exist."""
        found = self._namespaces.get(namespace)
        if found is None:
            return ()
        turn = self._turn_of(found, now)
        turn.record_received(
            ReceivedEntry(
                seq=turn.next_seq(),
                namespace=namespace,
                at=now,
                method=received.method,
                target=received.target,
                headers=received.headers,
                body=received.body,
                verdict=received.verdict,
                reason=received.reason,
            )
        )
        return tuple(turn.effects)

    def abandon(self, now: Instant) -> tuple[Effect, ...]:
        """Give up all deliveries and journal it: the emulator stops."""
        effects: list[Effect] = []
        for namespace in self._namespaces.values():
            turn = self._turn_of(namespace, now)
            dispatch.abandon_all(turn)
            effects += turn.effects
        return tuple(effects)

    # --- control ---

    def namespaces(self) -> tuple[Namespace, ...]:
        """All of them, the longest unused first."""
        return tuple(self._namespaces.values())

    def namespace(self, namespace_id: str) -> Namespace | None:
        """The one of that id, None when there is none."""
        return self._namespaces.get(namespace_id)

    def configure(
        self, namespace_id: str, overrides: Overrides, calls: Iterable[DeclaredCall], now: Instant
    ) -> Namespace:
        """Set what one namespace does differently, making it if need be.

        Raises:
            LimitReached: There are as many as may be, all busy.
        """
        namespace = self._turn(namespace_id, now).namespace
        namespace.overrides = overrides
        namespace.declare_calls(calls, now)
        return namespace

    def reset(self, namespace_id: str | None) -> None:
        """Forget a namespace with all that is in it; None forgets every one and their settings."""
        for one in [namespace_id] if namespace_id is not None else list(self._namespaces):
            namespace = self._namespaces.pop(one, None)
            if namespace is not None:
                namespace.journal.close()
            self._catalogs.pop(one, None)
            self._agenda.set(one, None)

    def visible_scenarios(self, namespace_id: str | None) -> Mapping[str, Scenario]:
        """The scenarios that a namespace sees, by name; None: the server's."""
        namespace = self._namespaces.get(namespace_id or "")
        return self.scenarios if namespace is None else {**self.scenarios, **namespace.scenarios}

    def put_scenario(self, scenario: Scenario, namespace_id: str | None, now: Instant) -> bool:
        """Add or replace a scenario for one namespace, or for all; sessions that play go on with theirs.

        Returns:
            Whether it is new there.

        Raises:
            LimitReached: There are as many as may be.
        """
        shelf = self.scenarios if namespace_id is None else self._turn(namespace_id, now).namespace.scenarios
        new = scenario.name not in shelf
        if new and len(shelf) >= MAX_SCENARIOS:
            raise LimitReached("scenarios", limit=MAX_SCENARIOS)
        shelf[scenario.name] = scenario
        self._reindex()
        return new

    def remove_scenario(self, name: str, namespace_id: str | None) -> bool:
        """Take a scenario away from one namespace, or from all; False when it was not there."""
        namespace = self._namespaces.get(namespace_id or "")
        shelf = self.scenarios if namespace_id is None else namespace.scenarios if namespace else {}
        removed = shelf.pop(name, None) is not None
        self._reindex()
        return removed

    def idle(self, namespace_id: str | None = None) -> bool:
        """Whether nothing runs and nothing is being delivered, in one namespace or in all."""
        chosen = self._namespaces.values() if namespace_id is None else [self._namespaces.get(namespace_id)]
        return all(namespace is None or namespace.idle for namespace in chosen)

    # --- within ---

    def _reindex(self) -> None:
        self._catalog = Catalog.of(self.scenarios.values())
        self._catalogs = {
            namespace.id: Catalog.of({**self.scenarios, **namespace.scenarios}.values())
            for namespace in self._namespaces.values()
            if namespace.scenarios
        }

    def _turn(self, namespace_id: str, now: Instant) -> Turn:
        namespace = self._namespaces.get(namespace_id)
        if namespace is None:
            namespace = self._new_namespace(namespace_id)
        else:
            self._namespaces.move_to_end(namespace_id)
        return self._turn_of(namespace, now)

    def _turn_of(self, namespace: Namespace, now: Instant) -> Turn:
        return Turn(
            namespace=namespace,
            policy=namespace.overrides.policy or self.policy,
            catalog=self._catalogs.get(namespace.id, self._catalog),
            addresses=self.addresses,
            now=now,
            numbers=self._numbers,
        )

    def _new_namespace(self, namespace_id: str) -> Namespace:
        if len(self._namespaces) >= self.policy.limits.max_namespaces:
            self._evict_namespace()
        namespace = Namespace(
            namespace_id,
            policy=self.policy,
            randomness=self._randomness(namespace_id),
            budget=self._budget,
        )
        self._namespaces[namespace_id] = namespace
        return namespace

    def _evict_namespace(self) -> None:
        """The longest unused one in which nothing happens any more has to go."""
        for namespace in self._namespaces.values():
            if namespace.idle:
                self.reset(namespace.id)
                self.evicted_namespaces += 1
                return
        limit = self.policy.limits.max_namespaces
        raise LimitReached("namespaces (API keys)", limit=limit, setting="--max-namespaces")

    def _run_due(self, turn: Turn) -> None:
        """Each timer at its own instant, so that a late tick tells the same story as a punctual one."""
        now = turn.now
        while (timer := turn.namespace.timers.pop_due(now)) is not None:
            due, key = timer
            turn.now = due
            if key.startswith(playback.RUN_KEY):
                playback.fell_due(turn, key.removeprefix(playback.RUN_KEY))
            else:
                dispatch.send_next(turn, key.removeprefix(dispatch.RETRY_KEY))
        turn.now = now

    def _plan(self, namespace: Namespace) -> None:
        """Put the namespace's next deadline on the agenda."""
        self._agenda.set(namespace.id, namespace.timers.next())
