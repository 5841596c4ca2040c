"""What is made to happen by hand: a webhook once more, an event that no scenario asked for, a TeXML document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.dispatch import Manner
from emulator.core.errors import TexmlError
from emulator.core.views import webhook_line
from emulator.web import records
from emulator.web.control.call import answer, problem_view, problems
from emulator.web.telnyx_api import read_body

if TYPE_CHECKING:
    from aiohttp import web

    from emulator.core.journal import WebhookEntry
    from emulator.web.control.call import Call, Desk, Routes


DOCUMENT = "<TeXML>"
"""What problems call a document that came without a name."""


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
            ("calls", "{}", "texml"): {"POST": self._texml},
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
        session, namespace = records.found_session(desk.engine, call.namespace, call.args[0])
        entry, effects = desk.engine.emit(namespace.id, session, emission, desk.driver.now())
        desk.driver.carry_out(effects)
        return _made(entry)

    async def _texml(self, call: Call) -> web.Response:
        # a server starts the sooner without, and few are asked
        from emulator.core.texml import read_texml  # noqa: PLC0415 - see above
        from emulator.core.texml_play import played_view  # noqa: PLC0415 - see above

        desk, name = self._desk, call.one_namespace()
        body = await read_body(call.http, desk.max_body)
        known = desk.engine.namespaces.get(name)
        policy = (known.overrides.policy if known else None) or desk.engine.policy
        try:
            script = read_texml(
                body,
                file=call.query.get("file") or DOCUMENT,
                schemas=desk.engine.schemas,
                validation=policy.validation,
            )
        except TexmlError as error:
            return answer({"valid": False, "problems": problems(error)}, status=422)
        played, effects = desk.engine.texml(
            name, script, desk.driver.now(), call=call.args[0], account_sid=call.query.get("account_sid") or None
        )
        desk.driver.carry_out(effects)
        told = {
            "namespace": name,
            "call_control_id": call.args[0],
            "verbs": [played_view(one) for one in played],
            "warnings": [problem_view(one) for one in script.warnings],
        }
        return answer({"data": told})


def _made(entry: WebhookEntry) -> web.Response:
    """A webhook that was just made; it is on its way."""
    return answer({"data": webhook_line(entry)}, status=202)
