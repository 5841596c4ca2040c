"""Which documents conform: what is no document at all, and which schema each is held against."""

from __future__ import annotations

import orjson
import pytest

from emulator.core.models import EventType, Route
from tests.conformance.documents import SPEC, Answer, Webhook, check

JSON = "application/json"
ERROR = {"errors": [{"code": "10005", "title": "Resource not found", "detail": "gone"}]}
FORM = b"AccountSid=a&CallSid=c&SiprecEvent=siprec-started&SiprecSid=%s&Timestamp=2026-01-02T03:04:05.678901Z"
SID = b"6a09cdc3-8948-47f0-aa62-74ac943d6c58"


def answer(value: object, status: int = 200, route: Route | None = Route.SIPREC_START) -> Answer:
    """As JSON."""
    body = orjson.dumps(value)
    return Answer(method="POST", target="/", route=route, status=status, media_type=JSON, content=body)


def pointers(document: Answer | Webhook) -> set[str]:
    """Where it deviates."""
    return {one.pointer for one in check(document).deviations}


def test_a_good_answer_conforms() -> None:
    assert pointers(answer({"data": {"result": "ok"}})) == set()
    assert pointers(answer(ERROR, 404)) == set()


def test_a_success_is_not_taken_for_an_error_nor_the_other_way_round() -> None:
    assert pointers(answer(ERROR, 200))
    assert pointers(answer({"data": {"result": "ok"}}, 404))


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [(b"", JSON, 200), (b"", JSON, 404), (b"{", JSON, 200), (b"{}", "text/html", 200)],
)
def test_what_is_no_document_does_not_conform(body: bytes, media_type: str, status: int) -> None:
    """No body, no JSON, or another media type."""
    wrong = Answer(method="POST", target="/", route=Route.DIAL, status=status, media_type=media_type, content=body)
    assert check(wrong).deviations


def test_no_content_has_none() -> None:
    gone = Answer(
        method="DELETE", target="/", route=Route.CONNECTOR_DELETE, status=204, media_type=JSON, content=b""
    )
    assert check(gone).deviations == ()


@pytest.mark.skipif(not SPEC.exists(), reason=f"Telnyx's OpenAPI document is not at {SPEC}")
def test_telnyx_document_is_asked_too() -> None:
    """Of what it describes; a path that it lacks is held against the project's own schemas alone."""
    found = check(answer({"data": {"result": 1}}))
    assert found.by_telnyx
    assert {one.schema.partition(" ")[0] for one in found.deviations} == {
        "schemas/response.command_result",
        "Telnyx's",
    }
    assert not check(answer({"data": {"result": "ok"}}, route=Route.REJECT)).by_telnyx


def callback(text: bytes, method: str = "POST") -> Webhook:
    """A TeXML status callback."""
    media_type = "application/x-www-form-urlencoded" if method == "POST" else ""
    return Webhook(
        method=method, url="http://a.test/", media_type=media_type, content=text, event=EventType.STARTED
    )


def test_a_callback_is_a_form() -> None:
    """Of a GET the app's own query stands before the fields."""
    assert check(callback(FORM % SID)).deviations == ()
    assert check(callback(b"mine=1&" + FORM % SID, "GET")).deviations == ()
    assert pointers(callback(b"mine=1&" + FORM % SID))
    assert pointers(callback(FORM % b"no-uuid")) == {"/SiprecSid"}
    assert check(callback(b"%%")).deviations
