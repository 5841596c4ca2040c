"""The client's commands and questions, each against a running server whose clocks move by hand."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from emulator.client import EmulatorClient
from emulator.core.clock import ClockMode
from emulator.core.errors import ControlRefused, NotVerified, WaitTimeout
from emulator.web.credentials import namespace_of
from tests.e2e.harness import Emulator, emulating

if TYPE_CHECKING:
    from collections.abc import Iterator

START_AND_SAY = '<Response>\n<Start><Siprec name="mine"/></Start>\n<Say>hi</Say></Response>'
BEGINNING = "2025-01-01T00:00:00.000000Z"
"""Where a clock that stands begins when a seed is given."""


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """One for all tests here: each has a namespace of its own."""
    with emulating(clock=ClockMode.MANUAL, seed="tests") as started:
        yield started


@pytest.fixture
def key() -> str:
    return f"KEY{uuid.uuid4().hex}"


@pytest.fixture
def client(emulator: Emulator, key: str) -> EmulatorClient:
    return EmulatorClient(emulator.server.url, api_key=key)


@pytest.fixture
def started(emulator: Emulator, key: str) -> str:
    """A call whose recording was accepted; the default scenario emits siprec.started after 400 ms."""
    assert emulator.start("v3:call", key=key, connector_name="c").status_code == 200
    return "v3:call"


def test_one_of_each_list_is_shown_whole(client: EmulatorClient, started: str) -> None:
    client.advance("1s")
    [request], [session] = client.requests(call_control_id=started), client.sessions()
    [webhook], [received] = client.webhooks(), client.received()
    assert client.request(request["id"])["answer"]["status"] == 200
    assert [one["to"] for one in client.session(session["id"])["transitions"]] == ["starting", "started"]
    assert client.webhook(webhook["seq"])["attempts"][0]["outcome"] == "delivered"
    assert received["verdict"] == "good"


def test_the_receiver_answers_as_told(client: EmulatorClient, started: str) -> None:
    assert started
    client.set_reception([{"status": 404, "count": 1}])
    client.advance("30s")
    assert [one["answered"] for one in client.reception()["answers"]] == [1]
    assert len(client.add_reception([{"status": 500}])["answers"]) == 2
    assert client.set_reception() == {"answers": []}


def test_a_scenario_is_checked_without_being_loaded(client: EmulatorClient) -> None:
    assert client.validate_scenario("version: 1\nname: mine\ntimeline: []")["scenario"]["name"] == "mine"
    told = client.validate_scenario("version: 1\nname: mine\ntimelin: []", file="mine.yaml")
    assert (told["valid"], told["problems"][0]["file"], told["problems"][0]["line"]) == (False, "mine.yaml", 3)


def test_what_went_wrong_is_told(client: EmulatorClient, emulator: Emulator, key: str) -> None:
    assert emulator.start("v3:call", key=key, connector_name="emu:nothing").status_code == 422
    assert [one["kind"] for one in client.problems()] == ["no_scenario"]


def test_faults_are_added_and_a_namespace_is_forgotten(client: EmulatorClient) -> None:
    client.set_faults({"requests": [{"answer": {"fault": "reset"}}]})
    assert len(client.add_faults({"requests": [{"answer": {"status": 503}}]})["requests"]) == 2
    client.forget_namespace()
    assert client.namespaces() == []


# --- time ---


def test_info_tells_how_clocks_go_and_whether_runs_repeat(client: EmulatorClient) -> None:
    info = client.info()
    assert (info["clock"], info["seeded"]) == ({"mode": "manual", "speed": 1.0}, True)


def test_a_clock_is_shown_and_set(client: EmulatorClient) -> None:
    shown = client.clock()
    assert (shown["mode"], shown["time"], shown["next"]) == ("manual", BEGINNING, None)
    changed = client.set_clock(mode="running", speed=60, time="2026-02-03T04:05:06Z")
    assert (changed["mode"], changed["speed"]) == ("running", 60)
    assert changed["time"] >= "2026-02-03T04:05:06"


def test_an_advance_tells_what_fired_and_how_far_it_went(client: EmulatorClient, started: str) -> None:
    moved = client.advance(by=30)
    assert (moved["from"], moved["to"]) == (BEGINNING, "2025-01-01T00:00:30.000000Z")
    assert [one["kind"] for one in moved["fired"]] == ["transition", "webhook", "attempt"]
    assert moved["fired"][1]["call_control_id"] == started
    assert moved["untold"] == 0


def test_an_advance_goes_by_a_text_to_a_time_or_to_the_next_thing(client: EmulatorClient, started: str) -> None:
    assert client.advance("250ms")["fired"] == []
    assert client.advance(until="next")["fired"][1]["call_control_id"] == started
    assert client.advance(to="2025-01-01T00:00:01Z")["to"] == "2025-01-01T00:00:01.000000Z"


def test_a_clock_does_not_go_back(client: EmulatorClient) -> None:
    with pytest.raises(ControlRefused, match=r"only goes forward.* \(at /to\)") as refused:
        client.advance(to="2020-01-01T00:00:00Z")
    assert refused.value.status == 422


def test_an_advance_by_two_measures_is_refused(client: EmulatorClient) -> None:
    with pytest.raises(ControlRefused, match="one of by, to and until"):
        client.advance("1s", until="next")


def test_another_namespace_is_named_by_its_id(emulator: Emulator, client: EmulatorClient) -> None:
    other = namespace_of("KEY-of-another")
    client.set_clock(mode="auto", namespace=other)
    assert EmulatorClient(emulator.server.url, api_key="KEY-of-another").clock()["mode"] == "auto"
    assert client.clock()["mode"] == "manual"


def test_a_clock_of_nobody_is_refused(emulator: Emulator) -> None:
    with pytest.raises(ControlRefused, match="Say which namespace"):
        EmulatorClient(emulator.server.url).clock()


def test_a_seed_makes_runs_repeat() -> None:
    """Identifiers and the times of clocks that stand are the same in a second server with the same seed."""

    def play(seed: str) -> list[Any]:
        with emulating(clock=ClockMode.MANUAL, seed=seed) as emulator:
            client = EmulatorClient(emulator.server.url, api_key="KEY-repeated")
            emulator.start("v3:call", key="KEY-repeated", connector_name="c")
            client.advance("1s")
            return [(one["id"], one["occurred_at"], one["session_id"]) for one in client.webhooks()]

    first = play("42")
    assert len(first) == 1
    assert play("42") == first
    assert play("43") != first


# --- scenarios and faults ---


def test_a_queued_scenario_plays_once_and_leaves(emulator: Emulator, client: EmulatorClient, key: str) -> None:
    item = client.queue("srs-busy")
    assert (item["scenario"], item["left"], item["matches"]) == ("srs-busy", 1, False)
    assert [one["scenario"] for one in client.queued()] == ["srs-busy"]
    answer = emulator.start("v3:queued", key=key, connector_name="c")
    assert answer.headers["X-Emulator-Scenario"] == "srs-busy"
    assert client.queued() == []


def test_a_scenario_is_queued_written_out_for_the_starts_that_it_matches(
    emulator: Emulator, client: EmulatorClient, key: str
) -> None:
    written = {"name": "gone", "timeline": [{"emit": "siprec.failed", "payload": {"failure_cause": "no_answer"}}]}
    item = client.queue(written, match={"body": {"connector_name": {"prefix": "front"}}}, times=2)
    assert (item["left"], item["matches"]) == (2, True)
    other = emulator.start("v3:other", key=key, connector_name="back")
    assert other.headers["X-Emulator-Scenario"] == "happy-path"
    mine = emulator.start("v3:mine", key=key, connector_name="front-desk")
    assert mine.headers["X-Emulator-Scenario"] == "gone"
    client.clear_queue()
    assert client.queued() == []


def test_an_unknown_scenario_is_not_queued(client: EmulatorClient) -> None:
    with pytest.raises(ControlRefused, match="No scenario named 'none' is loaded"):
        client.queue("none")


@pytest.mark.parametrize("text", [False, True], ids=["values", "yaml"])
def test_a_scenario_is_put_for_one_namespace(client: EmulatorClient, text: bool) -> None:
    name = f"mine-{uuid.uuid4().hex[:8]}"
    timeline = [{"emit": "siprec.failed", "payload": {"failure_cause": "\N{BELL} \\ \u00e4"}}]
    written: str | dict[str, Any] = (
        f"version: 1\nname: {name}\ntimeline: [{{emit: siprec.failed}}]\n" if text else {"timeline": timeline}
    )
    assert client.put_scenario(written, name, namespace=namespace_of("KEY-put"))["name"] == name
    with pytest.raises(ControlRefused, match="No scenario named"):
        client.queue(name)
    assert client.queue(name, namespace=namespace_of("KEY-put"))["scenario"] == name


def test_a_wrong_scenario_is_refused_with_every_place(client: EmulatorClient) -> None:
    with pytest.raises(ControlRefused, match=r":1:1: .*; .*:3:11: ") as refused:
        client.put_scenario("nam: x\ntimeline:\n  - emit: siprec.begun\n", "wrong")
    assert refused.value.status == 422


def test_a_scenario_is_explained_without_being_run(client: EmulatorClient) -> None:
    assert client.explain("happy-path", call_control_id="v3:x", body={"connector_name": "c"})
    assert client.requests() == []
    with pytest.raises(ControlRefused, match="none") as refused:
        client.explain("none")
    assert refused.value.status == 404


def test_faults_strike_until_they_are_cleared(emulator: Emulator, client: EmulatorClient, key: str) -> None:
    client.set_faults({"requests": [{"answer": {"status": 503}, "count": 5}]})
    assert emulator.start("v3:struck", key=key, connector_name="c").status_code == 503
    [rule] = client.faults()["requests"]
    assert (rule["struck"], rule["count"]) == (1, 5)
    client.clear_faults()
    assert client.faults() == {"requests": [], "webhooks": []}
    assert emulator.start("v3:spared", key=key, connector_name="c").status_code == 200


def test_wrong_faults_are_refused_with_their_place(client: EmulatorClient) -> None:
    with pytest.raises(ControlRefused, match=r"\(at /requests/0/probability\)"):
        client.set_faults({"requests": [{"answer": {"status": 503}, "probability": 2}]})


def test_a_namespace_is_configured_and_listed(client: EmulatorClient, key: str) -> None:
    made = client.configure_namespace(realism="strict", clock={"mode": "auto"})
    assert (made["id"], made["settings"]["realism"]) == (namespace_of(key), "strict")
    assert client.clock()["mode"] == "auto"
    assert [one["id"] for one in client.namespaces()] == [namespace_of(key)]
    with pytest.raises(ControlRefused, match="realsim"):
        client.configure_namespace(realsim="strict")


def test_a_reset_says_what_it_forgot(client: EmulatorClient, key: str, started: str) -> None:
    assert started
    assert client.reset() == namespace_of(key)
    assert client.sessions() == []


# --- questions ---


def test_what_happened_is_verified(client: EmulatorClient, started: str) -> None:
    found = client.verify("requests", {"call_control_id": started, "body": {"connector_name": "c"}}, count=1)
    assert found == {"count": 1, "wanted": "exactly 1"}
    assert client.verify("webhooks", count={"at_most": 0})["count"] == 0


def test_what_did_not_happen_is_told_with_what_came_near(client: EmulatorClient, started: str) -> None:
    client.advance("1s")
    with pytest.raises(NotVerified) as missed:
        client.verify("webhooks", {"event_type": "siprec.failed", "call_control_id": started}, last="1h")
    assert missed.value.count == 0
    [near] = missed.value.near_misses
    assert near["entry"]["event_type"] == "siprec.started"
    assert near["differences"] == [
        {"field": "event_type", "expected": "'siprec.failed'", "found": "'siprec.started'"}
    ]
    first, second = str(missed.value).splitlines()
    assert first == "Of the webhooks 0 match, not at least 1."
    assert second.endswith("event_type: found 'siprec.started', wanted 'siprec.failed'")


def test_a_near_miss_breaks_no_line_and_commands_no_terminal() -> None:
    near = {"entry": {"id": "a\x1b[2J"}, "differences": [{"field": "x", "found": "'\n'", "expected": "'b'"}]}
    lines = str(NotVerified("no", count=0, near_misses=[near])).splitlines()
    assert lines == ["no", "  near: a\\x1b[2J: x: found '\\n', wanted 'b'"]


def test_a_wrong_question_is_refused_and_no_no(client: EmulatorClient) -> None:
    with pytest.raises(ControlRefused, match=r"\(at /webhooks/stat\)"):
        client.verify("webhooks", {"stat": "x"})
    with pytest.raises(ControlRefused, match="no key 'happenings'; it has requests"):
        client.verify("happenings")
    with pytest.raises(ControlRefused, match="longer than 1m, the most"):
        client.verify("webhooks", within="61s")


def test_a_verification_may_take_longer_than_a_usual_answer(emulator: Emulator, key: str) -> None:
    """The client waits as long as it asked the server to, and its own patience on top."""
    hurried = EmulatorClient(emulator.server.url, api_key=key, timeout=0.25)
    with pytest.raises(NotVerified):
        hurried.verify("webhooks", within=0.5)
    with pytest.raises(WaitTimeout):
        hurried.wait("webhook", timeout="500ms")


def test_waiting_ends_when_it_has_happened(client: EmulatorClient, started: str) -> None:
    client.set_clock(mode="auto")
    found = client.wait("webhook", {"event_type": "siprec.started"}, timeout=10)
    assert found["count"] == 1
    assert found["matched"][0]["call_control_id"] == started
    assert client.wait("idle") == {"idle": True}


def test_waiting_in_vain_tells_what_came_near(client: EmulatorClient, started: str) -> None:
    with pytest.raises(WaitTimeout, match="Of the sessions 0 matched within 10ms") as late:
        client.wait("session", {"call_control_id": started, "state": "stopped"}, count=1, timeout=0.01)
    assert late.value.count == 0
    assert late.value.near_misses[0]["differences"][0]["field"] == "state"


def test_idleness_in_vain_has_no_near_misses(client: EmulatorClient, started: str) -> None:
    assert started
    with pytest.raises(WaitTimeout, match="Not idle: sessions that play 1, ") as late:
        client.wait("idle", timeout="10ms")
    assert (late.value.count, late.value.near_misses) == (0, [])


def test_idleness_takes_no_matchers(client: EmulatorClient) -> None:
    with pytest.raises(ControlRefused) as refused:
        client.wait("idle", {"state": "stopped"})
    assert refused.value.status == 422


def test_requests_that_nothing_took_are_told_with_what_came_near(
    emulator: Emulator, client: EmulatorClient, key: str
) -> None:
    emulator.http.post("/v2/calls/v3:x/actions/siprec_strat", json={}, headers={"Authorization": f"Bearer {key}"})
    [miss] = client.near_misses()
    assert miss["entry"]["target"] == "/v2/calls/v3:x/actions/siprec_strat"
    assert miss["routes"][0]["route"] == "POST /calls/{}/actions/siprec_start"


# --- by hand ---


def test_an_event_occurs_by_hand_and_is_sent_again_edited(client: EmulatorClient, started: str) -> None:
    [session] = client.sessions(call_control_id=started)
    made = client.emit(session["id"], "siprec.failed", set={"failure_cause": "user_busy"}, remove=["client_state"])
    assert (made["event_type"], made["payload"]["failure_cause"]) == ("siprec.failed", "user_busy")
    assert "client_state" not in made["payload"]
    again = client.replay(made["id"], set={"failure_cause": "no_answer"}, remove=["call_leg_id"], new_id=True)
    assert again["id"] != made["id"]
    assert again["payload"]["failure_cause"] == "no_answer"
    assert "call_leg_id" not in again["payload"]
    assert client.replay(str(made["seq"]), sign={"mode": "none"}, deliver={"copies": 1})["id"] == made["id"]


def test_nothing_occurs_in_a_session_that_is_not_there(client: EmulatorClient) -> None:
    with pytest.raises(ControlRefused, match="There is no session 'a/b'") as refused:
        client.emit("a/b", "siprec.failed")
    assert refused.value.status == 404
    with pytest.raises(ControlRefused, match="holds no webhook '1'"):
        client.replay("1")


def test_a_texml_document_is_carried_out_on_a_call(client: EmulatorClient) -> None:
    """Bytes or text; what was skipped is told by the name that the document is given."""
    done = client.texml("v3:a/b", START_AND_SAY, account_sid="AC1", file="record.xml")
    assert done["call_control_id"] == "v3:a/b"
    [verb], [warning] = done["verbs"], done["warnings"]
    assert (verb["verb"], verb["result"], verb["detail"]) == ("Start", "started", None)
    assert warning["text"] == "record.xml:3:1: the emulator skips <Say>"
    [session] = client.sessions()
    assert (session["id"], session["api"], session["texml_name"]) == (verb["session_id"], "texml", "mine")
    again = client.texml("v3:a/b", START_AND_SAY.encode())
    assert again["verbs"][0]["result"] == "none"


def test_a_texml_document_that_is_wrong_is_refused_with_its_places(client: EmulatorClient) -> None:
    """All of them; and nothing was carried out."""
    wrong = '<Response><Start><Siprec track="x" secure="y"/></Start></Response>'
    with pytest.raises(ControlRefused) as refused:
        client.texml("v3:a", wrong, file="f.xml")
    assert refused.value.status == 422
    assert "f.xml:1:26: track: The value must be one of" in refused.value.detail
    assert "f.xml:1:36: The 'secure' parameter must be of type 'boolean'" in refused.value.detail
    assert client.sessions() == []


# --- who asks ---


def test_an_api_key_goes_beside_the_admin_token() -> None:
    with emulating(admin_token="hush") as emulator:
        url = emulator.server.url
        client = EmulatorClient(url, "hush", api_key="KEY-mine")
        assert client.clock()["namespace"] == namespace_of("KEY-mine")
        with pytest.raises(ControlRefused) as refused:
            EmulatorClient(url, "wrong", api_key="KEY-mine").clock()
        assert refused.value.status == 401
        with pytest.raises(ControlRefused, match="token"):
            EmulatorClient(url, api_key="KEY-mine").advance("1s")


def test_a_key_with_spaces_is_refused_since_it_would_name_nobody() -> None:
    with pytest.raises(ValueError, match="no spaces"):
        EmulatorClient("http://127.0.0.1:1", api_key="two words")


def test_a_key_beyond_ascii_names_its_namespace(emulator: Emulator) -> None:
    assert EmulatorClient(emulator.server.url, api_key="Schl\u00fcssel").clock()["namespace"] == namespace_of(
        "Schl\u00fcssel"
    )


def test_what_only_looks_like_a_no_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another server's 408 and 409 are no answers to a question."""
    client = EmulatorClient("http://127.0.0.1:1")
    for status in (408, 409):
        monkeypatch.setattr(client._wire, "exchange", lambda *_, status=status, **__: (status, "late"))  # noqa: SLF001 - in place of a server
        with pytest.raises(ControlRefused, match=f"the emulator answered {status}: late"):
            client.wait("idle")


@pytest.mark.parametrize("document", [{}, {"data": []}])
def test_a_success_without_what_it_promises_is_refused(
    monkeypatch: pytest.MonkeyPatch, document: dict[str, Any]
) -> None:
    client = EmulatorClient("http://127.0.0.1:1")
    monkeypatch.setattr(client._wire, "exchange", lambda *_, **__: (httpx.codes.OK, document))  # noqa: SLF001 - in place of a server
    with pytest.raises(ControlRefused, match="not an answer of the control API"):
        client.clock()
    with pytest.raises(ControlRefused, match="not an answer of the control API"):
        client.advance("1s")
