"""What happened: sessions, requests, webhooks and what the built-in receiver got; and the receiver itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from emulator.web import records
from emulator.web.control.call import answer, nothing
from emulator.web.receiver import receive
from emulator.web.replies import SERVER
from emulator.web.telnyx_api import read_body

if TYPE_CHECKING:
    from emulator.web.control.call import Call, Desk, Routes


class Journal:
    """The routes that show the journal."""

    def __init__(self, desk: Desk) -> None:
        """Serve the desk's engine."""
        self._desk = desk

    @property
    def routes(self) -> Routes:
        """Its routes."""
        return {
            ("sessions",): {"GET": self._sessions},
            ("sessions", "{}"): {"GET": self._session},
            ("requests",): {"GET": self._requests, "DELETE": self._forget},
            ("requests", "{}"): {"GET": self._request},
            ("webhooks",): {"GET": self._webhooks},
            ("webhooks", "{}"): {"GET": self._webhook},
            ("received",): {"GET": self._received},
        }

    async def _sessions(self, call: Call) -> web.Response:
        return answer(records.sessions(self._desk.engine, call.namespace, call.query))

    async def _session(self, call: Call) -> web.Response:
        return answer({"data": records.session(self._desk.engine, call.namespace, call.args[0])})

    async def _requests(self, call: Call) -> web.Response:
        return answer(records.requests(self._desk.engine, call.namespace, call.query))

    async def _request(self, call: Call) -> web.Response:
        return answer({"data": records.request(self._desk.engine, call.namespace, call.args[0])})

    async def _forget(self, call: Call) -> web.Response:
        for namespace in records.chosen(self._desk.engine, call.namespace):
            namespace.journal.clear()
        return nothing()

    async def _webhooks(self, call: Call) -> web.Response:
        return answer(records.webhooks(self._desk.engine, call.namespace, call.query))

    async def _webhook(self, call: Call) -> web.Response:
        return answer({"data": records.webhook_view(self._desk.engine, call.namespace, call.args[0])})

    async def _received(self, call: Call) -> web.Response:
        return answer(records.received(self._desk.engine, call.namespace, call.query))


class Receiver:
    """The route that takes webhooks; apps are not asked for the admin token there."""

    def __init__(self, desk: Desk) -> None:
        """Serve the desk's engine."""
        self._desk = desk

    @property
    def routes(self) -> Routes:
        """Its route."""
        return {("receiver", "{}"): dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), self.receive)}

    async def receive(self, call: Call) -> web.Response:
        """Take a webhook, judge it and keep it."""
        body = await read_body(call.http, self._desk.max_body)
        driver = self._desk.driver
        driver.received(call.args[0], receive(call.http, body, driver.engine.public_key))
        return web.Response(status=200, headers={"Server": SERVER})
