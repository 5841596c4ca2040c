"""A webhook once more, and an event that no scenario asked for, as the app meets them."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from emulator.core.signing import Verdict
from tests.web.controlling import OTHER, Control, stamp_of

if TYPE_CHECKING:
    import aiohttp

    from tests.conftest import WebhookApp


@pytest.fixture
async def control(http: aiohttp.ClientSession, webhook_app: WebhookApp) -> Control:
    """A namespace with a standing clock, whose app has just heard that a recording started."""
    control = Control(http)
    await control.load()
    await control.configure(webhook_url=webhook_app.url, default_scenario="talk")
    await control.clock("manual")
    await control.start(client_state="YQ==")
    await control.advance(by="1s")
    return control


async def replay(control: Control, which: object, status: int = 202, **edit: Any) -> Any:
    """POST /webhooks/{id}/replay."""
    return await control.ask("POST", f"/webhooks/{which}/replay", edit, status=status)


# --- again ---


async def test_a_webhook_is_sent_once_more_as_it_was(control: Control, webhook_app: WebhookApp) -> None:
    """Byte by byte the same event, signed anew; the journal says what it repeats."""
    [sent] = await control.data("/webhooks")
    again = (await replay(control, sent["id"]))["data"]
    first, second = await webhook_app.wait_for(2)
    assert first.body == second.body
    assert await control.verdict(second) is Verdict.GOOD
    assert (again["id"], again["repeats"]) == (sent["id"], sent["seq"])
    assert again["seq"] > sent["seq"]
    assert [one["state"] for one in await control.data("/sessions")] == ["started"]


async def test_an_edited_webhook_is_signed_as_edited(control: Control, webhook_app: WebhookApp) -> None:
    """Fields laid over, left out, and an id of its own."""
    [sent] = await control.data("/webhooks")
    edit: dict[str, Any] = {"set": {"client_state": None, "extra": [1]}, "remove": ["call_leg_id"], "new_id": True}
    again = (await replay(control, sent["seq"], **edit))["data"]
    hook = (await webhook_app.wait_for(2))[1]
    event = json.loads(hook.body)["data"]
    assert event["id"] == again["id"] != sent["id"]
    assert (event["payload"]["client_state"], event["payload"]["extra"]) == (None, [1])
    assert "call_leg_id" not in event["payload"]
    assert event["occurred_at"] == sent["occurred_at"]
    assert await control.verdict(hook) is Verdict.GOOD


@pytest.mark.parametrize(
    ("sign", "wanted"),
    [
        ({"mode": "wrong_key"}, Verdict.WRONG),
        ({"mode": "none"}, Verdict.MISSING),
        ({"mode": "good"}, Verdict.GOOD),
    ],
)
async def test_a_webhook_may_be_signed_badly(
    control: Control, webhook_app: WebhookApp, sign: Any, wanted: Verdict
) -> None:
    """As the app's verifier sees it."""
    [sent] = await control.data("/webhooks")
    await replay(control, sent["id"], sign=sign)
    assert await control.verdict((await webhook_app.wait_for(2))[1]) is wanted


async def test_a_stamp_may_be_old(control: Control, webhook_app: WebhookApp) -> None:
    """Ten minutes before the first webhook's, give or take the time between the two; the key is right."""
    [sent] = await control.data("/webhooks")
    await replay(control, sent["id"], sign={"timestamp_skew": "-10m"})
    first, second = await webhook_app.wait_for(2)
    assert -600 <= stamp_of(second) - stamp_of(first) < -500
    assert await control.verdict(second) is Verdict.GOOD


async def test_a_webhook_may_go_elsewhere_and_later(control: Control, webhook_app: WebhookApp) -> None:
    """In the namespace's time, two copies."""
    [sent] = await control.data("/webhooks")
    url = webhook_app.url.replace("/webhooks", "/elsewhere")
    await replay(control, sent["id"], deliver={"url": url, "delay": "10s", "copies": 2, "gap": "1s"})
    assert len(webhook_app.got) == 1
    account = await control.advance(by="11s")
    assert [one["kind"] for one in account["fired"]] == ["attempt", "attempt"]
    assert [hook.target for hook in webhook_app.got] == ["/webhooks", "/elsewhere", "/elsewhere"]


@pytest.mark.parametrize(
    ("edit", "pointer"),
    [
        ({"set": []}, "/set"),
        ({"remove": [""]}, "/remove/0"),
        ({"sign": {"mode": "bad"}}, "/sign/mode"),
        ({"deliver": {"copies": -1}}, "/deliver/copies"),
        ({"deliver": {"url": "nowhere"}}, "/deliver/url"),
        ({"event_type": "siprec.failed"}, "/event_type"),
    ],
)
async def test_an_edit_that_cannot_be_is_refused(control: Control, edit: Any, pointer: str) -> None:
    """At its place, and nothing is sent."""
    [sent] = await control.data("/webhooks")
    assert (await control.refusal("POST", f"/webhooks/{sent['id']}/replay", edit))[0] == pointer
    assert len(await control.data("/webhooks")) == 1


# --- events ---


async def test_an_event_occurs_now_and_ends_its_session(control: Control, webhook_app: WebhookApp) -> None:
    """With the usual payload under what is laid over it; the timeline is over too."""
    [session] = await control.data("/sessions")
    body = {"event_type": "siprec.stopped", "set": {"hangup_cause": "by_hand"}, "remove": ["connection_id"]}
    made = (await control.ask("POST", f"/sessions/{session['id']}/events", body, status=202))["data"]
    hook = (await webhook_app.wait_for(2))[1]
    event = json.loads(hook.body)["data"]
    assert (event["id"], event["event_type"]) == (made["id"], "siprec.stopped")
    assert event["occurred_at"] == "2025-03-01T00:00:01.000000Z"
    assert (event["payload"]["hangup_cause"], event["payload"]["client_state"]) == ("by_hand", "YQ==")
    assert "connection_id" not in event["payload"]
    assert await control.verdict(hook) is Verdict.GOOD
    account = await control.advance(by="2m")
    assert [one["kind"] for one in account["fired"] if one["kind"] == "webhook"] == []
    [over] = await control.data("/sessions")
    assert (over["state"], over["cause"], over["playing"]) == ("stopped", "by_hand", False)


async def test_an_event_may_occur_after_the_end(control: Control, webhook_app: WebhookApp) -> None:
    """An app has to bear it; the session stays what it was."""
    await control.advance(until="idle")
    [session] = await control.data("/sessions")
    body = {"event_type": "siprec.started", "sign": {"mode": "none"}}
    await control.ask("POST", f"/sessions/{session['id']}/events", body, status=202)
    hook = (await webhook_app.wait_for(3))[2]
    assert await control.verdict(hook) is Verdict.MISSING
    [same] = await control.data("/sessions")
    assert (same["state"], same["ended_at"]) == ("stopped", session["ended_at"])


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, None),
        ({"event_type": "siprec.begun"}, "/event_type"),
        ({"event_type": "siprec.failed", "new_id": True}, "/new_id"),
        ({"event_type": "siprec.failed", "set": 1}, "/set"),
    ],
)
async def test_an_event_that_cannot_be_is_refused(control: Control, body: Any, pointer: str | None) -> None:
    """At its place, and nothing occurs."""
    [session] = await control.data("/sessions")
    assert (await control.refusal("POST", f"/sessions/{session['id']}/events", body))[0] == pointer
    assert len(await control.data("/webhooks")) == 1


# --- TeXML documents ---

RECORD = b"""<?xml version="1.0"?>
<Response>
  <Start><Siprec name="mine" statusCallback="%s" statusCallbackMethod="GET"/></Start>
  <Hangup/>
</Response>
"""


async def texml(
    control: Control, document: bytes, *, call: str = "v3:texml", query: str = "", status: int = 200
) -> Any:
    """POST /calls/{id}/texml."""
    path = f"/_emulator/calls/{call}/texml{query}"
    async with control.http.post(path, data=document, headers={"Content-Type": "application/xml"}) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json()


async def test_a_document_starts_a_recording_whose_callbacks_reach_the_app(
    control: Control, webhook_app: WebhookApp
) -> None:
    """By the method that it names, signed, with the account that was given."""
    done = (await texml(control, RECORD % webhook_app.url.encode(), query="?account_sid=AC1&file=r.xml"))["data"]
    [verb], [warning] = done["verbs"], done["warnings"]
    assert (verb["result"], verb["line"], verb["column"]) == ("started", 3, 10)
    assert warning["text"] == "r.xml:4:3: the emulator skips <Hangup>"
    await control.advance(by="1s")
    hook = (await webhook_app.wait_for(2))[1]
    assert hook.method == "GET"
    assert f"SiprecSid={verb['session_id']}" in hook.target
    assert "AccountSid=AC1" in hook.target
    [stopped] = (await texml(control, b'<Response><Stop><Siprec name="mine"/></Stop></Response>'))["data"]["verbs"]
    assert (stopped["result"], stopped["session_id"]) == ("stopped", verb["session_id"])


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (b"", "<TeXML>:1:1: this is not XML: no element found"),
        (b"{}", "<TeXML>:1:1: this is not XML: not well-formed (invalid token)"),
        (
            b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><Response>&x;</Response>',
            "<TeXML>:1:13: a document type (<!DOCTYPE>) is refused, and with it every entity",
        ),
        (b"<Response>" * 50, "<TeXML>:1:321: it is nested deeper than 32 levels"),
        (b" " * 70_000, "<TeXML>:1:1: it is larger than 65536 bytes"),
        (
            b'<Response><Start><Siprec sessionTimeoutSecs="1"/></Start></Response>',
            "<TeXML>:1:26: sessionTimeoutSecs: The value is outside of allowed range 90 to 14440",
        ),
    ],
)
async def test_a_document_that_is_wrong_is_refused_with_its_place(
    control: Control, document: bytes, problem: str
) -> None:
    told = await texml(control, document, status=422)
    assert (told["valid"], [one["text"] for one in told["problems"]]) == (False, [problem])
    assert len(await control.data("/sessions")) == 1


async def test_a_document_is_read_by_the_namespaces_own_validation(control: Control) -> None:
    document = b'<Response><Start><Siprec sipTransport="tcp"/></Start></Response>'
    assert len((await texml(control, document))["data"]["warnings"]) == 1
    await control.configure(validation="strict")
    assert (await texml(control, document, status=422))["problems"][0]["column"] == 26


async def test_a_document_is_of_one_namespace_and_within_its_bounds(control: Control) -> None:
    """Without a key it is nobody's; a body over the bound is not read."""
    bare = await control.http.post("/_emulator/calls/c/texml", data=b"<Response/>", headers={"Authorization": ""})
    assert bare.status == 422
    large = b"x" * (1024 * 1024)
    assert (await texml(control, large, status=422))["problems"]
    path = "/_emulator/calls/c/texml"
    assert (await control.http.post(path, data=io.BytesIO(large + b"x"))).status == 413


# --- whose ---


async def test_what_is_not_there_or_anothers_is_404(control: Control) -> None:
    """A key reaches no other namespace's webhooks and sessions."""
    [sent], [session] = await control.data("/webhooks"), await control.data("/sessions")
    event = {"event_type": "siprec.failed"}
    for path, body, headers in (
        ("/webhooks/none/replay", {}, None),
        ("/webhooks/999999/replay", {}, None),
        (f"/webhooks/{sent['id']}/replay", {}, OTHER),
        (f"/webhooks/{sent['seq']}/replay", {}, OTHER),
        ("/sessions/none/events", event, None),
        (f"/sessions/{session['id']}/events", event, OTHER),
    ):
        document = await control.ask("POST", path, body, status=404, headers=headers)
        assert document["errors"][0]["code"] == "10005"
    assert len(await control.data("/webhooks")) == 1
