"""``running_emulator``: the official SDK drives what it hands out, and nothing is left when it ends."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import logging
import os
import select
import signal
import socket
import ssl
import stat
import sys
import threading
import time
from contextlib import AsyncExitStack, ExitStack
from http.client import HTTPConnection, HTTPSConnection
from typing import TYPE_CHECKING, Any

import pytest
import uvloop
from telnyx import AsyncTelnyx, Telnyx

from emulator.client import AsyncEmulatorClient, EmulatorClient
from emulator.core.errors import ClientError, ConfigError, ScenarioError, WaitTimeout
from emulator.core.models import MILLISECOND
from emulator.core.policy import DeclaredCall
from emulator.testing import running_emulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LOOPS = pytest.mark.parametrize(
    "new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)


def sockets() -> set[int]:
    """The inodes of the sockets that this process has open."""
    found = set()
    for number in range(1024):
        try:
            status = os.fstat(number)
        except OSError:
            continue
        if stat.S_ISSOCK(status.st_mode):
            found.add(status.st_ino)
    return found


def play(base_url: str, api_key: str) -> None:
    """Start a recording with the SDK."""
    with Telnyx(api_key=api_key, base_url=base_url) as sdk:
        sdk.calls.actions.start_siprec("v3:any", connector_name="c")


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """After the test there are no threads and sockets that were not there before."""
    before = (sockets(), set(threading.enumerate()))
    yield
    assert (sockets() - before[0], set(threading.enumerate()) - before[1]) == (set(), set())


class Silent:
    """A receiver that lets connections come and never answers."""

    def __init__(self, listener: socket.socket) -> None:
        """Take what listens already."""
        self._listener = listener
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/hook"

    def reached(self) -> bool:
        """Wait until somebody has connected."""
        return bool(select.select([self._listener], [], [], 20)[0])


@pytest.fixture
def silent() -> Iterator[Silent]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Silent(listener)


# --- what it is for ---


def test_the_sdk_finds_it_by_the_environment_that_it_hands_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_emulator() as emulator:
        for name, value in emulator.env.items():
            monkeypatch.setenv(name, value)
        with Telnyx() as sdk:
            answer = sdk.calls.actions.start_siprec("v3:any", connector_name="c")
            assert answer.data is not None
            assert answer.data.result == "ok"
            key = sdk.get("/public_key", cast_to=dict[str, Any])
        assert key["data"]["public"] == emulator.public_key
        found = emulator.client.wait("webhook", {"event_type": "siprec.started"}, timeout=20)
        assert found["matched"][0]["call_control_id"] == "v3:any"
        assert emulator.client.verify("received", {"verdict": "good"}, count=1)


async def test_the_async_sdk_finds_it_in_the_same_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_emulator() as emulator:
        for name, value in emulator.env.items():
            monkeypatch.setenv(name, value)
        async with AsyncTelnyx() as sdk:
            answer = await sdk.calls.actions.start_siprec("v3:any", connector_name="c")
            assert answer.data is not None
            assert answer.data.result == "ok"
        found = await emulator.client.wait("webhook", {"event_type": "siprec.started"}, timeout=20)
        assert found["matched"][0]["call_control_id"] == "v3:any"
        assert await emulator.client.verify("received", {"verdict": "good"}, count=1)


async def test_the_blocking_form_serves_async_programs_too() -> None:
    """Its thread answers while the loop of the test waits."""
    with running_emulator() as emulator:
        async with AsyncTelnyx(api_key=emulator.api_key, base_url=emulator.base_url) as sdk:
            await sdk.calls.actions.start_siprec("v3:any", connector_name="c")
        assert len(await asyncio.to_thread(emulator.client.requests)) == 1


def test_the_handle_says_where_and_who_and_stays_as_it_is() -> None:
    with running_emulator() as emulator:
        assert isinstance(emulator.client, EmulatorClient)
        assert emulator.base_url == emulator.client.info()["url"] + "/v2"
        assert emulator.public_key == emulator.client.info()["public_key"]
        assert emulator.env == {
            "TELNYX_BASE_URL": emulator.base_url,
            "TELNYX_API_KEY": emulator.api_key,
            "TELNYX_PUBLIC_KEY": emulator.public_key,
        }
        with pytest.raises(dataclasses.FrozenInstanceError):
            emulator.api_key = "another"  # type: ignore[misc] # what must not be possible


def test_webhooks_go_where_the_handle_says(silent: Silent) -> None:
    """To the emulator's own receiver, or to the URL that was set."""
    for settings in ({}, {"webhook_url": silent.url, "webhook_timeout": "10ms"}):
        with running_emulator(**settings) as emulator, emulator.client.events() as events:
            play(emulator.base_url, emulator.api_key)
            attempt = next(event for event in events if event.kind == "attempt")
            assert attempt.data["url"] == emulator.webhook_url
            assert (emulator.webhook_url == silent.url) == bool(settings)


# --- settings ---


def test_an_unknown_setting_is_named_with_the_one_that_was_meant() -> None:
    with pytest.raises(TypeError, match="there is no setting 'webhok_url'; did you mean 'webhook_url'"):
        running_emulator(webhok_url="http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"clock": "manuel"}, "must be running, manual or auto"),
        ({"port": -1}, "must be a port from 0 to 65535"),
        ({"webhook_timeout": 0.5}, "webhook-timeout"),
        ({"webhook_url": "nowhere"}, "must be a URL"),
        ({"scenarios": ["no/such/file.yaml"]}, "there is no file or folder"),
    ],
)
def test_a_wrong_value_is_refused_before_anything_runs(settings: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        running_emulator(**settings)


def test_values_are_taken_as_settings_hold_them_and_as_files_write_them(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("version: 1\nname: mine\ntimeline: [{emit: siprec.failed}]\n")
    for backoff in (250 * MILLISECOND, "250ms"):
        with running_emulator(
            webhook_backoff=backoff,
            clock="manual",
            clock_speed=10,
            seed=42,
            scenarios=[file],
            default_scenario="mine",
            webhook_url=None,
            signing_key=bytes(32),
            calls=(DeclaredCall(call_control_id="v3:declared"),),
        ) as emulator:
            info = emulator.client.info()
            assert (info["clock"], info["seeded"]) == ({"mode": "manual", "speed": 10.0}, True)
            assert info["default_scenario"] == "mine"
            # RFC 8032's public key of the seed of 32 zero bytes
            assert emulator.public_key == "O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik="


def test_the_environment_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIPREC_EMULATOR_DEFAULT_SCENARIO", "no-such-scenario")
    monkeypatch.setenv("SIPREC_EMULATOR_CONFIG", "no-such-file.yaml")
    with running_emulator() as emulator:
        assert emulator.client.info()["default_scenario"] == "happy-path"


def test_its_key_is_taken_also_where_keys_are_listed() -> None:
    with running_emulator(api_keys=["KEY_other"], admin_token="hush") as emulator:
        play(emulator.base_url, emulator.api_key)
        assert len(emulator.client.requests()) == 1


# --- how it ends ---


@LOOPS
@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.usefixtures("nothing_left")
def test_a_client_that_keeps_its_connection_open_leaves_the_emulator_no_socket(
    new_loop: Callable[[], asyncio.AbstractEventLoop], monkeypatch: pytest.MonkeyPatch, tls: bool
) -> None:
    """Nor one that is closed only when it is collected, of which Python warns."""
    warned: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", warned.append)
    monkeypatch.setattr(asyncio, "new_event_loop", new_loop)
    with running_emulator(tls=tls) as emulator:
        address = emulator.client.base_url.partition("//")[2]
        trust = emulator.trust if isinstance(emulator.trust, ssl.SSLContext) else None
        kept = HTTPSConnection(address, timeout=20, context=trust) if tls else HTTPConnection(address)
        kept.request("GET", "/_emulator/health")
        kept.getresponse().read()
    gc.collect()
    assert warned == []
    kept.close()


@LOOPS
@pytest.mark.usefixtures("nothing_left")
def test_a_thread_leaves_nothing_however_busy(
    new_loop: Callable[[], asyncio.AbstractEventLoop], silent: Silent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a webhook under way that nobody answers, and a stream that nobody closes before."""
    monkeypatch.setattr(asyncio, "new_event_loop", new_loop)
    with running_emulator(webhook_url=silent.url) as emulator:
        events = emulator.client.events()
        play(emulator.base_url, emulator.api_key)
        assert silent.reached()
    events.close()


@LOOPS
@pytest.mark.usefixtures("nothing_left")
def test_a_loop_keeps_no_task_and_no_socket_however_busy(
    new_loop: Callable[[], asyncio.AbstractEventLoop], silent: Silent
) -> None:
    async def run() -> None:
        before, tasks = sockets(), asyncio.all_tasks()
        async with running_emulator(webhook_url=silent.url) as emulator:
            assert isinstance(emulator.client, AsyncEmulatorClient)
            events = emulator.client.events()
            await events.__aenter__()
            async with AsyncTelnyx(api_key=emulator.api_key, base_url=emulator.base_url) as sdk:
                await sdk.calls.actions.start_siprec("v3:any", connector_name="c")
            assert await asyncio.to_thread(silent.reached)
        assert (sockets() - before, asyncio.all_tasks() - tasks) == (set(), set())

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(run())


@pytest.mark.usefixtures("nothing_left")
def test_a_block_that_raises_ends_it_and_raises_on() -> None:
    with pytest.raises(ZeroDivisionError), running_emulator() as emulator:
        assert 1 / 0
    assert emulator.api_key


@pytest.mark.usefixtures("nothing_left")
async def test_an_async_block_that_raises_ends_it_and_raises_on() -> None:
    tasks = asyncio.all_tasks()
    with pytest.raises(ZeroDivisionError):
        async with running_emulator():
            assert 1 / 0
    assert asyncio.all_tasks() <= tasks


@pytest.mark.usefixtures("nothing_left")
async def test_a_start_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with (
        pytest.raises(ConfigError, match="no scenario is named 'none'"),
        running_emulator(default_scenario="none"),
    ):
        raise AssertionError
    with pytest.raises(ConfigError, match="no scenario is named 'none'"):
        async with running_emulator(default_scenario="none"):
            raise AssertionError
    file = tmp_path / "wrong.yaml"
    file.write_text("version: 1\nname: wrong\ntimeline: [{emit: siprec.begun}]\n")
    with pytest.raises(ScenarioError, match=r"wrong\.yaml:3:"), running_emulator(scenarios=[file]):
        raise AssertionError


@pytest.mark.usefixtures("nothing_left")
def test_a_wait_under_way_ends_with_the_server() -> None:
    """A thread that asks for what never comes while the block is left. The clock goes on, since that one waits."""
    told: list[ClientError] = []
    with running_emulator(clock="auto") as emulator, emulator.client.events() as events:

        def ask() -> None:
            try:
                emulator.client.wait("session", {"state": "failed"}, timeout=60)
            except ClientError as error:
                told.append(error)

        play(emulator.base_url, emulator.api_key)
        thread = threading.Thread(target=ask)
        thread.start()
        assert any(event.kind == "webhook" for event in events)
    thread.join(20)
    assert len(told) == 1


@pytest.mark.usefixtures("nothing_left")
def test_many_run_in_a_row_and_one_object_again() -> None:
    again = running_emulator()
    keys = set()
    for _ in range(5):
        with again as emulator:
            assert emulator.client.ready()
            keys.add(emulator.api_key)
    assert len(keys) == 5


@pytest.mark.usefixtures("nothing_left")
def test_several_run_at_once_and_know_nothing_of_each_other() -> None:
    with ExitStack() as stack:
        emulators = [stack.enter_context(running_emulator()) for _ in range(4)]
        play(emulators[0].base_url, emulators[0].api_key)
        assert [len(one.client.requests()) for one in emulators] == [1, 0, 0, 0]
        assert len({one.public_key for one in emulators}) == 4


@pytest.mark.usefixtures("nothing_left")
async def test_several_run_at_once_in_one_loop() -> None:
    async with AsyncExitStack() as stack:
        emulators = [await stack.enter_async_context(running_emulator()) for _ in range(4)]
        assert all(await asyncio.gather(*(one.client.ready() for one in emulators)))
        assert len({one.base_url for one in emulators}) == 4


@pytest.mark.usefixtures("nothing_left")
async def test_one_object_runs_once_at_a_time() -> None:
    one = running_emulator()
    with one, pytest.raises(RuntimeError, match="runs already"):
        one.__enter__()
    async with one:
        with pytest.raises(RuntimeError, match="runs already"):
            await one.__aenter__()


def test_the_logging_of_its_host_stays_as_it_was() -> None:
    def setup() -> list[Any]:
        loggers = [logging.getLogger(name) for name in (None, "emulator", "aiohttp", "asyncio")]
        return [(one.level, one.propagate, one.disabled, tuple(one.handlers)) for one in loggers]

    before = setup()
    with running_emulator(log_level="debug", log_format="json"):
        assert setup() == before
    assert setup() == before


# --- a process whose clocks and forks are the test's ---


def test_time_passes_there_though_the_clocks_of_the_process_stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """As freezegun lets them: no wait may hang, and an ``auto`` clock goes on."""
    wall, steady = time.time_ns(), time.monotonic()
    monkeypatch.setattr(time, "time_ns", lambda: wall)
    monkeypatch.setattr(time, "monotonic", lambda: steady)
    monkeypatch.setattr(time, "time", lambda: 0.0)
    with running_emulator(clock="auto") as emulator:
        play(emulator.base_url, emulator.api_key)
        matched = emulator.client.wait("webhook", {"event_type": "siprec.started"})["matched"]
        assert [one["state"] for one in matched] == ["delivered"]
        assert [one["verdict"] for one in emulator.client.received()] == ["good"]
        with pytest.raises(WaitTimeout):
            emulator.client.wait("webhook", {"event_type": "siprec.failed"}, timeout="10ms")


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_fork_that_leaves_the_block_ends_and_leaves_the_server_alone() -> None:
    with ExitStack() as stack:
        emulator = stack.enter_context(running_emulator())
        child = os.fork()
        if not child:
            stack.close()
            os._exit(0)
        assert exit_status(child, within_secs=10) == 0
        assert emulator.client.health()


def exit_status(child: int, *, within_secs: float) -> int:
    """What a child ended with; one that does not end in time is killed."""
    descriptor = os.pidfd_open(child)
    try:
        if not select.select([descriptor], [], [], within_secs)[0]:
            os.kill(child, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        os.close(descriptor)
