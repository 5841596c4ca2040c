"""One request to the control API, and what every room answers it with.

Owns the taking apart of requests and the form of answers. Must not know any route.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias
from urllib.parse import parse_qsl

from aiohttp import web

from emulator.core.body import decode_json
from emulator.core.documents import pretty
from emulator.core.errors import ControlError
from emulator.web.credentials import bearer, namespace_of
from emulator.web.replies import SERVER
from emulator.web.telnyx_api import read_body

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from emulator.core.controls import Controls
    from emulator.core.engine import Engine
    from emulator.core.errors import LanguageError, Problem
    from emulator.core.models import JsonValue
    from emulator.core.questions import Questions
    from emulator.core.scenario.grammar import Grammar
    from emulator.web.driver import Driver
    from emulator.web.guard import Guard
    from emulator.web.live.door import LiveDoor
    from emulator.web.steering import Steering
    from emulator.web.waiting import Waits

PREFIX = "/_emulator"

UNNAMED = "Say which namespace: ?namespace=<id>, or the API key as Authorization."


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the rooms share.

    Attributes:
        grammar: Of scenarios.
        schemas: File name to schema document.
        live: Where real recording sessions are asked about.
        max_body: Bytes of a request body.
    """

    driver: Driver
    waits: Waits
    steering: Steering
    grammar: Grammar
    schemas: Mapping[str, JsonValue]
    controls: Controls
    questions: Questions
    live: LiveDoor
    max_body: int

    @property
    def engine(self) -> Engine:
        """What the driver drives."""
        return self.driver.engine


class Call:
    """One request to the control API, taken apart.

    Attributes:
        http: As aiohttp gives it.
        args: The path's parameters, decoded.
        handler: What answers it; None until a route was found.
        query: The query's fields; of one that comes twice the last counts.
        namespace: The id that the request names, None for all.
    """

    def __init__(self, http: web.BaseRequest, guard: Guard) -> None:
        """Take a request apart; its path's parameters are filled in by the routing."""
        self.http = http
        self.args: tuple[str, ...] = ()
        self.handler: Handler | None = None
        self.query = dict(parse_qsl(http.raw_path.partition("?")[2], keep_blank_values=True))
        self.namespace = self._namespace(guard)

    def _namespace(self, guard: Guard) -> str | None:
        named = self.query.get("namespace")
        if named:
            return named
        token = bearer(self.http.headers.get("Authorization"))
        return None if token is None or guard.is_admin(self.http.headers) else namespace_of(token)

    def one_namespace(self) -> str:
        """The namespace that the request names.

        Raises:
            ControlError: 422, it names none.
        """
        if self.namespace is None:
            raise ControlError(422, UNNAMED)
        return self.namespace

    async def document(self, desk: Desk) -> dict[str, JsonValue]:
        """The body as a JSON object; an empty one is an empty object."""
        return decode_json(await read_body(self.http, desk.max_body))


Handler: TypeAlias = "Callable[[Call], Awaitable[web.StreamResponse]]"

Routes: TypeAlias = "dict[tuple[str, ...], dict[str, Handler]]"
"""Path below the prefix, ``{}`` for a parameter, to method to handler."""


class Room(Protocol):
    """Some routes and their answers."""

    @property
    def routes(self) -> Routes:
        """Which."""
        ...


def answer(document: JsonValue, *, status: int = 200) -> web.Response:
    """JSON, indented for people."""
    return web.Response(
        status=status, body=pretty(document), content_type="application/json", headers={"Server": SERVER}
    )


def nothing() -> web.Response:
    """Done, and nothing to say."""
    return web.Response(status=204, headers={"Server": SERVER})


def problems(error: LanguageError) -> list[dict[str, JsonValue]]:
    """What is wrong with a scenario or a TeXML document, each with its place."""
    return [problem_view(one) for one in error.problems]


def problem_view(one: Problem) -> dict[str, JsonValue]:
    """A complaint or a warning with its place."""
    return {"file": one.file, "line": one.line, "column": one.column, "message": one.message, "text": str(one)}
