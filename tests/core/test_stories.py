"""Stories: what belongs to a recording or a call, and what a receiver makes of each signature."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from emulator.core import stories
from emulator.core.models import SECOND
from emulator.core.signing import Signer
from tests.core.engines import CALL, T0, Rig, delivered, scenario

if TYPE_CHECKING:
    from emulator.core.effects import AttemptResult, Send

SIGNER = Signer(seed=b"s" * 32)

DROPPED = """
timeline:
  - {emit: siprec.started, deliver: {attempts: [{simulate: drop}]}}
"""


def sent(send: Send, signer: Signer = SIGNER, age: int = 0) -> AttemptResult:
    """The result of an attempt that went out signed, so many seconds after its stamp."""
    stamp = T0 // SECOND
    headers = (*send.headers, *signer.headers(stamp, send.signed))
    started = (stamp + age) * SECOND
    return replace(delivered(send), request_headers=headers, started_at=started, finished_at=started)


def story(rig: Rig, call: str = CALL) -> dict[str, Any]:
    """Of the last recording of a call."""
    session = [one for one in rig.namespace.sessions.values() if one.start.call_control_id == call][-1]
    return stories.session_story(session, rig.namespace, SIGNER.public_key)


def test_a_recordings_story_has_what_happened_to_it_and_nothing_of_others() -> None:
    rig = Rig()
    rig.start()
    rig.start("v3:other")
    rig.run(SECOND)
    rig.stop()
    rig.run(SECOND)
    told = story(rig)
    assert [one["call_control_id"] for one in told["sessions"]] == [CALL]
    assert told["call"]["call_control_id"] == CALL
    assert [one["route"] for one in told["requests"]] == ["siprec_start", "siprec_stop"]
    assert [one["to"] for one in told["transitions"]] == ["starting", "started", "stopped"]
    assert [one["event_type"] for one in told["webhooks"]] == ["siprec.started", "siprec.stopped"]
    assert told["left_out"] == 0


def test_a_story_says_when_the_next_step_falls_due() -> None:
    rig = Rig()
    rig.start()
    assert story(rig)["next_at"] == "2023-11-14T22:13:20.400000Z"
    rig.run(SECOND)
    rig.stop()
    rig.run(SECOND)
    assert story(rig)["next_at"] is None


@pytest.mark.parametrize(
    ("signer", "age", "verdict"),
    [(SIGNER, 0, "good"), (Signer(seed=b"o" * 32), 0, "wrong"), (SIGNER, 301, "stale")],
)
def test_each_attempt_has_a_receivers_verdict_on_its_signature(signer: Signer, age: int, verdict: str) -> None:
    rig = Rig()
    rig.start()
    rig.run(SECOND)
    [send] = rig.sends
    rig.report(sent(send, signer, age))
    [webhook] = story(rig)["webhooks"]
    assert webhook["tries"] == [{"number": 1, "made_at": "2023-11-14T22:13:20.400000Z", "verdict": verdict}]


def test_what_was_not_sent_has_no_verdict() -> None:
    rig = Rig(scenario(DROPPED))
    rig.start()
    rig.run(10 * SECOND)
    [webhook] = story(rig)["webhooks"]
    assert webhook["tries"][0]["verdict"] is None
    assert webhook["deliver"]["attempts"] == [{"url": None, "simulate": "drop"}]


def test_a_calls_story_has_its_own_changes_and_all_its_recordings() -> None:
    rig = Rig()
    call = rig.call_in().call_control_id
    rig.start(call)
    rig.run(SECOND)
    rig.hang_up(call)
    rig.run(SECOND)
    told = stories.call_story(call, rig.namespace, SIGNER.public_key)
    assert [one["to_state"] for one in told["call_transitions"]] == ["ringing", "ended"]
    assert [one["state"] for one in told["sessions"]] == ["stopped"]
    assert [one["event_type"] for one in told["webhooks"]] == [
        "call.initiated",
        "siprec.started",
        "siprec.stopped",
        "call.hangup",
    ]
    assert [one["route"] for one in told["requests"]] == ["siprec_start"]


def test_a_webhooks_story_is_of_it_alone_and_in_the_namespaces_time() -> None:
    rig = Rig()
    rig.start()
    rig.run(SECOND)
    [send] = rig.sends
    rig.report(sent(send))
    [entry] = rig.namespace.journal.webhooks
    told = stories.webhook_story(entry, SIGNER.public_key)
    assert told["webhooks"] == story(rig)["webhooks"]
    assert (told["call"], told["sessions"], told["requests"], told["transitions"]) == (None, [], [], [])


def test_a_long_story_has_the_latest_and_counts_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stories, "MAX_TOLD", 2)
    rig = Rig()
    for _ in range(3):
        rig.start()
    told = story(rig)
    assert [one["id"] for one in told["requests"]] == [one.seq for one in rig.requests][1:]
    assert told["left_out"] == 1
