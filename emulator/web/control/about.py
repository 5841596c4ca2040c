"""What the server is: its health, settings, key, schemas and description, and the stream of what happens."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import quote

from aiohttp import web

from emulator.core.errors import ControlError
from emulator.web.control.call import PREFIX, answer
from emulator.web.replies import SERVER

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.core.models import JsonValue
    from emulator.web.control.call import Call, Desk, Routes
    from emulator.web.watchers import Watchers


PEM = "application/pem-certificate-chain"
"""RFC 8555 section 9.1."""


class About:
    """The routes that change nothing and concern the server as a whole."""

    def __init__(
        self,
        desk: Desk,
        *,
        watchers: Watchers,
        openapi: Callable[[], JsonValue],
        info: Callable[[], dict[str, JsonValue]],
        ready: Callable[[], bool],
        ca_pem: str | None = None,
    ) -> None:
        """Show one server.

        Args:
            desk: What the rooms share.
            watchers: Take the subscriptions of ``/events``.
            openapi: Makes the description of everything that is answered.
            info: What ``/info`` says.
            ready: Whether commands are taken.
            ca_pem: Of the emulator's own authority, where it has one.
        """
        self._desk = desk
        self._watchers = watchers
        self._openapi = openapi
        self._info = info
        self._ready = ready
        self._ca_pem = ca_pem

    @property
    def routes(self) -> Routes:
        """Its routes."""
        return {
            ("health",): dict.fromkeys(("GET", "HEAD"), self._health),
            ("ready",): dict.fromkeys(("GET", "HEAD"), self._readiness),
            ("info",): {"GET": self._about},
            ("openapi.json",): {"GET": self._description},
            ("schemas",): {"GET": self._schema_names},
            ("schemas", "{}"): {"GET": self._schema},
            ("public-key",): {"GET": self._public_key},
            ("ca.pem",): {"GET": self._authority},
            ("events",): {"GET": self._events},
        }

    async def _health(self, _call: Call) -> web.Response:
        return answer({"status": "ok"})

    async def _readiness(self, _call: Call) -> web.Response:
        if self._ready():
            return answer({"status": "ready"})
        return answer({"status": "stopping"}, status=503)

    async def _about(self, _call: Call) -> web.Response:
        return answer(self._info())

    async def _description(self, _call: Call) -> web.Response:
        return answer(self._openapi())

    async def _schema_names(self, _call: Call) -> web.Response:
        return answer({"data": sorted(self._desk.schemas)})

    async def _schema(self, call: Call) -> web.Response:
        name = call.args[0]
        document = self._desk.schemas.get(name, self._desk.schemas.get(f"{name}.schema.json"))
        if document is None:
            raise ControlError(404, f"There is no schema '{name}'; {PREFIX}/schemas lists them.")
        return answer(document)

    async def _public_key(self, _call: Call) -> web.Response:
        return answer({"public_key": self._desk.engine.public_key})

    async def _authority(self, _call: Call) -> web.Response:
        if self._ca_pem is None:
            raise ControlError(404, "There is no authority of the emulator's own; --tls or --tls-dir makes one.")
        return web.Response(text=self._ca_pem, content_type=PEM, headers={"Server": SERVER})

    async def _events(self, call: Call) -> web.StreamResponse:
        watcher = self._watchers.subscribe(call.namespace, call.http.headers.get("Last-Event-ID"))
        if watcher is None:
            raise ControlError(503, "As many watch as may; close another stream first.")
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "Server": SERVER}
        response = web.StreamResponse(headers=headers)
        try:
            await response.prepare(call.http)
            await response.write(b": watching\nid: %s\n\n" % quote(watcher.since, safe="-").encode())
            async for event in watcher.events():
                await response.write(event)
        except (ConnectionResetError, asyncio.CancelledError):
            # the watcher has gone: there is nobody to tell
            return response
        finally:
            self._watchers.unsubscribe(watcher)
        return response
