"""The async client: it can what the blocking one can, against a running server and against what is none."""

from __future__ import annotations

import asyncio
import inspect
import socket
import subprocess
import sys
import uuid
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from emulator.client import AsyncEmulatorClient, EmulatorClient
from emulator.core.clock import ClockMode
from emulator.core.errors import ControlRefused, ControlUnreachable, NotVerified, WaitTimeout
from emulator.web.credentials import namespace_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import aiohttp

    from emulator.client import AsyncEventStream, ServerEvent
    from emulator.web.server import Server

START = "/v2/calls/{}/actions/siprec_start"
BEGINNING = "2025-01-01T00:00:00.000000Z"
"""Where a clock that stands begins when a seed is given."""

STEERED = pytest.mark.parametrize("settings", [{"clock": ClockMode.MANUAL, "seed": "tests"}], indirect=True)
KEY = "KEY_of_the_tests"


@pytest.fixture
async def client(server: Server) -> AsyncIterator[AsyncEmulatorClient]:
    async with AsyncEmulatorClient(server.url, api_key=KEY) as entered:
        yield entered


async def start(http: aiohttp.ClientSession, call: str = "v3:x", **body: Any) -> str:
    """Start a recording, and return the scenario that plays it."""
    async with http.post(START.format(call), json={"connector_name": "c"} | body) as answer:
        return answer.headers["X-Emulator-Scenario"]


# --- the same as the blocking client ---


def methods(kind: type[Any]) -> dict[str, Callable[..., Any]]:
    found = inspect.getmembers(kind, inspect.isfunction)
    return {name: method for name, method in found if not name.startswith("_")}


def test_both_clients_have_the_same_methods() -> None:
    assert list(methods(AsyncEmulatorClient)) == list(methods(EmulatorClient))


@pytest.mark.parametrize("name", ["__init__", *methods(EmulatorClient)])
def test_a_method_takes_the_same_arguments_and_gives_the_same_in_both(name: str) -> None:
    """Names, kinds, defaults and types; a stream is the twin of the other's stream."""
    blocking = inspect.signature(getattr(EmulatorClient, name))
    awaited = inspect.signature(getattr(AsyncEmulatorClient, name))
    assert awaited.parameters == blocking.parameters
    twin = {"EventStream": "AsyncEventStream"}
    assert awaited.return_annotation == twin.get(blocking.return_annotation, blocking.return_annotation)


@pytest.mark.parametrize("name", [name for name in methods(EmulatorClient) if name != "events"])
def test_every_method_but_the_stream_is_a_coroutine(name: str) -> None:
    assert inspect.iscoroutinefunction(getattr(AsyncEmulatorClient, name))


def test_the_blocking_client_pulls_in_no_aiohttp() -> None:
    script = "import sys; from emulator.client import EmulatorClient; sys.exit('aiohttp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0  # noqa: S603 - our own script


def test_a_name_that_is_not_there_is_no_attribute() -> None:
    import emulator.client  # noqa: PLC0415 - the module itself is what is looked at

    assert not hasattr(emulator.client, "AsyncClient")


# --- each method against a server ---


async def test_one_of_each_list_is_shown_whole(client: AsyncEmulatorClient, http: aiohttp.ClientSession) -> None:
    await start(http)
    await client.wait("webhook", timeout=10)
    [request], [session] = await client.requests(), await client.sessions()
    [webhook], [received] = await client.webhooks(), await client.received()
    assert (await client.request(request["id"]))["answer"]["status"] == 200
    assert (await client.session(session["id"]))["transitions"][0]["to"] == "starting"
    assert (await client.webhook(webhook["id"]))["attempts"][0]["outcome"] == "delivered"
    assert received["verdict"] == "good"


async def test_the_receiver_answers_as_told_until_told_nothing(
    client: AsyncEmulatorClient, http: aiohttp.ClientSession
) -> None:
    await client.set_reception([{"status": 404}])
    await start(http)
    await client.wait("webhook", {"state": "failed"}, timeout=10)
    assert (await client.reception())["answers"][0]["answered"] >= 1
    assert len((await client.add_reception([{"status": 500}]))["answers"]) == 2
    assert await client.set_reception() == {"answers": []}


async def test_a_scenario_is_checked_without_being_loaded(client: AsyncEmulatorClient) -> None:
    assert (await client.validate_scenario("version: 1\nname: mine\ntimeline: []"))["scenario"]["name"] == "mine"


async def test_what_went_wrong_is_told(client: AsyncEmulatorClient, http: aiohttp.ClientSession) -> None:
    async with http.post(START.format("v3:x"), json={"connector_name": "emu:nothing"}) as answer:
        assert answer.status == 422
    assert [one["kind"] for one in await client.problems()] == ["no_scenario"]


async def test_faults_are_added_beside_others(client: AsyncEmulatorClient) -> None:
    await client.set_faults({"requests": [{"answer": {"fault": "reset"}}]})
    assert len((await client.add_faults({"requests": [{"answer": {"status": 503}}]}))["requests"]) == 2


async def test_a_namespace_is_forgotten_with_all_that_is_in_it(
    client: AsyncEmulatorClient, http: aiohttp.ClientSession
) -> None:
    await start(http)
    await client.forget_namespace()
    assert await client.namespaces() == []


async def test_a_server_is_healthy_ready_and_says_what_it_is(server: Server, client: AsyncEmulatorClient) -> None:
    assert await client.health() is True
    assert await client.ready() is True
    info = await client.info()
    assert (info["name"], info["url"], client.base_url) == ("telnyx-siprec-emulator", server.url, server.url)


async def test_what_happened_is_listed_narrowed_and_forgotten(
    client: AsyncEmulatorClient, http: aiohttp.ClientSession
) -> None:
    await start(http)
    [request] = await client.requests(call_control_id="v3:x")
    [session] = await client.sessions()
    assert request["session_id"] == session["id"]
    await client.wait("webhook", timeout=10)
    [webhook] = await client.webhooks()
    assert webhook["event_type"] == "siprec.started"
    assert await client.requests(namespace="other") == []
    assert await client.reset() == request["namespace"]
    assert await client.requests() == []


async def test_requests_that_nothing_took_are_told(
    client: AsyncEmulatorClient, http: aiohttp.ClientSession
) -> None:
    async with http.post("/v2/calls/v3:x/actions/siprec_strat", json={}):
        pass
    [miss] = await client.near_misses()
    assert miss["entry"]["target"] == "/v2/calls/v3:x/actions/siprec_strat"


@STEERED
async def test_a_clock_is_shown_set_and_advanced(client: AsyncEmulatorClient, http: aiohttp.ClientSession) -> None:
    shown = await client.clock()
    assert (shown["mode"], shown["time"]) == ("manual", BEGINNING)
    await start(http)
    moved = await client.advance(by=30)
    assert (moved["to"], moved["untold"]) == ("2025-01-01T00:00:30.000000Z", 0)
    assert [one["kind"] for one in moved["fired"]] == ["transition", "webhook", "attempt"]
    assert (await client.set_clock(mode="running", speed=60))["speed"] == 60


@STEERED
async def test_questions_are_answered_or_raised(client: AsyncEmulatorClient, http: aiohttp.ClientSession) -> None:
    await start(http)
    assert await client.verify("requests", {"call_control_id": "v3:x"}, count=1) == {
        "count": 1,
        "wanted": "exactly 1",
    }
    with pytest.raises(NotVerified) as missed:
        await client.verify("sessions", {"state": "stopped"}, within="10ms")
    assert missed.value.near_misses
    with pytest.raises(WaitTimeout):
        await client.wait("idle", timeout="10ms")
    await client.set_clock(mode="auto")
    assert (await client.wait("webhook", {"event_type": "siprec.started"}))["count"] == 1


@STEERED
async def test_a_question_may_take_longer_than_a_usual_answer(server: Server) -> None:
    """The client waits as long as it asked the server to, and its own patience on top."""
    async with AsyncEmulatorClient(server.url, api_key=KEY, timeout=0.25) as hurried:
        with pytest.raises(NotVerified):
            await hurried.verify("webhooks", within=0.5)


async def test_scenarios_are_put_explained_and_queued(
    client: AsyncEmulatorClient, http: aiohttp.ClientSession
) -> None:
    put = await client.put_scenario({"timeline": [{"emit": "siprec.failed"}]}, "mine", namespace=namespace_of(KEY))
    assert put["name"] == "mine"
    assert await client.explain("happy-path", call_control_id="v3:x", body={"connector_name": "c"})
    assert (await client.queue("mine", times=2))["left"] == 2
    assert [one["scenario"] for one in await client.queued()] == ["mine"]
    assert await start(http) == "mine"
    await client.clear_queue()
    assert await client.queued() == []


async def test_faults_strike_until_they_are_cleared(
    client: AsyncEmulatorClient, http: aiohttp.ClientSession
) -> None:
    await client.set_faults({"requests": [{"answer": {"status": 503}, "count": 5}]})
    async with http.post(START.format("v3:x"), json={"connector_name": "c"}) as answer:
        assert answer.status == 503
    assert (await client.faults())["requests"][0]["struck"] == 1
    await client.clear_faults()
    assert await client.faults() == {"requests": [], "webhooks": []}


async def test_a_namespace_is_configured_and_listed(client: AsyncEmulatorClient) -> None:
    made = await client.configure_namespace(realism="strict")
    assert (made["id"], made["settings"]["realism"]) == (namespace_of(KEY), "strict")
    assert [one["id"] for one in await client.namespaces()] == [namespace_of(KEY)]


@STEERED
async def test_events_are_made_and_sent_again_by_hand(
    client: AsyncEmulatorClient, http: aiohttp.ClientSession
) -> None:
    await start(http)
    [session] = await client.sessions()
    made = await client.emit(session["id"], "siprec.failed", set={"failure_cause": "user_busy"})
    again = await client.replay(made["id"], set={"failure_cause": "no_answer"}, new_id=True)
    assert again["id"] != made["id"]
    assert again["payload"]["failure_cause"] == "no_answer"


async def test_a_texml_document_is_carried_out(client: AsyncEmulatorClient) -> None:
    document = "<Response><Start><Siprec/></Start><Stop><Siprec/></Stop></Response>"
    for given in (document, document.encode()):
        done = await client.texml("v3:a/b", given, account_sid="AC1", file="f.xml")
        assert [one["verb"] for one in done["verbs"]] == ["Start", "Stop"]
    with pytest.raises(ControlRefused, match=r"f\.xml:1:5: this is not XML"):
        await client.texml("v3:a", "<a/>b", file="f.xml")


async def test_ids_are_sent_as_they_are(client: AsyncEmulatorClient) -> None:
    """A slash in an id stays one (%2F), and another language's letters arrive."""
    with pytest.raises(ControlRefused, match="There is no session 'a/b\u00e4'") as refused:
        await client.emit("a/b\u00e4", "siprec.failed")
    assert refused.value.status == 404


async def test_a_key_beyond_ascii_names_its_namespace(server: Server) -> None:
    async with AsyncEmulatorClient(server.url, api_key="Schl\u00fcssel") as client:
        assert (await client.clock())["namespace"] == namespace_of("Schl\u00fcssel")


@pytest.mark.parametrize("settings", [{"admin_token": "hush"}], indirect=True)
async def test_the_admin_token_opens_what_is_guarded(server: Server) -> None:
    async with AsyncEmulatorClient(server.url) as stranger:
        with pytest.raises(ControlRefused, match="token") as refused:
            await stranger.info()
        assert refused.value.status == 401
        with pytest.raises(ControlRefused, match="token"):
            async with stranger.events():
                pass
    async with AsyncEmulatorClient(server.url, "hush", api_key="KEY-mine") as client:
        assert (await client.clock())["namespace"] == namespace_of("KEY-mine")


async def test_many_calls_are_under_way_at_once(client: AsyncEmulatorClient) -> None:
    """Also more than aiohttp's usual hundred connections: those that wait hold up none."""
    waits = [asyncio.create_task(client.wait("webhook", timeout=20)) for _ in range(120)]
    async with asyncio.timeout(20):
        assert await client.health()
    for one in waits:
        one.cancel()
    assert all(
        isinstance(one, asyncio.CancelledError) for one in await asyncio.gather(*waits, return_exceptions=True)
    )


# --- the stream ---


async def until(events: AsyncEventStream, kind: str) -> ServerEvent:
    async with asyncio.timeout(20):
        return await anext(event async for event in events if event.kind == kind)


def number(event: ServerEvent) -> int:
    """Which one of the stream's it is: its id names the stream before."""
    return int((event.id or "").rpartition("-")[2])


async def test_events_after_the_subscription_are_not_missed(
    client: AsyncEmulatorClient, http: aiohttp.ClientSession
) -> None:
    """An iteration that was broken off goes on where it was."""
    async with client.events() as events:
        await start(http)
        request = await until(events, "request")
        assert (request.data["route"], request.data["status"]) == ("siprec_start", 200)
        received = await until(events, "received")
        assert received.data["verdict"] == "good"
        assert number(received) > number(request)


async def test_iterating_subscribes_also_without_entering(
    client: AsyncEmulatorClient, http: aiohttp.ClientSession
) -> None:
    events = client.events()
    first = asyncio.ensure_future(anext(events))
    async with asyncio.timeout(20):
        while not first.done():  # whatever comes before the subscription stands is missed
            await start(http, f"v3:{uuid.uuid4()}")
    assert (await first).id


async def test_a_stream_ends_when_it_is_left(client: AsyncEmulatorClient) -> None:
    async with client.events() as events:
        waiting = asyncio.ensure_future(anext(events, None))
        await client.health()  # by now it waits
    assert await waiting is None
    assert [event async for event in events] == []


async def test_a_stream_ends_with_its_client(server: Server) -> None:
    async with AsyncEmulatorClient(server.url, api_key=KEY) as client:
        events = client.events()
        await events.__aenter__()
    assert [event async for event in events] == []


@asynccontextmanager
async def answering(raw: bytes, *, stay: bool = False) -> AsyncIterator[str]:
    """A server that answers each connection with these bytes, then closes it or stays silent."""
    over = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        if stay:
            await over.wait()
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listener:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        over.set()


async def test_events_are_read_by_the_rules_of_server_sent_events() -> None:
    """Comments and unknown fields are skipped, one space after the colon goes (WHATWG HTML section 9.2.6)."""
    stream = b': hi\n\nid:7\nevent: request\nretry: 1\ndata: {"a": 1}\n\nevent: lonely\n\ndata:{}\n\n'
    async with (
        answering(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + stream) as url,
        AsyncEmulatorClient(url) as client,
        client.events() as events,
    ):
        assert [(one.id, one.kind, one.data) async for one in events] == [("7", "request", {"a": 1}), ("", "", {})]


async def test_an_event_may_be_as_long_as_a_body() -> None:
    """Longer than what aiohttp's own reading of lines allows."""
    text = "x" * 1_000_000
    raw = b'HTTP/1.1 200 OK\r\n\r\ndata: {"a": "' + text.encode() + b'"}\r\n\r\n'
    async with answering(raw) as url, AsyncEmulatorClient(url) as client:
        assert [event.data async for event in client.events()] == [{"a": text}]


async def test_a_stream_that_falls_silent_breaks_off() -> None:
    async with (
        answering(b"HTTP/1.1 200 OK\r\n\r\n: hi\n", stay=True) as url,
        AsyncEmulatorClient(url) as client,
        client.events(timeout=0.2) as events,
    ):
        with pytest.raises(ControlUnreachable, match="no answer in time"):
            await anext(events)


async def test_a_stream_that_does_not_begin_is_unreachable() -> None:
    async with answering(b"", stay=True) as url, AsyncEmulatorClient(url) as client:
        with pytest.raises(ControlUnreachable, match="no answer in time"):
            await anext(client.events(timeout=0.05))


# --- no emulator ---


async def test_nobody_at_the_port_is_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and not listening: connections are refused
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        async with AsyncEmulatorClient(url) as client:
            with pytest.raises(ControlUnreachable, match=f"no emulator answers at {url}: Connection refused"):
                await client.health()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "the emulator answered 200: hello"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", "not an answer of the control API"),
        (b"HTTP/1.1 502 Bad\r\nContent-Length: 2\r\n\r\nno", "the emulator answered 502: no"),
        (b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", "the emulator answered 302"),
    ],
)
async def test_an_answer_of_something_else_is_refused(raw: bytes, expected: str) -> None:
    async with answering(raw) as url, AsyncEmulatorClient(url) as client:
        with pytest.raises(ControlRefused, match=expected):
            await client.info()


@pytest.mark.parametrize("raw", [b"", b"SSH-2.0\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"])
async def test_a_broken_answer_is_unreachable(raw: bytes) -> None:
    async with answering(raw) as url, AsyncEmulatorClient(url) as client:
        with pytest.raises(ControlUnreachable):
            await client.info()


async def test_a_client_asks_only_while_it_is_entered() -> None:
    client = AsyncEmulatorClient("http://127.0.0.1:1")
    with pytest.raises(RuntimeError, match="async with"):
        await client.health()
    async with client:
        with pytest.raises(RuntimeError, match="entered already"):
            await client.__aenter__()
    with pytest.raises(RuntimeError, match="async with"):
        await client.health()


def test_what_is_no_address_or_key_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="no spaces"):
        AsyncEmulatorClient("http://127.0.0.1:1", api_key="two words")
    with pytest.raises(ValueError, match="Port"):
        AsyncEmulatorClient("http://127.0.0.1:99999")
