"""Requests that the emulator does not cover, passed on to a server behind it over sockets."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
import pytest
import telnyx
from aiohttp import web
from yarl import URL

from emulator.config import Settings
from emulator.web.server import Server, running
from tests.conftest import KEY
from tests.web.fallback.standing import BOUND_SECS, Behind, one_entry, standing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


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
