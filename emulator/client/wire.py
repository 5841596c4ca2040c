"""The control API on the wire: one request, one connection, and the answer as JSON.

Owns connections, credentials and what counts as an answer of an emulator. Must not know a route.
"""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode, urlsplit

from emulator.core.errors import ControlRefused, ControlUnreachable, NotVerified, WaitTimeout

Document: TypeAlias = dict[str, Any]
"""A JSON object of the control API."""

PREFIX = "/_emulator"
ADMIN_HEADER = "X-Emulator-Admin-Token"

_GOOD = range(200, 300)
_NO_CONTENT = 204
_UNANSWERED: dict[int, type[NotVerified | WaitTimeout]] = {408: WaitTimeout, 409: NotVerified}
_MAX_SHOWN = 200


class Wire:
    """How an emulator is reached. Each exchange has a connection of its own, so threads may share it."""

    def __init__(self, base_url: str, token: str | None, api_key: str | None, timeout: float) -> None:
        """Connect to nothing yet; the arguments are ``EmulatorClient``'s.

        Raises:
            ValueError: The API key has spaces.
        """
        parts = urlsplit(base_url)
        self.base_url = f"{parts.scheme}://{parts.netloc}"
        self.timeout = timeout
        self._secure = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port
        if api_key and " " in api_key:
            # the server would take it for none, and "all namespaces" for what is asked
            raise ValueError("an API key has no spaces")
        bearer = api_key or token
        self._headers = {"Authorization": f"Bearer {bearer}".encode()} if bearer else {}
        if api_key and token:
            self._headers[ADMIN_HEADER] = token.encode()

    def exchange(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        timeout: float | None = None,
    ) -> tuple[int, object]:
        """Send a request and read its answer.

        Args:
            method: Such as ``GET``.
            path: Below the prefix, with its query.
            body: Text goes as it is, all else as JSON; None: there is none.
            timeout: Seconds; None takes the usual.

        Returns:
            The status, and what the body says: a text when it is no JSON.

        Raises:
            ControlUnreachable: Nobody answers, or not in time.
        """
        connection, response = self.open(method, path, body, timeout=timeout)
        try:
            return response.status, parsed(response.read())
        except (OSError, HTTPException) as error:
            raise ControlUnreachable(self.base_url, reason(error)) from None
        finally:
            connection.close()

    def ask(self, method: str, path: str, body: object = None, *, timeout: float | None = None) -> Document:
        """The object that a request is answered with; arguments as of ``exchange``.

        Returns:
            All of it; empty where there is nothing to say.

        Raises:
            ControlRefused: The answer is an error, or no object.
            NotVerified, WaitTimeout: It is the no to a question.
            ControlUnreachable: Nobody answers, or not in time.
        """
        status, document = self.exchange(method, path, body, timeout=timeout)
        if status not in _GOOD:
            raise refusal(status, document)
        if status == _NO_CONTENT:
            return {}
        if not isinstance(document, dict):
            raise refusal(status, document)
        return document

    def data(self, method: str, path: str, body: object = None, *, timeout: float | None = None) -> Document:
        """The object under ``data`` of the one that a request is answered with; arguments as of ``exchange``.

        Raises:
            ControlRefused: The answer is an error, or there is no such object.
            NotVerified, WaitTimeout: It is the no to a question.
            ControlUnreachable: Nobody answers, or not in time.
        """
        found = self.ask(method, path, body, timeout=timeout).get("data")
        if not isinstance(found, dict):
            raise ControlRefused(200, "not an answer of the control API")
        return found

    def listed(self, path: str) -> list[Document]:
        """A list, which stands under ``data``.

        Raises:
            ControlRefused: The answer is an error, or no list.
            ControlUnreachable: Nobody answers, or not in time.
        """
        found = self.ask("GET", path).get("data")
        if not isinstance(found, list):
            raise ControlRefused(200, "not a list of the control API")
        return found

    def open(
        self, method: str, path: str, body: object = None, *, timeout: float | None = None
    ) -> tuple[HTTPConnection, HTTPResponse]:
        """Send a request; who gets the answer reads it and closes the connection. Arguments as of ``exchange``.

        Raises:
            ControlUnreachable: Nobody answers, or not in time.
        """
        kind = HTTPSConnection if self._secure else HTTPConnection
        connection = kind(self._host, self._port, timeout=self.timeout if timeout is None else timeout)
        try:
            connection.request(method, PREFIX + path, body=_written(body), headers=self._headers)
            return connection, connection.getresponse()
        except (OSError, HTTPException) as error:
            connection.close()
            raise ControlUnreachable(self.base_url, reason(error)) from None


def at(*parts: str, **fields: str | None) -> str:
    """A path below the prefix.

    Args:
        parts: Its segments, not yet percent-encoded.
        fields: Of its query; None leaves one out.
    """
    given = {name: value for name, value in fields.items() if value is not None}
    path = "".join("/" + quote(part, safe="") for part in parts)
    return f"{path}?{urlencode(given)}" if given else path


def refusal(status: int, document: object) -> ControlRefused | NotVerified | WaitTimeout:
    """What an answer that is no yes is raised as."""
    kind = _UNANSWERED.get(status)
    if kind is None:
        return ControlRefused(status, _detail(document))
    match document:
        case {"meta": {"count": int(count), "near_misses": list(near_misses)}}:
            return kind(_detail(document), count=count, near_misses=near_misses)
        case {"errors": [*_]} if kind is WaitTimeout:
            return kind(_detail(document), count=0, near_misses=())
        case _:
            return ControlRefused(status, _detail(document))


def reason(error: Exception) -> str:
    """Why a connection failed, in words."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _written(body: object) -> bytes | None:
    if body is None:
        return None
    # as it is: JSON's \\u escapes of characters beyond 16 bits mean something else in YAML
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def parsed(body: bytes) -> object:
    """What the body says; a text when it is no JSON."""
    try:
        parsed: object = json.loads(body)
    except (ValueError, RecursionError):
        return body[:_MAX_SHOWN].decode("utf-8", "replace")
    return parsed


def _detail(document: object) -> str:
    """The first error of an error document and where it is, or a scenario's problems; else what came instead."""
    match document:
        case {"errors": [{"detail": str(detail), "source": {"pointer": str(pointer)}}, *_]} if pointer:
            return f"{detail} (at {pointer})"
        case {"errors": [{"detail": str(detail)}, *_]}:
            return detail
        case {"problems": [{"text": str()}, *_] as problems}:
            return "; ".join(str(one.get("text")) for one in problems)
        case str(text) if text:
            return text
        case _:
            return "not an answer of the control API"
