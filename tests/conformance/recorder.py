"""Every answer and webhook of the servers in this process, recorded where they leave, each distinct one once.

Owns the seams: what ``TelnyxApi`` answers, and what the driver gives to the sender, which signs it as it is. What
the emulator was told to do wrong is known by who made it, never by the test: an answer by the journal's entry, a
webhook's payload by the fields that a timeline or somebody by hand laid over it.
"""

from __future__ import annotations

import os
import re
import threading
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from emulator.core import playback
from emulator.core.answering import INJECTED
from emulator.core.calls import conduct
from emulator.core.controls import Edit
from emulator.core.errors import ApiError
from emulator.core.journal import RequestEntry
from emulator.core.models import CallbackMethod
from emulator.core.turn import Note, NoteKind
from emulator.web.driver import Driver
from emulator.web.routes import origin_form, resolve
from emulator.web.telnyx_api import TelnyxApi
from tests.conformance.documents import Answer, Document, Webhook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from emulator.core.effects import Send
    from emulator.core.inputs import Outcome
    from emulator.core.journal import WebhookEntry
    from emulator.core.models import Event, EventType
    from emulator.core.turn import Turn
    from emulator.web.driver import OnTheLine

_PLAIN = re.compile(
    rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    rb"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"
    rb"|127\.0\.0\.1:\d+"
    rb'|(?<="call_control_id":")[^"\\]+'
    rb'|(?<="call_control_id": ")[^"\\]+'
)
"""Identifiers, moments and addresses that are well formed: what differs in them alone is not distinct."""

_DIGITS = re.compile(rb"[0-9a-f]")


@dataclass(slots=True)
class _UnderWay:
    """An answer that is being made.

    Attributes:
        ours: The emulator makes it; False where another server does.
        entry: The journal's; None where it has none.
    """

    ours: bool = False
    entry: RequestEntry | None = None


@dataclass(kw_only=True)
class Recorder:
    """What was seen so far.

    Attributes:
        answers, webhooks: How many there were, those that are alike included.
        distinct: What is to be checked.
    """

    answers: int = 0
    webhooks: int = 0
    distinct: dict[object, Document] = field(default_factory=dict)
    _laid_over: dict[str, frozenset[str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record until the block is left, whatever is started within it and in whichever thread."""
        with pytest.MonkeyPatch.context() as patch:
            self._watch_answers(patch)
            self._watch_webhooks(patch)
            self._watch_overlays(patch)
            yield

    # --- answers ---

    def _watch_answers(self, patch: pytest.MonkeyPatch) -> None:
        """A request's own context carries what the driver made of it to where the answer leaves."""
        under_way: ContextVar[_UnderWay | None] = ContextVar("under_way", default=None)
        answer, handle, stray = TelnyxApi.answer, Driver.handle, Driver.stray

        @wraps(answer)
        async def answered(api: TelnyxApi, http: web.BaseRequest) -> web.StreamResponse:
            mine = _UnderWay()
            token = under_way.set(mine)
            try:
                response = await answer(api, http)
            finally:
                under_way.reset(token)
            if mine.ours and isinstance(response, web.Response):
                self._keep_answer(http, response, mine.entry)
            return response

        @wraps(handle)
        def handled(driver: Driver, *args: Any) -> Outcome:
            outcome = handle(driver, *args)
            mine = under_way.get()
            if mine is not None:
                mine.ours = True
                mine.entry = next(_entries(outcome.effects), None)
            return outcome

        @wraps(stray)
        def strayed(driver: Driver, *args: Any) -> Any:
            mine = under_way.get()
            if mine is not None:
                mine.ours = True
            return stray(driver, *args)

        patch.setattr(TelnyxApi, "answer", answered)
        patch.setattr(Driver, "handle", handled)
        patch.setattr(Driver, "stray", strayed)

    def _keep_answer(self, http: web.BaseRequest, response: web.Response, entry: RequestEntry | None) -> None:
        body, target = response.body or b"", origin_form(http.raw_path)
        assert isinstance(body, bytes)
        try:
            route, params = resolve(http.method, target)
        except ApiError:
            route, params = None, ()
        answer = Answer(
            method=http.method,
            target=target,
            route=route,
            params=params,
            status=response.status,
            media_type=response.content_type,
            content=body,
            scripted=entry is not None and _is_scripted(entry),
            seen_in=_test(),
        )
        key = (route, http.method, response.status, response.content_type, blurred(body), answer.scripted)
        with self._lock:
            self.answers += 1
            self.distinct.setdefault(key, answer)

    # --- webhooks ---

    def _watch_webhooks(self, patch: pytest.MonkeyPatch) -> None:
        attach = Driver.attach

        @wraps(attach)
        def attached(driver: Driver, submit: Callable[[Send], None], line: OnTheLine | None = None) -> None:
            def submitted(send: Send) -> None:
                self._keep_webhook(driver, send)
                submit(send)

            attach(driver, submitted, line)

        patch.setattr(Driver, "attach", attached)

    def _keep_webhook(self, driver: Driver, send: Send) -> None:
        namespace = driver.engine.namespaces.get(send.namespace)
        assert namespace is not None
        event = namespace.deliveries[namespace.attempts[send.attempt_id]].entry.event
        headers = {name.lower(): value for name, value in send.headers}
        webhook = Webhook(
            method=send.method,
            url=send.url,
            media_type=headers.get("content-type", ""),
            content=send.signed if send.method is CallbackMethod.GET else send.body,
            event=event.type,
            laid_over=self._laid_over.get(event.id, frozenset()),
            seen_in=_test(),
        )
        key = (event.type, send.method, webhook.media_type, blurred(webhook.content), webhook.laid_over)
        with self._lock:
            self.webhooks += 1
            self.distinct.setdefault(key, webhook)

    # --- what was laid over payloads ---

    def _watch_overlays(self, patch: pytest.MonkeyPatch) -> None:
        played, by_hand, of_call, edited = playback._occur, playback.emit, conduct.occur, Edit.of  # noqa: SLF001

        def played_noted(turn: Turn, session: Any, playing: Any, occurrence: Any) -> None:
            with self._noting(turn, occurrence.step.event, occurrence.step.payload):
                played(turn, session, playing, occurrence)

        def by_hand_noted(turn: Turn, session: Any, emission: Any) -> WebhookEntry:
            with self._noting(turn, emission.event, (*emission.payload, *emission.without)):
                return by_hand(turn, session, emission)

        def of_call_noted(
            turn: Turn, call: Any, event_type: EventType, *args: Any, **options: Any
        ) -> WebhookEntry:
            script = options.get("script")
            with self._noting(turn, event_type, script.step.payload if script else ()):
                return of_call(turn, call, event_type, *args, **options)

        def edited_noted(edit: Edit, event: Event, *args: Any) -> Event:
            after = edited(edit, event, *args)
            self._lay_over(after.id, {*edit.payload, *edit.without} | self._laid_over.get(event.id, frozenset()))
            return after

        patch.setattr(playback, "_occur", played_noted)
        patch.setattr(playback, "emit", by_hand_noted)
        patch.setattr(conduct, "occur", of_call_noted)
        patch.setattr(Edit, "of", edited_noted)

    @contextmanager
    def _noting(self, turn: Turn, event_type: EventType, names: Iterable[str]) -> Iterator[None]:
        """Note the names for every event of the type that is announced within the block, copies included."""
        before = len(turn.effects)
        # an attempt may set out within the block: what it holds is looked up only once its effects are carried out
        yield
        for effect in turn.effects[before:]:
            if isinstance(effect, Note) and effect.kind is NoteKind.WEBHOOK:
                event = effect.entry.event  # type: ignore[union-attr] # of this kind every entry is a webhook's
                if event.type is event_type:
                    self._lay_over(event.id, names)

    def _lay_over(self, event_id: str, names: Iterable[str]) -> None:
        if kept := frozenset(names):
            self._laid_over[event_id] = kept


def blurred(text: bytes) -> bytes:
    """A body in which identifiers and moments that are well formed have no digits of their own."""
    return _PLAIN.sub(lambda found: _DIGITS.sub(b"0", found[0]), text)


def _entries(effects: Iterable[object]) -> Iterator[RequestEntry]:
    for effect in effects:
        if isinstance(effect, Note) and isinstance(effect.entry, RequestEntry):
            yield effect.entry


def _is_scripted(entry: RequestEntry) -> bool:
    """A fault that struck says so in the entry; a scenario names itself in every answer that it gives.

    Lenient validation is asked for likewise: what breaks the schema comes through, and the answer repeats it.
    """
    if INJECTED in entry.warnings or (entry.violations and entry.reply.status < 400):
        return True
    by_scenario = any(name == "X-Emulator-Scenario" for name, _ in entry.reply.headers)
    return by_scenario and entry.reply.status >= 400


def _test() -> str:
    return os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0]
