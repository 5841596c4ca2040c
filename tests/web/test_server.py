"""The server over raw sockets: framing, bounds, clients that misbehave, faults, and its end."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import socket
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from emulator.config import Settings
from emulator.core.errors import ConfigError
from emulator.core.models import SECOND
from emulator.web.server import Server, running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import aiohttp

    from tests.conftest import WebhookApp

BOUND_SECS = 20
PATH = "/v2/calls/a/actions/siprec_start"
HEAD = f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer k\r\nContent-Type: application/json\r\n"
START = f"{HEAD}Content-Length: 2\r\n\r\n{{}}".encode()
OK = b"HTTP/1.1 200 OK\r\n"


class Wire:
    """A raw connection to the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hold both ends."""
        self._reader = reader
        self._writer = writer

    @classmethod
    async def to(cls, server: Server) -> Wire:
        """Connect."""
        return cls(*await asyncio.open_connection("127.0.0.1", server.port))

    async def send(self, data: bytes | str) -> None:
        """Write bytes as they are."""
        self._writer.write(data.encode() if isinstance(data, str) else data)
        await self._writer.drain()

    async def answer(self, *, bodyless: bool = False) -> tuple[bytes, bytes]:
        """The next answer: head and body; to HEAD there is none, whatever the length says."""
        async with asyncio.timeout(BOUND_SECS):
            head = await self._reader.readuntil(b"\r\n\r\n")
            fields = head.lower().split(b"content-length: ")
            length = int(fields[1].split(b"\r\n")[0]) if len(fields) > 1 and not bodyless else 0
            return head, await self._reader.readexactly(length)

    async def closed(self) -> bool:
        """Whether the server ends the connection without another byte."""
        async with asyncio.timeout(BOUND_SECS):
            try:
                return await self._reader.read() == b""
            except ConnectionError:
                return True
            finally:
                self.cut()

    def cut(self) -> None:
        """Drop the connection at once."""
        self._writer.transport.abort()


async def exchange(server: Server, data: bytes | str) -> tuple[bytes, bytes]:
    """One request on a connection of its own."""
    wire = await Wire.to(server)
    try:
        await wire.send(data)
        return await wire.answer(bodyless=data[:4] in {"HEAD", b"HEAD"})
    finally:
        wire.cut()


@pytest.fixture
def settings() -> Settings:
    """Small bounds."""
    return Settings(port=0, max_body=1000, drain=2 * SECOND)


async def test_one_connection_carries_many_requests_also_before_their_answers(server: Server) -> None:
    wire = await Wire.to(server)
    await wire.send(START)
    assert (await wire.answer())[0].startswith(OK)
    await wire.send(START * 3)
    assert [(await wire.answer())[1] for _ in range(3)] == [b'{"data":{"result":"ok"}}'] * 3
    wire.cut()


async def test_a_body_that_says_it_is_too_large_is_413_unread_and_ends_the_connection(server: Server) -> None:
    wire = await Wire.to(server)
    await wire.send(f"{HEAD}Content-Length: 1001\r\n\r\n")
    head, body = await wire.answer()
    assert head.startswith(b"HTTP/1.1 413 ")
    assert json.loads(body)["errors"][0]["detail"] == "The request body is larger than 1000 bytes."
    assert await wire.closed()


async def test_a_body_that_turns_out_too_large_is_413_and_ends_the_connection(server: Server) -> None:
    for path in (PATH, "/_emulator/scenarios/validate"):
        wire = await Wire.to(server)
        await wire.send(f"{HEAD.replace(PATH, path)}Transfer-Encoding: chunked\r\n\r\n3e9\r\n{'a' * 1001}\r\n")
        head, _ = await wire.answer()
        assert head.startswith(b"HTTP/1.1 413 ")
        assert await wire.closed()


async def test_a_body_at_the_bound_is_read(server: Server) -> None:
    body = b'{"client_state": ""}'.ljust(1000)
    head, _ = await exchange(server, f"{HEAD}Content-Length: 1000\r\n\r\n".encode() + body)
    assert head.startswith(OK)


async def test_a_compressed_body_counts_by_what_it_holds(server: Server) -> None:
    for content, status in ((b"{}", b"200"), (b" " * 10_000_000, b"413")):
        packed = gzip.compress(content)
        # the bomb's packed form is over this server's bound itself: cut by chunks, it says nothing of its length
        framed = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (packed[:500], packed[500:]) if part)
        head, _ = await exchange(
            server,
            f"{HEAD}Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n".encode() + framed + b"0\r\n\r\n",
        )
        assert head.split()[1] == status


async def test_a_body_that_is_not_encoded_as_it_says_is_400(server: Server) -> None:
    head, body = await exchange(server, f"{HEAD}Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["errors"][0]["code"] == "10015"


async def test_a_client_that_waits_for_100_is_told_to_go_on(server: Server) -> None:
    """RFC 9110 section 10.1.1."""
    wire = await Wire.to(server)
    await wire.send(f"{HEAD}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert (await wire.answer())[0] == b"HTTP/1.1 100 Continue\r\n\r\n"
    await wire.send("{}")
    head, body = await wire.answer()
    assert head.startswith(OK)
    assert body == b'{"data":{"result":"ok"}}'
    wire.cut()


async def test_a_client_that_waits_for_100_with_too_much_is_refused_at_once(server: Server) -> None:
    head, _ = await exchange(server, f"{HEAD}Expect: 100-continue\r\nContent-Length: 1001\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413 ")


async def test_a_client_that_leaves_in_its_body_changes_nothing_and_is_no_fault(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    wire = await Wire.to(server)
    await wire.send(f"{HEAD}Content-Length: 100\r\n\r\n{{")
    wire.cut()
    assert (await exchange(server, START))[0].startswith(OK)
    [namespace] = tuple(server.driver.engine.namespaces)
    assert len(namespace.journal.requests) == 1
    assert not [one for one in caplog.records if one.levelno >= logging.ERROR]


async def test_a_slow_body_holds_nobody_else_up(server: Server) -> None:
    slow = await Wire.to(server)
    await slow.send(f"{HEAD}Content-Length: 2\r\n\r\n{{")
    for _ in range(3):
        assert (await exchange(server, START))[0].startswith(OK)
    await slow.send("}")
    assert (await slow.answer())[0].startswith(OK)
    slow.cut()


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("OPTIONS * HTTP/1.1", b"404"),
        ("CONNECT a.b:443 HTTP/1.1", b"404"),
        ("HEAD /v2/public_key HTTP/1.1", b"405"),
        ("QUERY /v2/public_key HTTP/1.1", b"405"),
        ("GET http://elsewhere.example/v2/public_key HTTP/1.1", b"200"),
        ("GET http://localhost/_emulator/health HTTP/1.1", b"200"),
        ("GET http://localhost HTTP/1.1", b"404"),
        ("GET /_emulatorx HTTP/1.1", b"404"),
        ("GET /v2/../_emulator/health HTTP/1.1", b"404"),
        ("HEAD /_emulator/health HTTP/1.1", b"200"),
        (f"GET /{'a' * 8000} HTTP/1.1", b"404"),
        (f"GET /{'a' * 20_000} HTTP/1.1", b"400"),
        ("BREW /v2/public_key HTTP/1.1", b"400"),
        ("get /v2/public_key HTTP/1.1", b"400"),
        ("GET relative HTTP/1.1", b"400"),
        ("GET / HTTP/9.9", b"400"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else None,
)
@pytest.mark.filterwarnings("default")
async def test_every_request_line_gets_an_answer_and_the_server_goes_on(
    server: Server, line: str, status: bytes
) -> None:
    head, _ = await exchange(server, f"{line}\r\nHost: localhost\r\nAuthorization: Bearer k\r\n\r\n")
    assert head.split()[1] == status
    assert (await exchange(server, START))[0].startswith(OK)


async def test_header_bytes_that_are_no_text_are_no_fault(server: Server, http: aiohttp.ClientSession) -> None:
    bad = b"X-Emulator-Scenario: \xff\r\nX-Other: \xfe\r\nContent-Length: 2\r\n\r\n{}"
    head, body = await exchange(server, HEAD.encode() + bad)
    assert head.startswith(b"HTTP/1.1 422 ")
    assert rb"'\\xff'" in body
    [entry] = (await (await http.get("/_emulator/requests?namespace=" + _only(server))).json())["data"]
    detail = await (await http.get(f"/_emulator/requests/{entry['id']}?namespace={_only(server)}")).json()
    assert ["X-Other", "\\xfe"] in detail["data"]["request"]["headers"]


def _only(server: Server) -> str:
    [namespace] = tuple(server.driver.engine.namespaces)
    return namespace.id


async def test_a_header_value_cannot_add_a_header(server: Server) -> None:
    head, _ = await exchange(
        server, f"{HEAD}X-Emulator-Scenario: a\nX-Injected: yes\r\nContent-Length: 2\r\n\r\n{{}}"
    )
    assert b"X-Injected" not in head


async def test_a_fault_of_ours_is_answered_logged_and_survived(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(server.driver.engine, "handle", broken)
        head, body = await exchange(server, START)
    assert head.startswith(b"HTTP/1.1 500 ")
    assert b"x-should-retry: false" in head
    assert json.loads(body)["errors"][0]["code"] == "10007"
    [record] = [one for one in caplog.records if one.name == "emulator" and one.levelno == logging.ERROR]
    assert record.exc_info is not None
    assert (await exchange(server, START))[0].startswith(OK)


# --- starting ---


async def test_info_tells_what_runs(server: Server, http: aiohttp.ClientSession) -> None:
    info = await (await http.get("/_emulator/info")).json()
    assert info["url"] == server.url
    assert (info["realism"], info["validation"], info["default_scenario"]) == (
        "standard",
        "standard",
        "happy-path",
    )
    assert info["sending"] == {"in_flight": 0, "waiting": 0}


def test_a_port_that_is_taken_is_told_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConfigError, match=r"--port: cannot listen on 127\.0\.0\.1"):
            Server(Settings(port=taken.getsockname()[1]))


@pytest.mark.parametrize("host", ["192.0.2.1", "nobody.invalid"])
def test_a_host_that_is_not_this_machine_s_is_told_as_the_host(host: str) -> None:
    """An address of documentation (RFC 5737), and a name that no one has (RFC 2606)."""
    with pytest.raises(ConfigError, match=f"--host: cannot listen on {host}: "):
        Server(Settings(host=host, port=0))


def test_a_default_scenario_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(ConfigError, match=r"no scenario is named 'nothing'; there are .*happy-path"):
        Server(Settings(port=0, default_scenario="nothing"))


def test_a_scenario_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--scenarios: cannot read"):
        Server(Settings(port=0, scenarios=(tmp_path / "missing.yaml",)))


async def test_the_users_scenarios_stand_beside_the_built_in_and_in_for_them(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("version: 1\nname: mine\ntimeline: []\n")
    (tmp_path / "b.yml").write_text("version: 1\nname: happy-path\ndescription: Ours.\ntimeline: []\n")
    (tmp_path / "notes.txt").write_text("not a scenario")
    async with running(Settings(port=0, scenarios=(tmp_path,))) as server:
        scenarios = server.driver.engine.namespaces.scenarios
        assert scenarios["happy-path"].description == "Ours."
        assert {"mine", "srs-busy"} <= set(scenarios)


async def test_what_is_probably_not_meant_is_logged_at_the_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Of each scenario, and of two that match alike; nothing of the built-in ones."""
    head = "version: 1\nmatch: {body: {a: 1}}\n"
    (tmp_path / "a.yaml").write_text(f"{head}name: a\n")
    (tmp_path / "b.yaml").write_text(f"{head}name: b\ntimeline: [{{wait_for: {{command: siprec_stop}}}}]\n")
    async with running(Settings(port=0, scenarios=(tmp_path,))):
        records = [one for one in caplog.records if one.getMessage() == "scenario"]
    assert [one.levelname for one in records] == ["WARNING", "WARNING"]
    waits, alike = (one.__dict__["fields"]["warning"] for one in records)
    assert waits.startswith(f"{tmp_path}/b.yaml:4:13: the timeline never ends by itself")
    assert alike.startswith(f"{tmp_path}/b.yaml:2:1: 'a' matches all that 'b' matches")


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1"),  # noqa: S104 - every interface is the case
        ("::", "http://[::1]"),
        ("::1", "http://[::1]"),
    ],
)
async def test_the_url_is_one_that_can_be_reached(host: str, url: str) -> None:
    if ":" in host and not _has_ipv6():
        pytest.skip("this machine has no IPv6")
    async with running(Settings(port=0, host=host)) as server:
        assert server.url == f"{url}:{server.port}"


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


# --- ending ---


async def test_while_it_stops_it_takes_no_commands_and_says_so(webhook_app: WebhookApp) -> None:
    webhook_app.gate.clear()
    settings = Settings(port=0, webhook_url=webhook_app.url, drain=10 * SECOND)
    async with running(settings) as server:
        head, _ = await exchange(server, START)
        assert head.startswith(OK)
        await webhook_app.wait_for(1)
        stopping = asyncio.create_task(server.stop(10))
        head, body = b"", b""
        # what is in flight holds the end up, so this comes to see it
        while not head.startswith(b"HTTP/1.1 503 "):
            head, body = await exchange(server, START)
        assert json.loads(body)["errors"][0]["detail"] == "The emulator is stopping."
        head, body = await exchange(server, "GET /_emulator/ready HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503 ")
        assert json.loads(body) == {"status": "stopping"}
        webhook_app.gate.set()
        await stopping


SERVE = """
import sys
from emulator.config import Settings
from emulator.web.server import run
sys.exit(run(Settings(port=0, webhook_url=sys.argv[1], drain=int(sys.argv[2]), scenarios=())))
"""


async def _served(url: str, drain: int) -> tuple[asyncio.subprocess.Process, str]:
    """A server in a process of its own, and where it listens."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SERVE,
        url,
        str(drain),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(BOUND_SECS):
        line = (await process.stdout.readline()).decode()
    assert line.startswith("listening on http://127.0.0.1:")
    return process, line.split()[-1]


async def _command(base: str) -> None:
    port = int(base.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(START)
    async with asyncio.timeout(BOUND_SECS):
        assert (await reader.readline()) == OK
    writer.close()


async def _ended(process: asyncio.subprocess.Process) -> tuple[int | None, bytes]:
    async with asyncio.timeout(BOUND_SECS):
        _, log = await process.communicate()
    return process.returncode, log


@pytest.mark.parametrize("end", ["terminate", "interrupt"])
async def test_a_signal_ends_it_with_0_once_what_is_in_flight_is_delivered(
    webhook_app: WebhookApp, end: str
) -> None:
    webhook_app.gate.clear()
    process, base = await _served(webhook_app.url, 10 * SECOND)
    try:
        await _command(base)
        await webhook_app.wait_for(1)
        finish: dict[str, Callable[[], None]] = {
            "terminate": process.terminate,
            "interrupt": lambda: process.send_signal(2),
        }
        finish[end]()
        # the receiver answers only once the signal has been taken in
        assert process.stderr is not None
        async with asyncio.timeout(BOUND_SECS):
            while b"stopping" not in (await process.stderr.readline()):
                pass
        webhook_app.gate.set()
        status, log = await _ended(process)
    finally:
        if process.returncode is None:
            process.kill()
    assert status == 0, log
    assert b"delivered" in log
    assert len(webhook_app.got) == 1


async def test_what_is_not_delivered_by_the_drain_is_journaled_as_abandoned(webhook_app: WebhookApp) -> None:
    webhook_app.gate.clear()
    process, base = await _served(webhook_app.url, 50_000)
    try:
        await _command(base)
        await webhook_app.wait_for(1)
        process.terminate()
        status, log = await _ended(process)
    finally:
        webhook_app.gate.set()
        if process.returncode is None:
            process.kill()
    assert status == 0, log
    assert b"abandoned" in log
    assert b"Traceback" not in log


async def test_memory_is_bounded_by_entries_and_bytes_and_what_goes_is_counted(webhook_app: WebhookApp) -> None:
    settings = Settings(port=0, journal_entries=3, webhook_url=webhook_app.url)
    for bounds in (settings, replace(settings, journal_entries=1000, journal_bytes=8_000)):
        async with running(bounds) as server:
            for _ in range(20):
                await exchange(server, START)
            [namespace] = tuple(server.driver.engine.namespaces)
            journal = namespace.journal
            assert journal.evicted > 0
            assert len(journal.requests) <= bounds.journal_entries
            assert journal.bytes <= bounds.journal_bytes
