"""Answers that go wrong on the wire, as a raw socket, common clients and the official SDK see them."""

from __future__ import annotations

import asyncio
import gc
import socket
import time
import warnings
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import aiohttp
import httpx
import pytest
import telnyx
import uvloop
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from emulator.core.effects import Reply, WireFault
from emulator.core.models import MILLISECOND, SECOND
from emulator.web import wire
from emulator.web.protocol import Connection, Listener
from emulator.web.telnyx_api import read_body
from emulator.web.wire import misbehave

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    Scene: TypeAlias = Callable[["Stage"], Awaitable[None]]
    Perform: TypeAlias = Callable[[Scene], None]

BOUND_SECS = 20
BODY = b'{"data": {"result": "ok"}}'
GET = b"GET /v2/x HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /v2/x HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n\r\n" + b"x" * 40_000
ENDED = [WireFault.RESET, WireFault.EMPTY, WireFault.GARBAGE]


@dataclass(slots=True, kw_only=True)
class Stage:
    """A server whose every answer goes wrong in the way that the request's query asks for.

    Attributes:
        port: Where it listens.
        runner: To stop it.
        reply: What is spoilt.
        fault: What becomes of it.
        late: Misbehave only when the client has left.
        begun: How many requests were read.
        ended: How many of these have got what they get.
        moved: Notified when a number has changed.
    """

    port: int = 0
    runner: web.ServerRunner | None = None
    reply: Reply = field(default_factory=lambda: Reply(status=200, body=BODY, trickle=100 * MILLISECOND))
    begun: int = 0
    ended: int = 0
    moved: asyncio.Condition = field(default_factory=asyncio.Condition)
    fault: WireFault | None = None
    late: bool = False

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    async def answer(self, http: web.BaseRequest) -> web.StreamResponse:
        """Misbehave once the body is read."""
        await read_body(http, 1 << 20)
        self.begun += 1
        await self._tell()
        if self.late:
            assert isinstance(http.protocol, Connection)
            await http.protocol.over.wait()
        try:
            return await misbehave(http, replace(self.reply, fault=self.fault))
        finally:
            self.ended += 1
            await self._tell()

    async def _tell(self) -> None:
        async with self.moved:
            self.moved.notify_all()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until a number has come to what is asked."""
        async with asyncio.timeout(BOUND_SECS), self.moved:
            await self.moved.wait_for(holds)

    async def stop(self) -> None:
        """Stop as the emulator stops."""
        assert self.runner is not None
        await self.runner.cleanup()


@asynccontextmanager
async def staged() -> AsyncIterator[Stage]:
    """A stage that is cleared after use."""
    stage = Stage()
    listener = socket.create_server(("127.0.0.1", 0))
    stage.port = listener.getsockname()[1]
    stage.runner = web.ServerRunner(Listener(stage.answer), shutdown_timeout=BOUND_SECS)
    await stage.runner.setup()
    await web.SockSite(stage.runner, listener).start()
    try:
        yield stage
    finally:
        await stage.stop()


@pytest.fixture(params=["asyncio", "uvloop"])
def perform(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Perform:
    """Play a scene on a stage under either event loop; nothing may be logged, left open or left running."""
    factory: Callable[[], asyncio.AbstractEventLoop] | None = (
        uvloop.new_event_loop if request.param == "uvloop" else None
    )

    def play(scene: Scene) -> None:
        complaints: list[dict[str, Any]] = []

        async def whole() -> None:
            asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
            async with asyncio.timeout(BOUND_SECS), staged() as stage:
                await scene(stage)

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with asyncio.Runner(loop_factory=factory) as runner:
                runner.run(whole())
            gc.collect()
        assert complaints == []
        assert [record.getMessage() for record in caplog.records] == []

    return play


async def spoken(port: int, sent: bytes) -> tuple[bytes, BaseException | None]:
    """Send bytes; all that comes back, and the error with which it ended."""
    loop = asyncio.get_running_loop()
    with socket.socket() as client:
        client.setblocking(False)
        await loop.sock_connect(client, ("127.0.0.1", port))
        await loop.sock_sendall(client, sent)
        found = b""
        try:
            while more := await loop.sock_recv(client, 1 << 16):
                found += more
        except OSError as error:
            return found, error
        return found, None


@pytest.mark.parametrize("sent", [GET, POST], ids=["GET", "POST"])
def test_a_reset_is_seen_as_one_before_any_byte(perform: Perform, sent: bytes) -> None:
    async def scene(stage: Stage) -> None:
        stage.fault = WireFault.RESET
        found, error = await spoken(stage.port, sent)
        assert found == b""
        assert isinstance(error, ConnectionResetError)

    perform(scene)


@pytest.mark.parametrize("sent", [GET, POST], ids=["GET", "POST"])
def test_an_empty_answer_is_an_orderly_end_without_a_byte(perform: Perform, sent: bytes) -> None:
    async def scene(stage: Stage) -> None:
        stage.fault = WireFault.EMPTY
        assert await spoken(stage.port, sent) == (b"", None)

    perform(scene)


def test_garbage_is_some_bytes_that_begin_no_status_line_and_an_orderly_end(perform: Perform) -> None:
    async def scene(stage: Stage) -> None:
        stage.fault = WireFault.GARBAGE
        found, error = await spoken(stage.port, POST)
        assert found
        assert not found.lstrip().startswith(b"HTTP")
        assert error is None

    perform(scene)


def test_a_trickle_is_the_whole_answer_spread_over_its_time(perform: Perform) -> None:
    """The head says what aiohttp's would, and that the connection ends; the parts are many, none of them large."""

    async def scene(stage: Stage) -> None:
        stage.fault = WireFault.TRICKLE
        stage.reply = Reply(
            status=429, body=BODY, headers=(("x-ratelimit-limit", "7"),), trickle=300 * MILLISECOND
        )
        began = time.monotonic()
        reader, writer = await asyncio.open_connection("127.0.0.1", stage.port)
        writer.write(GET)
        parts = []
        while part := await reader.read(1 << 16):
            parts.append(part)
        took = time.monotonic() - began
        writer.close()
        await writer.wait_closed()
        head, _, body = b"".join(parts).partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines)
        assert status == "HTTP/1.1 429 Too Many Requests"
        assert set(fields) == {
            "x-ratelimit-limit",
            "Server",
            "Content-Type",
            "Content-Length",
            "Date",
            "Connection",
        }
        assert fields["x-ratelimit-limit"] == "7"
        assert (fields["Content-Length"], fields["Connection"]) == (str(len(BODY)), "close")
        assert fields["Content-Type"] == "application/json; charset=utf-8"
        assert body == BODY
        assert took >= 0.29, "uvloop counts whole milliseconds"
        assert len(parts) > 20

    perform(scene)


def test_a_trickle_of_no_time_is_the_answer_at_once(perform: Perform) -> None:
    async def scene(stage: Stage) -> None:
        stage.fault = WireFault.TRICKLE
        stage.reply = Reply(status=200, body=BODY)
        async with httpx.AsyncClient() as client:
            assert (await client.get(stage.url)).content == BODY

    perform(scene)


def test_a_long_answer_trickles_no_longer_than_a_short_one(perform: Perform) -> None:
    async def scene(stage: Stage) -> None:
        stage.fault = WireFault.TRICKLE
        stage.reply = Reply(status=200, body=b"x" * 1_000_000, trickle=100 * MILLISECOND)
        async with httpx.AsyncClient() as client:
            response = await client.get(stage.url)
        assert response.content == b"x" * 1_000_000
        assert response.elapsed.total_seconds() < 5

    perform(scene)


@pytest.mark.parametrize(
    ("sent", "status", "length", "body"),
    [(GET, 204, None, b""), (GET.replace(b"GET", b"HEAD"), 200, str(len(BODY)), b"")],
    ids=["204", "HEAD"],
)
def test_an_answer_without_a_body_trickles_its_head(
    perform: Perform, sent: bytes, status: int, length: str | None, body: bytes
) -> None:
    """RFC 9110 sections 8.6 and 9.3.2: no Content-Length with 204, and for HEAD the one that GET would have."""

    async def scene(stage: Stage) -> None:
        stage.fault = WireFault.TRICKLE
        stage.reply = Reply(status=status, body=b"" if status == 204 else BODY, trickle=20 * MILLISECOND)
        found, error = await spoken(stage.port, sent)
        head, end, rest = found.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        assert (fields.get("Content-Length"), end, rest, error) == (length, b"\r\n\r\n", body, None)

    perform(scene)


def test_a_trickle_passes_a_timeout_of_each_read_and_meets_one_of_the_whole(perform: Perform) -> None:
    async def scene(stage: Stage) -> None:
        stage.fault = WireFault.TRICKLE
        stage.reply = Reply(status=200, body=BODY, trickle=1 * SECOND)
        each = aiohttp.ClientTimeout(sock_read=0.5)
        whole = aiohttp.ClientTimeout(total=0.5)
        async with aiohttp.ClientSession() as client:
            async with client.get(stage.url, timeout=each) as response:
                assert await response.read() == BODY
            with pytest.raises(TimeoutError):
                async with client.get(stage.url, timeout=whole) as response:
                    await response.read()

    perform(scene)


def test_a_hanging_client_is_left_when_it_leaves(perform: Perform) -> None:
    async def scene(stage: Stage) -> None:
        stage.fault = WireFault.HANG
        reader, writer = await asyncio.open_connection("127.0.0.1", stage.port)
        writer.write(POST + GET)
        await stage.until(lambda: stage.begun == 1)
        assert (stage.ended, reader.at_eof()) == (0, False)
        writer.close()
        await writer.wait_closed()
        await stage.until(lambda: stage.ended == 1)
        assert stage.begun == 1

    perform(scene)


def test_a_hanging_client_is_let_go_at_the_bound(perform: Perform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "HANG_SECS", 0.02)

    async def scene(stage: Stage) -> None:
        stage.fault = WireFault.HANG
        assert await spoken(stage.port, GET) == (b"", None)

    perform(scene)


@pytest.mark.parametrize("resets", [False, True], ids=["leaves", "resets"])
def test_a_client_that_leaves_a_trickle_ends_it(perform: Perform, *, resets: bool) -> None:
    async def scene(stage: Stage) -> None:
        stage.fault = WireFault.TRICKLE
        stage.reply = Reply(status=200, body=BODY, trickle=600 * SECOND)
        reader, writer = await asyncio.open_connection("127.0.0.1", stage.port)
        writer.write(GET)
        await stage.until(lambda: stage.begun == 1)
        del reader
        if resets:
            peer = writer.get_extra_info("socket")
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        writer.transport.abort()
        await stage.until(lambda: stage.ended == 1)

    perform(scene)


@pytest.mark.parametrize("fault", [WireFault.HANG, WireFault.TRICKLE])
def test_a_server_that_stops_waits_for_no_client_that_is_made_to_wait(perform: Perform, fault: WireFault) -> None:
    """The runner would give answers under way 20 s."""

    async def scene(stage: Stage) -> None:
        stage.fault = fault
        stage.reply = Reply(status=200, body=BODY, trickle=600 * SECOND)
        clients = [asyncio.create_task(spoken(stage.port, GET)) for _ in range(3)]
        await stage.until(lambda: stage.begun == 3)
        began = time.monotonic()
        await stage.stop()
        assert time.monotonic() - began < 5
        for found, error in await asyncio.gather(*clients):
            assert b"\r\n\r\n" not in found
            assert error is None
        assert stage.ended == 3

    perform(scene)


@pytest.mark.parametrize("fault", [WireFault.HANG, WireFault.TRICKLE])
def test_a_cancelled_handler_ends_its_connection_at_once(perform: Perform, fault: WireFault) -> None:
    async def scene(stage: Stage) -> None:
        stage.fault = fault
        stage.reply = Reply(status=200, body=BODY, trickle=600 * SECOND)
        client = asyncio.create_task(spoken(stage.port, GET))
        await stage.until(lambda: stage.begun == 1)
        (handler,) = (
            task for task in asyncio.all_tasks() if getattr(task.get_coro(), "__name__", "") == "_handle_request"
        )
        handler.cancel()
        found, error = await client
        assert b"\r\n\r\n" not in found
        assert error is None
        assert stage.ended == 1

    perform(scene)


@pytest.mark.parametrize("fault", [*ENDED, WireFault.TRICKLE])
def test_a_request_that_follows_on_the_connection_is_not_answered(perform: Perform, fault: WireFault) -> None:
    async def scene(stage: Stage) -> None:
        stage.fault = fault
        found, _ = await spoken(stage.port, GET + GET)
        assert found.count(b"HTTP/1.1") == (1 if fault is WireFault.TRICKLE else 0)
        assert stage.begun == 1

    perform(scene)


@pytest.mark.parametrize("fault", [*ENDED, WireFault.HANG])
def test_a_request_that_awaits_100_continue_gets_that_and_then_the_fault(
    perform: Perform, fault: WireFault
) -> None:
    async def scene(stage: Stage) -> None:
        stage.fault = fault
        reader, writer = await asyncio.open_connection("127.0.0.1", stage.port)
        writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"ab")
        await stage.until(lambda: stage.begun == 1)
        writer.transport.abort()
        await stage.until(lambda: stage.ended == 1)

    perform(scene)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (WireFault.RESET, httpx.ReadError),
        (WireFault.EMPTY, httpx.RemoteProtocolError),
        (WireFault.GARBAGE, httpx.RemoteProtocolError),
        (WireFault.HANG, httpx.ReadTimeout),
    ],
)
def test_httpx_raises_the_error_of_each_fault(perform: Perform, fault: WireFault, error: type[Exception]) -> None:
    async def scene(stage: Stage) -> None:
        stage.fault = fault
        async with httpx.AsyncClient(timeout=0.3 if fault is WireFault.HANG else BOUND_SECS) as client:
            for _ in range(3):
                with pytest.raises(error):
                    await client.post(stage.url, content=b"x" * 1000)

    perform(scene)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (WireFault.RESET, aiohttp.ClientOSError),
        (WireFault.EMPTY, aiohttp.ServerDisconnectedError),
        (WireFault.GARBAGE, aiohttp.ClientResponseError),
        (WireFault.HANG, TimeoutError),
    ],
)
def test_aiohttp_raises_the_error_of_each_fault(
    perform: Perform, fault: WireFault, error: type[Exception]
) -> None:
    async def scene(stage: Stage) -> None:
        stage.fault = fault
        timeout = aiohttp.ClientTimeout(total=0.3 if fault is WireFault.HANG else BOUND_SECS)
        async with aiohttp.ClientSession(timeout=timeout) as client:
            with pytest.raises(error):
                await client.post(stage.url, data=b"x" * 1000)

    perform(scene)


@pytest.mark.parametrize("fault", list(WireFault))
def test_the_official_sdk_raises_that_there_was_no_connection(perform: Perform, fault: WireFault) -> None:
    """Its timeout is httpx's, of each read: of this trickle, each byte takes longer."""

    async def scene(stage: Stage) -> None:
        stage.fault = fault
        stage.reply = Reply(status=200, body=BODY, trickle=600 * SECOND)
        async with telnyx.AsyncTelnyx(api_key="key", base_url=stage.url, max_retries=0, timeout=0.5) as client:
            with pytest.raises(telnyx.APIConnectionError):
                await client.calls.actions.start_siprec("c1")
        assert stage.begun == 1

    perform(scene)


def test_many_faults_at_once_do_not_mix(perform: Perform) -> None:
    async def scene(stage: Stage) -> None:
        stage.fault = WireFault.TRICKLE
        found = await asyncio.gather(*(spoken(stage.port, POST) for _ in range(50)))
        assert {answer.partition(b"\r\n\r\n")[2] for answer, _ in found} == {BODY}
        stage.fault = WireFault.RESET
        found = await asyncio.gather(*(spoken(stage.port, POST) for _ in range(50)))
        assert {(answer, type(error)) for answer, error in found} == {(b"", ConnectionResetError)}

    perform(scene)


@pytest.mark.parametrize("fault", list(WireFault))
def test_a_client_that_left_before_its_fault_is_no_error(perform: Perform, fault: WireFault) -> None:
    async def scene(stage: Stage) -> None:
        stage.fault, stage.late = fault, True
        _, writer = await asyncio.open_connection("127.0.0.1", stage.port)
        writer.write(GET)
        await stage.until(lambda: stage.begun == 1)
        writer.transport.abort()
        await stage.until(lambda: stage.ended == 1)

    perform(scene)


def test_the_official_sdk_takes_a_trickle_that_ends_in_time(perform: Perform) -> None:
    async def scene(stage: Stage) -> None:
        stage.fault = WireFault.TRICKLE
        async with telnyx.AsyncTelnyx(api_key="key", base_url=stage.url, max_retries=0, timeout=5) as client:
            answer = await client.calls.actions.start_siprec("c1")
        assert answer.data is not None
        assert answer.data.result == "ok"

    perform(scene)


async def test_an_answer_without_a_fault_is_not_for_here() -> None:
    """That would be a mistake of ours, and it says so instead of leaving a client without an answer."""
    with pytest.raises(TypeError, match="only a fault"):
        await misbehave(make_mocked_request("GET", "/"), Reply(status=200))
