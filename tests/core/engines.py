"""An engine as the driver holds it, at fixed instants: what the tests of the core steer by.

Owns how a test says "this request, then that much later, then this result". Must not assert anything.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import orjson

from emulator.core.calls.beginnings import Arrival
from emulator.core.calls.life import Who, ending
from emulator.core.calls.model import SOMEBODY
from emulator.core.effects import AttemptError, AttemptOutcome, AttemptResult, Release, Send
from emulator.core.engine import Engine
from emulator.core.faults import FaultRules
from emulator.core.models import Request, Route
from emulator.core.policy import Policy
from emulator.core.scenario.grammar import Grammar
from emulator.core.scenario.load import load_scenario
from emulator.core.selection import DEFAULT_DIAL, DEFAULT_INBOUND
from emulator.core.srs import DialSrs, HangUpSrs, SrsReport
from emulator.core.turn import Addresses, Note, NoteKind
from emulator.core.validation import Schemas
from emulator.resources import load_schemas, scenario_files

if TYPE_CHECKING:
    from emulator.core.calls.model import Call, Ending
    from emulator.core.clock import ClockSetting
    from emulator.core.effects import Reply, Simulate
    from emulator.core.errors import ApiError
    from emulator.core.faults import RequestFault, WebhookFault
    from emulator.core.journal import RequestEntry, WebhookEntry
    from emulator.core.models import Duration, HeaderList, Instant, JsonValue
    from emulator.core.namespace import Namespace
    from emulator.core.scenario.model import Scenario
    from emulator.core.srs import SrsReason, SrsStage
    from emulator.core.turn import Effect

SCHEMAS = Schemas(load_schemas())
GRAMMAR = Grammar(load_schemas()["scenario.schema.json"])

T0: Instant = 1_700_000_000_000_000
"""2023-11-14T22:13:20Z, when every rig begins."""

HOOK = "http://app.test/hook"
FAILOVER = "http://other.test/hook"
CALL = "v3:call"
KEY = "ns"

HAPPY = """
timeline:
  - {emit: siprec.started, after: 400ms}
  - {wait_for: {command: siprec_stop}, timeout: 1h}
  - {emit: siprec.stopped, after: 50ms}
"""


def scenario(body: str = HAPPY, name: str = "happy-path") -> Scenario:
    """The scenario that is written in ``body``, below its version and name."""
    return load_scenario(f"version: 1\nname: {name}\n{body}", file="s.yaml", grammar=GRAMMAR)


def failed(send: Send, *, refused: bool = False) -> AttemptResult:
    """The result of an attempt that met a 500."""
    error = AttemptError.STATUS_500
    return AttemptResult(
        attempt_id=send.attempt_id,
        outcome=AttemptOutcome.FAILED,
        started_at=0,
        finished_at=0,
        status=500,
        error=error,
        reason="500",
        refused=refused,
    )


def delivered(send: Send) -> AttemptResult:
    """The result of an attempt that met a 200."""
    return AttemptResult(
        attempt_id=send.attempt_id, outcome=AttemptOutcome.DELIVERED, started_at=0, finished_at=0, status=200
    )


CALL_DEFAULTS = tuple(
    load_scenario(file.read_text("utf-8"), file=file.name, grammar=GRAMMAR)
    for file in scenario_files()
    if file.stem in {DEFAULT_DIAL, DEFAULT_INBOUND}
)
"""What plays calls that no rule gives another, as it comes with the emulator."""


class Rig:
    """An engine, its clock, and everything that it gave out.

    Attributes:
        now: Moved by ``tick`` alone.
        effects: All so far, in order.
        held: Of each request so far the number that its answer waits for, None where it went at once.
    """

    def __init__(
        self, *scenarios: Scenario | str, policy: Policy | None = None, addresses: Addresses | None = None
    ) -> None:
        """Load scenarios: a text is one called ``happy-path``, the default; none is the happy path itself."""
        self._streams = 0
        loaded = [scenario(one) if isinstance(one, str) else one for one in scenarios] or [scenario()]
        loaded += [one for one in CALL_DEFAULTS if one.name not in {other.name for other in loaded}]
        self.engine = Engine(
            policy=policy or Policy(),
            schemas=SCHEMAS,
            scenarios=loaded,
            addresses=addresses or Addresses(webhook_url=HOOK, receiver_url="http://emulator.test/receiver"),
            public_key="cHVibGlj",
            randomness=self._randomness,
        )
        self.now = T0
        self.effects: list[Effect] = []
        self.held: list[int | None] = []

    def _randomness(self, seed: str | None) -> random.Random:
        """Repeatable in every test: what has no seed gets its number for one."""
        self._streams += 1
        return random.Random(seed or str(self._streams))  # noqa: S311 - identifiers, no secrets

    def request(
        self,
        route: Route,
        *params: str,
        body: JsonValue = None,
        headers: HeaderList = (),
        key: str = KEY,
        method: str = "POST",
        query: str = "",
        form: bytes | None = None,
    ) -> Reply:
        """Send a request now: ``body`` as JSON, or ``form`` as it is."""
        outcome = self.engine.handle(
            Request(
                namespace=key,
                route=route,
                method=method,
                target=f"/v2/{route}?{query}" if query else f"/v2/{route}",
                params=params,
                headers=headers,
                media_type="application/json" if form is None else "application/x-www-form-urlencoded",
                body=orjson.dumps(body or {}) if form is None else form,
            ),
            self.now,
        )
        self.effects += outcome.effects
        self.held.append(outcome.held)
        return outcome.reply

    def start(self, call: str = CALL, *, key: str = KEY, headers: HeaderList = (), **body: JsonValue) -> Reply:
        """siprec_start."""
        return self.request(Route.SIPREC_START, call, body=body, key=key, headers=headers)

    def stop(self, call: str = CALL, *, key: str = KEY, **body: JsonValue) -> Reply:
        """siprec_stop."""
        return self.request(Route.SIPREC_STOP, call, body=body, key=key)

    def texml_start(self, form: bytes = b"", call: str = CALL, headers: HeaderList = ()) -> Reply:
        """TeXML's Siprec.json."""
        return self.request(Route.TEXML_SIPREC_START, "AC1", call, form=form, headers=headers)

    def texml_update(self, sid: str, form: bytes = b"Status=stopped", call: str = CALL) -> Reply:
        """TeXML's Siprec/{sid}.json."""
        return self.request(Route.TEXML_SIPREC_UPDATE, "AC1", call, sid, form=form)

    # --- calls ---

    def call_in(self, *, key: str = KEY, **fields: Any) -> Call:
        """Let a call come in."""
        call, effects = self.engine.arrive(key, Arrival(**{"parties": SOMEBODY, **fields}), self.now)
        self.effects += effects
        return call

    def dial(self, *, key: str = KEY, headers: HeaderList = (), **body: Any) -> Reply:
        """Dial, by default somebody."""
        whole = {"connection_id": "1", "from": "+18005550101", "to": "+18005550100", **body}
        return self.request(Route.DIAL, body=whole, key=key, headers=headers)

    def command(self, route: Route, call: str, *, key: str = KEY, **body: JsonValue) -> Reply:
        """A command to a call."""
        return self.request(route, call, body=body, key=key)

    def hang_up(self, call: str, ends: Ending | None = None, *, key: str = KEY) -> None:
        """Let the far end of a call hang up."""
        namespace = self.engine.namespaces.get(key)
        assert namespace is not None
        found = namespace.calls[call]
        _, effects = self.engine.hang_up(key, found, ends or ending(found, Who.FAR_END), self.now)
        self.effects += effects

    # --- everything else ---

    def inspect(self, route: Route, *params: str, query: str = "", key: str = KEY) -> JsonValue:
        """One of the inspection routes: what it answers, which must be well."""
        reply = self.request(route, *params, key=key, method="GET", query=query)
        assert reply.status == 200, reply.body
        return orjson.loads(reply.body)

    def stray(self, error: ApiError, key: str = KEY) -> Reply:
        """A request that no route takes."""
        outcome = self.engine.stray(key, "GET", "/v2/nowhere", error, self.now)
        self.effects += outcome.effects
        return outcome.reply

    def tick(self, later: Duration) -> None:
        """Let time pass, and the engine look once, at its end."""
        self.now += later
        self.effects += self.engine.due(self.now)

    def run(self, later: Duration) -> None:
        """Let time pass, the engine looking whenever it asked to."""
        end = self.now + later
        while (deadline := self.engine.next_deadline()) is not None and deadline <= end:
            self.tick(max(0, deadline - self.now))
        self.tick(end - self.now)

    def report(self, result: AttemptResult) -> None:
        """Tell the engine what came of an attempt."""
        self.effects += self.engine.delivered(result, self.now)

    def deliver_all(self) -> None:
        """Report each attempt so far as delivered; those reported before change nothing."""
        for send in self.sends:
            self.report(delivered(send))

    def srs(
        self,
        stage: SrsStage,
        *,
        why: SrsReason | None = None,
        status: int | None = None,
        reason: str = "",
        dial: DialSrs | None = None,
    ) -> None:
        """Let the recording server that was dialled last, or by ``dial``, do something."""
        dial = dial or self.dials[-1]
        report = SrsReport(
            namespace=dial.namespace, dial_id=dial.dial_id, stage=stage, why=why, status=status, reason=reason
        )
        self.effects += self.engine.srs_reported(report, self.now)

    def fail_all(self) -> None:
        """Report each attempt so far as failed; those reported before change nothing."""
        for send in self.sends:
            self.report(failed(send))

    # --- time ---

    @property
    def time(self) -> Instant:
        """What the default key's clock shows."""
        return self.namespace.clock.read(self.now)

    def set_clock(self, setting: ClockSetting, *, time: Instant | None = None, key: str = KEY) -> None:
        """Let a clock go in another way."""
        self.effects += self.engine.set_clock(key, setting, self.now, time=time)

    def step(self, limit: Instant | None = None) -> bool:
        """Let the next thing happen that falls due; whether there was one."""
        effects = self.engine.step(KEY, limit, self.now)
        self.effects += effects or ()
        return effects is not None

    def advance(self, by: Duration) -> None:
        """Move the default key's clock."""
        self.effects += self.engine.move_clock(KEY, self.time + by, self.now)

    # --- trouble ---

    def strike(self, *, requests: tuple[RequestFault, ...] = (), webhooks: tuple[WebhookFault, ...] = ()) -> None:
        """Switch faults on for the default key, replacing those that are on."""
        turn = self.engine.namespaces.turn(KEY, self.now)
        turn.namespace.faults.set(FaultRules(requests=requests, webhooks=webhooks))

    # --- what came of it ---

    @property
    def sends(self) -> list[Send]:
        """Every attempt so far."""
        return [effect for effect in self.effects if isinstance(effect, Send)]

    @property
    def dials(self) -> list[DialSrs]:
        """Every dial so far."""
        return [effect for effect in self.effects if isinstance(effect, DialSrs)]

    @property
    def hung_up(self) -> list[str]:
        """The id of every dial that was hung up so far, once for each time."""
        return [effect.dial_id for effect in self.effects if isinstance(effect, HangUpSrs)]

    @property
    def stages(self) -> list[str]:
        """How far sessions on the wire have come, as the journal says, oldest first."""
        return [entry.stage.value for entry in self.namespace.journal.srs]

    @property
    def notes(self) -> list[Note]:
        """Every note so far."""
        return [effect for effect in self.effects if isinstance(effect, Note)]

    @property
    def releases(self) -> list[int]:
        """The number of every held answer that was let go so far."""
        return [effect.seq for effect in self.effects if isinstance(effect, Release)]

    @property
    def requests(self) -> list[RequestEntry]:
        """The journal's, oldest first."""
        return list(self.namespace.journal.requests)

    @property
    def namespace(self) -> Namespace:
        """The default key's; it must exist."""
        found = self.engine.namespaces.get(KEY)
        assert found is not None
        return found

    @property
    def webhooks(self) -> list[WebhookEntry]:
        """The journal's, oldest first."""
        return list(self.namespace.journal.webhooks)

    @property
    def events(self) -> list[tuple[str, int]]:
        """Each event's type, and when it occurred in milliseconds since ``T0``."""
        return [(entry.event.type.value, (entry.event.occurred_at - T0) // 1_000) for entry in self.webhooks]

    @property
    def states(self) -> list[str]:
        """The state of each webhook's delivery, oldest first; empty where there is none."""
        return [entry.delivery.state.value if entry.delivery else "" for entry in self.webhooks]

    @property
    def simulated(self) -> list[list[Simulate]]:
        """What was simulated of each attempt of each webhook, as the journal says."""
        return [[attempt.simulate for attempt in entry.attempts] for entry in self.webhooks]

    @property
    def payloads(self) -> list[dict[str, JsonValue]]:
        """Each event's payload."""
        return [dict(entry.event.payload) for entry in self.webhooks]

    def count(self, kind: NoteKind) -> int:
        """How many notes of a kind there were."""
        return sum(note.kind is kind for note in self.notes)


def sent_at(rig: Rig, until: Duration) -> list[tuple[str, int]]:
    """Run for a time; the URL of each attempt made meanwhile, and after how many milliseconds."""
    began, end, made = rig.now, rig.now + until, []
    while rig.now < end:
        known = len(rig.sends)
        deadline = rig.engine.next_deadline()
        rig.tick(min(end, deadline or end) - rig.now)
        made += [(send.url, (rig.now - began) // 1_000) for send in rig.sends[known:]]
    return made


def error_of(reply: Reply) -> dict[str, JsonValue]:
    """The only item of an error document."""
    (item,) = orjson.loads(reply.body)["errors"]
    found: dict[str, JsonValue] = item
    return found


def header(reply: Reply, name: str) -> str | None:
    """A reply's header, None when it has none of that name."""
    return dict(reply.headers).get(name)
