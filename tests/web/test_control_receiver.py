"""The built-in receiver's answers over HTTP: what is set, and what the sender of webhooks meets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.web.controlling import NOBODY, OTHER, Control

if TYPE_CHECKING:
    import aiohttp

    from emulator.web.server import Server


@pytest.fixture
async def control(http: aiohttp.ClientSession) -> Control:
    """A seeded namespace with a standing clock, whose webhooks go to the built-in receiver."""
    control = Control(http)
    await control.load()
    await control.configure(default_scenario="talk", seed="receiver")
    await control.clock("manual")
    return control


async def answer_so(control: Control, *answers: dict[str, Any]) -> Any:
    """PUT /receiver with the API key."""
    return (await control.ask("PUT", "/receiver", {"answers": list(answers)}))["data"]


async def attempts(control: Control) -> list[tuple[int | None, int | None]]:
    """Status and error code of each attempt at the first webhook."""
    [first, *_] = await control.data("/webhooks")
    made = (await control.data(f"/webhooks/{first['seq']}"))["attempts"]
    return [(one["response"] and one["response"]["status"], one["error"] and one["error"]["code"]) for one in made]


async def test_a_receiver_that_refuses_twice_is_tried_again_and_then_takes(control: Control) -> None:
    """What it answered is counted; a 500 is Telnyx's delivery code 75500, a 503 its 75599."""
    await answer_so(control, {"status": 500, "count": 1}, {"status": 503, "count": 1})
    await control.start()
    await control.advance(by="10s")
    assert await attempts(control) == [(500, 75500), (503, 75599), (200, None)]
    shown = (await control.data("/receiver"))["answers"]
    assert [(one["status"], one["count"], one["answered"]) for one in shown] == [(500, 1, 1), (503, 1, 1)]
    assert [one["verdict"] for one in await control.data("/received")] == ["good"] * 3


async def test_a_receiver_that_resets_the_connection_is_a_failed_attempt(control: Control) -> None:
    await answer_so(control, {"fault": "reset", "count": 1})
    await control.start()
    await control.advance(by="10s")
    assert await attempts(control) == [(None, 75000), (200, None)]


@pytest.mark.parametrize("settings", [{"webhook_timeout": 50_000}], indirect=True)
@pytest.mark.parametrize("slow", [{"delay": "1h"}, {"fault": "hang"}])
async def test_a_receiver_that_answers_too_late_is_tried_again(control: Control, slow: dict[str, str]) -> None:
    """Its time is real, also where the namespace's clock stands; a sender that has left is waited for no more."""
    await answer_so(control, {**slow, "count": 1})
    await control.start()
    await control.advance(by="10s")
    assert await attempts(control) == [(None, 75000), (200, None)]


async def test_a_receiver_can_refuse_one_kind_of_webhook_alone(control: Control) -> None:
    await answer_so(control, {"match": {"event_type": "siprec.started"}, "status": 404})
    await control.start()
    await control.advance(by="10m")
    states = {one["event_type"]: one["state"] for one in await control.data("/webhooks")}
    assert states == {"siprec.started": "failed", "siprec.stopped": "delivered"}


async def test_an_answer_brings_its_headers_and_text(control: Control, server: Server) -> None:
    await answer_so(control, {"status": 418, "headers": {"X-Tea": "green"}, "body": "short and stout"})
    namespace = (await control.data("/namespaces"))[0]["id"]
    async with control.http.post(f"{server.url}/_emulator/receiver/{namespace}", data=b"{}") as got:
        assert (got.status, got.headers["X-Tea"], await got.text()) == (418, "green", "short and stout")


async def test_delete_and_an_empty_object_let_it_take_everything_again(control: Control) -> None:
    await answer_so(control, {"status": 500})
    await control.ask("DELETE", "/receiver", status=204)
    assert await control.data("/receiver") == {"answers": []}
    await answer_so(control, {"status": 500})
    assert (await control.ask("PUT", "/receiver", {}))["data"] == {"answers": []}


async def test_an_answer_that_is_added_leaves_the_others_and_their_counts(control: Control) -> None:
    await answer_so(control, {"status": 500, "count": 1})
    await control.start()
    await control.advance(by="10s")
    shown = (await control.ask("POST", "/receiver", {"answers": [{"status": 404}]}, status=201))["data"]["answers"]
    assert [(one["status"], one["answered"]) for one in shown] == [(500, 1), (404, 0)]


async def test_answers_are_of_one_namespace(control: Control) -> None:
    """One that was never used shows none, and clearing it is no error; without a key there is none to set."""
    await answer_so(control, {"status": 500})
    assert await control.data("/receiver", headers=OTHER) == {"answers": []}
    await control.ask("DELETE", "/receiver", status=204, headers=OTHER)
    assert len((await control.data("/receiver"))["answers"]) == 1
    for method in ("GET", "PUT", "DELETE"):
        await control.ask(method, "/receiver", status=422, headers=NOBODY)


async def test_an_answer_that_is_none_is_refused_and_changes_nothing(control: Control) -> None:
    await answer_so(control, {"status": 500})
    pointer, detail = await control.refusal("PUT", "/receiver", {"answers": [{"status": 99}]})
    assert (pointer, bool(detail)) == ("/answers/0/status", True)
    assert [one["status"] for one in (await control.data("/receiver"))["answers"]] == [500]
