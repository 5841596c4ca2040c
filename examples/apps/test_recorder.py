"""What the recorder decides, without a server: the same whatever the order in which a call's events arrive."""

from __future__ import annotations

from itertools import permutations

import pytest

from recorder import Answer, Event, Phase, Recorder, Recording, StartRecording, read_event

CALL = "v3:a"


def event(event_type: str, number: int, **rest: object) -> Event:
    """An event of the call; ``number`` tells it from others."""
    return Event(id=f"event-{number}", type=event_type, call_control_id=CALL, **rest)  # type: ignore[arg-type] # a test's own


INITIATED = event("call.initiated", 1, incoming=True)
ANSWERED = event("call.answered", 2)
STARTED = event("siprec.started", 3)
STOPPED = event("siprec.stopped", 4, cause="normal_clearing")
HANGUP = event("call.hangup", 5, cause="normal_clearing")


@pytest.fixture
def recorder() -> Recorder:
    return Recorder("my-srs")


def test_an_incoming_call_is_answered_and_then_recorded(recorder: Recorder) -> None:
    """Each command is named after the event that asks for it, so that Telnyx carries it out once."""
    assert recorder.take(INITIATED) == Answer(call_control_id=CALL, command_id="event-1")
    assert recorder.take(ANSWERED) == StartRecording(
        call_control_id=CALL, command_id="event-2", connector_name="my-srs"
    )
    assert recorder.call(CALL).recording is Recording.ASKED


def test_in_every_order_and_each_event_twice_the_end_is_the_same() -> None:
    for order in permutations([INITIATED, ANSWERED, STARTED, STOPPED, HANGUP]):
        recorder = Recorder("my-srs")
        commands = [recorder.take(one) for one in order for _ in range(2)]
        call = recorder.call(CALL)
        assert (call.phase, call.recording, call.cause) == (Phase.OVER, Recording.STOPPED, "normal_clearing")
        for kind in (Answer, StartRecording):
            assert sum(isinstance(command, kind) for command in commands) <= 1


def test_a_call_that_is_over_is_neither_answered_nor_recorded(recorder: Recorder) -> None:
    assert [recorder.take(one) for one in (HANGUP, INITIATED, ANSWERED)] == [None, None, None]


def test_a_call_that_we_made_is_not_answered_but_recorded(recorder: Recorder) -> None:
    assert recorder.take(event("call.initiated", 1)) is None
    assert isinstance(recorder.take(ANSWERED), StartRecording)


def test_a_start_that_telnyx_refuses_is_a_recording_that_failed(recorder: Recorder) -> None:
    start = recorder.take(ANSWERED)
    assert start is not None
    recorder.refused(start, "90018")
    call = recorder.call(CALL)
    assert (call.recording, call.cause) == (Recording.FAILED, "90018")


def test_a_start_that_came_through_all_the_same_is_not_taken_back(recorder: Recorder) -> None:
    start = recorder.take(ANSWERED)
    assert start is not None
    recorder.take(STARTED)
    recorder.refused(start, "Connection error.")
    assert recorder.call(CALL).recording is Recording.STARTED


def test_events_that_are_of_no_call_are_no_matter(recorder: Recorder) -> None:
    read = read_event('{"data": {"id": "1", "event_type": "message.received", "payload": {"text": "hello"}}}')
    assert recorder.take(read) is None


def test_the_oldest_calls_are_forgotten(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recorder.MAX_CALLS", 2)
    for number, call in enumerate(("v3:a", "v3:b", "v3:c")):
        recorder.take(Event(id=str(number), type="call.answered", call_control_id=call))
    assert [recorder.call(call).phase for call in ("v3:a", "v3:b", "v3:c")] == [
        Phase.UNKNOWN,
        Phase.ANSWERED,
        Phase.ANSWERED,
    ]
