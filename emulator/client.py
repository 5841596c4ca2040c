"""The control API from Python: what an emulator is, what happened in it, and its reset.

Owns the requests and the reading of answers and of the event stream. On the standard library alone, since
``siprec-emulator health`` has to be quick and a test suite should be able to use it as it is. Must not know the
server's inside: only what ``docs/control-api.md`` promises.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlencode, urlsplit

from emulator.core.errors import ControlRefused, ControlUnreachable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

Document: TypeAlias = dict[str, Any]
"""A JSON object of the control API."""

PREFIX = "/_emulator"
TIMEOUT_SECS = 10.0
STREAM_TIMEOUT_SECS = 60.0
"""The server says something at least every 15 s, so this much silence means that it is gone."""

_OK = 200
_UNAVAILABLE = 503
_MAX_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerEvent:
    """One event of ``/_emulator/events``.

    Attributes:
        id: Counted by the server.
        kind: ``request``, ``transition``, ``webhook``, ``attempt`` or ``received``.
        data: The journal entry, in short.
    """

    id: str
    kind: str
    data: Document


class EventStream:
    """The events of a server from the moment of subscribing on; iterate, and close when done."""

    def __init__(self, connection: HTTPConnection, response: HTTPResponse, url: str) -> None:
        """Take over a connection whose answer has begun."""
        self._connection = connection
        self._response = response
        self._url = url

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """End the subscription."""
        self._response.close()
        self._connection.close()

    def __iter__(self) -> Iterator[ServerEvent]:
        """Each event as it comes, until the server ends the stream.

        Raises:
            ControlUnreachable: The connection broke, or was silent for too long.
        """
        fields: dict[str, str] = {}
        while line := self._line():
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            if text:
                name, _, value = text.partition(":")
                fields[name] = value.removeprefix(" ")
                continue
            if "data" in fields:
                yield ServerEvent(
                    id=fields.get("id", ""), kind=fields.get("event", ""), data=json.loads(fields["data"])
                )
            fields = {}

    def _line(self) -> bytes:
        try:
            return self._response.readline()
        except (OSError, HTTPException) as error:
            raise ControlUnreachable(self._url, _reason(error)) from None


class EmulatorClient:
    """A running emulator's control API. Each call makes a connection of its own, so threads may share a client.

    Every method raises ``ControlUnreachable`` when nothing answers, and ``ControlRefused`` when the answer is an
    error or no answer of an emulator.
    """

    def __init__(self, base_url: str, token: str | None = None, *, timeout: float = TIMEOUT_SECS) -> None:
        """Connect to nothing yet.

        Args:
            base_url: Such as ``http://127.0.0.1:12111``; what follows the port does not count.
            token: The admin token where one is set; else an API key, which narrows what is seen to its namespace.
            timeout: Seconds, for each answer.
        """
        parts = urlsplit(base_url)
        self.base_url = f"{parts.scheme}://{parts.netloc}"
        self._secure = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._timeout = timeout

    def health(self) -> bool:
        """Whether the server answers that it is alive."""
        return self._get("/health").get("status") == "ok"

    def ready(self) -> bool:
        """Whether it takes commands; False while it starts or stops."""
        status, document = self._exchange("GET", "/ready")
        if status not in {_OK, _UNAVAILABLE}:
            raise ControlRefused(status, _detail(document))
        return status == _OK

    def info(self) -> Document:
        """Name, version, URL, public key and main settings."""
        return self._get("/info")

    def requests(self, **filters: str) -> list[Document]:
        """The latest requests, oldest first; ``filters`` as in docs/control-api.md, such as ``namespace``."""
        return self._list("/requests", filters)

    def webhooks(self, **filters: str) -> list[Document]:
        """The latest events and how their deliveries stand, oldest first."""
        return self._list("/webhooks", filters)

    def sessions(self, **filters: str) -> list[Document]:
        """The latest recording sessions, oldest first."""
        return self._list("/sessions", filters)

    def reset(self, namespace: str | None = None) -> None:
        """Forget everything: of one namespace, else of all that the token can see."""
        status, document = self._exchange("POST", "/reset" + _query({"namespace": namespace}))
        if status != _OK:
            raise ControlRefused(status, _detail(document))

    def events(self, namespace: str | None = None, *, timeout: float = STREAM_TIMEOUT_SECS) -> EventStream:
        """Subscribe to what happens from now on; once this returns, nothing is missed.

        Args:
            namespace: Its events only.
            timeout: Seconds of silence after which the connection counts as broken.
        """
        connection, response = self._send("GET", "/events" + _query({"namespace": namespace}), timeout)
        if response.status != _OK:
            body = response.read()
            connection.close()
            raise ControlRefused(response.status, _detail(_document(body)))
        return EventStream(connection, response, self.base_url)

    def _get(self, path: str) -> Document:
        status, document = self._exchange("GET", path)
        if status != _OK or not isinstance(document, dict):
            raise ControlRefused(status, _detail(document))
        return document

    def _list(self, path: str, filters: dict[str, str]) -> list[Document]:
        listed = self._get(path + _query(filters)).get("data")
        if not isinstance(listed, list):
            raise ControlRefused(_OK, "not a list of the control API")
        return listed

    def _exchange(self, method: str, path: str) -> tuple[int, object]:
        connection, response = self._send(method, path, self._timeout)
        try:
            return response.status, _document(response.read())
        except (OSError, HTTPException) as error:
            raise ControlUnreachable(self.base_url, _reason(error)) from None
        finally:
            connection.close()

    def _send(self, method: str, path: str, timeout: float) -> tuple[HTTPConnection, HTTPResponse]:
        kind = HTTPSConnection if self._secure else HTTPConnection
        connection = kind(self._host, self._port, timeout=timeout)
        try:
            connection.request(method, PREFIX + path, headers=self._headers)
            return connection, connection.getresponse()
        except (OSError, HTTPException) as error:
            connection.close()
            raise ControlUnreachable(self.base_url, _reason(error)) from None


def _query(fields: dict[str, str] | dict[str, str | None]) -> str:
    given = {name: value for name, value in fields.items() if value is not None}
    return "?" + urlencode(given) if given else ""


def _document(body: bytes) -> object:
    """What the body says; a text when it is no JSON."""
    try:
        parsed: object = json.loads(body)
    except (ValueError, RecursionError):
        return body[:_MAX_SHOWN].decode("utf-8", "replace")
    return parsed


def _detail(document: object) -> str:
    """The first error's detail in an error document; else what came instead."""
    match document:
        case {"errors": [{"detail": str(detail)}, *_]}:
            return detail
        case str(text) if text:
            return text
        case _:
            return "not an answer of the control API"


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
