"""The engine's effects become calls, and what comes of them goes back as reports."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from emulator.config import Settings
from emulator.core.errors import CertificateUnusable, SoundUnusable, SrtpMissing, Unreachable
from emulator.core.models import SECOND, SipTransport, Track
from emulator.core.srs import ForgetSrs, HangUpSrs, SrsAddress, SrsReason, SrsReport, SrsStage
from emulator.siprec.net.link import Transport
from emulator.siprec.sip.digest import Credentials
from emulator.siprec.src.actions import Answered, Ended, Failed, MediaChanged, Noted, Over, Ringing
from emulator.web.live import calls as live_calls
from emulator.web.live.calls import MOST_NOTES, LiveCalls
from emulator.web.live.orders import order_for
from tests.web.live.lines import CALL, SESSION, STREAM, FakeLine, dial, message


class Room:
    """Live calls over a line that the test plays."""

    def __init__(self, settings: Settings | None = None) -> None:
        """Place nothing yet."""
        self.line = FakeLine()
        self.told: list[SrsReport] = []
        self.opened = 0
        self.calls = LiveCalls(settings or Settings(), told=self.told.append, open_line=self._open)

    def _open(self) -> FakeLine:
        self.opened += 1
        return self.line


@pytest.fixture
async def room() -> Room:
    return Room()


# --- what is asked of the line ---


def test_an_order_says_what_the_dial_and_the_settings_say() -> None:
    settings = Settings(srs_answer_timeout=9 * SECOND, sip_user="me", sip_password="pw", wav_inbound=Path("a.wav"))
    order = order_for(
        dial(address=SrsAddress(host="h", port=5090, app_subdomain="app"), transport=SipTransport.TCP), settings
    )
    assert (order.host, order.port, order.app_subdomain) == ("h", 5090, "app")
    assert (order.transport, order.secure) == (Transport.TCP, False)
    assert (order.caller, order.callee) == ("+18005550101", "+18005550100")
    assert (order.session_id, order.sip_call_id) == (CALL, "call")
    assert order.answer_timeout == 9 * SECOND
    assert order.credentials == Credentials(username="me", password="pw")
    assert [(track.label, track.wav) for track in order.tracks] == [("inbound", Path("a.wav")), ("outbound", None)]


def test_a_dial_s_own_time_goes_before_the_settings() -> None:
    assert order_for(dial(answer_timeout=SECOND), Settings()).answer_timeout == SECOND


@pytest.mark.parametrize(
    ("track", "labels"),
    [
        (Track.INBOUND, ["inbound"]),
        (Track.OUTBOUND, ["outbound"]),
        (Track.BOTH, ["inbound", "outbound"]),
    ],
)
def test_a_track_is_one_stream_and_both_are_two(track: Track, labels: list[str]) -> None:
    assert [one.label for one in order_for(dial(track=track), Settings()).tracks] == labels


@pytest.mark.parametrize("transport", SipTransport)
def test_secure_goes_by_tls_whatever_the_transport(transport: SipTransport) -> None:
    order = order_for(dial(secure=True, transport=transport), Settings(sip_user="only"))
    assert (order.transport, order.secure) == (Transport.TLS, True)
    assert order.credentials == Credentials(username="only", password="")


async def test_the_line_is_opened_once_with_the_first_dial(room: Room) -> None:
    room.calls.ask(HangUpSrs(namespace="ns", dial_id="nobody"))
    assert room.opened == 0
    room.calls.ask(dial("d1"))
    room.calls.ask(dial("d2"))
    assert room.opened == 1
    assert [one.seed for one in room.line.placed] == [(7).to_bytes(16)] * 2


async def test_a_hang_up_is_passed_on(room: Room) -> None:
    room.calls.ask(dial("d1"))
    room.calls.ask(HangUpSrs(namespace="ns", dial_id="d1"))
    assert room.line.placed[0].hung_up == 1
    assert room.calls.of_session(SESSION)[0].stage is SrsStage.HUNG_UP


# --- what comes back ---


async def test_each_report_is_told_with_what_is_known(room: Room) -> None:
    room.calls.ask(dial("d1"))
    room.line.came(
        Ringing(status=180, reason="Ringing"),
        Answered(status=200, reason="OK", streams=(STREAM,)),
        MediaChanged(streams=()),
        Ended(why=SrsReason.BYE, reason="BYE"),
    )
    assert {(one.namespace, one.dial_id) for one in room.told} == {("ns", "d1")}
    assert [(one.stage, one.why, one.status, one.reason) for one in room.told] == [
        (SrsStage.RINGING, None, 180, "Ringing"),
        (SrsStage.ANSWERED, None, 200, "OK"),
        (SrsStage.MEDIA_CHANGED, None, None, ""),
        (SrsStage.ENDED, SrsReason.BYE, None, "BYE"),
    ]


async def test_a_change_of_media_is_told_in_words(room: Room) -> None:
    room.calls.ask(dial("d1"))
    room.line.came(MediaChanged(streams=(STREAM,)))
    assert room.told[0].reason == "inbound sent"


async def test_a_failure_is_told(room: Room) -> None:
    room.calls.ask(dial("d1"))
    room.line.came(Failed(why=SrsReason.RESPONSE, status=486, reason="Busy Here"), Over())
    (report,) = room.told
    assert (report.stage, report.why, report.status) == (SrsStage.FAILED, SrsReason.RESPONSE, 486)


async def test_an_end_that_the_engine_asked_for_is_not_told(room: Room) -> None:
    room.calls.ask(dial("d1"))
    room.line.came(Ended(reason="hung up"))
    assert room.told == []


async def test_what_changes_nothing_is_noted(room: Room) -> None:
    room.calls.ask(dial("d1"))
    room.line.came(Noted(text="larger than 1,300 bytes by UDP"))
    assert room.told == []
    assert room.calls.of_session(SESSION)[0].notes == ["larger than 1,300 bytes by UDP"]


async def test_a_forgotten_namespace_s_calls_are_shown_no_more_and_another_s_are(room: Room) -> None:
    room.calls.ask(dial("d1"))
    room.calls.ask(dial("d2", namespace="other"))
    room.calls.ask(ForgetSrs(namespace="other"))
    assert [call.dial.dial_id for call in room.calls.of_session(SESSION)] == ["d1"]
    room.line.came(Over())


async def test_a_flood_of_notes_takes_no_more_room_than_a_few(room: Room) -> None:
    room.calls.ask(dial("d1"))
    for number in range(10 * MOST_NOTES):
        room.line.came(Noted(text=f"message {number} can't be read"))
    notes = room.calls.of_session(SESSION)[0].notes
    assert len(notes) == MOST_NOTES
    assert notes[0] == "message 0 can't be read"
    assert notes[-1] == "there is more to note: the log has it"


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (SrtpMissing(), SrsReason.MEDIA),
        (SoundUnusable("a.wav: no WAV file"), SrsReason.MEDIA),
        (Unreachable("no free port"), SrsReason.REFUSED),
        (CertificateUnusable("a.pem holds none"), SrsReason.TLS),
    ],
)
async def test_what_can_t_even_be_begun_has_failed(room: Room, error: Exception, why: SrsReason) -> None:
    """Not from within the asking, which the engine is not done with."""
    room.line.refuses = error
    room.calls.ask(dial("d1"))
    assert room.told == []
    await asyncio.sleep(0)
    assert [(one.stage, one.why, one.reason) for one in room.told] == [(SrsStage.FAILED, why, str(error))]
    assert room.calls.of_session(SESSION)[0].over
    room.calls.ask(HangUpSrs(namespace="ns", dial_id="d1"))


# --- records of what is over ---


async def test_records_of_the_latest_are_kept(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_calls, "MOST_ENDED", 2)
    for number in range(4):
        room.calls.ask(dial(f"d{number}"))
        room.line.came(Over())
    room.calls.ask(dial("live"))
    assert [one.dial.dial_id for one in room.calls.of_session(SESSION)] == ["d2", "d3", "live"]


async def test_records_are_kept_within_bytes(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_calls, "MOST_ENDED_BYTES", 25)
    for number in range(3):
        room.calls.ask(dial(f"d{number}"))
        room.line.placed[-1].record.add(message(1, b"x" * 10))
        room.line.came(Over())
    assert [one.dial.dial_id for one in room.calls.of_session(SESSION)] == ["d1", "d2"]


# --- the end ---


async def test_the_end_closes_the_line_within_its_time_and_nothing_is_told_or_placed_any_more(room: Room) -> None:
    room.calls.ask(dial("d1"))
    await room.calls.close(5)
    assert room.line.closed == 5
    room.line.came(Ended(why=SrsReason.BYE), Over())
    assert room.told == []
    room.calls.ask(dial("d2"))
    room.calls.ask(HangUpSrs(namespace="ns", dial_id="d1"))
    assert [one.hung_up for one in room.line.placed] == [0]


async def test_the_end_of_a_line_that_was_never_opened_is_nothing(room: Room) -> None:
    await room.calls.close(5)
    assert room.line.closed is None
