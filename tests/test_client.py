"""The control client against a running server, and against what is no server of ours."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from emulator.client import EmulatorClient
from emulator.core.errors import ControlRefused, ControlUnreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

    import aiohttp

    from emulator.client import EventStream, ServerEvent
    from emulator.web.server import Server

START = "/v2/calls/v3:x/actions/siprec_start"


def until(events: EventStream, kind: str) -> ServerEvent:
    return next(event for event in events if event.kind == kind)


async def test_a_running_server_is_healthy_ready_and_says_what_it_is(server: Server) -> None:
    client = EmulatorClient(server.url)
    assert await asyncio.to_thread(client.health)
    assert await asyncio.to_thread(client.ready)
    info = await asyncio.to_thread(client.info)
    assert (info["name"], info["url"]) == ("telnyx-siprec-emulator", server.url)


def number(event: ServerEvent) -> int:
    """Which one of the stream's it is: its id names the stream before."""
    return int((event.id or "").rpartition("-")[2])


async def test_events_after_the_subscription_are_not_missed(server: Server, http: aiohttp.ClientSession) -> None:
    client = EmulatorClient(server.url)
    events = await asyncio.to_thread(client.events)
    with events:
        async with http.post(START, json={"connector_name": "c"}) as answer:
            assert answer.status == 200
        request = await asyncio.to_thread(until, events, "request")
        assert (request.data["route"], request.data["status"]) == ("siprec_start", 200)
        received = await asyncio.to_thread(until, events, "received")
        assert received.data["verdict"] == "good"
        assert number(received) > number(request)


async def test_what_happened_is_listed_narrowed_and_forgotten(server: Server, http: aiohttp.ClientSession) -> None:
    client = EmulatorClient(server.url)
    async with http.post(START, json={"connector_name": "c"}):
        pass
    [request] = await asyncio.to_thread(client.requests)
    [session] = await asyncio.to_thread(client.sessions)
    assert request["session_id"] == session["id"]
    assert await asyncio.to_thread(client.webhooks) == []
    assert await asyncio.to_thread(lambda: client.requests(namespace="other")) == []
    await asyncio.to_thread(client.reset, request["namespace"])
    assert await asyncio.to_thread(client.requests) == []


async def test_an_api_key_narrows_to_its_namespace(server: Server, http: aiohttp.ClientSession) -> None:
    async with http.post(START, json={"connector_name": "c"}):
        pass
    mine, other = EmulatorClient(server.url, "KEY_of_the_tests"), EmulatorClient(server.url, "KEY_other")
    assert len(await asyncio.to_thread(mine.requests)) == 1
    assert await asyncio.to_thread(other.requests) == []


@pytest.mark.parametrize("settings", [{"admin_token": "hush"}], indirect=True)
async def test_the_admin_token_opens_what_is_guarded(server: Server) -> None:
    with pytest.raises(ControlRefused, match="token") as refused:
        await asyncio.to_thread(EmulatorClient(server.url).info)
    assert refused.value.status == 401
    with pytest.raises(ControlRefused):
        await asyncio.to_thread(EmulatorClient(server.url).events)
    with pytest.raises(ControlRefused):
        await asyncio.to_thread(EmulatorClient(server.url).reset)
    assert await asyncio.to_thread(EmulatorClient(server.url, "hush").info)


def test_nobody_at_the_port_is_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and not listening: connections are refused
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ControlUnreachable, match=f"no emulator answers at {url}: Connection refused"):
            EmulatorClient(url).health()


@contextlib.contextmanager
def answering(raw: bytes) -> Iterator[str]:
    """A server that answers one connection with these bytes and closes it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(raw)

        thread = Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "the emulator answered 200: hello"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "not an answer of the control API"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", "not an answer of the control API"),
        (b"HTTP/1.1 502 Bad\r\nContent-Length: 2\r\n\r\nno", "the emulator answered 502: no"),
    ],
)
def test_an_answer_of_something_else_is_refused(raw: bytes, expected: str) -> None:
    with answering(raw) as url, pytest.raises(ControlRefused, match=expected):
        EmulatorClient(url).info()


@pytest.mark.parametrize("raw", [b"", b"SSH-2.0\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"])
def test_a_broken_answer_is_unreachable(raw: bytes) -> None:
    with answering(raw) as url, pytest.raises(ControlUnreachable):
        EmulatorClient(url).info()


def test_a_list_without_data_is_refused() -> None:
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") as url, pytest.raises(ControlRefused):
        EmulatorClient(url).sessions()


def test_a_foreign_server_is_neither_ready_nor_not() -> None:
    raw = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    with answering(raw) as url, pytest.raises(ControlRefused):
        EmulatorClient(url).ready()


def test_events_are_read_by_the_rules_of_server_sent_events() -> None:
    """Comments and unknown fields are skipped, one space after the colon goes (WHATWG HTML section 9.2.6)."""
    stream = b': hi\n\nid:7\nevent: request\nretry: 1\ndata: {"a": 1}\n\nevent: lonely\n\ndata:{}\n\n'
    with (
        answering(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + stream) as url,
        EmulatorClient(url).events() as events,
    ):
        assert [(one.id, one.kind, one.data) for one in events] == [("7", "request", {"a": 1}), ("", "", {})]


def test_a_stream_that_falls_silent_breaks_off() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepted: list[socket.socket] = []

        def answer() -> None:
            accepted.append(listener.accept()[0])
            accepted[0].recv(65_536)
            accepted[0].sendall(b"HTTP/1.1 200 OK\r\n\r\n: hi\n")

        thread = Thread(target=answer)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with EmulatorClient(url).events(timeout=0.2) as events, pytest.raises(ControlUnreachable, match="in time"):
            next(iter(events))
        thread.join()
        accepted[0].close()


def test_a_stream_that_does_not_begin_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(ControlUnreachable, match="no answer in time"):
            EmulatorClient(url).events(timeout=0.05)
