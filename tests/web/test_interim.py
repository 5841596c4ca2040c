"""Interim answers (RFC 9110 section 15.2) are passed over, and above a bound they are no answer at all."""

from __future__ import annotations

import asyncio

import pytest

from emulator.core.effects import AttemptError, AttemptOutcome
from emulator.web.interim import MAX_INTERIM
from tests.web.receivers import BOUND_SECS, OK, open_desk, read_request, receiver, to

INTERIM = [
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 102 Processing\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n",
]


@pytest.mark.parametrize("interim", INTERIM, ids=["100", "102", "103"])
async def test_interim_answers_up_to_the_bound_are_passed_over_each_time(interim: bytes) -> None:
    """The count begins anew with each request of a connection."""
    connections = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while True:
            await read_request(reader)
            writer.write(interim * MAX_INTERIM + OK)

    async with receiver(handle) as base, open_desk() as desk:
        results = [await desk.try_once(to(base)) for _ in range(3)]
    assert [(result.outcome, result.status, result.response_body) for result in results] == [
        (AttemptOutcome.DELIVERED, 200, b"ok")
    ] * 3
    assert connections == 1


@pytest.mark.parametrize("interim", INTERIM, ids=["100", "102", "103"])
async def test_one_more_interim_answer_is_a_failure_at_once_and_the_connection_is_dropped(interim: bytes) -> None:
    """The receiver waits for the connection's end with its own answer still to come."""
    rest: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(interim * (MAX_INTERIM + 1))
        rest.set_result(await reader.read())

    async with receiver(handle) as base, open_desk() as desk:
        result = await desk.try_once(to(base))
        async with asyncio.timeout(BOUND_SECS):
            assert await rest == b""
    assert (result.outcome, result.error, result.status) == (AttemptOutcome.FAILED, AttemptError.GENERIC, None)
    assert result.reason == f"the answer is not sound HTTP: more than {MAX_INTERIM} interim answers"
