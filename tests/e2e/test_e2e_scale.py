"""Several emulators behind nginx, as ``examples/scale`` sets them up: one address, a replica for each API key."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from telnyx import APIConnectionError, AsyncTelnyx, InternalServerError, Telnyx

from emulator.client import AsyncEmulatorClient, EmulatorClient
from emulator.core.errors import ControlRefused
from tests.e2e.balancing import NGINX, Balanced, balanced
from tests.e2e.harness import BOUND_SECS, receiving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed; Debian's nginx-light will do")

KEYS = [f"KEY{number}_of_the_crowd" for number in range(48)]
"""So many that a replica to which none of them falls is a mistake and not chance (1 in 10**8)."""

CALLS = ["v3:one", "v3:two/2", "v3:three//3"]

SIGNING = {"SIPREC_EMULATOR_SIGNING_KEY": "c2lwcmVjIGVtdWxhdG9yJ3MgY29tcG9zZSBzYW1wbGU="}
PUBLIC_KEY = "46TY3dtR7AkCNUL0a2w2/s556iycUW2Io6P5Oz53eHg="
"""Of the sample in compose.yaml, whose app knows it too."""


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Balanced]:
    """Three emulators for the tests that leave them as they are."""
    with balanced(tmp_path_factory.mktemp("nginx"), SIGNING) as running:
        yield running


def sdk(at: Balanced, key: str) -> Telnyx:
    return Telnyx(api_key=key, base_url=f"{at.url}/v2", public_key=PUBLIC_KEY, max_retries=0)


def bearing(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def one_key_each(at: Balanced) -> list[str]:
    """A key for every replica."""
    keys = {at.of(key).url: key for key in KEYS}
    assert len(keys) == len(at.replicas)
    return list(keys.values())


async def record(at: Balanced, key: str) -> None:
    async with AsyncTelnyx(api_key=key, base_url=f"{at.url}/v2", max_retries=0) as client:
        starting = (client.calls.actions.start_siprec(call, connector_name="mine") for call in CALLS)
        await asyncio.gather(*starting)


async def test_each_key_has_one_replica_with_all_of_its_sessions_and_every_replica_has_keys(
    crowd: Balanced,
) -> None:
    async with asyncio.timeout(3 * BOUND_SECS):
        await asyncio.gather(*(record(crowd, key) for key in KEYS))
    held: list[dict[str, list[str]]] = []
    for replica in crowd.replicas:
        calls: dict[str, list[str]] = {}
        for session in replica.control("/sessions?limit=1000").json()["data"]:
            calls.setdefault(session["namespace"], []).append(session["call_control_id"])
        held.append(calls)
    assert all(held), "every replica has some"
    assert sum(map(len, held)) == len(set().union(*held)) == len(KEYS), "no namespace is at two replicas"
    assert all(sorted(calls) == sorted(CALLS) for one in held for calls in one.values())


def test_a_key_leads_to_its_replica_however_the_header_is_written(crowd: Balanced) -> None:
    for key in KEYS[:8]:
        answers = [
            crowd.http.get("/_emulator/info", headers={"Authorization": written})
            for written in (f"Bearer {key}", f"bearer {key}", f"BEARER   {key}")
        ]
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.headers["X-Emulator-Replica"] for answer in answers}) == 1


def test_the_webhooks_of_every_replica_verify_with_the_one_key(crowd: Balanced) -> None:
    keys = one_key_each(crowd)
    with receiving() as app:
        for key in keys:
            EmulatorClient(crowd.url, api_key=key).configure_namespace(webhook_url=app.url)
            with sdk(crowd, key) as client:
                client.calls.actions.start_siprec("v3:hooked", connector_name="emu:srs-busy")
        hooks = [app.next() for _ in keys]
    assert len({hook.event["data"]["id"] for hook in hooks}) == len(keys)
    with sdk(crowd, "any") as client:
        for hook in hooks:
            client.webhooks.unwrap(hook.body.decode(), headers=hook.headers)


def test_without_a_webhook_url_each_replica_delivers_to_its_own_receiver(crowd: Balanced) -> None:
    for number, _ in enumerate(crowd.replicas):
        key = f"KEY_without_a_url_{number}"
        with sdk(crowd, key) as client:
            client.calls.actions.start_siprec("v3:own", connector_name="emu:srs-declined")
        EmulatorClient(crowd.url, api_key=key).verify("received", {"verdict": "good"}, count=1, within="10s")


async def test_events_come_through_as_they_occur(crowd: Balanced) -> None:
    async with (
        asyncio.timeout(BOUND_SECS),
        AsyncEmulatorClient(crowd.url, api_key="KEY_of_a_watcher") as watcher,
        watcher.events() as events,
    ):
        await record(crowd, "KEY_of_a_watcher")
        assert (await anext(aiter(events))).data["call_control_id"] in CALLS


@pytest.mark.parametrize(
    "path", ["/sessions", "/requests?namespace=0123456789ab", "/reset", "/receiver/0123456789ab", ""]
)
def test_what_no_key_leads_to_a_replica_is_refused_with_the_way_to_ask(crowd: Balanced, path: str) -> None:
    answer = crowd.http.post(f"/_emulator{path}")
    assert answer.status_code == 421
    assert answer.headers["Content-Type"] == "application/json"
    assert "send the API key as Authorization" in answer.json()["errors"][0]["detail"]


def test_the_client_without_a_key_is_told_so_too(crowd: Balanced) -> None:
    with pytest.raises(ControlRefused, match="ask each emulator at its own"):
        EmulatorClient(crowd.url).reset()


@pytest.mark.parametrize("path", ["health", "ready", "public-key", "openapi.json", "schemas", "schemas/scenario"])
def test_what_every_replica_would_say_alike_is_answered_without_a_key(crowd: Balanced, path: str) -> None:
    assert crowd.http.get(f"/_emulator/{path}").status_code == 200


def test_telnyx_routes_without_a_key_get_telnyx_refusal(crowd: Balanced) -> None:
    answer = crowd.http.post("/v2/calls/v3:a/actions/siprec_start", json={})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (401, "10009")


def test_a_body_that_is_too_large_is_refused_in_the_emulators_words(crowd: Balanced) -> None:
    answer = crowd.http.post(
        "/v2/calls/v3:a/actions/siprec_start",
        content=b" " * (3 << 20),
        headers=bearing("KEY_of_much"),
    )
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["detail"] == "The request body is larger than 1048576 bytes."


def test_a_body_at_the_bound_arrives_whole(crowd: Balanced) -> None:
    body = b'{"connector_name": "mine"}'.ljust(1 << 20)
    answer = crowd.http.post(
        "/v2/calls/v3:much/actions/siprec_start",
        content=body,
        headers=bearing("KEY_of_much") | {"Content-Type": "application/json"},
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("fault", ["reset", "empty"])
def test_a_scripted_break_is_a_break_for_the_client_and_no_502(crowd: Balanced, fault: str) -> None:
    key = f"KEY_of_a_{fault}"
    EmulatorClient(crowd.url, api_key=key).queue({"respond": {"fault": fault}, "timeline": []})
    with sdk(crowd, key) as client, pytest.raises(APIConnectionError):
        client.calls.actions.start_siprec("v3:broken", connector_name="mine")
    requests = EmulatorClient(crowd.url, api_key=key).requests(call_control_id="v3:broken")
    assert len(requests) == 1, "it was sent to one replica, once"


def test_a_replica_that_died_is_a_502_for_its_keys_and_nobody_answers_in_its_place(tmp_path: Path) -> None:
    with balanced(tmp_path, SIGNING) as running:
        mourner, *others = one_key_each(running)
        running.of(mourner).kill()
        for _ in range(3):
            with sdk(running, mourner) as client, pytest.raises(InternalServerError) as caught:
                client.calls.actions.start_siprec("v3:lost", connector_name="mine")
            assert caught.value.status_code == 502
            assert "does not answer" in caught.value.response.json()["errors"][0]["detail"]
        for key in others:
            with sdk(running, key) as client:
                client.calls.actions.start_siprec("v3:well", connector_name="mine")
        alive = [one for one in running.replicas if one.process.poll() is None]
        calls = [
            session["call_control_id"] for one in alive for session in one.control("/sessions").json()["data"]
        ]
        assert calls == ["v3:well"] * len(others)
