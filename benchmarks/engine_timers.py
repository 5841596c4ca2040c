"""The engine alone, on one core: timers that fall due, and events with their webhooks, a second.

The baseline is what no engine can do without: a heap from which a timer is taken and into which its next is put.
"""

from __future__ import annotations

import heapq
import random
import time

from emulator.core.effects import AttemptOutcome, AttemptResult, Send
from emulator.core.engine import Engine
from emulator.core.models import Request, Route
from emulator.core.policy import Policy
from emulator.core.scenario.grammar import Grammar
from emulator.core.scenario.load import load_scenario
from emulator.core.turn import Addresses
from emulator.core.validation import Schemas
from emulator.resources import load_schemas

SESSIONS = 2_000
STEPS = 20
ROUNDS = 3

_DOCUMENTS = load_schemas()
_WAIT = "  - {wait_for: {command: siprec_stop}, timeout: 10ms}\n"
_EMIT = "  - {emit: siprec.started, after: 10ms}\n"


def _engine(step: str) -> Engine:
    text = f"version: 1\nname: happy-path\ntimeline:\n{step * STEPS}"
    grammar = Grammar(_DOCUMENTS["scenario.schema.json"])
    engine = Engine(
        policy=Policy(),
        schemas=Schemas(_DOCUMENTS),
        scenarios=[load_scenario(text, file="benchmark", grammar=grammar)],
        addresses=Addresses(webhook_url="http://127.0.0.1:9/"),
        public_key="",
        randomness=random.Random,
    )
    for number in range(SESSIONS):
        request = Request(
            namespace="benchmark",
            route=Route.SIPREC_START,
            method="POST",
            target="",
            params=(f"v3:{number}",),
            media_type="application/json",
            body=b"{}",
        )
        engine.handle(request, number)
    return engine


def _engine_rate(step: str) -> float:
    """Timers a second of CPU time; what is sent is reported as delivered at once."""
    engine = _engine(step)
    began = time.process_time()
    while (due := engine.next_deadline()) is not None:
        for effect in engine.due(due):
            if isinstance(effect, Send):
                engine.delivered(
                    AttemptResult(
                        attempt_id=effect.attempt_id,
                        outcome=AttemptOutcome.DELIVERED,
                        started_at=due,
                        finished_at=due,
                        status=200,
                    ),
                    due,
                )
    return SESSIONS * STEPS / (time.process_time() - began)


def _heap_rate() -> float:
    heap = [(number, str(number)) for number in range(SESSIONS)]
    began = time.process_time()
    for _ in range(SESSIONS * STEPS):
        due, key = heapq.heappop(heap)
        heapq.heappush(heap, (due + 10_000, key))
    return SESSIONS * STEPS / (time.process_time() - began)


def main() -> None:
    """Print the best of some rounds: what a machine is busy with besides only makes one slower."""
    rows = {
        "heap alone": max(_heap_rate() for _ in range(ROUNDS)),
        "timers that fall due": max(_engine_rate(_WAIT) for _ in range(ROUNDS)),
        "events, webhooks taken in": max(_engine_rate(_EMIT) for _ in range(ROUNDS)),
    }
    print(f"{'engine alone, one core':32} {'a second':>9} {'ratio':>6}")
    for name, rate in rows.items():
        print(f"{name:32} {rate:9.0f} {rate / rows['heap alone']:6.3f}")


if __name__ == "__main__":
    main()
