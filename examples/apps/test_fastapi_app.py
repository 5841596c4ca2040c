"""The recorder on FastAPI, under uvicorn in a thread of its own: so a test may wait without holding it up."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest
import uvicorn

from fastapi_app import make_app
from recorder import Phase, Recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

    from emulator.fixture import SiprecEmulator


@pytest.fixture
def app(siprec_emulator: SiprecEmulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[FastAPI]:
    """The app itself, on a free port: it meets the emulator where it would meet Telnyx."""
    for name, value in siprec_emulator.env.items():
        monkeypatch.setenv(name, value)
    app = make_app("my-srs")
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    # it listens already: what comes before the server has started waits for it
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        serving.start()
        siprec_emulator.webhook_url = f"http://127.0.0.1:{listening.getsockname()[1]}/webhooks"
        yield app
        server.should_exit = True
        serving.join()


@pytest.fixture
def nobody() -> Iterator[str]:
    """A URL of this machine at which connections are refused, as those of an app that is down."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/webhooks"


def test_a_call_is_answered_and_recorded_until_it_ends(siprec_emulator: SiprecEmulator, app: FastAPI) -> None:
    call = siprec_emulator.inbound_call("+13125550001", "+13125550002")
    siprec_emulator.wait_for_webhook("siprec.started")
    known = app.state.recorder.call(call.id)
    assert (known.phase, known.recording) == (Phase.ANSWERED, Recording.STARTED)

    siprec_emulator.hang_up(call)
    siprec_emulator.wait_for_webhook("siprec.stopped")
    siprec_emulator.wait_for_webhook("call.hangup")
    known = app.state.recorder.call(call.id)
    assert (known.phase, known.recording, known.cause) == (Phase.OVER, Recording.STOPPED, "normal_clearing")
    siprec_emulator.assert_request("answer", count=1)
    siprec_emulator.assert_request("siprec_start", connector_name="my-srs", count=1)


def test_a_busy_recorder_leaves_the_call_as_it_is(siprec_emulator: SiprecEmulator, app: FastAPI) -> None:
    siprec_emulator.queue("srs-busy")
    call = siprec_emulator.inbound_call()
    siprec_emulator.wait_for_webhook("siprec.failed")
    known = app.state.recorder.call(call.id)
    assert (known.phase, known.recording, known.cause) == (Phase.ANSWERED, Recording.FAILED, "user_busy")


def test_a_recorder_that_does_not_answer_is_given_up_after_a_minute(
    siprec_emulator: SiprecEmulator, app: FastAPI
) -> None:
    """A minute of the emulator's time, which nobody waits for."""
    siprec_emulator.queue("no-answer")
    call = siprec_emulator.inbound_call()
    failed = siprec_emulator.wait_for_webhook("siprec.failed")
    [session] = siprec_emulator.sessions
    assert (failed.occurred_at - session.created_at).total_seconds() == 60
    assert app.state.recorder.call(call.id).cause == "no_answer"


def test_webhooks_that_come_twice_count_once(siprec_emulator: SiprecEmulator, app: FastAPI) -> None:
    siprec_emulator.webhook_fault(deliver={"copies": 2})
    call = siprec_emulator.inbound_call()
    siprec_emulator.wait_for_webhook("siprec.started", count=2)
    siprec_emulator.hang_up(call)
    siprec_emulator.wait_for_webhook("call.hangup", count=2)
    assert app.state.recorder.call(call.id).recording is Recording.STOPPED
    siprec_emulator.assert_request("answer", count=1)
    siprec_emulator.assert_request("siprec_start", count=1)


def test_a_recording_that_has_stopped_is_not_started_again_by_a_late_webhook(
    siprec_emulator: SiprecEmulator, app: FastAPI
) -> None:
    """The scenario lets siprec.started arrive after siprec.stopped."""
    siprec_emulator.queue("out-of-order")
    call = siprec_emulator.inbound_call()
    siprec_emulator.wait_for_webhook("siprec.stopped")
    [started] = siprec_emulator.assert_webhook("siprec.started")
    assert started.state == "pending"
    siprec_emulator.wait_for_webhook("siprec.started")
    assert app.state.recorder.call(call.id).recording is Recording.STOPPED


def test_a_call_that_is_over_is_not_answered_by_a_late_webhook(
    siprec_emulator: SiprecEmulator, app: FastAPI
) -> None:
    siprec_emulator.webhook_fault(events=["call.initiated"], deliver={"delay": "5s"})
    call = siprec_emulator.inbound_call()
    siprec_emulator.hang_up(call)
    siprec_emulator.wait_for_webhook("call.hangup")
    siprec_emulator.wait_for_webhook("call.initiated")
    siprec_emulator.wait_idle()
    assert app.state.recorder.call(call.id).phase is Phase.OVER
    siprec_emulator.assert_request("answer", count=0)


def test_webhooks_go_to_the_failover_url_while_the_first_one_is_down(
    siprec_emulator: SiprecEmulator, app: FastAPI, nobody: str
) -> None:
    siprec_emulator.webhook_failover_url = siprec_emulator.webhook_url
    siprec_emulator.webhook_url = nobody
    call = siprec_emulator.inbound_call()
    initiated = siprec_emulator.wait_for_webhook("call.initiated")
    assert [attempt.outcome for attempt in initiated.attempts] == ["failed", "failed", "failed", "delivered"]
    siprec_emulator.wait_for_webhook("siprec.started")
    assert app.state.recorder.call(call.id).recording is Recording.STARTED


@pytest.mark.siprec(clock="running")
def test_a_start_whose_answer_is_lost_is_tried_again_and_starts_one_recording(
    siprec_emulator: SiprecEmulator, app: FastAPI
) -> None:
    """The SDK tries again by itself, with the same command_id; its pause before that is real time."""
    siprec_emulator.queue("api-reset-but-started")
    call = siprec_emulator.inbound_call()
    twice = {"route": "siprec_start", "call_control_id": call.id}
    siprec_emulator.client.verify("requests", twice, count=2, within="10s")
    siprec_emulator.wait_for_webhook("siprec.started")
    first, second = siprec_emulator.assert_request("siprec_start", count=2)
    assert first.body["command_id"] == second.body["command_id"]
    assert len(siprec_emulator.sessions) == 1
    assert app.state.recorder.call(call.id).recording is Recording.STARTED


def test_a_webhook_that_telnyx_did_not_sign_is_refused_and_changes_nothing(
    siprec_emulator: SiprecEmulator, app: FastAPI
) -> None:
    siprec_emulator.webhook_fault(sign={"mode": "wrong_key"}, events=["call.initiated"])
    call = siprec_emulator.inbound_call()
    initiated = siprec_emulator.wait_for_webhook("call.initiated", state="failed")
    assert {attempt.status for attempt in initiated.attempts} == {401}
    assert app.state.recorder.call(call.id).phase is Phase.UNKNOWN
    siprec_emulator.assert_request(count=0)
