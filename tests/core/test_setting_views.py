"""What is set and loaded, as the control API shows it."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.core import setting_views as views
from emulator.core.clock import ClockMode, ClockSetting
from emulator.core.controls import Controls
from emulator.core.draws import Lognormal, Uniform
from emulator.core.faults import Faults
from emulator.core.models import MINUTE, SECOND, Route
from emulator.core.namespace import Overrides
from emulator.core.policy import Policy, Realism
from emulator.core.questions import Questions
from emulator.core.reception import Reception
from emulator.resources import load_schemas
from tests.core.engines import KEY, T0, Rig, scenario
from tests.core.journals import received

CONTROLS = Controls(load_schemas())
MATCHING = "match: {call_control_id: v3:a}\ntimeline: []\n"
MANUAL = ClockSetting(mode=ClockMode.MANUAL)


def faults(**written: Any) -> Any:
    """The view of faults that were just set."""
    found = Faults()
    found.set(CONTROLS.faults(written))
    return views.faults_view(found)


# --- namespaces ---


def test_a_namespace_shows_its_numbers_its_connectors_and_what_is_set() -> None:
    rig = Rig()
    rig.start()
    rig.request(Route.CONNECTOR_CREATE, body={"name": "srs", "host": "srs.example.com", "port": 5060})
    view = views.namespace_view(rig.namespace, T0)
    assert view["settings"]["realism"] is None
    assert view["connectors"] == [{"name": "srs", "host": "srs.example.com", "port": 5060, "app_subdomain": None}]
    assert (view["sessions"], view["playing"], view["journal"]["requests"]) == (1, 1, 2)
    assert view["clock"] == views.clock_view(rig.namespace, T0)
    rig.engine.configure(KEY, Overrides(policy=Policy(realism=Realism.STRICT), seed="7"), (), T0)
    settings = views.namespace_view(rig.namespace, T0)["settings"]
    assert (settings["realism"], settings["seed"]) == ("strict", "7")


def test_a_namespace_shows_how_many_scenarios_wait() -> None:
    rig = Rig()
    rig.start()
    item = rig.namespace.queue.put(scenario(MATCHING, name="other"), times=3)
    assert views.queued_view(item) == {"number": 1, "scenario": "other", "matches": False, "left": 3}
    assert views.namespace_view(rig.namespace, T0)["queued"] == 1


# --- answers ---


def test_an_answer_shows_the_codes_that_its_errors_have() -> None:
    """One that is written out may have none."""
    view = faults(requests=[{"answer": {"error": [{"detail": "odd"}, "90018"]}}])
    assert view["requests"][0]["answer"]["codes"] == ["90018"]


# --- clocks ---


def test_a_clock_shows_where_it_stands_and_what_it_waits_for() -> None:
    """T0 is 22:13:20; the recording starts 400 ms later."""
    rig = Rig()
    rig.start()
    rig.engine.set_clock(KEY, MANUAL, T0)
    assert views.clock_view(rig.namespace, T0 + MINUTE) == {
        "namespace": KEY,
        "mode": "manual",
        "speed": 1.0,
        "time": "2023-11-14T22:13:20.000000Z",
        "next": "2023-11-14T22:13:20.400000Z",
        "waiting": 1,
        "on_the_wire": 0,
        "idle": False,
    }


def test_a_clock_that_runs_shows_the_time_of_the_looking() -> None:
    rig = Rig("timeline: []\n")
    rig.start()
    view = views.clock_view(rig.namespace, T0 + SECOND)
    assert (view["time"], view["next"], view["idle"]) == ("2023-11-14T22:13:21.000000Z", None, True)


def test_a_clock_shows_what_is_on_the_wire() -> None:
    rig = Rig()
    rig.start()
    rig.run(SECOND)
    view = views.clock_view(rig.namespace, rig.now)
    assert (view["on_the_wire"], view["idle"]) == (1, False)


# --- scenarios ---


def test_a_scenario_is_listed_with_whether_it_offers_itself() -> None:
    plain, matching = views.scenario_view(scenario()), views.scenario_view(scenario(MATCHING, name="matching"))
    assert (plain["matches"], matching["matches"]) == (False, True)
    assert (plain["name"], plain["source"]) == ("happy-path", "s.yaml")
    assert all(isinstance(view["priority"], int) for view in (plain, matching))


def test_a_scenarios_warnings_have_their_places() -> None:
    view = views.scenario_view(scenario("timeline:\n  - wait_for: {command: siprec_stop}\n"))
    [warning] = view["warnings"]
    assert warning.startswith("4:5: ")


# --- faults ---


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ({"result": "ok"}, {"delay": "0s", "takes_effect": True, "status": 200}),
        (
            {"status": 429, "sdk_retry": True, "delay": "1s"},
            {"delay": "1s", "takes_effect": False, "status": 429, "codes": ["10011"], "sdk_retry": True},
        ),
        (
            {"fault": "reset", "session": "started"},
            {"delay": "0s", "takes_effect": True, "fault": "reset", "over": None},
        ),
        (
            {"fault": "trickle", "over": "2s"},
            {"delay": "0s", "takes_effect": True, "fault": "trickle", "over": "2s"},
        ),
    ],
)
def test_a_faults_answer_is_written_out(answer: Any, shown: Any) -> None:
    """With what was left out."""
    [fault] = faults(requests=[{"answer": answer}])["requests"]
    assert fault["answer"] == shown
    assert (fault["routes"], fault["probability"], fault["count"], fault["struck"]) == ([], 1, None, 0)


def test_a_faults_delivery_and_signature_are_written_out() -> None:
    """Each is null where the fault leaves it."""
    deliver = {"copies": 2, "gap": "1s", "attempts": [{"simulate": "drop"}, {"url": "http://other.test/"}]}
    sign = {"mode": "good", "timestamp_skew": "-90s"}
    copied, signed = faults(webhooks=[{"deliver": deliver, "events": ["siprec.failed"]}, {"sign": sign}])[
        "webhooks"
    ]
    assert copied["deliver"] == {
        "delay": "0s",
        "copies": 2,
        "gap": "1s",
        "same_id": True,
        "url": None,
        "attempts": [{"url": None, "simulate": "drop"}, {"url": "http://other.test/", "simulate": "none"}],
    }
    assert (copied["sign"], copied["events"]) == (None, ["siprec.failed"])
    assert (signed["deliver"], signed["sign"]) == (None, {"mode": "good", "skew_ms": -90_000})


def test_a_fault_shows_how_often_it_has_struck() -> None:
    rig = Rig()
    rig.start()
    rig.namespace.faults.set(CONTROLS.faults({"requests": [{"answer": {"status": 503}, "count": 2}]}))
    for _ in range(3):
        rig.start("v3:other")
    [fault] = views.faults_view(rig.namespace.faults)["requests"]
    assert (fault["count"], fault["struck"]) == (2, 2)


def test_the_receivers_answers_show_all_that_they_do_and_how_often_they_were_given() -> None:
    reception = Reception()
    reception.set(
        Questions(load_schemas()).read_reception(
            {
                "answers": [
                    {"match": {"verdict": "wrong"}, "status": 401, "count": 3},
                    {"fault": "trickle", "delay": "1s"},
                ]
            }
        )
    )
    reception.answer(received(verdict="wrong"))
    first, second = views.reception_view(reception)["answers"]
    assert first == {
        "match": ["verdict"],
        "status": 401,
        "delay": "0s",
        "fault": None,
        "over": None,
        "count": 3,
        "answered": 1,
    }
    assert (second["status"], second["delay"], second["fault"], second["over"]) == (200, "1s", "trickle", "5s")


@pytest.mark.parametrize(
    ("delay", "shown"),
    [
        (250_000, "250ms"),
        (Uniform(low=0, high=SECOND), {"uniform": {"min": "0s", "max": "1s"}}),
        (
            Lognormal(median=SECOND, sigma=0.5, longest=MINUTE),
            {"lognormal": {"median": "1s", "sigma": 0.5, "max": "1m"}},
        ),
    ],
)
def test_a_delay_is_shown_as_a_scenario_writes_it(delay: Any, shown: Any) -> None:
    assert views.delay_view(delay) == shown
