"""A whole emulator and receivers of its webhooks, each in a thread with its own event loop, on real sockets.

The threads let the blocking SDK be driven from a test. Nothing sleeps: what a test waits for is an event, and
every wait has a bound.
"""

from __future__ import annotations

import asyncio
import inspect
import queue
import threading
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import httpx
import orjson

from emulator.config import Settings
from emulator.core.models import MILLISECOND
from emulator.deafness import deafened
from emulator.web.server import Server, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator

    from emulator.core.namespace import Namespace

BOUND_SECS = 20
ROOT = Path(__file__).parent.parent.parent
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

QUICK: dict[str, Any] = {"port": 0, "webhook_backoff": 10 * MILLISECOND, "drain": 0}
"""Settings under which a test need not wait for what a receiver does wrong."""

Handler: TypeAlias = Callable[["Hook", asyncio.StreamWriter], Awaitable[None]]
Sdk: TypeAlias = Callable[..., AbstractAsyncContextManager[Any]]


def recording_scenarios() -> list[str]:
    """The names of the built-in scenarios that siprec_start may name."""
    files = (ROOT / "scenarios").glob("*.yaml")
    return sorted(file.stem for file in files if "\nplays:" not in file.read_text(encoding="utf-8"))


class Background:
    """An event loop in a thread."""

    def __init__(self) -> None:
        """The loop runs when this returns."""
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), daemon=True)
        self._thread.start()
        assert self._ready.wait(BOUND_SECS)

    async def _live(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        self._ready.set()
        await self._end.wait()
        # transports that were closed last have their socket closed in one of the next turns
        for _ in range(_TURNS_TO_CONNECT):
            await asyncio.sleep(0)

    def call(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine there and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(BOUND_SECS)

    def do(self, work: Callable[[], None]) -> None:
        """Call a function there and wait until it has returned."""

        async def called() -> None:
            work()

        self.call(called())

    def close(self) -> None:
        """Cancel what still runs there, and end the thread."""
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(BOUND_SECS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A request that a receiver got, as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> Any:
        """The body as JSON."""
        return orjson.loads(self.body)

    @property
    def event_type(self) -> str:
        """Of a webhook."""
        return str(self.event["data"]["event_type"])

    @property
    def signed(self) -> bytes:
        """What a signature covers: the raw body, or the raw query of a GET."""
        return urlsplit(self.target).query.encode() if self.method == "GET" else self.body

    @property
    def form(self) -> dict[str, str]:
        """The fields of a status callback."""
        return dict(parse_qsl(self.signed.decode(), strict_parsing=True, keep_blank_values=True))


async def answer_ok(_hook: Hook, writer: asyncio.StreamWriter) -> None:
    """What a good receiver does."""
    writer.write(OK)


_TURNS_TO_CONNECT = 5
"""Turns of the loop after which a connection that was accepted just before has its writer."""


@dataclass(kw_only=True)
class Receiver:
    """A server on 127.0.0.1 that keeps what it gets, then does as it is told.

    Attributes:
        url: Where it listens.
        hooks: What came, in order.
        handle: What it does with a request once it is kept.
        background: Where it runs.
    """

    background: Background

    handle: Handler = answer_ok
    url: str = ""
    hooks: queue.Queue[Hook] = field(default_factory=queue.Queue)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)
    _server: asyncio.Server | None = None

    def next(self) -> Hook:
        """The next request, waited for."""
        return self.hooks.get(timeout=BOUND_SECS)

    async def open(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/hook"

    async def close(self) -> None:
        """Drop every connection."""
        assert self._server is not None
        await deafened(*self._server.sockets)
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*(writer.wait_closed() for writer in self._writers), return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Drop the connection however its task ends, also when it is cancelled before its first step."""
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: writer.transport.abort())
        self._writers.append(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                hook = await _read(reader)
                self.hooks.put(hook)
                await self.handle(hook, writer)
                await writer.drain()


async def _read(reader: asyncio.StreamReader) -> Hook:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii")
    first, *lines = head.split("\r\n")[:-2]
    headers = dict(line.split(": ", 1) for line in lines)
    body = await reader.readexactly(int(headers.get("Content-Length", "0")))
    method, target, _ = first.split(" ")
    return Hook(method=method, target=target, headers=headers, body=body)


@contextmanager
def receiving(handle: Handler = answer_ok) -> Iterator[Receiver]:
    """A receiver in a thread of its own."""
    background = Background()
    receiver = Receiver(background=background, handle=handle)
    background.call(receiver.open())
    try:
        yield receiver
    finally:
        background.call(receiver.close())
        background.close()


@dataclass(kw_only=True)
class Emulator:
    """A running server and a client for its control API.

    Attributes:
        server: In its own thread; tests look at it through HTTP alone.
        http: For raw requests; its base URL is the server's, without ``/v2``.
    """

    server: Server
    http: httpx.Client
    background: Background

    @property
    def url(self) -> str:
        """The base URL that SDKs are given."""
        return f"{self.server.url}/v2"

    @property
    def public_key(self) -> str:
        """As an app fetches it."""
        answer = self.http.get("/v2/public_key", headers={"Authorization": "Bearer key-reader"})
        return str(answer.json()["data"]["public"])

    def control(self, path: str, **query: str) -> Any:
        """What the control API shows; a list comes whole."""
        answer = self.http.get(f"/_emulator{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def start(self, call: str, *, key: str = "key", headers: dict[str, str] | None = None, **body: Any) -> Any:
        """A raw ``siprec_start``."""
        return self.http.post(
            f"/v2/calls/{call}/actions/siprec_start",
            json=body,
            headers={"Authorization": f"Bearer {key}", **(headers or {})},
        )

    def put_scenario(self, name: str, text: str) -> None:
        """Load a scenario while the server runs."""
        answer = self.http.put(f"/_emulator/scenarios/{name}", content=text)
        assert answer.status_code in {200, 201}, answer.text

    def webhooks_over(self, count: int) -> list[Any]:
        """The journal's webhooks in detail, once there are so many and no delivery is under way any more."""
        self.until(lambda one: len(one.journal.webhooks) >= count and not one.deliveries)
        return [self.control(f"/webhooks/{line['id']}")["data"] for line in self.control("/webhooks")["data"]]

    def until(self, holds: Callable[[Namespace], bool]) -> None:
        """Wait until it holds of every namespace."""
        self.background.call(self._until(holds))

    async def _until(self, holds: Callable[[Namespace], bool]) -> None:
        """Every note may be of the change that matters, so each is followed by another look."""
        engine, watcher = self.server.driver.engine, self.server.watchers.subscribe(None)
        assert watcher is not None
        notes = watcher.events()
        try:
            async with asyncio.timeout(BOUND_SECS):
                while not all(map(holds, tuple(engine.namespaces))):
                    await anext(notes)
        finally:
            self.server.watchers.unsubscribe(watcher)


@contextmanager
def emulating(**settings: Any) -> Iterator[Emulator]:
    """A server on a free port, in a thread of its own.

    Args:
        settings: As ``Settings`` takes them, over ``QUICK``.
    """
    background = Background()
    context = running(Settings(**(QUICK | settings)))
    try:
        server = background.call(context.__aenter__())
        try:
            with httpx.Client(base_url=server.url, timeout=BOUND_SECS) as client:
                yield Emulator(server=server, http=client, background=background)
        finally:
            background.call(context.__aexit__(None, None, None))
    finally:
        background.close()


async def done(result: Any) -> Any:
    """The result of a client's call, awaited where the client is asyncio's."""
    return await result if inspect.isawaitable(result) else result


@asynccontextmanager
async def sdk_on(kind: type[Any], emulator: Emulator, **options: Any) -> AsyncIterator[Any]:
    """An SDK's client, closed after use.

    Args:
        kind: Its class.
        emulator: What it talks to, by the URL with ``/v2`` unless ``options`` say another.
        options: As the client takes them.
    """
    client = kind(**({"api_key": "key", "base_url": emulator.url, "max_retries": 0} | options))
    try:
        yield client
    finally:
        await done(client.close())
