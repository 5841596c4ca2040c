"""Telnyx's inspection routes through the official SDK, its pagers included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import telnyx
import yaml

from emulator.core.policy import Validation
from emulator.resources import load_schemas
from tests.conformance.documents import SPEC
from tests.e2e.harness import Hook, done, receiving

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from tests.e2e.harness import Emulator, Receiver, Sdk

NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 14\r\n\r\nOops. No hook."


async def missing(_hook: Hook, writer: asyncio.StreamWriter) -> None:
    """A receiver whose route is misspelt."""
    writer.write(NOT_FOUND)


async def listed(pager: Any) -> list[Any]:
    """Every item of every page, as an app walks over them."""
    if hasattr(pager, "__aiter__"):
        return [one async for one in pager]
    return list(pager)


async def test_a_failed_over_delivery_is_told_with_telnyxs_codes(
    emulate: Callable[..., Emulator], receiver: Receiver, sdk: Sdk
) -> None:
    """An app that asks why its webhook did not come sees the 404 of its first URL, and who took it then."""
    with receiving(missing) as wrong:
        emulator = emulate(webhook_url=wrong.url, webhook_failover_url=receiver.url, webhook_attempts=1)
        async with sdk(emulator) as client:
            await done(
                client.calls.actions.start_siprec("v3:a", extra_headers={"X-Emulator-Scenario": "srs-busy"})
            )
            assert receiver.next().event_type == "siprec.failed"
            emulator.webhooks_over(1)
            [delivery] = await listed(client.webhook_deliveries.list(filter={"event_type": "siprec.failed"}))
            again = (await done(client.webhook_deliveries.retrieve(delivery.id))).data
            with pytest.raises(telnyx.NotFoundError) as absent:
                await done(client.webhook_deliveries.retrieve("C9C0797E-901D-4349-A33C-C2C8F31A92C2"))
    assert again == delivery
    gone: Any = absent.value.body
    assert gone["errors"][0]["code"] == "10005"
    assert (delivery.record_type, delivery.status) == ("webhook_delivery", "delivered")
    assert delivery.webhook.payload["failure_cause"] == "user_busy"
    taken, lost = delivery.attempts
    assert (taken.status, taken.errors, taken.http.request.url) == ("delivered", None, receiver.url)
    assert (lost.status, lost.errors, lost.http.request.url) == ("failed", [75404], wrong.url)
    assert (lost.http.response.status, lost.http.response.body) == (404, "Oops. No hook.")
    assert ["User-Agent", "telnyx-webhooks"] in lost.http.request.headers
    assert delivery.started_at <= lost.finished_at <= taken.started_at <= delivery.finished_at


async def test_pagers_walk_over_all_deliveries_and_events(
    emulator: Emulator, receiver: Receiver, sdk: Sdk
) -> None:
    """Filters go along from page to page; another key sees nothing of it."""
    async with sdk(emulator) as client:
        for number in range(7):
            await done(client.calls.actions.start_siprec(f"v3:{number}"))
            assert receiver.next().event_type == "siprec.started"
        emulator.webhooks_over(7)
        deliveries = await listed(
            client.webhook_deliveries.list(filter={"status": {"eq": "delivered"}}, page_size=3)
        )
        events = await listed(client.call_events.list(filter={"type": "webhook"}, page_size=2))
        everything = await listed(client.call_events.list())
        leg = events[3].call_leg_id
        of_a_call = await listed(client.call_events.list(filter={"leg_id": leg, "product": "call_control"}))
        page = await done(client.call_events.list(page_number=2, page_size=5))
    calls = [one.webhook.payload["call_control_id"] for one in deliveries]
    assert calls == [f"v3:{number}" for number in reversed(range(7))]
    assert [one.metadata["event"]["payload"]["call_control_id"] for one in events] == calls[::-1]
    assert (len(everything), len(page.data), page.meta.total_pages) == (14, 5, 3)
    assert [(one.type, one.name) for one in of_a_call] == [
        ("command", "siprec_start"),
        ("webhook", "siprec.started"),
    ]
    async with sdk(emulator, api_key="other") as stranger:
        assert await listed(stranger.webhook_deliveries.list()) == []
        assert await listed(stranger.call_events.list()) == []


async def test_a_bad_filter_is_an_error_that_names_it(emulator: Emulator, sdk: Sdk) -> None:
    """A time that is none, a status that is none, a page that is too large."""
    async with sdk(emulator) as client:
        for asked, parameter, code in (
            ({"filter": {"started_at": {"gte": "yesterday"}}}, "filter[started_at][gte]", "10031"),
            ({"filter": {"status": {"eq": "lost"}}}, "filter[status][eq]", "10032"),
            ({"page_size": 1_000}, "page[size]", "10033"),
        ):
            with pytest.raises(telnyx.UnprocessableEntityError) as refused:
                await listed(client.webhook_deliveries.list(**asked))
            body: Any = refused.value.body
            [error] = body["errors"]
            assert (error["code"], error["source"]) == (code, {"parameter": parameter})


async def test_the_routes_are_there_with_and_without_the_prefix(emulator: Emulator) -> None:
    """And want credentials, as all of Telnyx's."""
    for path in ("/webhook_deliveries", "/call_events"):
        for prefix in ("", "/v2"):
            assert emulator.http.get(prefix + path).status_code == 401
            answer = emulator.http.get(prefix + path, headers={"Authorization": "Bearer key"})
            assert (answer.status_code, answer.json()["data"]) == (200, [])


async def test_lenient_validation_lets_a_bad_page_through(emulate: Callable[..., Emulator], sdk: Sdk) -> None:
    async with sdk(emulate(validation=Validation.WARN)) as client:
        assert await listed(client.call_events.list(page_size=0)) == []


@pytest.mark.skipif(not SPEC.exists(), reason=f"Telnyx's OpenAPI document is not at {SPEC}")
@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/webhook_deliveries", "request.webhook_delivery_list"),
        ("/call_events", "request.call_event_list"),
    ],
)
def test_every_documented_filter_and_page_is_known(path: str, schema: str) -> None:
    """And no other: the document nests them, our schema has each as it stands in a query."""
    document = yaml.load(SPEC.read_bytes(), yaml.CSafeLoader)
    documented: set[str] = set()
    for parameter in document["paths"][path]["get"]["parameters"]:
        described = parameter
        if "$ref" in parameter:
            described = document["components"]["parameters"][parameter["$ref"].rsplit("/", 1)[1]]
        for name, one in described["schema"]["properties"].items():
            field = f"{described['name']}[{name}]"
            documented |= {f"{field}[{inner}]" for inner in one.get("properties", ())} or {field}
    assert documented == set(load_schemas()[f"{schema}.schema.json"]["properties"])
