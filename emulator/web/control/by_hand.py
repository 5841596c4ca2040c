"""What is made to happen by hand: a webhook once more, an event that no scenario asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.dispatch import Manner
from emulator.core.errors import ControlError
from emulator.core.views import webhook_line
from emulator.web import records
from emulator.web.control.call import answer

if TYPE_CHECKING:
    from aiohttp import web

    from emulator.core.journal import WebhookEntry
    from emulator.web.control.call import Call, Desk, Routes


class ByHand:
    """The routes that make something happen."""

    def __init__(self, desk: Desk) -> None:
        """Serve the desk's engine."""
        self._desk = desk

    @property
    def routes(self) -> Routes:
        """Its routes."""
        return {
            ("webhooks", "{}", "replay"): {"POST": self._replay},
            ("sessions", "{}", "events"): {"POST": self._emit},
        }

    async def _replay(self, call: Call) -> web.Response:
        desk = self._desk
        edit = desk.controls.edit(await call.document(desk))
        namespace, entry = records.webhook(desk.engine, call.namespace, call.args[0])
        manner = Manner(
            policy=entry.delivery.policy if entry.delivery else desk.engine.policy.delivery,
            deliver=edit.deliver,
            signing=edit.signing or entry.signing,
        )
        event = edit.of(entry.event, namespace.randomness)
        again, effects = desk.engine.replay(entry, event, manner, desk.driver.now())
        desk.driver.carry_out(effects)
        return _made(again)

    async def _emit(self, call: Call) -> web.Response:
        desk = self._desk
        emission = desk.controls.emission(await call.document(desk))
        for namespace in records.chosen(desk.engine, call.namespace):
            session = namespace.sessions.get(call.args[0])
            if session is not None:
                entry, effects = desk.engine.emit(namespace.id, session, emission, desk.driver.now())
                desk.driver.carry_out(effects)
                return _made(entry)
        raise ControlError(404, f"There is no session '{call.args[0]}'.")


def _made(entry: WebhookEntry) -> web.Response:
    """A webhook that was just made; it is on its way."""
    return answer({"data": webhook_line(entry)}, status=202)
