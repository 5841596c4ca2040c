"""The control API under ``/_emulator``: what happened, what is loaded, what is set.

Owns the door: who is let in, and which room of ``web/control/`` answers (docs/control-api.md). Must not hold
state: the engine's namespaces and journals do.

A namespace is named by ``?namespace=<id>``, by the Authorization header of the API key itself, or by ``self`` in a
path; without any, lists show every namespace and changes concern the whole server.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import unquote

from aiohttp import web

from emulator.core.documents import error_document
from emulator.core.errors import ApiError, ControlError, MethodNotAllowed
from emulator.web.control.about import About
from emulator.web.control.asking import Asking
from emulator.web.control.by_hand import ByHand
from emulator.web.control.call import PREFIX, Call, answer
from emulator.web.control.calls import Calls
from emulator.web.control.connections import Connections
from emulator.web.control.journal import Journal
from emulator.web.control.receiver import Receiver
from emulator.web.control.scenarios import Scenarios
from emulator.web.control.settings import NamespaceSettings
from emulator.web.control.telling import Telling
from emulator.web.control.wire import Wire
from emulator.web.inspector.page import Inspector
from emulator.web.replies import SERVER
from emulator.web.routes import origin_form

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.core.models import JsonValue
    from emulator.web.control.call import Desk, Handler, Room, Routes
    from emulator.web.guard import Guard
    from emulator.web.watchers import Watchers

logger = logging.getLogger("emulator")

_ROOT = ("",)
"""The prefix itself: the page for browsers, a list of links for everybody else."""

_TOO_LARGE = 413
_REFUSED = 400

_LOOKING = frozenset({"GET", "HEAD"})
"""Methods that change nothing, and are not logged."""

_SET = frozenset({"clock", "connections", "faults", "namespaces", "queue", "receiver", "reset", "scenarios"})
"""Routes that set something, by their first word; those who watch are told of it."""

_ASKED = frozenset({"validate", "explain"})
"""Last words of routes that are asked by POST and set nothing."""


class ControlApi:
    """Answers what lies under ``/_emulator``."""

    @staticmethod
    def owns(target: str) -> bool:
        """Whether a request target, in origin form, is the control API's."""
        path = target.partition("?")[0]
        return path == PREFIX or path.startswith(f"{PREFIX}/")

    def __init__(
        self,
        desk: Desk,
        *,
        guard: Guard,
        watchers: Watchers,
        openapi: Callable[[], JsonValue],
        info: Callable[[], dict[str, JsonValue]],
        ready: Callable[[], bool],
        ca_pem: str | None = None,
    ) -> None:
        """Open the rooms.

        Args:
            desk: What they share.
            guard: Lets requests pass or not.
            watchers: Take the subscriptions of ``/events``.
            openapi: Makes the description of everything that is answered.
            info: What ``/info`` says.
            ready: Whether commands are taken.
            ca_pem: Of the emulator's own authority, where it has one.
        """
        self._guard = guard
        self._watchers = watchers
        receiver = Receiver(desk)
        self._inspector = Inspector()
        self._open_handlers = frozenset({receiver.receive, self._inspector.page, self._inspector.file})
        self._silent_handler = receiver.receive
        rooms: tuple[Room, ...] = (
            About(desk, watchers=watchers, openapi=openapi, info=info, ready=ready, ca_pem=ca_pem),
            Scenarios(desk),
            NamespaceSettings(desk),
            Asking(desk),
            Journal(desk),
            ByHand(desk),
            Calls(desk),
            Connections(desk),
            Telling(desk),
            Wire(desk),
            receiver,
            self._inspector,
        )
        self._routes: Routes = {_ROOT: {"GET": self._index}}
        for room in rooms:
            self._routes.update(room.routes)

    async def answer(self, http: web.BaseRequest) -> web.StreamResponse:
        """Answer one request whose path starts with the prefix."""
        path = origin_form(http.raw_path).partition("?")[0].removeprefix(PREFIX)
        call = Call(http, self._guard)
        response = await self._answered(call, path)
        if http.method not in _LOOKING and call.handler != self._silent_handler:
            _log(call, path, response.status)
            if response.status < _REFUSED:
                self._tell(call, path)
        return response

    async def _answered(self, call: Call, path: str) -> web.StreamResponse:
        try:
            handler = call.handler = self._resolve(call, path)
            if handler not in self._open_handlers:
                self._guard.check(path, call.http.headers)
            return await handler(call)
        except ApiError as error:
            return _refuse(error)

    def _tell(self, call: Call, path: str) -> None:
        """Let those who watch know what is set otherwise now."""
        _, what, *rest = path.split("/")
        namespace, forgets = call.namespace, call.http.method == "DELETE"
        if what == "requests" and forgets:
            self._watchers.changed(namespace, "journal")
        if what not in _SET or (rest and rest[-1] in _ASKED):
            return
        if what == "namespaces":
            namespace = namespace if rest[0] == "self" else unquote(rest[0])
            what = "reset" if forgets else what
        self._watchers.changed(namespace, what)

    def _resolve(self, call: Call, path: str) -> Handler:
        segments = path[1:].split("/")
        for pattern, methods in self._routes.items():
            args = _match(pattern, segments)
            if args is None:
                continue
            handler = methods.get(call.http.method)
            if handler is None:
                raise MethodNotAllowed(methods)
            call.args = args
            return self._inspector.page if pattern == _ROOT and self._inspector.wanted(call) else handler
        raise ControlError(404, f"The control API has no {PREFIX}{path}; see {PREFIX}/openapi.json.")

    async def _index(self, _call: Call) -> web.Response:
        links = [
            "/".join((PREFIX, *pattern)) for pattern in self._routes if "{}" not in pattern and pattern != _ROOT
        ]
        return answer({"name": "telnyx-siprec-emulator", "links": links})


def _match(pattern: tuple[str, ...], segments: list[str]) -> tuple[str, ...] | None:
    """The parameters of a path that fits a pattern; a pattern's own words come before its parameters."""
    if len(pattern) != len(segments):
        return None
    pairs = tuple(zip(pattern, segments, strict=True))
    if not all(wanted == found or (wanted == "{}" and found) for wanted, found in pairs):
        return None
    return tuple(unquote(found) for wanted, found in pairs if wanted == "{}")


def _log(call: Call, path: str, status: int) -> None:
    """One line for what the emulator was told or asked; a query is not shown, since it may hold a credential."""
    fields = {
        "namespace": call.namespace,
        "method": call.http.method,
        "target": f"{PREFIX}{path}",
        "status": status,
    }
    logger.info("control", extra={"fields": fields})


def _refuse(error: ApiError) -> web.Response:
    response = web.Response(status=error.status, body=error_document(error.items), headers=dict(error.headers))
    response.content_type = "application/json"
    response.headers["Server"] = SERVER
    if error.status == _TOO_LARGE:
        # the rest of the body would be read as the next request
        response.force_close()
    return response
