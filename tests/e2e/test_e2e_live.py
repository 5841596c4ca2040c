"""A whole emulator and a recording server on real sockets: the webhooks say what truly happened between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest

from emulator.client import AsyncEmulatorClient
from emulator.config import Settings
from emulator.core.errors import ControlRefused
from emulator.core.models import MILLISECOND, SECOND
from emulator.core.srs import SrsAddress
from emulator.siprec.net.link import Transport
from emulator.siprec.srs.endpoint import RecordingServer, Wishes
from emulator.siprec.srs.manner import Answer, Manner
from emulator.web.server import running
from tests.e2e.on_the_wire import BOUND, KEY, Rig, live

if TYPE_CHECKING:
    from collections.abc import Callable


# --- a recording from its beginning to its end ---


@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
async def test_a_recording_starts_sounds_and_stops(transport: Transport) -> None:
    async with live(transport=transport) as rig:
        await rig.start(sip_transport=str(transport))
        await rig.comes("siprec.started")
        await rig.command("siprec_stop")
        assert (await rig.comes("siprec.stopped"))["hangup_cause"] == "normal_clearing"
        assert await rig.stages() == ["dialled", "answered", "hung_up"]


async def test_what_went_over_the_wire_can_be_asked_for() -> None:
    async with live() as rig:
        await rig.start()
        await rig.comes("siprec.started")
        session = await rig.session()
        shown = session["live"]
        assert (shown["stage"], shown["transport"], shown["over"]) == ("answered", "udp", False)
        assert [(one["label"], one["sending"], one["codec"]) for one in shown["streams"]] == [
            ("inbound", True, "PCMU"),
            ("outbound", True, "PCMU"),
        ]
        await rig.command("siprec_stop")
        await rig.comes("siprec.stopped")
        messages = await rig.control.sip_messages(session["id"])
        first = messages[0]
        assert first["message"].startswith("INVITE sip:")
        assert "application/rs-metadata+xml" in first["message"]
        assert {one["direction"] for one in messages} == {"sent", "received"}
        assert (await rig.control.pcap(session["id"]))[:4] == bytes.fromhex("d4c3b2a1")
        url = f"{rig.server.url}/_emulator/sessions/{session['id']}/sip"
        async with rig.http.get(url, headers={"Accept": "text/plain"}) as answer:
            assert answer.content_type == "text/plain"
            assert "INVITE" in await answer.text()


async def test_a_session_that_was_not_placed_has_no_wire_to_show() -> None:
    async with live() as rig:
        await rig.start("happy-path")
        session = await rig.session()
        assert (session["live"], session["srs"]) == (None, [])
        with pytest.raises(ControlRefused, match="not placed on the wire"):
            await rig.control.pcap(session["id"])
        with pytest.raises(ControlRefused, match="not placed on the wire"):
            await rig.control.sip_messages(session["id"])


async def test_secure_goes_by_tls_and_srtp() -> None:
    pytest.importorskip("pylibsrtp")
    async with live(transport=Transport.TLS, sip_insecure=True) as rig:
        await rig.start("live-secure")
        await rig.comes("siprec.started")
        shown = (await rig.session())["live"]
        assert (shown["transport"], shown["secure"]) == ("tls", True)
        assert [one["encrypted"] for one in shown["streams"]] == [True, True]


async def test_a_certificate_that_nobody_trusts_is_a_failure() -> None:
    async with live(transport=Transport.TLS) as rig:
        await rig.start(sip_transport="tls")
        assert (await rig.comes("siprec.failed"))["failure_cause"] == "normal_temporary_failure"
        (_, failed) = (await rig.session())["srs"]
        assert failed["why"] == "tls"


async def test_a_track_alone_is_one_stream() -> None:
    async with live() as rig:
        await rig.start(siprec_track="outbound_track")
        await rig.comes("siprec.started")
        (stream,) = (await rig.session())["live"]["streams"]
        assert stream["label"] == "outbound"


async def test_another_address_can_be_told_to_the_recording_server() -> None:
    async with live(sip_advertise="192.0.2.7", rtp_ports=(41_000, 41_099)) as rig:
        await rig.start()
        await rig.comes("siprec.started")
        session = await rig.session()
        invite = (await rig.control.sip_messages(session["id"]))[0]["message"]
        assert "c=IN IP4 192.0.2.7" in invite
        assert "@192.0.2.7:" in next(line for line in invite.splitlines() if line.startswith("Contact:"))
        assert "m=audio 410" in invite


# --- failures ---


@pytest.mark.parametrize(
    ("status", "cause"),
    [(486, "user_busy"), (603, "decline"), (404, "unallocated_number"), (488, "incompatible_destination")],
)
async def test_a_refusal_is_told_with_its_cause(status: int, cause: str) -> None:
    async with live(Manner(answer=Answer.REFUSE, status=status)) as rig:
        await rig.start()
        assert (await rig.comes("siprec.failed"))["failure_cause"] == cause
        session = await rig.session()
        assert (session["state"], session["cause"]) == ("failed", cause)
        assert (session["srs"][-1]["status"], session["live"]["stage"]) == (status, "failed")


async def test_a_server_that_rings_and_never_answers_is_given_up() -> None:
    async with live(Manner(answer=Answer.RING), srs_answer_timeout=300 * MILLISECOND) as rig:
        await rig.start()
        assert (await rig.comes("siprec.failed"))["failure_cause"] == "no_answer"
        assert await rig.stages() == ["dialled", "ringing", "failed"]


async def test_nobody_at_the_other_end_is_told_at_once() -> None:
    async with live(nobody=True) as rig:
        await rig.start()
        assert (await rig.comes("siprec.failed"))["failure_cause"] == "normal_temporary_failure"


async def test_a_connector_that_is_not_stored_leads_nowhere_without_the_setting() -> None:
    async with running(Settings(port=0)) as server, AsyncEmulatorClient(server.url, api_key=KEY) as control:
        headers = {"Authorization": f"Bearer {KEY}"}
        async with aiohttp.ClientSession(headers=headers) as http:
            rig = Rig(server, control, http, None)
            await rig.start()
            await rig.comes("siprec.failed")
            (problem,) = await control.problems()
            assert "No connector 'mine' is stored" in problem["text"]


async def test_a_stored_connector_goes_before_the_setting() -> None:
    async with live(nobody=True) as rig:
        srs = RecordingServer(Wishes())
        await srs.open()
        try:
            host, port = srs.addresses[Transport.UDP]
            url = f"{rig.server.url}/v2/siprec_connectors"
            async with rig.http.post(url, json={"name": "mine", "host": host, "port": port}) as answer:
                assert answer.status == 201
            await rig.start()
            await rig.comes("siprec.started")
        finally:
            await rig.control.reset()
            await srs.close()


async def test_a_session_goes_no_further_than_a_webhook() -> None:
    """Nothing is sent: the address is one of documentation (RFC 5737)."""
    async with live(nobody=True) as rig:
        url = f"{rig.server.url}/v2/siprec_connectors"
        async with rig.http.post(url, json={"name": "mine", "host": "192.0.2.1", "port": 5060}) as answer:
            assert answer.status == 201
        await rig.start()
        assert (await rig.comes("siprec.failed"))["failure_cause"] == "normal_temporary_failure"
        assert "--allow-target 192.0.2.1 would allow it" in (await rig.session())["srs"][-1]["reason"]


@pytest.mark.parametrize(
    ("wire", "amiss"),
    [
        ("missing_label", lambda invite: "a=label" not in invite),
        ("invalid_metadata", lambda invite: invite.index("<participant ") < invite.index("<session ")),
        ("wrong_boundary", lambda invite: invite.split('boundary="')[1].split('"')[0] + "\r\n" not in invite),
    ],
)
async def test_what_a_scenario_wants_wrong_is_wrong_on_the_wire(wire: str, amiss: Callable[[str], bool]) -> None:
    async with live() as rig:
        await rig.control.queue({"timeline": [{"dial": "srs", "wire": {wire: True}, "failed": []}]})
        await rig.command("siprec_start", connector_name="mine")
        await rig.control.wait("session", {"state": "ended"}, timeout=BOUND)
        (session,) = await rig.control.sessions()
        invite = (await rig.control.sip_messages(session["id"]))[0]["message"]
        assert amiss(invite)


# --- stops ---


async def test_a_stop_while_it_rings_cancels() -> None:
    async with live(Manner(answer=Answer.RING)) as rig:
        await rig.start()
        await rig.command("siprec_stop")
        assert (await rig.comes("siprec.stopped"))["hangup_cause"] == "originator_cancel"
        assert (await rig.session())["state"] == "stopped"


@pytest.mark.parametrize("scenario", ["live", "live-then-srs-drops"])
async def test_a_server_that_hangs_up_stops_the_recording(scenario: str) -> None:
    async with live(Manner(hang_up_after=50 * MILLISECOND)) as rig:
        await rig.start(scenario)
        assert (await rig.comes("siprec.stopped"))["hangup_cause"] == "normal_clearing"
        last = (await rig.session())["srs"][-1]
        assert (last["stage"], last["why"]) == ("ended", "bye")


async def test_a_hold_by_the_server_can_be_waited_for() -> None:
    scenario = {
        "timeline": [
            {"dial": "srs"},
            {"wait_for": {"srs": "media_changed"}, "timeout": "10s", "on_timeout": ["end"]},
            {"emit": "siprec.stopped", "payload": {"hangup_cause": "held"}},
        ]
    }
    async with live(Manner(hold_after=50 * MILLISECOND)) as rig:
        await rig.control.queue(scenario)
        await rig.command("siprec_start", connector_name="mine")
        assert (await rig.comes("siprec.stopped"))["hangup_cause"] == "held"
        changed = next(one for one in (await rig.session())["srs"] if one["stage"] == "media_changed")
        assert changed["reason"] == "inbound not sent, outbound not sent"


async def test_the_end_of_the_emulator_hangs_up() -> None:
    ended: list[object] = []
    srs = RecordingServer(Wishes(), told=ended.append)
    await srs.open()
    try:
        host, port = srs.addresses[Transport.UDP]
        own = Settings(port=0, srs=SrsAddress(host=host, port=port), drain=5 * SECOND)
        headers = {"Authorization": f"Bearer {KEY}"}
        async with (
            running(own) as server,
            AsyncEmulatorClient(server.url, api_key=KEY) as control,
            aiohttp.ClientSession(headers=headers) as http,
        ):
            rig = Rig(server, control, http, srs)
            await rig.start()
            await rig.comes("siprec.started")
        assert len(ended) == 1
    finally:
        await srs.close()


async def test_a_clock_that_jumps_waits_for_the_server_to_answer() -> None:
    """Else its hour for a stop would be over before the recording began."""
    async with live(Manner(ring_for=200 * MILLISECOND)) as rig:
        await rig.control.set_clock(mode="auto")
        await rig.start()
        started = await rig.control.wait("webhook", {"event_type": "siprec.started"}, timeout=BOUND)
        stopped = await rig.control.wait("webhook", {"event_type": "siprec.stopped"}, timeout=BOUND)
        assert started["matched"][0]["occurred_at"] < stopped["matched"][0]["occurred_at"]
        assert await rig.stages() == ["dialled", "ringing", "answered", "hung_up"]
