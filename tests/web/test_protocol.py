"""What is no HTTP, or too much of it, is answered with an error document, and the server goes on."""

from __future__ import annotations

import asyncio

import orjson
import pytest
from aiohttp.test_utils import make_mocked_request

from emulator.config import Settings
from emulator.web.protocol import attended
from emulator.web.server import running

BOUND_SECS = 20


async def exchange(port: int, sent: bytes) -> tuple[bytes, bytes]:
    """Send bytes as they are; the head and the body of what comes until the server closes."""
    async with asyncio.timeout(BOUND_SECS):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(sent)
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        finally:
            writer.close()
            await writer.wait_closed()
    return head, body


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /v2/" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /v2/public_key HTTP/1.1\r\nHost: a\r\nX-Long: " + b"a" * 9000 + b"\r\n\r\n",
        b"POST /v2/siprec_connectors HTTP/1.1\r\nHost: a\r\nContent-Length: many\r\n\r\n",
    ],
    ids=["TLS", "long target", "long header", "garbled length"],
)
async def test_what_the_parser_refuses_is_an_error_document(sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """400 and 10015, the connection closed, one line of log without a traceback; the next client is served."""
    async with running(Settings(port=0)) as server:
        head, body = await exchange(server.port, sent)
        after, _ = await exchange(server.port, b"GET /_emulator/health HTTP/1.0\r\nHost: localhost\r\n\r\n")
    assert head.startswith(b"HTTP/1.")
    assert b" 400 " in head.split(b"\r\n")[0]
    assert b"content-type: application/json" in head.lower()
    assert orjson.loads(body)["errors"][0]["code"] == "10015"
    assert b" 200 " in after.split(b"\r\n")[0]
    assert [(record.name, record.getMessage(), record.exc_info) for record in caplog.records] == [
        ("emulator", "no request", None)
    ]


async def test_work_for_who_has_no_connection_of_ours_is_just_done() -> None:
    """As where aiohttp's own test requests come in."""

    async def work() -> int:
        return 1

    assert await attended(make_mocked_request("GET", "/"), work()) == 1
