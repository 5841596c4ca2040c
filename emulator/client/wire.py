"""The control API on the wire: one request, one connection, and the answer as JSON.

Owns credentials, and the connections of the client that blocks; ``async_wire.py`` has those of the other. Must not
know a route.
"""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from emulator.client.answers import parsed
from emulator.client.trust import context_for, distrusted
from emulator.core.errors import ControlUnreachable

if TYPE_CHECKING:
    from emulator.client.call import Call, Parse
    from emulator.client.trust import Ca

PREFIX = "/_emulator"
ADMIN_HEADER = "X-Emulator-Admin-Token"

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Which emulator a client talks to, and as whom.

    Attributes:
        secure: Whether by TLS.
        host: Name or address.
        port: None: the scheme's own.
        base_url: Scheme, host and port.
        headers: The credentials, in UTF-8.
        timeout: Seconds, for each answer, beside what the server itself was asked to wait.
        tls: How its certificate is verified; None without TLS.
    """

    secure: bool
    host: str
    port: int | None
    base_url: str
    headers: dict[str, bytes]
    timeout: float
    tls: ssl.SSLContext | None = None


def peer_at(base_url: str, token: str | None, api_key: str | None, timeout: float, ca: Ca = None) -> Peer:
    """The peer that a client's arguments tell of; they are ``EmulatorClient``'s.

    Raises:
        ValueError: The API key has spaces, the URL's port is none, or ``ca`` holds no certificates.
    """
    parts = urlsplit(base_url)
    if api_key and " " in api_key:
        # the server would take it for none, and "all namespaces" for what is asked
        raise ValueError("an API key has no spaces")
    bearer = api_key or token
    headers = {"Authorization": f"Bearer {bearer}".encode()} if bearer else {}
    if api_key and token:
        headers[ADMIN_HEADER] = token.encode()
    secure = parts.scheme == "https"
    return Peer(
        secure=secure,
        host=parts.hostname or "",
        port=parts.port,
        base_url=f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}",
        headers=headers,
        timeout=timeout,
        tls=context_for(ca, secure=secure),
    )


def written(body: object) -> bytes | None:
    """A body as it is sent: bytes and a text as they are, all else as JSON; None: there is none."""
    if body is None or isinstance(body, bytes):
        return body
    # as it is: JSON's \\u escapes of characters beyond 16 bits mean something else in YAML
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def reason(error: Exception) -> str:
    """Why a connection failed, in words."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return distrusted(error)
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


class Wire:
    """How a blocking client reaches its peer; a connection for each exchange, so threads may share it."""

    def __init__(self, peer: Peer) -> None:
        """Connect to nothing yet."""
        self.peer = peer

    def carry_out(self, call: Call[Result]) -> Result:
        """Ask, and read the answer.

        Raises:
            ControlRefused: The answer is an error, or not the emulator's.
            NotVerified, WaitTimeout: It is the no to a question.
            ControlUnreachable: Nobody answers, or not in time.
        """
        timeout = self.peer.timeout + call.held_secs
        return call.read(*self.exchange(call.method, call.path, call.body, timeout=timeout, parse=call.parse))

    def exchange(
        self, method: str, path: str, body: object, *, timeout: float, parse: Parse = parsed
    ) -> tuple[int, object]:
        """Send a request and read its answer; arguments as of ``open``, and as ``Call.parse``.

        Returns:
            The status, and what ``parse`` made of the body.

        Raises:
            ControlUnreachable: Nobody answers, or not in time.
        """
        connection, response = self.open(method, path, body, timeout=timeout)
        try:
            return response.status, parse(response.read())
        except (OSError, HTTPException) as error:
            raise ControlUnreachable(self.peer.base_url, reason(error)) from None
        finally:
            connection.close()

    def _connection(self, timeout: float) -> HTTPConnection:
        peer = self.peer
        if peer.secure:
            return HTTPSConnection(peer.host, peer.port, timeout=timeout, context=peer.tls)
        return HTTPConnection(peer.host, peer.port, timeout=timeout)

    def open(
        self, method: str, path: str, body: object = None, *, timeout: float
    ) -> tuple[HTTPConnection, HTTPResponse]:
        """Send a request; who gets the answer reads it and closes the connection.

        Args:
            method: Such as ``GET``.
            path: Below the prefix, with its query.
            body: Text goes as it is, all else as JSON; None: there is none.
            timeout: Seconds.

        Raises:
            ControlUnreachable: Nobody answers, or not in time.
        """
        connection = self._connection(timeout)
        try:
            connection.request(method, PREFIX + path, body=written(body), headers=self.peer.headers)
            return connection, connection.getresponse()
        except (OSError, HTTPException) as error:
            connection.close()
            raise ControlUnreachable(self.peer.base_url, reason(error)) from None
