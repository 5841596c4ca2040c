"""Telnyx's API over HTTP: from an aiohttp request to a ``Request`` value, and its answer.

Owns the reading of bodies within their bound. Must not know any operation; how a ``Reply`` is written is
``replies.py``'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import HttpVersion11, web

from emulator.core.errors import ApiError, BodyTooLarge, Malformed, UnknownRoute
from emulator.core.models import Request
from emulator.web.fallback import METHODS
from emulator.web.protocol import attended
from emulator.web.replies import respond
from emulator.web.routes import origin_form, resolve
from emulator.web.wire import misbehave

if TYPE_CHECKING:
    from emulator.core.models import HeaderList
    from emulator.web.credentials import KeyRing
    from emulator.web.driver import Driver
    from emulator.web.fallback import Fallback

_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie"})


class TelnyxApi:
    """Answers every path that is not the control API's."""

    def __init__(self, driver: Driver, keys: KeyRing, *, max_body: int, fallback: Fallback | None = None) -> None:
        """Serve one driver.

        Args:
            driver: Takes the requests.
            keys: Say which credentials open which namespace.
            max_body: Bytes of a request body.
            fallback: Takes what the emulator does not cover, where there is one.
        """
        self._fallback = fallback
        self._driver = driver
        self._keys = keys
        self._max_body = max_body

    async def answer(self, http: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        namespace, target = "", origin_form(http.raw_path)
        try:
            route, params = resolve(http.method, target)
            namespace = self._keys.namespace(http.headers.get("Authorization"))
            body = await read_body(http, self._max_body)
        except UnknownRoute as error:
            return await self._not_covered(http, target, error)
        except ApiError as error:
            return self._refuse(http, namespace, error)
        request = Request(
            namespace=namespace,
            route=route,
            method=http.method,
            target=target,
            params=params,
            headers=public_headers(http),
            media_type=_media_type(http.headers.get("Content-Type", "")),
            body=body,
            secure=http.secure,
        )
        outcome = self._driver.handle(request)
        if outcome.held is not None:
            await attended(http, self._driver.released(namespace, outcome.held))
        if outcome.reply.fault is not None:
            return await misbehave(http, outcome.reply)
        return respond(outcome.reply)

    async def _not_covered(self, http: web.BaseRequest, target: str, error: UnknownRoute) -> web.StreamResponse:
        """Pass it on, where that was asked for; credentials must be good, as everywhere at Telnyx."""
        fallback = self._fallback
        if fallback is None or http.method not in METHODS or not target.startswith("/"):
            return self._refuse(http, "", error)
        try:
            namespace = self._keys.namespace(http.headers.get("Authorization"))
        except ApiError as refusal:
            return self._refuse(http, "", refusal)
        return await fallback.answer(http, target, namespace)

    def _refuse(self, http: web.BaseRequest, namespace: str, error: ApiError) -> web.Response:
        """Journal the request where its credentials name a namespace, even if its path is unknown."""
        if not namespace:
            namespace = self._namespace_if_known(http)
        response = respond(self._driver.stray(namespace, http.method, http.raw_path, error))
        if isinstance(error, BodyTooLarge | Malformed):
            # what is left of the body would be read as the next request
            response.force_close()
        return response

    def _namespace_if_known(self, http: web.BaseRequest) -> str:
        try:
            return self._keys.namespace(http.headers.get("Authorization"))
        except ApiError:
            return ""


def _media_type(content_type: str) -> str:
    """Without parameters (RFC 9110 section 8.3.1)."""
    return content_type.partition(";")[0].strip().lower()


def public_headers(http: web.BaseRequest) -> HeaderList:
    """The headers as received, credentials removed."""
    return tuple(
        (name, readable(value)) for name, value in http.headers.items() if name.lower() not in _SECRET_HEADERS
    )


def readable(value: str) -> str:
    """A header's value as text that JSON can carry: bytes that are not UTF-8 become escapes."""
    return (
        value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    )


async def read_body(http: web.BaseRequest, limit: int) -> bytes:
    """The whole body, within its bound.

    Args:
        http: The request.
        limit: Bytes; a body that says it is larger is refused unread.

    Raises:
        BodyTooLarge: It is over the bound.
        Malformed: It is not encoded as its Content-Encoding or Transfer-Encoding says.
    """
    if not http.body_exists:
        return b""
    if (http.content_length or 0) > limit:
        raise BodyTooLarge(limit)
    if http.version == HttpVersion11 and http.headers.get("Expect", "").lower() == "100-continue":
        await http.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        http.writer.output_size = 0
    body = bytearray()
    try:
        while chunk := await http.content.readany():
            body += chunk
            if len(body) > limit:
                raise BodyTooLarge(limit)
    except web.RequestPayloadError as error:
        raise Malformed(hint="The body is not encoded as its header fields say.") from error
    return bytes(body)
