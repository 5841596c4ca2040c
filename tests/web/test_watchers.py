"""Subscriptions: what they get, and what ends them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from emulator.core.errors import UnknownRoute
from emulator.core.journal import StrayEntry
from emulator.core.turn import Note, NoteKind
from emulator.web import watchers as module
from emulator.web.watchers import Watchers

if TYPE_CHECKING:
    import pytest


def note(namespace: str) -> Note:
    """Any note."""
    entry = StrayEntry(
        seq=7, namespace=namespace, at=0, method="GET", target="/", status=404, reason=str(UnknownRoute())
    )
    return Note(kind=NoteKind.REQUEST, entry=entry)


async def test_a_watcher_gets_its_namespaces_notes_numbered_as_server_sent_events() -> None:
    watchers = Watchers()
    mine, everybodys = watchers.subscribe("a"), watchers.subscribe(None)
    assert mine is not None
    assert everybodys is not None
    watchers.tell(note("b"))
    watchers.tell(note("a"))
    watchers.end_all()
    assert [event.split(b"\n")[:2] async for event in mine.events()] == [[b"id: 2", b"event: request"]]
    seen = [event async for event in everybodys.events()]
    assert len(seen) == 2
    assert all(event.endswith(b"\n\n") for event in seen)


async def test_a_watcher_that_falls_behind_is_cut_off_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_BEHIND", 2)
    watchers = Watchers()
    slow, quick = watchers.subscribe(None), watchers.subscribe(None)
    assert slow is not None
    assert quick is not None
    stream = quick.events()
    for _ in range(5):
        watchers.tell(note("a"))
        assert (await anext(stream)).startswith(b"id: ")
    assert len([event async for event in slow.events()]) == 2
    watchers.unsubscribe(quick)
    watchers.tell(note("a"))
    watchers.end_all()


async def test_there_are_as_many_watchers_as_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WATCHERS", 1)
    watchers = Watchers()
    first = watchers.subscribe(None)
    assert first is not None
    assert watchers.subscribe(None) is None
    watchers.unsubscribe(first)
    assert watchers.subscribe(None) is not None


async def test_a_quiet_stream_is_kept_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEEP_ALIVE_SECS", 0.001)
    watcher = Watchers().subscribe(None)
    assert watcher is not None
    stream = watcher.events()
    async with asyncio.timeout(20):
        assert await anext(stream) == b": keep-alive\n\n"
