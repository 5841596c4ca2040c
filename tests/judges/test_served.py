"""The whole emulator before others' programs: the official SDK starts a recording, SIPp and Wireshark judge it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import pytest
import telnyx

from emulator.client import AsyncEmulatorClient
from emulator.config import Settings
from emulator.core.models import SECOND
from emulator.web.server import running
from tests.judges.heard import demand_pace, demand_reports, demand_tone, punctual
from tests.judges.ports import HOST
from tests.judges.scenarios import scenario
from tests.judges.sinks import sinks
from tests.judges.sipp import serving
from tests.judges.tshark import Ports, capturing, dissected
from tests.judges.undisturbed import undisturbed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.conftest import WebhookApp
    from tests.judges.conftest import Route, Serve, Shown
    from tests.judges.programs import Transport

KEY = "KEY_of_the_judges"
CALL = "v3:judged"
PACKETS = 50
BOUND_SECS = 20
_LOOK_EVERY_SECS = 0.02


@dataclass(slots=True)
class Emulated:
    """A running emulator, by the SDK and by its control API, and the app that takes its webhooks."""

    sdk: telnyx.AsyncTelnyx
    control: AsyncEmulatorClient
    app: WebhookApp

    async def connect(self, port: int, **more: Any) -> None:
        """Store the connector that leads to a server on loopback."""
        await self.sdk.siprec_connectors.create(name="judge", host=HOST, port=port, **more)

    async def start(self, plays: str = "live", call: str = CALL, **more: Any) -> None:
        """Start a recording."""
        headers = {"X-Emulator-Scenario": plays}
        await self.sdk.calls.actions.start_siprec(call, connector_name="judge", extra_headers=headers, **more)

    async def told(self, event: str, count: int) -> dict[str, Any]:
        """The payload of the webhook that is to be the last of so many."""
        data = orjson.loads((await self.app.wait_for(count))[count - 1].body)["data"]
        assert data["event_type"] == event
        payload: dict[str, Any] = data["payload"]
        return payload

    async def session(self) -> Any:
        """The only session, as the control API shows it."""
        (session,) = await self.control.sessions()
        return await self.control.session(session["id"])

    async def until_played(self, packets: int) -> None:
        """Wait until each track sent so many packets, by the control API's own counters."""
        async with asyncio.timeout(BOUND_SECS):
            while True:
                streams = (await self.session())["live"]["streams"]
                if streams and all(one["sent"] and one["sent"]["packets"] >= packets for one in streams):
                    return
                await asyncio.sleep(_LOOK_EVERY_SECS)


@asynccontextmanager
async def emulated(app: WebhookApp, **settings: Any) -> AsyncIterator[Emulated]:
    """An emulator in this loop, whose webhooks go to the app."""
    own = Settings(port=0, webhook_url=app.url, drain=2 * SECOND, **settings)
    async with (
        running(own) as server,
        AsyncEmulatorClient(server.url, api_key=KEY) as control,
        telnyx.AsyncTelnyx(api_key=KEY, base_url=f"{server.url}/v2", max_retries=0) as sdk,
    ):
        yield Emulated(sdk, control, app)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_recording_is_heard_and_its_capture_reads_as_the_wire(
    transport: Transport, webhook_app: WebhookApp, tmp_path: Path
) -> None:
    async def attempt(number: int) -> Any:
        folder = tmp_path / f"{number}"
        folder.mkdir()
        webhook_app.got.clear()
        with sinks() as media:
            async with serving(scenario("accept"), transport, folder / "srs", media.keys) as srs:
                ports = Ports(sip=(srs.port,), rtp=media.both)
                async with (
                    capturing(ports, folder / "capture") as capture,
                    emulated(webhook_app, capture_size=1_000_000) as emulator,
                ):
                    await emulator.connect(srs.port)
                    await emulator.start(sip_transport=transport)
                    await emulator.told("siprec.started", 1)
                    await emulator.until_played(PACKETS)
                    await emulator.sdk.calls.actions.stop_siprec(CALL)
                    stopped = await emulator.told("siprec.stopped", 2)
                    assert stopped["hangup_cause"] == "normal_clearing"
                    found = await srs.verdict()
                    assert found.passed, found
                    wire = await dissected(await capture.whole(), ports)
                    kept = folder / "control.pcap"
                    kept.write_bytes(await emulator.control.pcap((await emulator.session())["id"]))
        return media, wire, await dissected(kept, ports)

    media, wire, record = await undisturbed(attempt, lambda seen: punctual(seen[1]))
    for one in (wire, record):
        assert one.malformed() == []
        assert one.methods() == ["INVITE", "ACK", "BYE"]
        demand_pace(one, media.both, PACKETS)
        demand_reports(one, media.both)
        demand_tone([packet.payload for packet in one.rtp(media.inbound)], 440)
        demand_tone([packet.payload for packet in one.rtp(media.outbound)], 880)
    for port in (*media.both, media.inbound + 1, media.outbound + 1):
        assert wire.datagrams(port) == record.datagrams(port)


async def test_secure_goes_by_tls_through_a_proxy(
    serve: Serve, route: Route, shown: Shown, webhook_app: WebhookApp
) -> None:
    with sinks() as media:
        async with (
            serve("accept-secure", "udp", media.keys) as srs,
            route(srs, shown.tls, algorithm="SHA-256") as proxy,
            emulated(webhook_app, sip_ca=shown.ca, sip_user="alice", sip_password="open-sesame") as emulator,
        ):
            await emulator.connect(proxy.tls_port)
            await emulator.start("live-secure")
            await emulator.told("siprec.started", 1)
            await emulator.sdk.calls.actions.stop_siprec(CALL)
            await emulator.told("siprec.stopped", 2)
            found = await srs.verdict()
            assert found.passed, found
            assert proxy.failed() == ()


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("busy", "user_busy"),
        ("decline", "decline"),
        ("not-found", "unallocated_number"),
        ("not-acceptable", "incompatible_destination"),
        ("bad-extension", "interworking"),
        ("unauthorized", "call_rejected"),
        ("proxy-unauthorized", "call_rejected"),
        ("moved", "normal_unspecified"),
    ],
)
async def test_a_refusal_is_told_as_its_cause(
    name: str, cause: str, serve: Serve, webhook_app: WebhookApp
) -> None:
    async with serve(name) as srs, emulated(webhook_app) as emulator:
        await emulator.connect(srs.port)
        await emulator.start()
        failed = await emulator.told("siprec.failed", 1)
        assert failed["failure_cause"] == cause


async def test_a_server_that_never_answers_is_cancelled(serve: Serve, webhook_app: WebhookApp) -> None:
    async with serve("ring-then-cancel") as srs, emulated(webhook_app, srs_answer_timeout=SECOND // 2) as emulator:
        await emulator.connect(srs.port)
        await emulator.start()
        assert (await emulator.told("siprec.failed", 1))["failure_cause"] == "no_answer"
        found = await srs.verdict()
        assert found.passed, found


@pytest.mark.parametrize("plays", ["live", "live-then-srs-drops"])
async def test_a_server_that_hangs_up_stops_the_recording(
    plays: str, serve: Serve, webhook_app: WebhookApp
) -> None:
    async with serve("server-ends", "tcp") as srs, emulated(webhook_app) as emulator:
        await emulator.connect(srs.port)
        await emulator.start(plays, sip_transport="tcp")
        await emulator.told("siprec.started", 1)
        assert (await emulator.told("siprec.stopped", 2))["hangup_cause"] == "normal_clearing"
        found = await srs.verdict()
        assert found.passed, found


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("custom-headers", {"include_metadata_custom_headers": False}),
        ("extension-parameters", {"include_metadata_custom_headers": True}),
        ("one-track", {"siprec_track": "inbound_track"}),
        ("no-session-timer", {"session_timeout_secs": 0}),
        ("session-timer", {"session_timeout_secs": 300}),
    ],
)
async def test_parameters_are_on_the_wire(
    name: str, asked: dict[str, Any], serve: Serve, webhook_app: WebhookApp
) -> None:
    async with serve(name) as srs, emulated(webhook_app) as emulator:
        await emulator.connect(srs.port, app_subdomain="example-app")
        dialled = await emulator.sdk.calls.dial(
            connection_id="1",
            to="+15550101",
            from_="+15550100",
            custom_headers=[{"name": "X-Account", "value": "4711"}],
            webhook_url=f"{webhook_app.url}/ignored",
        )
        assert dialled.data is not None
        call = dialled.data.call_control_id
        assert call is not None
        await emulator.start(call=call, **asked)
        await emulator.control.wait("webhook", {"event_type": "siprec.started", "state": "delivered"}, timeout=20)
        await emulator.sdk.calls.actions.stop_siprec(call)
        found = await srs.verdict()
        assert found.passed, found
