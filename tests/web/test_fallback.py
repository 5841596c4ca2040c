"""Requests that the emulator does not cover, passed on to a server behind it over sockets."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
import pytest
import telnyx
from aiohttp import web
from yarl import URL

from emulator.certificates import issue, new_authority
from emulator.config import Settings
from emulator.core.models import MILLISECOND
from emulator.web import fallback
from emulator.web.server import Server, running
from tests.conftest import KEY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

BOUND_SECS = 20


@dataclass(slots=True)
class Got:
    """One request that the server behind got."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def named(self, name: str) -> list[str]:
        """The values of a field."""
        return [value for field_name, value in self.headers if field_name.lower() == name.lower()]


@dataclass(slots=True)
class Behind:
    """The server behind the emulator: keeps what it gets, and answers as told."""

    handle: Handler | None = None
    url: str = ""
    got: list[Got] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, http: web.BaseRequest) -> web.StreamResponse:
        """Keep a request and answer it."""
        body = await http.read()
        self.got.append(Got(http.method, http.raw_path, list(http.headers.items()), body))
        if self.handle is not None:
            return await self.handle(http)
        return web.json_response({"data": []}, headers={"Set-Cookie": "a=b", "X-Theirs": "1", "Server": "behind"})


@asynccontextmanager
async def standing(take: Any, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server on a port of its own."""
    runner = web.ServerRunner(web.Server(take, handler_cancellation=True), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@pytest.fixture
async def behind() -> AsyncIterator[Behind]:
    one = Behind()
    async with standing(one.take) as port:
        one.url = f"http://127.0.0.1:{port}"
        yield one


@pytest.fixture
def emulate(behind: Behind) -> Callable[..., Any]:
    """Starts an emulator before that server."""

    def start(**settings: Any) -> Any:
        given: dict[str, Any] = {"port": 0, "drain": 0, "fallback_url": behind.url} | settings
        return running(Settings(**given))

    return start


@pytest.fixture
async def server(emulate: Callable[..., Any]) -> AsyncIterator[Server]:
    async with emulate() as server:
        yield server


@pytest.fixture
async def http(server: Server) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(server.url, headers=KEY) as session:
        yield session


async def journal(server: Server) -> list[Any]:
    """The requests that the control API lists."""
    async with aiohttp.ClientSession(server.url) as session, session.get("/_emulator/requests") as answer:
        listed: list[Any] = (await answer.json())["data"]
        return listed


async def one_entry(server: Server) -> Any:
    """The only entry of the journal, once it is there: it is written when an exchange has ended, not before."""
    watcher = server.watchers.subscribe(None)
    assert watcher is not None
    notes = watcher.events()
    try:
        async with asyncio.timeout(BOUND_SECS):
            while not (listed := await journal(server)):
                await anext(notes)
    finally:
        server.watchers.unsubscribe(watcher)
    [entry] = listed
    return entry


# --- what goes there and what comes back ---


async def test_a_request_and_its_answer_go_through_as_they_are(
    server: Server, http: aiohttp.ClientSession, behind: Behind
) -> None:
    """Path and query byte for byte, Host its own, no credentials, no cookies."""
    target = "/v2/messages/a%2Fb%20c?x=%2F&y=1&y=2"
    async with http.post(
        URL(server.url + target, encoded=True), json={"to": "x"}, headers={"Cookie": "c=1", "X-Mine": "1"}
    ) as answer:
        assert (answer.status, await answer.json()) == (200, {"data": []})
        assert (answer.headers["X-Theirs"], answer.headers["Server"]) == ("1", "behind")
        assert answer.headers["X-Emulator-Forwarded"] == f"{behind.url}/messages/a%2Fb%20c"
        assert "Set-Cookie" not in answer.headers
    [got] = behind.got
    assert (got.method, got.target, got.body) == ("POST", "/messages/a%2Fb%20c?x=%2F&y=1&y=2", b'{"to": "x"}')
    assert got.named("Host") == [behind.url.removeprefix("http://")]
    assert got.named("Content-Length") == ["11"]
    assert got.named("X-Mine") == ["1"]
    assert got.named("Authorization") == got.named("Cookie") == got.named("Transfer-Encoding") == []
    assert got.named("Via")[0].startswith("1.1 siprec-emulator-")


async def test_credentials_go_along_where_that_was_asked_for(emulate: Callable[..., Any], behind: Behind) -> None:
    async with emulate(fallback_credentials=True) as server, aiohttp.ClientSession(headers=KEY) as http:
        await http.get(f"{server.url}/v2/balance", headers={"Cookie": "c=1"})
    [got] = behind.got
    assert got.named("Authorization") == [KEY["Authorization"]]
    assert got.named("Cookie") == []


async def test_it_is_off_by_default(behind: Behind) -> None:
    async with running(Settings(port=0, drain=0)) as server, aiohttp.ClientSession(headers=KEY) as http:
        answer = await http.get(f"{server.url}/v2/balance")
        assert answer.status == 404
    assert behind.got == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/v2/calls/c/actions/siprec_start", 200),
        ("GET", "/v2/siprec_connectors/none", 404),
        ("PATCH", "/v2/siprec_connectors/none", 405),
        ("GET", "/v2/webhook_deliveries/none", 404),
        ("GET", "/_emulator/nothing", 404),
        ("PROPFIND", "/v2/messages", 404),
    ],
)
async def test_what_is_covered_is_never_passed_on(
    http: aiohttp.ClientSession, behind: Behind, method: str, path: str, status: int
) -> None:
    """Nor is what it refuses, nor the control API's, nor methods that Telnyx does not have."""
    answer = await http.request(method, path, json={} if method == "POST" else None)
    assert answer.status == status
    assert behind.got == []


async def test_the_sdk_reaches_other_resources(emulate: Callable[..., Any], behind: Behind) -> None:
    async with emulate() as server, telnyx.AsyncTelnyx(api_key="k", base_url=f"{server.url}/v2") as sdk:
        answer = await sdk.get("/balance", cast_to=dict[str, Any])
        assert answer == {"data": []}
        assert (await sdk.calls.actions.start_siprec("v3:a")).data is not None
    assert [got.target for got in behind.got] == ["/balance"]


async def test_refusals_and_redirects_come_back_as_they_are(http: aiohttp.ClientSession, behind: Behind) -> None:
    async def moved(_http: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": "http://elsewhere.test/x"}, text="moved")

    behind.handle = moved
    answer = await http.get("/v2/x", allow_redirects=False)
    assert (answer.status, answer.headers["Location"], await answer.text()) == (
        307,
        "http://elsewhere.test/x",
        "moved",
    )
    assert len(behind.got) == 1


@pytest.mark.parametrize("method", ["HEAD", "DELETE", "OPTIONS", "PUT", "PATCH"])
async def test_every_method_of_telnyxs_goes_through(
    http: aiohttp.ClientSession, behind: Behind, method: str
) -> None:
    async def done(_http: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=204) if method == "DELETE" else web.Response(text="four")

    behind.handle = done
    async with http.request(method, "/v2/x") as answer:
        expected = {"HEAD": (200, ""), "DELETE": (204, "")}.get(method, (200, "four"))
        assert (answer.status, await answer.text()) == expected
        assert answer.headers.get("Content-Length") == (None if method == "DELETE" else "4")
    assert behind.got[0].method == method


async def test_a_coded_answer_comes_back_coded(server: Server, behind: Behind) -> None:
    packed = gzip.compress(b"hello")

    async def coded(_http: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=packed, headers={"Content-Encoding": "gzip"})

    behind.handle = coded
    async with httpx.AsyncClient(headers=KEY) as plain, plain.stream("GET", f"{server.url}/v2/x") as answer:
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
        assert (answer.headers["Content-Encoding"], raw) == ("gzip", packed)
    assert behind.got[0].named("Accept-Encoding") != []


async def test_a_coded_request_arrives_as_what_it_says(http: aiohttp.ClientSession, behind: Behind) -> None:
    """Unpacked, and told so."""
    await http.post("/v2/x", data=gzip.compress(b"hello"), headers={"Content-Encoding": "gzip"})
    [got] = behind.got
    assert (got.body, got.named("Content-Encoding"), got.named("Content-Length")) == (b"hello", [], [])


async def test_both_directions_stream(http: aiohttp.ClientSession, behind: Behind) -> None:
    """Each part of the answer is here before the next one is made, and of the request there before it ends."""
    parts: asyncio.Queue[bytes] = asyncio.Queue()

    async def echo(http: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(http)
        async for part in http.content.iter_any():
            await response.write(b"<" + part + b">")
        return response

    async def take(request: web.BaseRequest) -> web.StreamResponse:
        return await echo(request)

    async def body() -> AsyncIterator[bytes]:
        while part := await parts.get():
            yield part

    async with (
        standing(take) as port,
        running(Settings(port=0, drain=0, fallback_url=f"http://127.0.0.1:{port}")) as server,
        asyncio.timeout(BOUND_SECS),
    ):
        parts.put_nowait(b"one")
        async with http.post(f"{server.url}/v2/x", data=body()) as answer:
            assert await answer.content.readany() == b"<one>"
            parts.put_nowait(b"two")
            assert await answer.content.readany() == b"<two>"
            parts.put_nowait(b"")
            assert await answer.content.readany() == b""
    assert behind.got == []


async def test_an_expectation_is_answered_here(server: Server, behind: Behind) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    head = f"POST /v2/x HTTP/1.1\r\nHost: a\r\nAuthorization: {KEY['Authorization']}\r\n"
    writer.write(f"{head}Content-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n".encode())
    async with asyncio.timeout(BOUND_SECS):
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"{}")
        assert (await reader.read()).startswith(b"HTTP/1.1 200 OK\r\n")
    writer.close()
    assert (behind.got[0].body, behind.got[0].named("Expect")) == (b"{}", [])


# --- who may ---


async def test_without_good_credentials_nothing_is_passed_on(emulate: Callable[..., Any], behind: Behind) -> None:
    """As at Telnyx, where such a route is behind the same door; and nobody uses the emulator for a way through."""
    async with emulate(api_keys=("listed",)) as server, aiohttp.ClientSession() as http:
        for headers in ({}, {"Authorization": "Basic x"}, {"Authorization": "Bearer other"}):
            answer = await http.get(f"{server.url}/v2/x", headers=headers)
            assert (answer.status, (await answer.json())["errors"][0]["code"]) == (401, "10009")
        assert (await http.get(f"{server.url}/v2/x", headers={"Authorization": "Bearer listed"})).status == 200
    assert len(behind.got) == 1


# --- what is told of it ---


async def test_the_journal_tells_of_it_and_of_no_near_miss(
    server: Server, http: aiohttp.ClientSession, behind: Behind, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="emulator")
    async with http.get("/_emulator/events") as stream:
        await http.post("/v2/messages?k=v", data=b"12345")
        async with asyncio.timeout(BOUND_SECS):
            while not (line := await stream.content.readline()).startswith(b"data: "):
                assert line
        told = json.loads(line[6:])
    entry = await one_entry(server)
    assert told == entry
    assert (entry["method"], entry["target"], entry["route"]) == ("POST", "/v2/messages?k=v", None)
    assert (entry["status"], entry["reason"], entry["forwarded_to"]) == (200, "", f"{behind.url}/messages")
    assert (entry["sent_bytes"], entry["received_bytes"]) == (5, 12)
    assert 0 < entry["duration_ms"] < BOUND_SECS * 1_000
    assert await (await http.get(f"/_emulator/requests/{entry['id']}")).json() == {"data": entry}
    assert (await (await http.get("/_emulator/requests/near-misses")).json())["data"] == []
    asked = await http.post(
        "/_emulator/verify", json={"requests": {"forwarded_to": {"glob": "*/messages"}}, "count": 1}
    )
    assert asked.status == 200
    assert (await (await http.get("/_emulator/info")).json())["fallback_url"] == behind.url
    assert any(record.getMessage() == "request" for record in caplog.records)


async def test_strays_that_are_not_passed_on_keep_their_near_misses(
    server: Server, http: aiohttp.ClientSession
) -> None:
    await http.request("PROPFIND", "/v2/calls/c/actions/siprec_strat")
    [miss] = (await (await http.get("/_emulator/requests/near-misses")).json())["data"]
    assert miss["routes"][0]["route"] == "POST /calls/{}/actions/siprec_start"
    assert (await one_entry(server))["forwarded_to"] is None


# --- trouble ---


def refusal(document: Any) -> tuple[str, str]:
    """Code and the emulator's note of an error document."""
    [error] = document["errors"]
    return error["code"], error["meta"]["emulator"]


async def test_a_server_that_is_not_there_is_a_bad_gateway(emulate: Callable[..., Any]) -> None:
    async with emulate(fallback_url="http://127.0.0.1:9") as server, aiohttp.ClientSession(headers=KEY) as http:
        answer = await http.post(f"{server.url}/v2/x", data=b"body")
        assert (answer.status, answer.headers["x-should-retry"]) == (502, "false")
        code, note = refusal(await answer.json())
        assert code == "10007"
        assert note.startswith(
            "The emulator does not cover this route; its fallback http://127.0.0.1:9 failed: cannot connect"
        )
        entry = await one_entry(server)
        assert (entry["status"], entry["forwarded_to"], entry["reason"]) == (502, "http://127.0.0.1:9/x", note)


@pytest.mark.parametrize("said", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"])
async def test_a_server_that_speaks_no_http_is_a_bad_gateway(emulate: Callable[..., Any], said: bytes) -> None:
    async def speak(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()
        writer.close()

    raw = await asyncio.start_server(speak, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{raw.sockets[0].getsockname()[1]}"
    async with raw, emulate(fallback_url=url) as server, aiohttp.ClientSession(headers=KEY) as http:
        assert (await http.get(f"{server.url}/v2/x")).status == 502


async def hang(_http: web.BaseRequest) -> web.StreamResponse:
    """A server that never answers."""
    await asyncio.Event().wait()
    raise AssertionError


async def test_a_server_that_does_not_answer_in_time_is_a_gateway_timeout(
    emulate: Callable[..., Any], behind: Behind
) -> None:
    behind.handle = hang
    async with emulate(fallback_timeout=100 * MILLISECOND) as server, aiohttp.ClientSession(headers=KEY) as http:
        answer = await http.get(f"{server.url}/v2/x")
        assert (answer.status, answer.headers["x-should-retry"]) == (504, "false")
        code, note = refusal(await answer.json())
        assert code == "10008"
        assert note.endswith(f"its fallback {behind.url} gave no whole answer in 0.1 s.")


async def test_a_body_that_is_too_large_goes_nowhere(emulate: Callable[..., Any], behind: Behind) -> None:
    """Announced or not."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b"x" * 1_024

    async with emulate(max_body=1_000) as server, aiohttp.ClientSession(headers=KEY) as http:
        for body in (b"x" * 1_001, endless()):
            async with http.post(f"{server.url}/v2/x", data=body) as answer:
                assert (answer.status, answer.headers["Connection"]) == (413, "close")
    assert behind.got == []


async def test_a_body_that_is_not_what_it_says_is_malformed(http: aiohttp.ClientSession, behind: Behind) -> None:
    answer = await http.post("/v2/x", data=b"no gzip", headers={"Content-Encoding": "gzip"})
    assert answer.status == 400
    assert behind.got == []


async def test_an_answer_that_is_too_large_is_none_or_is_cut(
    server: Server, http: aiohttp.ClientSession, behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fallback, "MAX_ANSWER", 1_000)

    async def announced(_http: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=b"x" * 1_001)

    async def streamed(http: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(http)
        for _ in range(11):
            await response.write(b"x" * 100)
        return response

    behind.handle = announced
    assert (await http.get("/v2/x")).status == 502
    behind.handle = streamed
    with pytest.raises(aiohttp.ClientError):
        async with http.get("/v2/x") as answer:
            await answer.read()
    refused, cut = await journal(server)
    assert refused["status"] == 502
    assert (cut["status"], cut["reason"]) == (200, "its answer is larger than 1000 bytes")


async def test_an_answer_that_breaks_off_is_not_taken_for_a_whole_one(
    server: Server, http: aiohttp.ClientSession, behind: Behind
) -> None:
    async def broken(http: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = 100
        await response.prepare(http)
        await response.write(b"half")
        assert http.transport is not None
        http.transport.close()
        return response

    behind.handle = broken
    with pytest.raises(aiohttp.ClientError):
        async with http.get("/v2/x") as answer:
            await answer.read()
    assert (await one_entry(server))["reason"] == "the connection closed before the answer was complete"
    assert (await http.get("/_emulator/health")).status == 200


async def test_a_client_that_leaves_ends_the_exchange(server: Server, behind: Behind) -> None:
    """The server behind sees its connection closed."""
    gone, came = asyncio.Event(), asyncio.Event()

    async def wait(_http: web.BaseRequest) -> web.StreamResponse:
        came.set()
        try:
            await asyncio.Event().wait()
        finally:
            gone.set()
        raise AssertionError

    behind.handle = wait
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(f"GET /v2/x HTTP/1.1\r\nHost: a\r\nAuthorization: {KEY['Authorization']}\r\n\r\n".encode())
    async with asyncio.timeout(BOUND_SECS):
        await came.wait()
        writer.transport.abort()
        await gone.wait()
    entry = await one_entry(server)
    assert (entry["status"], entry["reason"]) == (499, "the client left before it was answered")


async def test_a_fallback_that_leads_back_here_is_told() -> None:
    """Once round, and no more."""
    async with running(Settings(port=0, drain=0)) as first:
        itself = {"port": first.port, "drain": 0, "fallback_url": first.url}
    for credentials, status, entries in (
        # the one behind wants credentials as well, so that a circle needs the switch
        (False, 401, 1),
        (True, 502, 2),
    ):
        settings: dict[str, Any] = {**itself, "fallback_credentials": credentials}
        async with running(Settings(**settings)) as server, aiohttp.ClientSession(headers=KEY) as http:
            answer = await http.get(f"{server.url}/v2/x")
            assert answer.status == status
            assert len(await journal(server)) == entries
            if credentials:
                assert "leads back to it" in refusal(await answer.json())[1]


async def test_the_certificate_of_the_server_behind_is_checked(
    emulate: Callable[..., Any], behind: Behind, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    authority = new_authority(now)
    leaf = issue(authority, ("127.0.0.1",), now)
    (tmp_path / "leaf.pem").write_bytes(leaf.certificate_pem + leaf.key_pem)
    (tmp_path / "ca.pem").write_bytes(authority.certificate_pem)
    shown = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    shown.load_cert_chain(tmp_path / "leaf.pem")
    async with standing(behind.take, shown) as port:
        for trust, status in (({}, 502), ({"tls_ca": tmp_path / "ca.pem"}, 200)):
            url = f"https://127.0.0.1:{port}"
            async with emulate(fallback_url=url, **trust) as server, aiohttp.ClientSession(headers=KEY) as http:
                assert (await http.get(f"{server.url}/v2/x")).status == status


async def test_the_server_stops_with_an_exchange_under_way(emulate: Callable[..., Any], behind: Behind) -> None:
    """It is given the time that answers get, and then given up; nothing is left open."""
    came = asyncio.Event()

    async def wait(_http: web.BaseRequest) -> web.StreamResponse:
        came.set()
        return await hang(_http)

    behind.handle = wait
    async with aiohttp.ClientSession(headers=KEY) as http:
        async with emulate(fallback_timeout=200 * MILLISECOND) as server:
            asking = asyncio.ensure_future(http.get(f"{server.url}/v2/x"))
            await asyncio.wait_for(came.wait(), BOUND_SECS)
        answer = await asking
        assert answer.status == 504
