"""The document at /_emulator/openapi.json is true of what is answered."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import orjson

from tests.web.described import DOCUMENT, complaints, operations
from tests.web.walk_steps import (
    AFTER,
    ASKED,
    BEFORE,
    CALL_EVENTS,
    CALLING,
    DELIVERIES,
    DELIVERY,
    EMIT,
    ONE,
    QUERIES,
    RECORDING,
    REPLAY,
    TEXML_CALL,
    TEXML_DOCUMENT,
    TEXML_UPDATE,
    C,
    Step,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import aiohttp


BOUND_SECS = 20


class Walker:
    """Makes requests and holds each answer against the document.

    Attributes:
        met: The operations that were asked.
    """

    def __init__(self, http: aiohttp.ClientSession) -> None:
        """Nothing was asked yet."""
        self.http = http
        self.met: set[str] = set()

    async def take(self, step: Step) -> Any:
        """Make one request; the answer's JSON, None without a body."""
        operation = DOCUMENT["paths"][step.path][step.method]
        self.met.add(operation["operationId"])
        async with self.http.request(
            step.method,
            step.target,
            params=step.query,
            json=step.json,
            data=step.data,
            headers=step.headers,
        ) as response:
            body = await response.read()
        where = f"{step.method} {step.target}"
        assert response.status == step.status, (where, body)
        described = operation["responses"].get(str(response.status), operation["responses"].get("default"))
        assert described is not None, where
        media_types = described.get("content")
        if media_types is None:
            assert body == b"", where
            return None
        document = orjson.loads(body) if response.content_type == "application/json" else body.decode()
        assert complaints(media_types[response.content_type]["schema"], document) == [], where
        return document


async def _events(response: aiohttp.ClientResponse, wanted: str, count: int) -> None:
    """Read a stream of events until so many of a kind have come."""
    async with asyncio.timeout(BOUND_SECS):
        async for line in response.content:
            count -= line == f"event: {wanted}\n".encode()
            if not count:
                return


async def _look_at_each(walker: Walker) -> None:
    """Every entry of the lists."""
    for kind in ("session", "request", "webhook"):
        listed = (await walker.take(Step(method="get", path=f"{C}/{kind}s", status=200)))["data"]
        assert listed
        for one in listed:
            named = {f"{kind}_id": str(one["id"])}
            await walker.take(Step(method="get", path=f"{C}/{kind}s/{{{kind}_id}}", args=named, status=200))


def _told(sessions: list[dict[str, Any]]) -> Iterator[Step]:
    """The story of each session, and each as a scenario, in both forms."""
    for one in sessions:
        named = {"session_id": one["id"]}
        yield Step(method="get", path=f"{C}/sessions/{{session_id}}/story", args=named, status=200)
        for accept in ("application/json", "application/yaml"):
            path, headers = f"{C}/sessions/{{session_id}}/scenario", {"Accept": accept}
            yield Step(method="get", path=path, args=named, headers=headers, status=200)


async def test_every_answer_of_a_walk_over_all_routes_is_as_described(http: aiohttp.ClientSession) -> None:
    """Each operation is asked, and status, media type and body stand in the document."""
    walker = Walker(http)
    stream = await http.get(f"{C}/events")
    events = DOCUMENT["paths"][f"{C}/events"]["get"]
    assert stream.content_type in events["responses"]["200"]["content"]
    walker.met.add(events["operationId"])
    for step in BEFORE:
        await walker.take(step)
    await http.get(f"{C}/nothing")
    await http.get("/v2/nothing")
    # started and stopped by call control; the TeXML session has no StatusCallback, and so tells nobody
    await _events(stream, "attempt", 2)
    stream.close()
    sessions = (await walker.take(Step(method="get", path=f"{C}/sessions", status=200)))["data"]
    sid = next(one["id"] for one in sessions if one["api"] == "texml")
    await walker.take(
        Step(
            method="post",
            path=TEXML_UPDATE,
            args={**TEXML_CALL, "siprec_sid": sid},
            data={"Status": "stopped"},
            status=200,
        )
    )
    for step in QUERIES:
        await walker.take(step)
    none = await walker.take(Step(method="get", path=f"{C}/requests", query={"limit": "0"}, status=200))
    assert none == {"data": [], "meta": {"next_after": None}}
    await _look_at_each(walker)
    for step in _told(sessions):
        await walker.take(step)
    webhooks = (await walker.take(Step(method="get", path=f"{C}/webhooks", status=200)))["data"]
    sent, acted = {"webhook_id": webhooks[0]["id"]}, {"session_id": webhooks[0]["session_id"]}
    for step in (*ASKED, *CALLING):
        await walker.take(step)
    for step in (
        Step(method="get", path=f"{C}/webhooks/{{webhook_id}}/story", args=sent, status=200),
        Step(method="get", path=f"{C}/webhooks/{{webhook_id}}/story", args={"webhook_id": "none"}, status=404),
        Step(method="post", path=REPLAY, args=sent, json={"set": {"a": 1}, "new_id": True}, status=202),
        Step(method="post", path=REPLAY, args=sent, json={"deliver": {"copies": 0}}, status=202),
        Step(method="post", path=REPLAY, args=sent, json={"set": 1}, status=422),
        Step(method="post", path=REPLAY, args={"webhook_id": "none"}, json={}, status=404),
        Step(method="post", path=EMIT, args=acted, json={"event_type": "siprec.failed"}, status=202),
        Step(method="post", path=EMIT, args=acted, json={}, status=422),
        Step(
            method="post", path=EMIT, args={"session_id": "none"}, json={"event_type": "siprec.failed"}, status=404
        ),
        Step(method="post", path=TEXML_DOCUMENT, args=ONE, data=RECORDING, status=200),
        Step(method="post", path=TEXML_DOCUMENT, args=ONE, data=b"<Response>", status=422),
        Step(method="get", path=f"{C}/webhooks", status=200),
        Step(method="get", path=f"{C}/requests", status=200),
    ):
        await walker.take(step)
    delivered = await walker.take(Step(method="get", path=DELIVERIES, status=200))
    for one in delivered["data"]:
        await walker.take(Step(method="get", path=DELIVERY, args={"id": one["id"]}, status=200))
    for step in (
        Step(method="get", path=DELIVERY, args={"id": "none"}, status=404),
        Step(method="get", path=DELIVERIES, query={"page[size]": "251"}, status=422),
        Step(method="get", path=CALL_EVENTS, status=200),
        Step(method="get", path=CALL_EVENTS, query={"filter[type]": "fax"}, status=422),
    ):
        await walker.take(step)
    for step in AFTER:
        await walker.take(step)
    assert walker.met == {operation["operationId"] for _, _, operation in operations()}
