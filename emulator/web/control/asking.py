"""Questions: whether something happened, what came near, and waiting until it does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import orjson

from emulator.core.documents import error_document
from emulator.core.durations import format_duration
from emulator.core.errors import ControlError, ErrorItem
from emulator.core.journal import CallEntry, SrsEntry, TransitionEntry
from emulator.core.models import SECOND, Session
from emulator.core.query import Hit, Tally, candidates, find, hit_view, hit_whole
from emulator.core.turn import Note
from emulator.web import records
from emulator.web.control.call import answer
from emulator.web.paging import Shown
from emulator.web.protocol import attended
from emulator.web.routes import ROUTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiohttp import web

    from emulator.core.models import Instant
    from emulator.core.namespace import Namespace
    from emulator.core.query import Count, Query
    from emulator.core.turn import Effect
    from emulator.core.views import View
    from emulator.web.control.call import Call, Desk, Routes
    from emulator.web.waiting import Told

_CONFLICT = 409
_TIMEOUT = 408


class Asking:
    """The routes that answer questions about what happened, and wait for it."""

    def __init__(self, desk: Desk) -> None:
        """Serve the desk's engine."""
        self._desk = desk

    @property
    def routes(self) -> Routes:
        """Its routes."""
        return {
            ("verify",): {"POST": self._verify},
            ("wait",): {"POST": self._wait},
            ("requests", "near-misses"): {"GET": self._unmatched},
        }

    # --- verify ---

    async def _verify(self, call: Call) -> web.Response:
        show = Shown(hit_view, self._whole).chosen(call.query)
        asked = self._desk.questions.read_verify(await call.document(self._desk))
        found = self._find(call, asked.query)
        if not asked.count.admits(len(found)) and asked.within:
            await self._until_counted(call, asked.query, asked.count, asked.within / SECOND)
            found = self._find(call, asked.query)
        if asked.count.admits(len(found)):
            # how many is what most ask, and there may be thousands
            matched = {"matched": list(map(show, found))} if "view" in call.query else {}
            return answer({"data": {"count": len(found), "wanted": str(asked.count), **matched}})
        kind = asked.query.kind
        detail = f"Of the {kind} {len(found)} match, not {asked.count}."
        item = ErrorItem(code="10027", title="Not verified", detail=detail)
        return self._missed(call, asked.query, item, _CONFLICT, len(found))

    async def _until_counted(self, call: Call, query: Query, count: Count, secs: float) -> None:
        tally = Tally(query, lasting=False)

        def told(effects: tuple[Effect, ...]) -> bool:
            self._take(call, tally, effects)
            return count.admits(len(tally.hits(self._now_of)))

        await self._held_up(call, told, secs, tally)

    # --- wait ---

    async def _wait(self, call: Call) -> web.Response:
        show = Shown(hit_view, self._whole).chosen(call.query)
        asked = self._desk.questions.read_wait(await call.document(self._desk))
        secs = asked.timeout / SECOND
        if asked.query is None:
            return await self._wait_idle(call, secs)
        tally = Tally(asked.query, lasting=True)

        def told(effects: tuple[Effect, ...]) -> bool:
            self._take(call, tally, effects)
            return asked.count.admits(len(tally.hits(self._now_of)))

        over = await self._held_up(call, told, secs, tally)
        hits = tally.hits(self._now_of)
        if over:
            return answer({"data": {"count": len(hits), "matched": list(map(show, hits))}})
        stopped = self._desk.driver.stopped
        waited = "until the emulator stopped" if stopped else f"within {format_duration(asked.timeout)}"
        detail = f"Of the {asked.query.kind} {len(hits)} matched {waited}, not {asked.count}."
        return self._missed(call, asked.query, _timeout(detail), _TIMEOUT, len(hits))

    def _take(self, call: Call, tally: Tally, effects: tuple[Effect, ...]) -> None:
        for hit in self._hits(call, effects):
            tally.take(hit)

    async def _wait_idle(self, call: Call, secs: float) -> web.Response:
        engine = self._desk.engine
        if await self._held_up(call, lambda _: engine.idle(call.namespace), secs):
            return answer({"data": {"idle": True}})
        busy = [one for one in records.chosen(engine, call.namespace) if not one.idle]
        playing = sum(len(one.playing) for one in busy)
        delivering = sum(len(one.deliveries) for one in busy)
        held = sum(len(one.held) for one in busy)
        due = sum(len(one.timers) for one in busy)
        item = _timeout(
            f"Not idle: sessions that play {playing}, webhooks under way {delivering}, answers held {held}, "
            f"timers {due}."
        )
        return answer(orjson.loads(error_document((item,))), status=_TIMEOUT)

    async def _held_up(self, call: Call, told: Told, secs: float, tally: Tally | None = None) -> bool:
        return await attended(call.http, self._until(call, told, secs, tally))

    async def _until(self, call: Call, told: Told, secs: float, tally: Tally | None) -> bool:
        waits = self._desk.waits
        # asked by what then waits at once: of many that come together each sees those before it
        if waits.full:
            raise ControlError(503, "As many wait as may; let another wait end first.")
        # counted here for the same reason: what happens until it waits would be missed
        if tally is not None:
            for hit in self._find(call, tally.query):
                tally.take(hit)
        return await waits.until(told, namespace=call.namespace, timeout_secs=secs, jumps=True)

    # --- what came near ---

    async def _unmatched(self, call: Call) -> web.Response:
        # a server starts the sooner without, and few are asked
        from emulator.core.unmatched import unmatched, unmatched_view  # noqa: PLC0415 - see above

        found = unmatched(records.chosen(self._desk.engine, call.namespace), ROUTES)
        return answer({"data": [unmatched_view(one) for one in found]})

    def _missed(self, call: Call, query: Query, item: ErrorItem, status: int, count: int) -> web.Response:
        # needed only where something did not match
        from emulator.core.near_misses import near_miss_view, nearest  # noqa: PLC0415 - see above

        hits = candidates(query.kind, records.chosen(self._desk.engine, call.namespace))
        near = [near_miss_view(miss) for miss in nearest(query, hits, self._now_of)]
        document = orjson.loads(error_document((item,)))
        return answer({**document, "meta": {"count": count, "near_misses": near}}, status=status)

    # --- looking ---

    def _whole(self, hit: Hit) -> View:
        """As the route of one shows it."""
        if not isinstance(hit.entry, Session):
            return hit_whole(hit)
        return {**hit_whole(hit), "live": self._desk.live.view(hit.entry.id)}

    def _find(self, call: Call, query: Query) -> list[Hit]:
        return find(query, records.chosen(self._desk.engine, call.namespace), self._now_of)

    def _now_of(self, namespace: Namespace) -> Instant:
        return namespace.clock.read(self._desk.driver.now())

    def _hits(self, call: Call, effects: tuple[Effect, ...]) -> Iterator[Hit]:
        """What an input changed, as a question sees it."""
        for effect in effects:
            if not isinstance(effect, Note) or isinstance(effect.entry, SrsEntry):
                continue
            if call.namespace not in {None, effect.entry.namespace}:
                continue
            namespace = self._desk.engine.namespaces.get(effect.entry.namespace)
            if namespace is None:
                continue
            if isinstance(effect.entry, CallEntry):
                known = namespace.calls.get(effect.entry.call_control_id)
                if known is not None:
                    yield Hit(namespace, replace(known, state=effect.entry.after))
            elif not isinstance(effect.entry, TransitionEntry):
                yield Hit(namespace, effect.entry)
            elif (session := namespace.sessions.get(effect.entry.session_id)) is not None:
                # as it was at this transition: a later one of the same input must not hide it
                yield Hit(namespace, replace(session, state=effect.entry.after))


def _timeout(detail: str) -> ErrorItem:
    return ErrorItem(code="10008", title="Request timeout", detail=detail)
