"""With a seed and a standing clock, runs over the whole built-in scenario set send the same bytes.

What they send stands in ``tests/golden/scenario_set.jsonl``, so that a change of any byte is seen in review. Where
it is meant, ``REWRITE_GOLDEN=1 pytest tests/e2e/test_e2e_repeatable.py`` writes the file anew.
"""

from __future__ import annotations

import json
import os
import queue
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx

from emulator.web.credentials import namespace_of
from tests.e2e.harness import BOUND_SECS, ROOT, recording_scenarios

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.harness import Emulator, Hook, Receiver

GOLDEN = ROOT / "tests" / "golden" / "scenario_set.jsonl"
REWRITE = "REWRITE_GOLDEN"

NAMES = recording_scenarios()

LEFT_OUT = {"telnyx-timestamp", "telnyx-signature-ed25519", "content-length"}
"""The stamp is wall time and the signature covers it; the length counts the digits of the receiver's port."""

STOPPED_AFTER = "2s"


class Run:
    """One namespace with seed 7 and a standing clock, in which every scenario is played twice.

    Attributes:
        lines: What was answered and what was sent, in order.
    """

    def __init__(self, emulator: Emulator, receiver: Receiver, key: str) -> None:
        """Play everything."""
        self._emulator = emulator
        self._receiver = receiver
        self._headers = {"Authorization": f"Bearer {key}"}
        self._namespace = namespace_of(key)
        self._requests = 0
        self.lines: list[dict[str, Any]] = []
        self._control("PUT", "/namespaces/self", {"seed": 7, "clock": {"mode": "manual"}})
        with ThreadPoolExecutor(2) as self._client:
            for name in NAMES:
                self._play(name, stop=False)
                self._play(name, stop=True)

    def _play(self, name: str, *, stop: bool) -> None:
        call = f"v3:{name}-{'stopped' if stop else 'left'}"
        headers = {"X-Emulator-Scenario": name}
        begun = self._client.submit(self._command, f"/v2/calls/{call}/actions/siprec_start", headers)
        self._until_taken()
        asked = {"start": begun}
        if stop:
            self._control("POST", "/clock/advance", {"by": STOPPED_AFTER})
            asked["stop"] = self._client.submit(self._command, f"/v2/calls/{call}/actions/siprec_stop", {})
            self._until_taken()
        self._control("POST", "/clock/advance", {"until": "idle"})
        answered = {command: answer.result(BOUND_SECS) for command, answer in asked.items()}
        self.lines.append({"play": call, **answered})
        self.lines += map(self._sent, self._arrived())

    def _command(self, path: str, headers: dict[str, str]) -> str:
        """The answer's status and body, or that there was none."""
        try:
            answer = httpx.post(
                self._emulator.server.url + path, json={}, headers={**self._headers, **headers}, timeout=BOUND_SECS
            )
        except httpx.TransportError:
            return "no answer"
        return f"{answer.status_code} {answer.text}"

    def _until_taken(self) -> None:
        """The command may be held up by its answer, not by its way."""
        self._requests += 1

        def taken(namespace: Any) -> bool:
            return namespace.id != self._namespace or len(namespace.journal.requests) >= self._requests

        self._emulator.until(taken)

    def _control(self, method: str, path: str, body: Any) -> None:
        answer = self._emulator.http.request(method, f"/_emulator{path}", json=body, headers=self._headers)
        assert answer.status_code == 200, answer.text

    def _arrived(self) -> Iterator[Hook]:
        with suppress(queue.Empty):
            while True:
                yield self._receiver.hooks.get_nowait()

    def _sent(self, hook: Hook) -> dict[str, Any]:
        here = self._receiver.url.rpartition("/")[0]
        return {
            "sent": f"{hook.method} {hook.target}",
            "headers": {
                name: value.replace(here.removeprefix("http://"), "app.test")
                for name, value in hook.headers.items()
                if name.lower() not in LEFT_OUT
            },
            "body": hook.body.decode().replace(here, "http://app.test"),
        }


def test_two_runs_send_the_same_bytes_and_those_that_are_written_down(
    emulate: Callable[..., Emulator], receiver: Receiver
) -> None:
    """Bodies, paths, order, ids and times; the stamp and the signature aside."""
    failover = receiver.url.replace("/hook", "/failover")
    emulator = emulate(webhook_url=receiver.url, webhook_failover_url=failover)
    first, second = (Run(emulator, receiver, key).lines for key in ("one", "other"))
    assert first == second
    written = "".join(f"{json.dumps(line)}\n" for line in first)
    if os.environ.get(REWRITE):
        GOLDEN.write_text(written)
    assert written.splitlines() == GOLDEN.read_text().splitlines()
