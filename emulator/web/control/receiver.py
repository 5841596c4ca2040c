"""The built-in receiver over HTTP: the route that takes webhooks, and those that say what it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.models import SECOND
from emulator.core.setting_views import reception_view
from emulator.web.control.call import answer, nothing
from emulator.web.receiver import receive
from emulator.web.replies import respond
from emulator.web.telnyx_api import read_body
from emulator.web.wire import misbehave, pause

if TYPE_CHECKING:
    from aiohttp import web

    from emulator.core.reception import Reception, ReceptionRule
    from emulator.web.control.call import Call, Desk, Routes


class Receiver:
    """The routes of the receiver; apps are not asked for the admin token where webhooks are taken."""

    def __init__(self, desk: Desk) -> None:
        """Serve the desk's engine."""
        self._desk = desk

    @property
    def routes(self) -> Routes:
        """Its routes."""
        return {
            ("receiver",): {"GET": self._show, "PUT": self._put, "POST": self._add, "DELETE": self._clear},
            ("receiver", "{}"): dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), self.receive),
        }

    async def receive(self, call: Call) -> web.StreamResponse:
        """Take a webhook, judge it, keep it, and answer as its namespace wants it answered."""
        body = await read_body(call.http, self._desk.max_body)
        driver = self._desk.driver
        reply = driver.received(call.args[0], receive(call.http, body, driver.engine.public_key))
        if reply.delay:
            await pause(call.http, reply.delay / SECOND)
        if reply.fault is not None:
            return await misbehave(call.http, reply)
        return respond(reply)

    async def _show(self, call: Call) -> web.Response:
        found = self._desk.engine.namespaces.get(call.one_namespace())
        return answer({"data": reception_view(found.reception) if found else {"answers": []}})

    async def _put(self, call: Call) -> web.Response:
        rules, reception = await self._told(call)
        reception.set(rules)
        return answer({"data": reception_view(reception)})

    async def _add(self, call: Call) -> web.Response:
        rules, reception = await self._told(call)
        reception.add(rules)
        return answer({"data": reception_view(reception)}, status=201)

    async def _told(self, call: Call) -> tuple[tuple[ReceptionRule, ...], Reception]:
        """The rules of the body, and whom they are for."""
        desk, name = self._desk, call.one_namespace()
        rules = desk.questions.read_reception(await call.document(desk))
        return rules, desk.engine.namespaces.turn(name, desk.driver.now()).namespace.reception

    async def _clear(self, call: Call) -> web.Response:
        found = self._desk.engine.namespaces.get(call.one_namespace())
        if found is not None:
            found.reception.set(())
        return nothing()
