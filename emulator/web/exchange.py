"""One attempt on the wire: sign, send once, read as much of the answer as counts.

Owns a single HTTP exchange and the record of it, which is complete at whatever point it ends. Must not decide
whether there is another attempt, and must not queue.

The answer's head and at most 10 kB of its body are read; when more is coming the connection is dropped, since the
verdict is known. A body that neither ends nor reaches that size is a failure when the timeout comes.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import aiohttp
from multidict import CIMultiDict

from emulator.core.delivery import judge_status
from emulator.core.effects import AttemptOutcome, AttemptResult, SignMode
from emulator.core.errors import TargetRefused
from emulator.core.models import SECOND, CallbackMethod
from emulator.web.failures import Broken, Failure, explain
from emulator.web.interim import PatientResponse

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from yarl import URL

    from emulator.container import Container
    from emulator.core.effects import Send
    from emulator.core.models import Duration, HeaderList, Instant
    from emulator.core.signing import Signer
    from emulator.web.deadlines import Deadlines

BODY_LIMIT = 10_000
"""Bytes of an answer's body that are read and kept."""

HEADERS_LIMIT = 10_000
"""Bytes of an answer's header fields that are kept."""

KEEP_ALIVE_SECS = 1.0
"""An idle connection is not used after this: shorter than servers wait before they close one under a request."""

# Of the whole time: what is left lets a slow connection be told apart from a slow answer.
_CONNECT_SHARE = 0.9
_NEVER_CEIL = float("inf")
_NOT_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


def open_session(resolver: aiohttp.abc.AbstractResolver, tls: ssl.SSLContext | None) -> aiohttp.ClientSession:
    """Make the client that exchanges share: no cookies, proxies, decompression or headers of its own.

    Args:
        resolver: Judges every name that is dialled.
        tls: How certificates are checked; None is the system's way.
    """
    connector = aiohttp.TCPConnector(
        resolver=resolver, limit=0, keepalive_timeout=KEEP_ALIVE_SECS, ssl=True if tls is None else tls
    )
    return aiohttp.ClientSession(
        connector=connector,
        response_class=PatientResponse,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        skip_auto_headers=_NOT_ADDED,
        timeout=aiohttp.ClientTimeout(total=None),
        read_bufsize=BODY_LIMIT,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What every exchange needs.

    Attributes:
        session: The client.
        signer: Signs what is to be signed well.
        decoy: Signs what is to be signed by a key that the receiver does not know.
        target: Checks a URL, and says where it leads.
        deadlines: End what takes too long.
    """

    session: aiohttp.ClientSession
    signer: Signer
    decoy: Signer
    target: Callable[[str], URL]
    deadlines: Deadlines


class Exchange:
    """A ``Send`` on its way. It changes while it runs and is read once, when it has ended."""

    __slots__ = ("_body", "_request_headers", "_response_headers", "_send", "_started_at", "_status")

    def __init__(self, send: Send, now: Instant) -> None:
        """``now`` is wall time: the attempt's start, and, with the skew that is asked for, the stamp."""
        self._send = send
        self._started_at = now
        self._request_headers: HeaderList = ()
        self._status: int | None = None
        self._response_headers: HeaderList = ()
        self._body = b""

    async def run(self, line: Line) -> None:
        """Send, and read the answer.

        Raises:
            Exception: Whatever came in between; ``failed`` names it. Cancelled, the connection is dropped.
        """
        send = self._send
        url = line.target(send.url)
        headers = CIMultiDict((*send.headers, *self._signature(line)))
        posts = send.method is CallbackMethod.POST
        self._request_headers = _as_sent(url, headers, len(send.body) if posts else None)
        deadline = line.deadlines.open(send.timeout / SECOND)
        try:
            response = await line.session.request(
                send.method.value,
                url,
                headers=headers,
                data=send.body if posts else None,
                allow_redirects=False,
                timeout=_client_timeout(send.timeout),
                middlewares=None if posts else (_once,),
            )
            try:
                await self._read(response)
            finally:
                if not response.content.at_eof():
                    response.close()
        except asyncio.CancelledError:
            # for the deadline alone, or for somebody else too
            if deadline.passed and not deadline.task.uncancel():
                raise TimeoutError from None
            raise
        finally:
            line.deadlines.close(deadline)

    def answered(self, now: Instant) -> AttemptResult:
        """The result once ``run`` has returned."""
        failure = self._judged()
        if failure is None:
            return self._result(AttemptOutcome.DELIVERED, now)
        return self._result(AttemptOutcome.FAILED, now, failure)

    def failed(self, error: BaseException, now: Instant, container: Container | None = None) -> AttemptResult:
        """The result once ``run`` has raised; a status that is a failure says more than what followed."""
        failure = self._judged() or self._explained(error, container)
        return self._result(AttemptOutcome.FAILED, now, failure, refused=isinstance(error, TargetRefused))

    def abandoned(self, now: Instant) -> AttemptResult:
        """The result of one that was given up, before or while it ran."""
        return self._result(AttemptOutcome.ABANDONED, now)

    def _signature(self, line: Line) -> HeaderList:
        signing = self._send.signing
        stamp = (self._started_at + signing.skew) // SECOND
        match signing.mode:
            case SignMode.GOOD:
                return line.signer.headers(stamp, self._send.signed)
            case SignMode.WRONG_KEY:
                return line.decoy.headers(stamp, self._send.signed)
            case SignMode.NONE:
                return ()

    async def _read(self, response: aiohttp.ClientResponse) -> None:
        self._status = response.status
        self._response_headers = _kept(response.raw_headers)
        content = response.content
        while not content.at_eof() and len(self._body) < BODY_LIMIT:
            self._body += await content.read(BODY_LIMIT - len(self._body))

    def _explained(self, error: BaseException, container: Container | None) -> Failure:
        failure = explain(error, self._send.timeout / SECOND, container)
        if self._status is None:
            return failure
        return failure._replace(reason=f"{failure.reason}; its status was {self._status}")

    def _judged(self) -> Failure | None:
        if self._status is None:
            return None
        error = judge_status(self._status, self._send.success)
        if error is None:
            return None
        return Failure(error, f"answered {self._status}{_where(self._status, self._response_headers)}")

    def _result(
        self, outcome: AttemptOutcome, now: Instant, failure: Failure | None = None, *, refused: bool = False
    ) -> AttemptResult:
        return AttemptResult(
            attempt_id=self._send.attempt_id,
            outcome=outcome,
            started_at=self._started_at,
            finished_at=now,
            request_headers=self._request_headers,
            status=self._status,
            response_headers=self._response_headers,
            response_body=self._body,
            error=None if failure is None else failure.error,
            reason="" if failure is None else failure.reason,
            refused=refused,
        )


@lru_cache(maxsize=64)
def _client_timeout(timeout: Duration) -> aiohttp.ClientTimeout:
    """Of connecting alone: the exchange itself watches over the whole."""
    return aiohttp.ClientTimeout(total=None, connect=timeout / SECOND * _CONNECT_SHARE, ceil_threshold=_NEVER_CEIL)


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from repeating a GET whose connection broke: one attempt is one request."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise Broken from error


def _as_sent(url: URL, headers: CIMultiDict[str], length: int | None) -> HeaderList:
    """The header fields as aiohttp writes them: Host before them, the body's length after."""
    fields = (("Host", url.host_port_subcomponent or ""), *headers.items())
    return fields if length is None else (*fields, ("Content-Length", str(length)))


def _kept(raw: tuple[tuple[bytes, bytes], ...]) -> HeaderList:
    kept: list[tuple[str, str]] = []
    room = HEADERS_LIMIT
    for name, value in raw:
        room -= len(name) + len(value)
        if room < 0:
            break
        kept.append((_text(name), _text(value)))
    return tuple(kept)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")


def _where(status: int, headers: HeaderList) -> str:
    """Tell a redirect's target, which is not followed."""
    if status // 100 != 3:  # noqa: PLR2004 -- HTTP's class of redirects
        return ""
    target = next((value for name, value in headers if name.lower() == "location"), "")
    return f", a redirect{' to ' + target if target else ''}: redirects are not followed"
