"""Subscriptions: what they get, and what ends them."""

from __future__ import annotations

import asyncio

import pytest

from emulator.core.errors import UnknownRoute
from emulator.core.journal import StrayEntry
from emulator.core.turn import Note, NoteKind
from emulator.web import recent
from emulator.web import watchers as module
from emulator.web.watchers import Watchers


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
    assert [event.split(b"\n")[:2] async for event in mine.events()] == [[b"id: 1-2", b"event: request"]]
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


async def test_who_comes_again_is_told_what_it_missed_and_no_more() -> None:
    watchers = Watchers("run")
    watchers.subscribe(None)
    for _ in range(3):
        watchers.tell(note("a"))
    watchers.tell(note("b"))
    watchers.changed(None, "scenarios")
    again = watchers.subscribe("a", "run-1")
    assert again is not None
    watchers.end_all()
    told = [event.split(b"\n")[:2] async for event in again.events()]
    assert told == [
        [b"id: run-2", b"event: request"],
        [b"id: run-3", b"event: request"],
        [b"id: run-5", b"event: change"],
    ]


@pytest.mark.parametrize("last_id", ["", "run-", "run-9", "run--1", "other-1", "run-" + "9" * 5000, "run-1\u0661"])
async def test_who_comes_with_an_id_that_is_not_known_is_told_that_it_missed_something(last_id: str) -> None:
    watchers = Watchers("run")
    watchers.subscribe(None)
    watchers.tell(note("a"))
    again = watchers.subscribe(None, last_id)
    assert again is not None
    watchers.end_all()
    assert [event async for event in again.events()] == [b"id: run-1\nevent: missed\ndata: {}\n\n"]


@pytest.mark.parametrize(("bound", "most"), [("MAX_EVENTS", 2), ("MAX_BYTES", 2_500)])
async def test_what_is_older_than_the_bounds_was_missed(
    bound: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent, bound, most)
    watchers = Watchers("run")
    watchers.subscribe(None)
    for _ in range(5):
        watchers.tell(note("a"))
    late, in_time = watchers.subscribe(None, "run-2"), watchers.subscribe(None, "run-3")
    assert late is not None
    assert in_time is not None
    watchers.end_all()
    assert [event.split(b"\n")[1] async for event in late.events()] == [b"event: missed"]
    assert [event.split(b"\n")[0] async for event in in_time.events()] == [b"id: run-4", b"id: run-5"]


@pytest.mark.parametrize("what", ["reset", "journal"])
async def test_what_was_forgotten_is_not_told_again(what: str) -> None:
    watchers = Watchers("run")
    watchers.subscribe(None)
    watchers.tell(note("a"))
    watchers.changed("a", what)
    before, after = watchers.subscribe(None, "run-1"), watchers.subscribe(None, "run-3")
    assert before is not None
    assert after is not None
    watchers.end_all()
    assert [event.split(b"\n")[1] async for event in before.events()] == [b"event: missed"]
    assert [event async for event in after.events()] == []


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
