"""Telnyx's codes that a scenario may name, the errors' facts, and the defaults of the policy."""

from __future__ import annotations

import pytest

from emulator.core import errors
from emulator.core.catalogue import CATALOGUE, item_for_code, item_for_status
from emulator.core.errors import ERRORS_URL
from emulator.core.models import SECOND
from emulator.core.policy import DeclaredCall, Policy, Realism, Validation


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_code_has_digits_a_title_and_a_status_of_failure(code: str) -> None:
    item = item_for_code(code)
    assert code.isdigit()
    assert item.code == code
    assert item.title
    assert item.detail
    assert 400 <= CATALOGUE[code].status <= 599
    assert item.url in {None, ERRORS_URL + code}


def test_errors_of_a_calls_state_carry_no_link_and_gateway_errors_do() -> None:
    """As seen in real logs."""
    assert item_for_code("90018").url is None
    assert item_for_code("90015").pointer == "/call_control_id"
    assert item_for_code("10009").url == "https://developers.telnyx.com/docs/overview/errors/10009"


def test_a_code_that_is_not_in_the_catalogue_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        item_for_code("99999")


@pytest.mark.parametrize(
    ("status", "code", "title"),
    [
        (400, "10015", "Bad Request"),
        (401, "10009", "Authentication failed"),
        (404, "10005", "Resource not found"),
        (418, "10015", "Bad Request"),
        (429, "10011", "Too many requests"),
        (500, "10007", "Internal server error"),
        (503, "10007", "Service unavailable"),
        (599, "10007", "Internal server error"),
    ],
)
def test_a_status_alone_answers_what_telnyx_documents_for_it(status: int, code: str, title: str) -> None:
    item = item_for_status(status)
    assert (item.code, item.title) == (code, title)


def test_the_defaults_are_those_of_a_server_without_configuration() -> None:
    policy = Policy()
    assert (policy.realism, policy.validation) == (Realism.STANDARD, Validation.STANDARD)
    assert policy.default_scenario == "happy-path"
    assert policy.delivery.timeout == 2 * SECOND
    assert DeclaredCall(call_control_id="a").state == "answered"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.CallEnded(), 422, "90018"),
        (errors.CallNotAnswered(), 422, "90034"),
        (errors.UnknownCall(), 422, "90015"),
        (errors.RecordingRefused("why"), 422, "10027"),
        (errors.UnknownConnector("/connector_name"), 422, "10005"),
        (errors.LimitReached("calls", limit=1, setting="--x"), 503, "10007"),
        (errors.Stopping(), 503, "10007"),
        (errors.Fault(), 500, "10007"),
        (errors.ConnectorInvalid(), 422, 422),
        (errors.ConnectorNotFound(), 404, 404),
        (errors.TexmlNotFound(), 404, None),
        (errors.ControlError(409, "why"), 409, "10012"),
        (errors.BodyTooLarge(9), 413, "10015"),
    ],
)
def test_each_error_has_its_status_and_code(error: errors.ApiError, status: int, code: str | int | None) -> None:
    assert (error.status, error.items[0].code) == (status, code)
    assert str(error) == error.items[0].detail


def test_an_error_whose_item_has_no_words_has_an_empty_message() -> None:
    assert str(errors.Invalid([errors.ErrorItem(code="1", title="Title")])) == "Title"
    assert str(errors.Invalid([errors.ErrorItem(code="1", title=None)])) == ""


def test_errors_outside_of_answers_say_where_they_are() -> None:
    placed = errors.Problem(file="a.yaml", line=2, column=3, message="m")
    flag = errors.Problem(file="--port", line=0, column=0, message="m")
    assert str(errors.ScenarioError([placed, flag])) == "--port: m\na.yaml:2:3: m"
    assert str(errors.TargetRefused("host", "why")) == "host: why"
    assert str(errors.ControlUnreachable("http://x", "why")) == "no emulator answers at http://x: why"
    assert str(errors.ControlRefused(404, "why")) == "the emulator answered 404: why"
