"""Trouble with the server behind: absent, slow, too large, broken off, leading back here."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web

from emulator.certificates import issue, new_authority
from emulator.config import Settings
from emulator.core.models import MILLISECOND
from emulator.web import fallback
from emulator.web.server import Server, running
from tests.conftest import KEY
from tests.web.fallback.standing import BOUND_SECS, Behind, journal, one_entry, standing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path


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
