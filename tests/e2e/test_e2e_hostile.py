"""Hostile receivers through the whole server: they cost their own webhooks, and nobody else's, nor any answer."""

from __future__ import annotations

import asyncio
import tracemalloc
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from emulator.core.models import MILLISECOND, SECOND
from tests.e2e.harness import Handler, receiving

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.harness import Emulator, Hook, Receiver

BUSY = "emu:srs-busy"
GIGABYTE = 1 << 30
CHUNK = bytes(1 << 16)


async def never(_hook: Hook, _writer: asyncio.StreamWriter) -> None:
    """Takes the request and says nothing."""
    await asyncio.Event().wait()


async def breaks_off(_hook: Hook, writer: asyncio.StreamWriter) -> None:
    """Promises more than it sends."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
    await writer.drain()
    raise ConnectionError


async def hangs_up(_hook: Hook, _writer: asyncio.StreamWriter) -> None:
    """Closes without a word."""
    raise ConnectionError


async def endless_head(_hook: Hook, writer: asyncio.StreamWriter) -> None:
    """Sends a header field that does not end."""
    writer.write(b"HTTP/1.1 200 OK\r\nX-Endless: ")
    while True:
        writer.write(b"a" * len(CHUNK))
        await writer.drain()


def answers(status: str, *fields: str) -> Handler:
    """Answers at once."""
    head = "\r\n".join((f"HTTP/1.1 {status}", "Content-Length: 0", *fields))

    async def handle(_hook: Hook, writer: asyncio.StreamWriter) -> None:
        writer.write(f"{head}\r\n\r\n".encode())

    return handle


@dataclass(frozen=True)
class Case:
    """A receiver and what the journal has to say of an attempt at it."""

    handle: Handler
    status: int | None
    code: int
    reason: str


CASES = {
    "never answers": Case(never, None, 75000, "no complete answer within 0.3 s"),
    "500": Case(answers("500 Oops"), 500, 75500, "answered 500"),
    "404": Case(answers("404 Not Found"), 404, 75404, "answered 404"),
    "redirects": Case(answers("302 Found", "Location: http://127.0.0.1:1/"), 302, 75300, "answered 302"),
    "closes mid-answer": Case(breaks_off, 200, 75000, "the connection closed before the answer was complete"),
    "hangs up": Case(hangs_up, None, 75000, "closed the connection without an answer"),
    "endless head": Case(endless_head, None, 75000, "not sound HTTP"),
}


def direct(emulator: Emulator, key: str, url: str, failover: str | None = None) -> None:
    """Let the webhooks of an API key go there."""
    answer = emulator.http.put(
        "/_emulator/namespaces/self",
        json={"webhook_url": url, "webhook_failover_url": failover},
        headers={"Authorization": f"Bearer {key}"},
    )
    assert answer.status_code == 200, answer.text


@pytest.fixture
def quick(emulate: Callable[..., Emulator]) -> Emulator:
    """Gives an attempt 300 ms and each URL two of them."""
    return emulate(webhook_timeout=300 * MILLISECOND, webhook_attempts=2)


@pytest.fixture
def patient(emulate: Callable[..., Emulator]) -> Emulator:
    """Waits so long for an answer that a test would fail before."""
    return emulate(webhook_timeout=60 * SECOND)


@pytest.mark.parametrize("name", list(CASES))
def test_every_attempt_is_journaled_and_the_failover_takes_over(
    quick: Emulator, receiver: Receiver, name: str
) -> None:
    """Two attempts at the primary URL, each with what was sent and what went wrong, then one at the failover."""
    case = CASES[name]
    with receiving(case.handle) as hostile:
        direct(quick, "key", hostile.url, receiver.url)
        quick.start("c1", connector_name=BUSY)
        delivered = receiver.next()
        (webhook,) = quick.webhooks_over(1)
    assert (webhook["state"], len(webhook["attempts"])) == ("delivered", 3)
    for number, attempt in enumerate(webhook["attempts"][:2], start=1):
        assert (attempt["number"], attempt["url"], attempt["outcome"]) == (number, hostile.url, "failed")
        assert attempt["error"]["code"] == case.code
        assert case.reason in attempt["error"]["reason"]
        assert (attempt["response"] or {"status": None})["status"] == case.status
        assert attempt["duration_ms"] >= 0
        sent = hostile.next()
        assert attempt["request"]["body"] == sent.body.decode()
        assert dict(attempt["request"]["headers"]) == sent.headers
        assert sent.event["meta"] == {"attempt": number, "delivered_to": hostile.url}
    assert webhook["attempts"][2]["url"] == receiver.url
    assert delivered.event["meta"] == {"attempt": 3, "delivered_to": receiver.url}
    assert delivered.event["data"]["id"] == webhook["id"]


def test_a_receiver_that_is_down_is_journaled_as_such(quick: Emulator, receiver: Receiver) -> None:
    """No connection is Telnyx's 75002; without a failover the webhook fails after its attempts."""
    with receiving() as gone:
        url = gone.url
    direct(quick, "key", url)
    quick.start("c1", connector_name=BUSY)
    (webhook,) = quick.webhooks_over(1)
    assert webhook["state"] == "failed"
    assert [(one["url"], one["error"]["code"]) for one in webhook["attempts"]] == [(url, 75002)] * 2
    assert all(one["response"] is None for one in webhook["attempts"])
    assert receiver.hooks.empty()


@pytest.mark.parametrize("name", list(CASES))
def test_another_session_is_told_while_a_receiver_is_hostile(
    quick: Emulator, receiver: Receiver, name: str
) -> None:
    """Its webhook arrives at the first attempt, whatever the other's receiver does."""
    with receiving(CASES[name].handle) as hostile:
        direct(quick, "harmed", hostile.url)
        direct(quick, "other", receiver.url)
        quick.start("c1", key="harmed", connector_name=BUSY)
        hostile.next()
        assert quick.start("c2", key="other", connector_name=BUSY).status_code == 200
        event = receiver.next().event
    assert (event["data"]["payload"]["call_control_id"], event["meta"]["attempt"]) == ("c2", 1)


def test_hundreds_that_wait_for_a_slow_receiver_hold_up_nobody(patient: Emulator, receiver: Receiver) -> None:
    """With more webhooks held than one receiver may have at once, commands are answered and others are told."""
    sessions = 300
    let_go = asyncio.Event()

    async def held(_hook: Hook, writer: asyncio.StreamWriter) -> None:
        await let_go.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with receiving(held) as slow:
        direct(patient, "harmed", slow.url)
        direct(patient, "other", receiver.url)
        answered = [patient.start(f"c{n}", key="harmed", connector_name=BUSY).status_code for n in range(sessions)]
        assert answered == [200] * sessions
        for _ in range(256):
            slow.next()
        assert patient.start("c-other", key="other", connector_name=BUSY).status_code == 200
        assert receiver.next().event["data"]["payload"]["call_control_id"] == "c-other"
        assert patient.control("/info")["sending"]["waiting"] == sessions - 256
        slow.background.do(let_go.set)
        patient.until(lambda one: len(one.journal.webhooks) in {1, sessions} and not one.deliveries)
    states = {one["state"] for one in patient.control("/webhooks", limit="1000")["data"]}
    assert states == {"delivered"}


def test_a_gigabyte_for_an_answer_costs_neither_memory_nor_time(quick: Emulator, receiver: Receiver) -> None:
    """The status counts, 10 kB are kept, the connection is dropped: all within 16 MB of Python's memory."""
    sent = 0

    async def gigabyte(_hook: Hook, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % GIGABYTE)
        while sent < GIGABYTE:
            writer.write(CHUNK)
            await writer.drain()
            sent += len(CHUNK)

    with receiving(gigabyte) as hostile:
        direct(quick, "harmed", hostile.url)
        direct(quick, "other", receiver.url)
        tracemalloc.start()
        try:
            quick.start("c1", key="harmed", connector_name=BUSY)
            quick.start("c2", key="other", connector_name=BUSY)
            receiver.next()
            webhooks: list[Any] = quick.webhooks_over(1)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 16_000_000
    assert sent < GIGABYTE // 16
    (harmed,) = [one for one in webhooks if one["call_control_id"] == "c1"]
    (attempt,) = harmed["attempts"]
    assert (attempt["outcome"], len(attempt["response"]["body"])) == ("delivered", 10_000)


def test_a_target_outside_the_private_ranges_is_never_dialled(quick: Emulator) -> None:
    """One attempt, which says what would allow it; a second would have no point."""
    direct(quick, "key", "http://203.0.113.9/hook")
    quick.start("c1", connector_name=BUSY)
    (webhook,) = quick.webhooks_over(1)
    (attempt,) = webhook["attempts"]
    assert webhook["state"] == "failed"
    assert "--allow-target 203.0.113.9" in attempt["error"]["reason"]
    assert attempt["response"] is None
