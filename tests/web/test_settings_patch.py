"""The body of PUT /namespaces/{id}."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.calls.model import CallState
from emulator.core.errors import ControlError
from emulator.core.namespace import Overrides
from emulator.core.policy import DeclaredCall, Policy, Realism, Validation
from emulator.web.settings_patch import read_settings

FIELDS = ("webhook_url", "webhook_failover_url", "realism", "validation", "default_scenario", "seed", "calls")


def test_every_field_is_read() -> None:
    overrides, calls = read_settings(
        {
            "webhook_url": "http://app:1/a",
            "webhook_failover_url": "https://b.example/",
            "realism": "strict",
            "validation": "warn",
            "default_scenario": "srs-busy",
            "calls": [
                {"call_control_id": "a"},
                {"call_control_id": "b", "state": "ended", "connection_id": "7", "client_state": "YQ=="},
                {"call_control_id": "c", "state": None, "connection_id": None},
            ],
        },
        Policy(),
    )
    assert (overrides.webhook_url, overrides.webhook_failover_url) == ("http://app:1/a", "https://b.example/")
    assert overrides.policy == Policy(
        realism=Realism.STRICT, validation=Validation.WARN, default_scenario="srs-busy"
    )
    assert calls == (
        DeclaredCall(call_control_id="a"),
        DeclaredCall(call_control_id="b", state=CallState.ENDED, connection_id="7", client_state="YQ=="),
        DeclaredCall(call_control_id="c"),
    )


def test_what_is_missing_or_null_leaves_the_servers_setting() -> None:
    for document in ({}, dict.fromkeys(FIELDS)):
        assert read_settings(document, Policy(realism=Realism.STRICT)) == (Overrides(), ())


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"nothing": 1}, "/nothing"),
        ({"a/b~": 1}, "/a~1b~0"),
        ({"realism": "harsh"}, "/realism"),
        ({"realism": True}, "/realism"),
        ({"validation": [1, {}]}, "/validation"),
        ({"default_scenario": ""}, "/default_scenario"),
        ({"default_scenario": 7}, "/default_scenario"),
        ({"webhook_url": ""}, "/webhook_url"),
        ({"webhook_url": "ftp://a"}, "/webhook_url"),
        ({"webhook_url": "/hooks"}, "/webhook_url"),
        ({"webhook_url": "http://a:99999/"}, "/webhook_url"),
        ({"webhook_url": "http://[::1/"}, "/webhook_url"),
        ({"webhook_url": "http://a/\r\nX: y"}, "/webhook_url"),
        ({"webhook_failover_url": 1}, "/webhook_failover_url"),
        ({"calls": {}}, "/calls"),
        ({"calls": ""}, "/calls"),
        ({"calls": False}, "/calls"),
        ({"calls": [[]]}, "/calls/0"),
        ({"calls": [{"call_control_id": "a"}, {}]}, "/calls/1/call_control_id"),
        ({"calls": [{"call_control_id": "a", "state": "dead"}]}, "/calls/0/state"),
        ({"calls": [{"call_control_id": "a", "colour": 1}]}, "/calls/0/colour"),
        ({"calls": [{"call_control_id": "a", "client_state": 1}]}, "/calls/0/client_state"),
    ],
)
def test_the_first_field_that_is_wrong_is_pointed_at(document: dict[str, Any], pointer: str) -> None:
    with pytest.raises(ControlError) as refused:
        read_settings(document, Policy())
    assert refused.value.status == 422
    assert refused.value.items[0].pointer == pointer


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(FIELDS) | st.text(), JSON))
def test_any_object_is_read_or_refused(document: dict[str, Any]) -> None:
    try:
        overrides, _ = read_settings(document, Policy())
    except ControlError:
        return
    assert isinstance(overrides, Overrides)


@pytest.mark.parametrize(("seed", "read"), [("7", "7"), (7, "7"), (-1, "-1"), ("a b", "a b"), (None, None)])
def test_a_seed_is_a_text_and_a_number_is_its_text(seed: Any, read: str | None) -> None:
    overrides, _ = read_settings({"seed": seed}, Policy())
    assert overrides.seed == read


@pytest.mark.parametrize("seed", [True, "", 1.5, ["7"]])
def test_what_cannot_be_a_seed_is_refused(seed: Any) -> None:
    with pytest.raises(ControlError) as caught:
        read_settings({"seed": seed}, Policy())
    [item] = caught.value.items
    assert item.pointer == "/seed"
