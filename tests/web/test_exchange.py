"""One attempt on the wire: the exact bytes that leave, and every way in which an answer can fail."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest
import telnyx

from emulator.core.effects import AttemptError, AttemptOutcome, Signing, SignMode, SuccessRule
from emulator.core.models import MILLISECOND, SECOND, CallbackMethod
from emulator.core.signing import Verdict, verify
from tests.web.receivers import BODY, BOUND_SECS, OK, SIGNER, answering, open_desk, read_request, receiver, to

if TYPE_CHECKING:
    from emulator.core.models import HeaderList
    from tests.web.receivers import Handler

FAILED, DELIVERED = AttemptOutcome.FAILED, AttemptOutcome.DELIVERED


class Recorder:
    """Answers 200 and keeps each request's bytes."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self.requests: list[tuple[bytes, bytes]] = []
        self.connections = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it is closed."""
        self.connections += 1
        while True:
            self.requests.append(await read_request(reader))
            writer.write(OK)


def fields(head: bytes) -> HeaderList:
    """The header fields of a request's head, in order."""
    lines = head.decode("ascii").split("\r\n")[1:-2]
    return tuple((name, value) for name, _, value in (line.partition(": ") for line in lines))


async def test_a_post_sends_the_exact_bytes_signed_and_no_header_of_its_own() -> None:
    recorder = Recorder()
    async with receiver(recorder) as base, open_desk() as desk:
        result = await desk.try_once(to(f"{base}/hook%2fa?x=%41"))
    ((head, body),) = recorder.requests
    assert body == BODY
    assert head.split(b"\r\n")[0] == b"POST /hook%2fa?x=%41 HTTP/1.1"
    assert [name for name, _ in fields(head)] == [
        "Host",
        "Content-Type",
        "User-Agent",
        "Telnyx-Signature-Ed25519",
        "Telnyx-Timestamp",
        "Content-Length",
    ]
    assert dict(fields(head))["User-Agent"] == "telnyx-webhooks"
    assert result.request_headers == fields(head)
    assert verify(SIGNER.public_key, fields(head), body, now=int(time.time())) is Verdict.GOOD
    assert (result.outcome, result.status, result.response_body) == (DELIVERED, 200, b"ok")
    assert result.response_headers == (("Content-Length", "2"),)
    assert (result.error, result.reason, result.refused) == (None, "", False)
    assert result.started_at <= result.finished_at


async def test_the_official_sdk_accepts_what_a_receiver_got() -> None:
    recorder = Recorder()
    async with receiver(recorder) as base, open_desk() as desk:
        await desk.try_once(to(base))
    ((head, body),) = recorder.requests
    client = telnyx.Telnyx(api_key="any", public_key=SIGNER.public_key)
    client.webhooks.unwrap(body.decode(), headers=dict(fields(head)))


async def test_a_get_sends_no_body_and_signs_its_query() -> None:
    recorder = Recorder()
    query = b"AccountSid=a%20b&SiprecEvent=siprec-started"
    async with receiver(recorder) as base, open_desk() as desk:
        url = f"{base}/status?{query.decode()}"
        result = await desk.try_once(
            to(
                url,
                method=CallbackMethod.GET,
                body=b"",
                signed=query,
                headers=(("User-Agent", "telnyx-webhooks"),),
            )
        )
    ((head, body),) = recorder.requests
    assert head.split(b"\r\n")[0] == b"GET /status?" + query + b" HTTP/1.1"
    assert body == b""
    assert [name for name, _ in fields(head)] == [
        "Host",
        "User-Agent",
        "Telnyx-Signature-Ed25519",
        "Telnyx-Timestamp",
    ]
    assert verify(SIGNER.public_key, fields(head), query, now=int(time.time())) is Verdict.GOOD
    assert result.request_headers == fields(head)


async def test_an_empty_post_says_that_its_length_is_zero() -> None:
    recorder = Recorder()
    async with receiver(recorder) as base, open_desk() as desk:
        result = await desk.try_once(to(base, body=b"", signed=b""))
    assert fields(recorder.requests[0][0]) == result.request_headers
    assert ("Content-Length", "0") in result.request_headers


async def test_the_stamp_is_the_wall_clock_at_the_moment_of_sending() -> None:
    recorder = Recorder()
    async with receiver(recorder) as base, open_desk(wall=lambda: 1_763_900_000_999_999) as desk:
        result = await desk.try_once(to(base))
    assert dict(result.request_headers)["Telnyx-Timestamp"] == "1763900000"


@pytest.mark.parametrize(
    ("signing", "verdict", "complaint"),
    [
        (Signing(), Verdict.GOOD, None),
        (Signing(skew=-200 * SECOND), Verdict.GOOD, None),
        (Signing(skew=200 * SECOND), Verdict.GOOD, None),
        (Signing(skew=-400 * SECOND), Verdict.STALE, "too old"),
        (Signing(skew=400 * SECOND), Verdict.STALE, "too new"),
        (Signing(mode=SignMode.WRONG_KEY), Verdict.WRONG, "does not match"),
        (Signing(mode=SignMode.WRONG_KEY, skew=-400 * SECOND), Verdict.STALE, "too old"),
        (Signing(mode=SignMode.NONE), Verdict.MISSING, "[Mm]issing"),
        (Signing(mode=SignMode.NONE, skew=400 * SECOND), Verdict.MISSING, "[Mm]issing"),
    ],
    ids=str,
)
async def test_a_webhook_is_signed_as_well_as_it_is_meant_to_be(
    signing: Signing, verdict: Verdict, complaint: str | None
) -> None:
    """The official SDK takes what is good and refuses the rest; neither field is there where nothing is signed."""
    recorder = Recorder()
    async with receiver(recorder) as base, open_desk() as desk:
        result = await desk.try_once(to(base, signing=signing))
    ((head, body),) = recorder.requests
    assert result.request_headers == fields(head)
    assert verify(SIGNER.public_key, fields(head), body, now=int(time.time())) is verdict
    present = [name for name, _ in fields(head) if name.startswith("Telnyx-")]
    assert present == ([] if verdict is Verdict.MISSING else ["Telnyx-Signature-Ed25519", "Telnyx-Timestamp"])
    client = telnyx.Telnyx(api_key="any", public_key=SIGNER.public_key)
    with nullcontext() if complaint is None else pytest.raises(ValueError, match=complaint):
        client.webhooks.unwrap(body.decode(), headers=dict(fields(head)))


@pytest.mark.parametrize(("skew", "stamp"), [(0, "1763900000"), (1, "1763900001"), (-1_000_000, "1763899999")])
async def test_a_skewed_stamp_is_whole_seconds_rounded_down(skew: int, stamp: str) -> None:
    async with receiver(Recorder()) as base, open_desk(wall=lambda: 1_763_900_000_999_999) as desk:
        result = await desk.try_once(to(base, signing=Signing(skew=skew)))
    assert dict(result.request_headers)["Telnyx-Timestamp"] == stamp


async def test_one_key_gives_the_same_wrong_signatures_in_each_run() -> None:
    found = set()
    for _ in range(2):
        async with receiver(Recorder()) as base, open_desk(wall=lambda: 1_763_900_000_000_000) as desk:
            result = await desk.try_once(to(base, signing=Signing(mode=SignMode.WRONG_KEY)))
        found.add(dict(result.request_headers)["Telnyx-Signature-Ed25519"])
    assert len(found) == 1


async def test_connections_are_kept_between_attempts_to_one_origin() -> None:
    recorder = Recorder()
    async with receiver(recorder) as base, open_desk() as desk:
        for _ in range(5):
            assert (await desk.try_once(to(base))).outcome is DELIVERED
    assert (recorder.connections, len(recorder.requests)) == (1, 5)


async def test_cookies_are_not_kept() -> None:
    recorder = Recorder()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            recorder.requests.append(await read_request(reader))
            writer.write(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")

    async with receiver(handle) as base, open_desk() as desk:
        url = base.replace("127.0.0.1", "localhost")
        await desk.try_once(to(url))
        await desk.try_once(to(url))
    assert "Cookie" not in dict(fields(recorder.requests[1][0]))


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with receiver(Recorder()) as base, open_desk() as desk:
        assert (await desk.try_once(to(base))).outcome is DELIVERED


async def test_an_encoded_answer_is_kept_as_it_came() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 7\r\n\r\nnotgzip"
    async with receiver(answering(answer)) as base, open_desk() as desk:
        result = await desk.try_once(to(base))
    assert (result.outcome, result.response_body) == (DELIVERED, b"notgzip")


@pytest.mark.parametrize(
    ("status", "rule", "error"),
    [
        (200, SuccessRule.ONLY_200, None),
        (204, SuccessRule.ANY_2XX, None),
        (204, SuccessRule.ONLY_200, AttemptError.NOT_200),
        (301, SuccessRule.ANY_2XX, AttemptError.REDIRECT),
        (307, SuccessRule.ANY_2XX, AttemptError.REDIRECT),
        (400, SuccessRule.ANY_2XX, AttemptError.STATUS_400),
        (404, SuccessRule.ANY_2XX, AttemptError.STATUS_404),
        (410, SuccessRule.ANY_2XX, AttemptError.CLIENT_ERROR),
        (500, SuccessRule.ANY_2XX, AttemptError.STATUS_500),
        (502, SuccessRule.ANY_2XX, AttemptError.SERVER_ERROR),
    ],
)
async def test_a_status_gives_the_verdict(status: int, rule: SuccessRule, error: AttemptError | None) -> None:
    answer = b"HTTP/1.1 %d Whatever\r\nContent-Length: 0\r\n\r\n" % status
    async with receiver(answering(answer)) as base, open_desk() as desk:
        result = await desk.try_once(to(base, success=rule))
    assert (result.status, result.error) == (status, error)
    assert result.outcome is (FAILED if error else DELIVERED)
    assert (str(status) in result.reason) is (error is not None)


async def test_a_redirect_is_not_followed_and_says_where_it_led() -> None:
    recorder = Recorder()
    async with receiver(recorder) as second:
        answer = b"HTTP/1.1 302 Found\r\nLocation: %s/x\r\nContent-Length: 0\r\n\r\n" % second.encode()
        async with receiver(answering(answer)) as first, open_desk() as desk:
            result = await desk.try_once(to(first))
    assert recorder.requests == []
    assert f"{second}/x" in result.reason


async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Read all, answer nothing."""
    while await reader.read(1 << 16):
        pass


async def resetting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reset the connection once the request is there."""
    await read_request(reader)
    linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def body_that_never_ends(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send a sound head and three bytes of a hundred, then nothing."""
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
    await silent(reader, writer)


async def test_a_receiver_that_never_answers_fails_at_the_timeout() -> None:
    async with receiver(silent) as base, open_desk() as desk:
        result = await desk.try_once(to(base, timeout=50 * MILLISECOND))
    assert (result.outcome, result.error, result.status) == (FAILED, AttemptError.GENERIC, None)
    assert result.reason == "no complete answer within 0.05 s"
    assert result.request_headers


async def test_a_body_that_does_not_end_fails_at_the_timeout_and_keeps_what_came() -> None:
    async with receiver(body_that_never_ends) as base, open_desk() as desk:
        result = await desk.try_once(to(base, timeout=50 * MILLISECOND))
    assert (result.outcome, result.status, result.response_body) == (FAILED, 200, b"abc")
    assert result.reason == "no complete answer within 0.05 s; its status was 200"


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nConte"])
async def test_a_receiver_that_closes_before_its_head_is_complete_gave_no_answer(answer: bytes) -> None:
    async with receiver(answering(answer)) as base, open_desk() as desk:
        result = await desk.try_once(to(base))
    assert (result.outcome, result.error, result.status) == (FAILED, AttemptError.GENERIC, None)
    assert "closed the connection without an answer" in result.reason


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    ],
)
async def test_a_receiver_that_closes_mid_answer_has_not_taken_the_webhook(answer: bytes) -> None:
    async with receiver(answering(answer)) as base, open_desk() as desk:
        result = await desk.try_once(to(base))
    assert (result.outcome, result.error, result.status) == (FAILED, AttemptError.GENERIC, 200)
    assert "before the answer was complete" in result.reason


async def test_a_failed_status_outweighs_a_broken_body() -> None:
    answer = b"HTTP/1.1 500 No\r\nContent-Length: 100\r\n\r\nabc"
    async with receiver(answering(answer)) as base, open_desk() as desk:
        result = await desk.try_once(to(base))
    assert (result.error, result.reason) == (AttemptError.STATUS_500, "answered 500")


@pytest.mark.parametrize("method", list(CallbackMethod))
async def test_a_reset_connection_is_one_failed_attempt_and_one_request(method: CallbackMethod) -> None:
    seen: list[None] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(None)
        await resetting(reader, writer)

    async with receiver(handle) as base, open_desk() as desk:
        body = BODY if method is CallbackMethod.POST else b""
        result = await desk.try_once(to(base, method=method, body=body))
    assert (result.outcome, result.error, result.status) == (FAILED, AttemptError.GENERIC, None)
    assert "the connection broke" in result.reason
    assert len(seen) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"\x00\xff\xfe garbage\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["bytes", "ssh", "status", "length", "header too long", "chunk"],
)
async def test_an_answer_that_is_not_sound_http_fails_in_printable_words(answer: bytes) -> None:
    async with receiver(answering(answer)) as base, open_desk() as desk:
        result = await desk.try_once(to(base))
    assert (result.outcome, result.error) == (FAILED, AttemptError.GENERIC)
    assert result.reason.isprintable()
    assert 0 < len(result.reason) <= 400


async def test_header_fields_of_an_answer_are_kept_to_a_bound_and_as_text() -> None:
    big = b"".join(b"X-%d: %s\r\n" % (n, b"v" * 1000) for n in range(50))
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Odd: caf\xe9\r\n" + big + b"\r\n"
    async with receiver(answering(answer)) as base, open_desk() as desk:
        result = await desk.try_once(to(base))
    assert result.outcome is DELIVERED
    assert dict(result.response_headers)["X-Odd"] == "caf\\xe9"
    assert sum(len(name) + len(value) for name, value in result.response_headers) <= 10_000


def endlessly(head: bytes, chunk: bytes, offered: asyncio.Future[int]) -> Handler:
    """Send the head, then the chunk again and again up to 1 GB; tell how much was taken."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(head)
        sent = 0
        try:
            while sent < 1 << 30:
                writer.write(chunk)
                sent += len(chunk)
                await writer.drain()
        finally:
            offered.set_result(sent)

    return handle


@pytest.mark.parametrize(
    ("head", "chunk", "outcome"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (1 << 30), b"x" * 65536, DELIVERED),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536, DELIVERED),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"8000\r\n" + b"x" * 32768 + b"\r\n",
            DELIVERED,
        ),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 9999, DELIVERED),
        (b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n" * 1000, FAILED),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, FAILED),
    ],
    ids=["length", "until closed", "chunked", "tiny chunks", "headers", "interim answers"],
)
async def test_a_receiver_that_sends_a_gigabyte_costs_neither_memory_nor_time(
    head: bytes, chunk: bytes, outcome: AttemptOutcome
) -> None:
    offered: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    async with receiver(endlessly(head, chunk, offered)) as base, open_desk() as desk:
        began = time.monotonic()
        result = await desk.try_once(to(base, timeout=SECOND))
        async with asyncio.timeout(BOUND_SECS):
            sent = await offered
    assert result.outcome is outcome
    assert len(result.response_body) == (10_000 if outcome is DELIVERED else 0)
    assert sent < 32 << 20, "what the sender takes is bounded by the kernel's buffers"
    assert time.monotonic() - began < BOUND_SECS
