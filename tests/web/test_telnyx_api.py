"""Telnyx's API over real sockets: every row of its error table, bodies, ids, realism and validation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from yarl import URL

from emulator.core.policy import Realism, Validation

if TYPE_CHECKING:
    import aiohttp

    from emulator.web.server import Server

URL_OF_ERRORS = "https://developers.telnyx.com/docs/overview/errors/"
START = "/calls/a/actions/siprec_start"
CONNECTOR = {"name": "my-srs", "host": "srs.example.com", "port": 5060}


async def errors(response: aiohttp.ClientResponse, status: int) -> list[dict[str, Any]]:
    """The entries of an error document, its layout checked: two spaces, one document."""
    text = await response.text()
    assert response.status == status, text
    document = json.loads(text)
    assert text == json.dumps(document, indent=2, ensure_ascii=False)
    assert list(document) == ["errors"]
    found: list[dict[str, Any]] = document["errors"]
    return found


def gateway(code: str, title: str, detail: str) -> dict[str, Any]:
    """An error of Telnyx's gateway: it carries a link."""
    return {"code": code, "title": title, "detail": detail, "meta": {"url": URL_OF_ERRORS + code}}


@pytest.mark.parametrize("prefix", ["", "/v2"])
async def test_an_unknown_route_is_404_before_any_question_of_credentials(
    http: aiohttp.ClientSession, prefix: str
) -> None:
    for headers in ({}, {"Authorization": "nonsense"}):
        [found] = await errors(await http.get(f"{prefix}/nowhere", headers=headers), 404)
        note = found["meta"].pop("emulator")
        assert "does not cover" in note
        assert found == gateway("10005", "Resource not found", "The requested resource or URL could not be found.")


@pytest.mark.parametrize("prefix", ["", "/v2"])
@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer   ", "Basic YTpi", "KEY123", "Bearer a b"])
async def test_no_or_garbled_credentials_are_401(
    http: aiohttp.ClientSession, prefix: str, authorization: str
) -> None:
    response = await http.post(prefix + START, headers={"Authorization": authorization}, json={})
    assert await errors(response, 401) == [
        gateway("10009", "Authentication failed", "Could not understand the provided credentials.")
    ]


@pytest.mark.parametrize("settings", [{"api_keys": ("KEY_good",)}], indirect=True)
async def test_a_key_that_is_not_listed_is_401_and_a_listed_one_is_taken(http: aiohttp.ClientSession) -> None:
    [found] = await errors(await http.post(START, headers={"Authorization": "Bearer KEY12_bad"}, json={}), 401)
    assert (found["code"], found["title"]) == ("10009", "Authentication failed")
    assert found["detail"].startswith("No key found matching")
    assert "bad" not in json.dumps(found)
    good = await http.post(START, headers={"Authorization": "bearer KEY_good"}, json={})
    assert good.status == 200


@pytest.mark.parametrize("prefix", ["", "/v2"])
@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", START, "POST"),
        ("HEAD", "/public_key", "GET"),
        ("PATCH", "/siprec_connectors/x", "DELETE, GET, PUT"),
        ("GET", "/siprec_connectors", "POST"),
        ("OPTIONS", "/siprec_connectors", "POST"),
    ],
)
async def test_a_wrong_method_is_405_and_told_which_are_right(
    http: aiohttp.ClientSession, prefix: str, method: str, path: str, allowed: str
) -> None:
    response = await http.request(method, prefix + path, headers={"Authorization": ""})
    assert response.status == 405
    assert response.headers["Allow"] == allowed
    if method != "HEAD":
        assert await errors(response, 405) == [
            gateway("10030", "Method not allowed", "The URL is valid, but the method is not allowed.")
        ]


async def test_a_body_of_another_type_is_415(http: aiohttp.ClientSession) -> None:
    for path, kind in ((START, "text/plain"), (START, "application/x-www-form-urlencoded")):
        [found] = await errors(await http.post(path, data=b"a=b", headers={"Content-Type": kind}), 415)
        assert (found["code"], found["title"]) == ("10014", "Unsupported Media Type")
    texml = "/texml/Accounts/a/Calls/b/Siprec.json"
    [found] = await errors(await http.post(texml, data=b"<x/>", headers={"Content-Type": "text/xml"}), 415)
    assert "application/x-www-form-urlencoded" in found["detail"]


JSON_TYPE = {"Content-Type": "Application/JSON; charset=utf-8"}


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'{"a":1,"a":2}', b'{"a":NaN}', b'{"a":"\\ud800"}', b'{"a":' + b"[" * 10_000 + b"]" * 10_000],
    ids=lambda body: body[:12],
)
async def test_a_malformed_body_is_400_with_a_hint_beside_telnyxs_words(
    http: aiohttp.ClientSession, body: bytes
) -> None:
    response = await http.post(START, data=body, headers=JSON_TYPE)
    assert response.headers["X-Emulator-Hint"]
    assert await errors(response, 400) == [
        gateway("10015", "Bad Request", "The request failed because it was not well-formed.")
    ]


async def test_bytes_that_are_no_text_are_400_with_their_position(http: aiohttp.ClientSession) -> None:
    response = await http.post(START, data=b'{"a":"\xff"}', headers=JSON_TYPE)
    assert await errors(response, 400) == [
        gateway("10028", "Character encoding error", "Error decoding request body at position 6")
    ]


@pytest.mark.parametrize("action", ["siprec_start", "siprec_stop"])
async def test_an_empty_body_is_as_good_as_an_empty_object(http: aiohttp.ClientSession, action: str) -> None:
    extras: list[dict[str, Any]] = [{}, {"headers": JSON_TYPE}, {"json": {}}]
    for extra in extras:
        response = await http.post(f"/v2/calls/a/actions/{action}", **extra)
        assert response.status == 200
        assert await response.json() == {"data": {"result": "ok"}}


@pytest.mark.parametrize(
    ("seconds", "status"), [(0, 200), (1, 422), (89, 422), (90, 200), (14440, 200), (14441, 422)]
)
async def test_a_session_timeout_is_0_or_90_to_14440(
    http: aiohttp.ClientSession, seconds: int, status: int
) -> None:
    response = await http.post(START, json={"session_timeout_secs": seconds})
    if status == 200:
        assert response.status == 200
        return
    assert await errors(response, 422) == [
        {
            "code": "10033",
            "title": "Value outside of range",
            "source": {"pointer": "/session_timeout_secs"},
            "detail": "The value is outside of allowed range 90 to 14440",
        }
    ]


async def test_each_violation_is_an_error_of_its_own(http: aiohttp.ClientSession) -> None:
    body = {"client_state": "not base64!", "siprec_track": "left", "secure": "yes", "sip_transport": "udp"}
    found = await errors(await http.post(START, json=body), 422)
    assert found == [
        {
            "code": "90017",
            "title": "Invalid value for client_state",
            "source": {"pointer": "/client_state"},
            "detail": "The 'client_state' parameter must be a valid base64 string.",
        },
        {
            "code": "10026",
            "title": "Invalid parameter type",
            "source": {"pointer": "/secure"},
            "detail": "The 'secure' parameter must be of type 'boolean'",
        },
        {
            "code": "10032",
            "title": "Invalid enumerated value",
            "source": {"pointer": "/siprec_track"},
            "detail": "The value must be one of: both_tracks, inbound_track, outbound_track.",
        },
    ]


async def test_connectors_live_and_their_errors_have_int_codes(http: aiohttp.ClientSession) -> None:
    missing = {"code": 404, "title": "Not Found", "detail": "The requested resource does not exist"}
    path = "/v2/siprec_connectors/my-srs"
    for response in (await http.get(path), await http.put(path, json=CONNECTOR), await http.delete(path)):
        assert await errors(response, 404) == [missing]
    created = await http.post("/v2/siprec_connectors", json=CONNECTOR)
    assert created.status == 201
    data = (await created.json())["data"]
    assert {**CONNECTOR, "record_type": "siprec_connector"}.items() <= data.items()
    [taken] = await errors(await http.post("/siprec_connectors", json=CONNECTOR), 422)
    assert (taken["code"], taken["source"]) == (422, {"pointer": "/name"})
    assert (await (await http.get(path)).json())["data"] == data
    changed = await http.put(path, json={**CONNECTOR, "port": 5061, "app_subdomain": "sub"})
    assert (await changed.json())["data"]["port"] == 5061
    gone = await http.delete(path)
    assert (gone.status, await gone.read()) == (204, b"")


async def test_a_connector_of_many_faults_is_told_of_each(http: aiohttp.ClientSession) -> None:
    found = await errors(await http.post("/siprec_connectors", json={"host": "a b", "port": 0}), 422)
    assert [(one["code"], one["title"], one["source"]["pointer"]) for one in found] == [
        (422, "Unprocessable Entity", "/host"),
        (422, "Unprocessable Entity", "/name"),
        (422, "Unprocessable Entity", "/port"),
    ]


async def test_a_texml_call_that_has_no_session_is_a_detail_alone(http: aiohttp.ClientSession) -> None:
    path = "/v2/texml/Accounts/a/Calls/b/Siprec/nothing.json"
    assert await errors(await http.post(path, data={"Status": "stopped"}), 404) == [
        {"detail": "Resource not found"}
    ]


async def test_texml_starts_and_stops(http: aiohttp.ClientSession) -> None:
    base = "/v2/texml/Accounts/a/Calls/b/Siprec"
    started = await http.post(f"{base}.json", data={"ConnectorName": "x", "Track": "inbound_track"})
    resource = await started.json()
    assert started.status == 200
    assert (resource["status"], resource["track"], resource["error_code"]) == (
        "in-progress",
        "inbound_track",
        None,
    )
    assert resource["uri"].endswith(f"{base}/{resource['sid']}")
    stopped = await http.post(f"{base}/{resource['sid']}.json", data={"Status": "stopped"})
    assert (await stopped.json())["status"] == "stopped"


async def test_an_id_is_split_before_it_is_decoded(http: aiohttp.ClientSession) -> None:
    for name in ("a/b", "a b", "v3:abc", "ä", "a\r\nX-Injected: yes", '"', "%"):
        path = URL(f"/v2/calls/{quote(name, safe='')}/actions/siprec_start", encoded=True)
        response = await http.post(path, json={})
        assert response.status == 200
        assert "X-Injected" not in response.headers
        entries = (await (await http.get("/_emulator/requests")).json())["data"]
        assert entries[-1]["call_control_id"] == name


@pytest.mark.parametrize("settings", [{"validation": Validation.STANDARD}], indirect=True)
async def test_an_unknown_key_is_a_warning_in_the_journal(http: aiohttp.ClientSession) -> None:
    assert (await http.post(START, json={"direction": "both_tracks"})).status == 200
    [entry] = (await (await http.get("/_emulator/requests")).json())["data"]
    assert entry["warnings"] == ["/direction is no parameter of siprec_start; Telnyx ignores it."]


@pytest.mark.parametrize("settings", [{"validation": Validation.STRICT}], indirect=True)
async def test_strict_validation_refuses_unknown_keys(http: aiohttp.ClientSession) -> None:
    found = await errors(await http.post(START, json={"a/b": 1, "c": 2}), 422)
    assert [(one["code"], one["source"]["pointer"]) for one in found] == [("10027", "/a~1b"), ("10027", "/c")]
    [found_int] = await errors(await http.post("/siprec_connectors", json={**CONNECTOR, "x": 1}), 422)
    assert (found_int["code"], found_int["source"]) == (422, {"pointer": "/x"})


@pytest.mark.parametrize("settings", [{"validation": Validation.WARN}], indirect=True)
async def test_lax_validation_lets_everything_through_and_journals_it(http: aiohttp.ClientSession) -> None:
    body = {"client_state": 7, "siprec_track": "left", "session_timeout_secs": 1e300, "x": 1}
    assert (await http.post(START, json=body)).status == 200
    assert (await http.post(START, data=b"{", headers=JSON_TYPE)).status == 200
    assert (await http.post("/siprec_connectors", json={"port": 1e300})).status == 201
    first, second, _ = (await (await http.get("/_emulator/requests")).json())["data"]
    assert first["violations"] == 3
    assert len(first["warnings"]) == 1
    assert second["warnings"]
    [session] = (await (await http.get("/_emulator/sessions")).json())["data"]
    assert (session["track"], session["session_timeout_secs"]) == ("both_tracks", 1800)


@pytest.mark.parametrize("settings", [{"realism": Realism.LENIENT}], indirect=True)
async def test_the_sdk_tests_dummy_ids_work_on_a_fresh_lenient_server(http: aiohttp.ClientSession) -> None:
    path = "/siprec_connectors/connector_name"
    assert (await http.get(path)).status == 200
    assert (await http.delete(path)).status == 204
    assert (await http.delete(path)).status == 204
    assert (await http.put(path, json={**CONNECTOR, "name": "connector_name"})).status == 200
    texml = "/texml/Accounts/account_sid/Calls/call_sid/Siprec/siprec_sid.json"
    updated = await http.post(texml, data={"Status": "stopped"})
    assert updated.status == 200
    assert (await updated.json())["sid"] == "siprec_sid"


@pytest.mark.parametrize("settings", [{"realism": Realism.STRICT}], indirect=True)
async def test_strict_realism_knows_no_call_that_was_not_created(http: aiohttp.ClientSession) -> None:
    assert await errors(await http.post(START, json={}), 422) == [
        {
            "code": "90015",
            "title": "Invalid Call Control ID",
            "source": {"pointer": "/call_control_id"},
            "detail": "The call_control_id provided was not valid.",
        }
    ]


async def test_a_repeated_start_is_taken_with_a_hint_in_standard_realism(http: aiohttp.ClientSession) -> None:
    first = await http.post(START, json={})
    assert first.headers["X-Emulator-Scenario"] == "happy-path"
    assert "X-Emulator-Hint" not in first.headers
    second = await http.post(START, json={})
    assert second.status == 200
    assert "already running" in second.headers["X-Emulator-Hint"]


async def test_an_unknown_scenario_is_422_that_says_so(http: aiohttp.ClientSession) -> None:
    [found] = await errors(await http.post(START, json={}, headers={"X-Emulator-Scenario": "hapy-path"}), 422)
    assert found["detail"] == "No scenario named 'hapy-path' is loaded. Did you mean 'happy-path'?"


async def test_the_public_key_is_a_resource(server: Server, http: aiohttp.ClientSession) -> None:
    document = await (await http.get("/v2/public_key")).json()
    assert document == {"data": {"public": server.driver.engine.public_key, "record_type": "public_key"}}


async def test_credentials_are_in_no_journal(http: aiohttp.ClientSession) -> None:
    await http.post(START, json={}, headers={"Cookie": "KEY_secret", "Proxy-Authorization": "KEY_secret"})
    [entry] = (await (await http.get("/_emulator/requests")).json())["data"]
    detail = await (await http.get(f"/_emulator/requests/{entry['id']}")).text()
    assert "KEY_" not in detail
    assert "User-Agent" in detail
