"""Stories: all that happened to a recording, a call or a webhook, and a recording told again as a scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from emulator.core.stories import call_story, session_story, webhook_story
from emulator.web import records
from emulator.web.control.call import answer
from emulator.web.replies import SERVER

if TYPE_CHECKING:
    from emulator.web.control.call import Call, Desk, Routes


class Telling:
    """The routes that put together what the journal's lists have apart."""

    def __init__(self, desk: Desk) -> None:
        """Serve the desk's engine."""
        self._desk = desk

    @property
    def routes(self) -> Routes:
        """Its routes."""
        return {
            ("sessions", "{}", "story"): {"GET": self._session},
            ("sessions", "{}", "scenario"): {"GET": self._retold},
            ("calls", "{}", "story"): {"GET": self._call},
            ("webhooks", "{}", "story"): {"GET": self._webhook},
        }

    async def _session(self, call: Call) -> web.Response:
        engine = self._desk.engine
        session, namespace = records.found_session(engine, call.namespace, call.args[0])
        return answer({"data": session_story(session, namespace, engine.public_key)})

    async def _call(self, call: Call) -> web.Response:
        engine = self._desk.engine
        found, namespace = records.found_call(engine, call.namespace, call.args[0])
        return answer({"data": call_story(found.call_control_id, namespace, engine.public_key)})

    async def _webhook(self, call: Call) -> web.Response:
        engine = self._desk.engine
        _, entry = records.webhook(engine, call.namespace, call.args[0])
        return answer({"data": webhook_story(entry, engine.public_key)})

    async def _retold(self, call: Call) -> web.Response:
        # a server starts the sooner without, and few are asked
        from emulator.core.retelling import name_of, retold  # noqa: PLC0415 - see above

        engine = self._desk.engine
        session, namespace = records.found_session(engine, call.namespace, call.args[0])
        text = retold(session, namespace, engine.policy.delivery)
        if "yaml" in call.http.headers.get("Accept", ""):
            return web.Response(text=text, content_type="application/yaml", headers={"Server": SERVER})
        return answer({"data": {"name": name_of(session), "text": text}})
