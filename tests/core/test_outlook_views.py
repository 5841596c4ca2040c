"""What the control API shows of an outlook, and of the choice of the scenario."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from emulator.core.errors import UnknownScenario
from emulator.core.outlook_question import ask
from emulator.core.outlook_views import explained, outlook_view
from emulator.core.outlook_walk import outlook
from emulator.core.policy import Policy
from emulator.core.queue import Queue
from emulator.core.selection import Catalog
from tests.core.engines import HAPPY, SCHEMAS, scenario

if TYPE_CHECKING:
    from emulator.core.models import JsonValue

BUSY = scenario("match: {body: {connector_name: srs}}\ntimeline: [{emit: siprec.failed}]", name="busy")
HAPPY_PATH = scenario()
CATALOG = Catalog.of([BUSY, HAPPY_PATH])


def view(body: str) -> dict[str, JsonValue]:
    """The view of the scenario that is written in ``body``, as JSON brings it."""
    shown = outlook_view(outlook(scenario(body), ask(SCHEMAS, Policy()), Policy()))
    found: dict[str, JsonValue] = json.loads(json.dumps(shown))
    return found


def both(milliseconds: float) -> dict[str, float]:
    """A time that is known."""
    return {"min": milliseconds, "max": milliseconds}


def test_the_happy_path_step_by_step() -> None:
    """When is milliseconds since the command; null once it is up to the app."""
    shown = view(HAPPY)
    assert shown["respond"] == {
        "takes_effect": True,
        "delay": "0s",
        "status": 200,
        "body": {"data": {"result": "ok"}},
    }
    started, wait, stopped, end = shown["timeline"]
    assert (started["event_type"], started["at_ms"], started["after"]) == (
        "siprec.started",
        both(400),
        "400ms",
    )
    assert (started["deliver"], started["sign"]) == (None, {"mode": "good", "skew_ms": 0})
    assert wait == {
        "step": "wait_for",
        "at_ms": both(400),
        "any": [{"command": "siprec_stop"}],
        "timeout": "1h",
        "then": [],
        "on_timeout": [],
    }
    assert (stopped["at_ms"], stopped["after"]) == (None, "50ms")
    assert stopped["payload"]["hangup_cause"] == "normal_clearing"
    assert end == {"step": "end", "at_ms": None, "silent": False, "goes_on": False}
    assert shown["text"][1] == "+400ms         siprec.started"
    assert (shown["delivery"], shown["warnings"], shown["mismatch"]) == (None, [], None)


def test_a_refusal_shows_the_document_that_is_sent() -> None:
    """Status, errors, headers, and that nothing starts."""
    shown = view("respond: {status: 429, sdk_retry: true, headers: {retry-after: 1}}")
    assert (shown["starts"], shown["timeline"]) == (False, [])
    answer = shown["respond"]
    assert (answer["status"], answer["sdk_retry"], answer["takes_effect"]) == (429, True, False)
    assert answer["body"]["errors"][0]["code"] == "10011"
    assert ["retry-after", "1"] in answer["headers"]
    assert view("respond: {status: 503, error: []}")["respond"]["body"] is None


def test_faults_and_sequences_are_shown() -> None:
    """One by one, with what follows the last."""
    shown = view(
        "respond: {sequence: [{fault: trickle, over: 2s}], after_last: default}\n"
        "timeline: [{wait_for: {webhook_acked: siprec.started}, timeout: 1s, on_timeout: [end]}]"
    )
    assert shown["respond"] == {
        "sequence": [{"takes_effect": True, "delay": "0s", "fault": "trickle", "over": "2s"}],
        "after_last": "default",
    }
    (wait, _) = shown["timeline"]
    assert wait["any"] == [{"webhook_acked": "siprec.started"}]
    assert wait["on_timeout"] == [{"step": "end", "at_ms": both(1000), "silent": True, "goes_on": False}]


def test_deliveries_are_shown_as_they_are_written() -> None:
    """Copies, gaps, attempts, stamps; distributions too."""
    shown = view(
        "delivery: {timeout: 1s, concurrency: 2}\n"
        "timeline: [{emit: siprec.failed, deliver: {delay: {uniform: {min: 1s, max: 2s}}, copies: 2, gap: 5ms, "
        "same_id: false, url: 'http://a.test/', attempts: [{simulate: drop}]}, "
        "sign: {mode: none, timestamp_skew: -10m}}]"
    )
    event = shown["timeline"][0]
    assert event["deliver"] == {
        "delay": {"uniform": {"min": "1s", "max": "2s"}},
        "copies": 2,
        "gap": "5ms",
        "same_id": False,
        "url": "http://a.test/",
        "attempts": [{"url": None, "simulate": "drop"}],
    }
    assert event["sign"] == {"mode": "none", "skew_ms": -600_000}
    assert shown["delivery"] == {
        "timeout": "1s",
        "attempts_per_url": 3,
        "backoff": {"first": "1s", "factor": 2.0, "max": "1m"},
        "failover": True,
        "success": "2xx",
        "order": "free",
        "concurrency": 2,
    }


def test_the_choice_is_explained_beside_the_outlook() -> None:
    """Which scenario the rules choose for the request, by which rule, and why each other one doesn't play."""
    asked = ask(SCHEMAS, Policy(), body=b'{"connector_name": "srs"}')
    shown = explained(HAPPY_PATH, asked, CATALOG, Policy())
    assert shown["scenario"] == "happy-path"
    assert (shown["chosen"]["scenario"], shown["chosen"]["rule"]) == ("busy", "match")
    (other,) = shown["chosen"]["others"]
    assert other["scenario"] == "happy-path"
    assert other["reason"]


def test_the_queue_is_heeded() -> None:
    """What waits there comes before a match, and goes on waiting."""
    asked = ask(SCHEMAS, Policy(), body=b'{"connector_name": "srs"}')
    queue = Queue()
    assert explained(BUSY, asked, CATALOG, Policy(), queue)["chosen"]["rule"] == "match"
    queue.put(HAPPY_PATH)
    shown = explained(BUSY, asked, CATALOG, Policy(), queue)
    assert (shown["chosen"]["scenario"], shown["chosen"]["rule"]) == ("happy-path", "queue")
    assert len(queue) == 1


def test_a_start_that_names_no_scenario_would_be_refused() -> None:
    """As siprec_start is."""
    asked = ask(SCHEMAS, Policy(), headers=(("X-Emulator-Scenario", "nothing"),))
    with pytest.raises(UnknownScenario):
        explained(BUSY, asked, CATALOG, Policy())


def test_a_dial_shows_its_branches_and_what_it_does_wrong() -> None:
    """In full, as a scenario would write it."""
    wire = "{loss: 0.05, jitter: 20ms, codec_change: 2s, silence: 5s}"
    waits = "{wait_for: {srs: media_changed}, timeout: 1s}"
    dial, wait, _ = view(f"timeline: [{{dial: srs, after: 1s, timeout: 20s, wire: {wire}}}, {waits}]")["timeline"]
    assert {key: dial[key] for key in ("step", "at_ms", "after", "or_later", "timeout", "secure")} == {
        "step": "dial",
        "at_ms": both(1000),
        "after": "1s",
        "or_later": False,
        "timeout": "20s",
        "secure": None,
    }
    assert dial["wire"] == {
        "late_cancel": False,
        "no_refresh": False,
        "missing_label": False,
        "wrong_boundary": False,
        "invalid_metadata": False,
        "only_track": None,
        "loss": 0.05,
        "reordering": 0,
        "jitter": "20ms",
        "codec_change": "2s",
        "silence": "5s",
    }
    assert [one["event_type"] for one in dial["answered"]] == ["siprec.started"]
    assert [one.get("event_type") for one in dial["failed"]] == ["siprec.failed", None]
    assert [one.get("event_type") for one in dial["cancelled"]] == ["siprec.stopped", None]
    assert wait["any"] == [{"srs": "media_changed"}]
    plain, _ = view("timeline: [{dial: srs, at: 2s}]")["timeline"]
    assert (plain["after"], plain["timeout"], plain["wire"]["silence"]) == (None, None, None)
