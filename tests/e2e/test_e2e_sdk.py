"""The official Python SDK, blocking and asyncio, against the running server: lives, typed errors, retries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import telnyx

from emulator.core.policy import Realism
from tests.e2e.harness import done

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.harness import Emulator, Receiver, Sdk

CALL = "v3:Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmF"
ABSENT = {"errors": [{"code": 404, "title": "Not Found", "detail": "The requested resource does not exist"}]}

REFUSING = """
version: 1
name: refusing
respond: {{status: {status}, sdk_retry: {retry}}}
"""


async def test_a_session_is_started_and_stopped(emulator: Emulator, receiver: Receiver, sdk: Sdk) -> None:
    """Both commands answer ok, and the two webhooks carry the client_state of the latest command."""
    async with sdk(emulator, public_key=emulator.public_key) as client:
        started = await done(
            client.calls.actions.start_siprec(
                CALL,
                connector_name="recorder",
                siprec_track="both_tracks",
                client_state="c3RhcnQ=",
                extra_body={"command_id": "d1"},
            )
        )
        first = receiver.next()
        assert first.event_type == "siprec.started"
        stopped = await done(client.calls.actions.stop_siprec(CALL, client_state="c3RvcA==", command_id="d2"))
        second = receiver.next()
        events = [client.webhooks.unwrap(hook.body.decode(), headers=hook.headers) for hook in (first, second)]
    assert (started.data.result, stopped.data.result) == ("ok", "ok")
    assert [event.data.event_type for event in events] == ["siprec.started", "siprec.stopped"]
    assert [event.data.payload.call_control_id for event in events] == [CALL, CALL]
    assert [event.data.payload.client_state for event in events] == ["c3RhcnQ=", "c3RvcA=="]
    assert events[1].data.payload.hangup_cause == "normal_clearing"


async def test_a_repeated_command_id_starts_nothing_anew(emulator: Emulator, sdk: Sdk) -> None:
    """It is answered ok, and there is one session."""
    async with sdk(emulator) as client:
        for _ in range(2):
            answer = await done(client.calls.actions.start_siprec("c1", extra_body={"command_id": "same"}))
            assert answer.data.result == "ok"
    assert len(emulator.control("/sessions")["data"]) == 1


async def test_a_start_without_any_parameter_is_taken(emulator: Emulator, sdk: Sdk) -> None:
    """The document requires none."""
    async with sdk(emulator) as client:
        assert (await done(client.calls.actions.start_siprec("c1"))).data.result == "ok"
        assert (await done(client.calls.actions.stop_siprec("c1"))).data.result == "ok"


async def test_a_connector_lives_is_renamed_and_dies(emulator: Emulator, sdk: Sdk) -> None:
    """Create, retrieve, update under a new name and delete; what is gone is a NotFoundError with an int code."""
    async with sdk(emulator) as client:
        connectors = client.siprec_connectors
        made = (await done(connectors.create(name="rec 1/a", host="siprec.example.com", port=5060))).data
        assert (made.record_type, made.name, made.port) == ("siprec_connector", "rec 1/a", 5060)
        read = (await done(connectors.retrieve("rec 1/a"))).data
        assert (read.host, read.created_at) == ("siprec.example.com", made.created_at)
        changed = (
            await done(
                connectors.update("rec 1/a", name="rec-2", host="192.0.2.7", port=5061, app_subdomain="my-app")
            )
        ).data
        assert (changed.name, changed.host, changed.app_subdomain) == ("rec-2", "192.0.2.7", "my-app")
        with pytest.raises(telnyx.NotFoundError) as gone:
            await done(connectors.retrieve("rec 1/a"))
        assert gone.value.body == ABSENT
        await done(connectors.delete("rec-2"))
        with pytest.raises(telnyx.NotFoundError) as gone:
            await done(connectors.delete("rec-2"))
        assert gone.value.body == ABSENT


async def test_a_texml_session_is_started_and_stopped(emulator: Emulator, receiver: Receiver, sdk: Sdk) -> None:
    """The resource has a sid, says in-progress, then stopped; its callbacks say the same."""
    async with sdk(emulator) as client:
        made = await done(
            client.texml.accounts.calls.siprec_json(
                "CA1",
                account_sid="AC1",
                connector_name="recorder",
                name="mine",
                track="inbound_track",
                status_callback=receiver.url,
            )
        )
        assert (made.account_sid, made.call_sid, made.status, made.track) == (
            "AC1",
            "CA1",
            "in-progress",
            "inbound_track",
        )
        assert receiver.next().form["SiprecEvent"] == "siprec-started"
        over = await done(
            client.texml.accounts.calls.siprec.siprec_sid_json(
                made.sid, account_sid="AC1", call_sid="CA1", status="stopped"
            )
        )
        assert (over.sid, over.status) == (made.sid, "stopped")
        assert receiver.next().form == {
            "AccountSid": "AC1",
            "CallSid": "CA1",
            "SiprecEvent": "siprec-stopped",
            "SiprecName": "mine",
            "SiprecSid": made.sid,
            "Timestamp": emulator.control("/webhooks")["data"][-1]["occurred_at"],
        }


async def test_an_unknown_texml_session_is_not_found(emulator: Emulator, sdk: Sdk) -> None:
    """TeXML's error has a detail alone."""
    async with sdk(emulator) as client:
        with pytest.raises(telnyx.NotFoundError) as missing:
            await done(
                client.texml.accounts.calls.siprec.siprec_sid_json(
                    "6a09cdc3-8948-47f0-aa62-74ac943d6c58", account_sid="AC1", call_sid="CA1", status="stopped"
                )
            )
    assert missing.value.body == {"errors": [{"detail": "Resource not found"}]}


async def test_a_key_that_is_not_listed_is_an_authentication_error(
    emulate: Callable[..., Emulator], sdk: Sdk
) -> None:
    """Of listed keys only these open the door."""
    async with sdk(emulate(api_keys=("right",)), api_key="wrong") as client:
        with pytest.raises(telnyx.AuthenticationError) as refused:
            await done(client.calls.actions.start_siprec("c1"))
    ((error),) = _errors(refused.value)
    assert (error["code"], error["title"]) == ("10009", "Authentication failed")
    assert error["meta"]["url"].endswith("/10009")


async def test_every_wrong_field_is_an_error_of_its_own(emulator: Emulator, sdk: Sdk) -> None:
    """A 422 lists a code and a pointer for each."""
    async with sdk(emulator) as client:
        with pytest.raises(telnyx.UnprocessableEntityError) as refused:
            await done(
                client.calls.actions.start_siprec(
                    "c1", client_state="not base64!", session_timeout_secs=30, siprec_track="both"
                )
            )
    found = {error["source"]["pointer"]: error["code"] for error in _errors(refused.value)}
    assert found == {"/client_state": "90017", "/session_timeout_secs": "10033", "/siprec_track": "10032"}


async def test_a_wrong_connector_has_an_int_code(emulator: Emulator, sdk: Sdk) -> None:
    """Connectors count their errors as numbers."""
    async with sdk(emulator) as client:
        with pytest.raises(telnyx.UnprocessableEntityError) as refused:
            await done(client.siprec_connectors.create(name="a", host="h.example.com", port=70_000))
        await done(client.siprec_connectors.create(name="a", host="h.example.com", port=5060))
        with pytest.raises(telnyx.UnprocessableEntityError) as taken:
            await done(client.siprec_connectors.create(name="a", host="h.example.com", port=5060))
    for error, pointer in ((refused, "/port"), (taken, "/name")):
        ((item),) = _errors(error.value)
        assert (item["code"], item["source"]["pointer"]) == (422, pointer)


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, telnyx.BadRequestError, "10015"),
        (403, telnyx.PermissionDeniedError, "10010"),
        (429, telnyx.RateLimitError, "10011"),
        (503, telnyx.InternalServerError, "10007"),
    ],
)
async def test_a_scripted_refusal_is_its_typed_error_and_asked_once(
    emulator: Emulator, sdk: Sdk, status: int, kind: type[telnyx.APIStatusError], code: str
) -> None:
    """``x-should-retry: false`` keeps a client with retries from asking again."""
    emulator.put_scenario("refusing", REFUSING.format(status=status, retry="false"))
    async with sdk(emulator, max_retries=2) as client:
        with pytest.raises(kind) as refused:
            await done(client.calls.actions.start_siprec("c1", connector_name="emu:refusing"))
    assert [error["code"] for error in _errors(refused.value)] == [code]
    assert [one["status"] for one in emulator.control("/requests")["data"]] == [status]
    assert emulator.control("/sessions")["data"] == []


async def test_sdk_retry_lets_the_sdk_ask_again(emulator: Emulator, sdk: Sdk) -> None:
    """With one retry the journal has two requests."""
    emulator.put_scenario("refusing", REFUSING.format(status=503, retry="true"))
    async with sdk(emulator, max_retries=1) as client:
        with pytest.raises(telnyx.InternalServerError):
            await done(client.calls.actions.start_siprec("c1", connector_name="emu:refusing"))
    assert [one["status"] for one in emulator.control("/requests")["data"]] == [503, 503]


async def test_strict_realism_wants_calls_and_connectors_that_exist(
    emulate: Callable[..., Emulator], sdk: Sdk
) -> None:
    """An unknown call is 90015, as Telnyx documents it."""
    async with sdk(emulate(realism=Realism.STRICT)) as client:
        with pytest.raises(telnyx.UnprocessableEntityError) as refused:
            await done(client.calls.actions.start_siprec("c1"))
    assert refused.value.body == {
        "errors": [
            {
                "code": "90015",
                "title": "Invalid Call Control ID",
                "source": {"pointer": "/call_control_id"},
                "detail": "The call_control_id provided was not valid.",
            }
        ]
    }


async def test_a_base_url_without_v2_works_as_well(emulator: Emulator, sdk: Sdk) -> None:
    """The SDKs' own suites have such a base."""
    async with sdk(emulator, base_url=emulator.server.url) as client:
        assert (await done(client.calls.actions.start_siprec(CALL))).data.result == "ok"
        await done(client.siprec_connectors.create(name="a", host="h.example.com", port=5060))
        assert (await done(client.siprec_connectors.retrieve("a"))).data.name == "a"


async def test_the_dummy_ids_of_the_sdk_suites_pass_in_lenient_realism(
    emulate: Callable[..., Emulator], sdk: Sdk
) -> None:
    """Every method that the suites call answers on a fresh server, whatever their order."""
    emulator = emulate(realism=Realism.LENIENT)
    async with sdk(emulator, base_url=emulator.server.url) as client:
        for call in _suite_calls(client):
            await done(call())


def _suite_calls(client: Any) -> list[Callable[[], Any]]:
    actions, connectors = client.calls.actions, client.siprec_connectors
    texml = client.texml.accounts.calls
    fields = {"host": "siprec.telnyx.com", "name": "my-siprec-connector", "port": 5060}
    return [
        lambda: actions.stop_siprec(call_control_id="call_control_id"),
        lambda: actions.start_siprec(
            call_control_id="call_control_id",
            client_state="aGF2ZSBhIG5pY2UgZGF5ID1d",
            connector_name="my-siprec-connector",
            include_metadata_custom_headers=True,
            secure=True,
            session_timeout_secs=900,
            sip_transport="tcp",
            siprec_track="outbound_track",
        ),
        lambda: connectors.retrieve("connector_name"),
        lambda: connectors.update("connector_name", **fields, app_subdomain="my-app"),
        lambda: connectors.delete("connector_name"),
        lambda: connectors.create(**(fields | {"name": "another"})),
        lambda: texml.siprec.siprec_sid_json(
            siprec_sid="siprec_sid", account_sid="account_sid", call_sid="call_sid", status="stopped"
        ),
        lambda: texml.siprec_json(
            call_sid="call_sid",
            account_sid="account_sid",
            connector_name="my_connector",
            include_metadata_custom_headers=True,
            name="my_siprec_session",
            secure=True,
            session_timeout_secs=900,
            sip_transport="tcp",
            status_callback="http://webhook.com/callback",
            status_callback_method="GET",
            track="both_tracks",
        ),
    ]


def _errors(error: telnyx.APIStatusError) -> list[Any]:
    assert isinstance(error.body, dict)
    errors: list[Any] = error.body["errors"]
    return errors
