"""What the control API shows of sessions on the wire."""

from __future__ import annotations

from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from emulator.config import Settings
from emulator.core.srs import HangUpSrs, SrsReport
from emulator.resources import load_schemas
from emulator.siprec.capture.record import Direction
from emulator.siprec.src.actions import Answered, Noted
from emulator.web.live.door import LiveDoor
from emulator.web.openapi import describe
from tests.web.live.lines import SESSION, STREAM, FakeLine, dial, message

INVITE = b"INVITE sip:+1@srs.test SIP/2.0\r\nCSeq: 1 INVITE\r\nTo: <sip:+1@srs.test>\r\nContent-Length: 0\r\n\r\n"


class Room:
    """A door to a line that the test plays."""

    def __init__(self) -> None:
        """Place nothing yet."""
        self.line = FakeLine()
        self.told: list[SrsReport] = []
        self.door = LiveDoor(Settings(), told=self.told.append, open_line=lambda _: self.line)


@pytest.fixture
async def room() -> Room:
    return Room()


async def test_a_door_that_nobody_went_through_shows_nothing(room: Room) -> None:
    door = room.door
    found = (door.view(SESSION), door.messages(SESSION), door.ladder(SESSION), door.pcap(SESSION))
    assert found == (None, None, None, None)
    await door.close(1)


async def test_a_session_that_was_not_placed_has_nothing_to_show(room: Room) -> None:
    door = room.door
    door.ask(dial())
    found = (door.view("other"), door.messages("other"), door.ladder("other"), door.pcap("other"))
    assert found == (None, None, None, None)


async def test_a_session_shows_how_it_stands(room: Room) -> None:
    room.door.ask(dial())
    secure = replace(STREAM, label="outbound", remote=None, remote_rtcp=("::1", 4003))
    room.line.came(Noted(text="told"), Answered(status=200, reason="OK", streams=(STREAM, secure)))
    room.line.placed[0].count()
    room.line.placed[0].record.add(message(1, INVITE))
    shown = room.door.view(SESSION)
    inbound, outbound = shown.pop("streams")
    assert shown == {
        "dial_id": "d1",
        "target": "srs.test:5060",
        "transport": "udp",
        "secure": False,
        "stage": "answered",
        "over": False,
        "messages": 1,
        "dropped_messages": 0,
        "dropped_media": 0,
        "notes": ["told"],
    }
    assert inbound["remote"] == "127.0.0.1:4000"
    assert (inbound["sending"], inbound["codec"], inbound["encrypted"]) == (True, "PCMU", False)
    assert (inbound["sent"]["packets"], inbound["heard"]["reports"]) == (3, 1)
    assert (outbound["remote"], outbound["remote_rtcp"]) == (None, "[::1]:4003")
    assert (outbound["sent"], outbound["heard"]) == (None, None)


async def test_a_stream_whose_label_was_left_out_shows_what_it_sent(room: Room) -> None:
    room.door.ask(dial())
    room.line.came(Answered(status=200, reason="OK", streams=(replace(STREAM, label=None),)))
    room.line.placed[0].count()
    (stream,) = room.door.view(SESSION)["streams"]
    assert (stream["label"], stream["ssrc"], stream["sent"]["packets"]) == (None, 1, 3)


async def test_messages_are_shown_as_text_in_their_order(room: Room) -> None:
    room.door.ask(dial("d1"))
    room.line.placed[0].record.add(message(1_000_000, INVITE))
    room.line.placed[0].record.add(message(2_000_000, b"\xff", Direction.RECEIVED))
    room.door.ask(HangUpSrs(namespace="ns", dial_id="d1"))
    room.door.ask(dial("d2"))
    room.line.placed[1].record.add(message(3_000_000, INVITE))
    first, second, third = room.door.messages(SESSION)
    assert first == {
        "dial_id": "d1",
        "at": "1970-01-01T00:00:01.000000Z",
        "direction": "sent",
        "transport": "udp",
        "local": "127.0.0.1:5080",
        "remote": "127.0.0.1:5060",
        "message": INVITE.decode(),
    }
    assert (second["direction"], second["message_base64"]) == ("received", "/w==")
    assert third["dial_id"] == "d2"
    drawn = room.door.ladder(SESSION)
    assert drawn is not None
    assert drawn.count("INVITE") == 2


async def test_a_capture_is_a_pcap_of_all_its_packets(room: Room) -> None:
    room.door.ask(dial())
    room.line.placed[0].record.add(message(1_000_000, INVITE))
    captured = room.door.pcap(SESSION)
    assert captured is not None
    assert captured[:4] == bytes.fromhex("d4c3b2a1")
    assert INVITE in captured


def complaints(name: str, value: object) -> list[str]:
    """What a value breaks of a component of the control API's description."""
    components = describe(load_schemas(), "1.0.0")["components"]
    rooted = {"$ref": f"#/components/schemas/{name}", "components": components}
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(rooted).iter_errors(value)]


async def test_what_is_shown_is_as_described(room: Room) -> None:
    """Before the answer and after it, and messages of both kinds."""
    room.door.ask(dial())
    assert complaints("control.live", room.door.view(SESSION)) == []
    unheard = replace(STREAM, label="outbound", remote=None)
    room.line.came(Answered(status=200, reason="OK", streams=(STREAM, unheard)))
    room.line.placed[0].count()
    room.line.placed[0].record.add(message(1, INVITE))
    room.line.placed[0].record.add(message(2, b"\xff", Direction.RECEIVED))
    assert complaints("control.live", room.door.view(SESSION)) == []
    assert complaints("control.sip_messages", {"data": room.door.messages(SESSION)}) == []
    assert complaints("control.live", {}) != []
