"""Passes requests that the emulator does not cover on to another server, and its answers back.

Owns the exchange: streams both ways within their bounds, and its end, whoever ends it. Must not decide which
requests those are (``telnyx_api.py``) nor which fields go along (``passing.py``).

An answer that fails before its head is Telnyx's error document (502, 504); one that fails later is cut off, so
that nobody takes its part for the whole.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import HttpVersion11, web
from yarl import URL

from emulator.core.documents import error_reply
from emulator.core.effects import Forwarded
from emulator.core.errors import ApiError, BodyTooLarge, FallbackFailed, FallbackTimedOut, Malformed
from emulator.core.models import SECOND
from emulator.web.failures import explain
from emulator.web.passing import PSEUDONYM, answer_fields, base_of, host_of, passed_target, request_fields, shown
from emulator.web.protocol import attended
from emulator.web.replies import SERVER, respond

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable

    from emulator.core.models import Duration

MAX_ANSWER = 64 << 20
"""Bytes of an answer's body."""

CONCURRENT = 256
"""Requests that are passed on at once; others wait their turn, within their time."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_CLIENT_LEFT = 499
"""What is journaled of an exchange whose client did not wait for its answer; no status of HTTP's own says so."""

_LEFT_MEANWHILE = "the client left before the answer was whole"

_CODINGS = frozenset({"gzip", "deflate", "br", "zstd"})
"""Content codings that aiohttp's server undoes by itself."""


@dataclass(slots=True)
class _Passage:
    """One exchange while it goes on."""

    url: str
    began: float
    status: int = _CLIENT_LEFT
    reason: str = "the client left before it was answered"
    sent: int = 0
    received: int = 0
    refusal: ApiError | None = None
    begun: bool = False

    def begins(self, status: int) -> None:
        self.begun, self.status, self.reason = True, status, _LEFT_MEANWHILE

    def ended(self, status: int, reason: str = "") -> None:
        self.status, self.reason = status, reason

    def failed(self, error: ApiError) -> web.Response:
        """The answer that says so; what is left of the request's body would be read as the next request."""
        self.ended(error.status, error.items[0].note or str(error))
        response = respond(error_reply(error))
        response.force_close()
        return response


class _Cut(ConnectionResetError):
    """The client's connection was ended in the middle of an answer, or by the client itself."""


class Fallback:
    """The server behind the emulator."""

    def __init__(
        self,
        url: str,
        *,
        credentials: bool,
        timeout: Duration,
        max_body: int,
        tls: ssl.SSLContext | None,
        journal: Callable[[Forwarded], None],
    ) -> None:
        """Open nothing yet.

        Args:
            url: A base URL, as an SDK is given one.
            credentials: Whether Authorization goes along.
            timeout: For a whole exchange.
            max_body: Bytes of a request's body.
            tls: How its certificate is verified; None is the system's way.
            journal: Told of each exchange once it has ended.
        """
        self.base = base_of(url)
        self._credentials = credentials
        self._secs = timeout / SECOND
        self._max_body = max_body
        self._tls = tls
        self._journal = journal
        self._via = f"{PSEUDONYM}-{token_hex(4)}"
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close every connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def answer(self, http: web.BaseRequest, target: str, namespace: str) -> web.StreamResponse:
        """Pass a request on and its answer back.

        Args:
            http: Its body not read yet.
            target: In origin form.
            namespace: Whose journal tells of it.

        Raises:
            ConnectionError: The client has left, or is to see that the answer is not whole.
        """
        passage = _Passage(passed_target(self.base, target), time.monotonic())
        try:
            return await attended(http, self._bounded(http, passage))
        finally:
            self._journal(
                Forwarded(
                    namespace=namespace,
                    method=http.method,
                    target=http.raw_path,
                    status=passage.status,
                    reason=passage.reason,
                    to=shown(passage.url),
                    took=round((time.monotonic() - passage.began) * SECOND),
                    sent=passage.sent,
                    received=passage.received,
                )
            )

    async def _bounded(self, http: web.BaseRequest, passage: _Passage) -> web.StreamResponse:
        try:
            async with asyncio.timeout(self._secs):
                return await self._exchanged(http, passage)
        except ApiError as error:
            return passage.failed(error)
        except _Cut:
            raise
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            if passage.begun:
                raise _cut(http, passage, explain(error, self._secs).reason) from None
            return passage.failed(passage.refusal or self._named(error))

    def _named(self, error: Exception) -> ApiError:
        if isinstance(error, TimeoutError) and not isinstance(error, aiohttp.ClientError):
            return FallbackTimedOut(self.base, self._secs)
        return FallbackFailed(self.base, explain(error, self._secs).reason)

    async def _exchanged(self, http: web.BaseRequest, passage: _Passage) -> web.StreamResponse:
        if (http.content_length or 0) > self._max_body:
            raise BodyTooLarge(self._max_body)
        decoded = http.headers.get("Content-Encoding", "").lower() in _CODINGS
        fields = request_fields(
            http.headers, credentials=self._credentials, via=self._via, decoded=decoded and http.body_exists
        )
        fields["Host"] = host_of(passage.url)
        async with self._opened().request(
            http.method,
            URL(passage.url, encoded=True),
            headers=fields,
            data=self._body(http, passage) if http.body_exists else None,
            allow_redirects=False,
        ) as answered:
            if (answered.content_length or 0) > MAX_ANSWER and http.method != "HEAD":
                raise FallbackFailed(self.base, f"its answer is larger than {MAX_ANSWER} bytes")
            return await self._passed_back(http, answered, passage)

    async def _passed_back(
        self, http: web.BaseRequest, answered: aiohttp.ClientResponse, passage: _Passage
    ) -> web.StreamResponse:
        fields = answer_fields(answered.headers, via=self._via, url=passage.url)
        fields.setdefault("Server", SERVER)
        response = web.StreamResponse(status=answered.status, reason=answered.reason, headers=fields)
        if not http.content.at_eof():
            response.force_close()
        passage.begins(answered.status)
        await _to_client(response.prepare(http))
        async for chunk in answered.content.iter_any():
            passage.received += len(chunk)
            if passage.received > MAX_ANSWER:
                raise _cut(http, passage, f"its answer is larger than {MAX_ANSWER} bytes")
            await _to_client(response.write(chunk))
        await _to_client(response.write_eof())
        passage.ended(answered.status)
        return response

    async def _body(self, http: web.BaseRequest, passage: _Passage) -> AsyncIterator[bytes]:
        """The request's body as it comes; what is wrong with it is told by ``passage``, for aiohttp hides it."""
        if http.version == HttpVersion11 and http.headers.get("Expect", "").lower() == "100-continue":
            await http.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            http.writer.output_size = 0
        try:
            while chunk := await http.content.readany():
                passage.sent += len(chunk)
                if passage.sent > self._max_body:
                    passage.refusal = BodyTooLarge(self._max_body)
                    raise passage.refusal
                yield chunk
        except web.RequestPayloadError:
            passage.refusal = Malformed(hint="The body is not encoded as its header fields say.")
            raise

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONCURRENT, ssl=True if self._tls is None else self._tls),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
                timeout=aiohttp.ClientTimeout(total=None),
            )
        return self._session


async def _to_client(writing: Awaitable[object]) -> None:
    """Tell a client that has left from a server that has."""
    try:
        await writing
    except ConnectionError as error:
        raise _Cut(str(error)) from None


def _cut(http: web.BaseRequest, passage: _Passage, reason: str) -> _Cut:
    """End the client's connection where the answer stands; to be raised."""
    passage.reason = reason
    if http.transport is not None:
        http.transport.abort()
    return _Cut("the answer that was passed on broke off")
