"""What a PUT of a namespace may set.

Owns the reading of that body: its fields, types and complaints. Must not apply it.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from emulator.core.calls.model import CallState
from emulator.core.errors import ControlError
from emulator.core.formats import is_http_url
from emulator.core.matching import cut
from emulator.core.namespace import Overrides
from emulator.core.policy import DeclaredCall
from emulator.core.references import pointer_to

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.models import JsonValue
    from emulator.core.policy import Policy

_FIELDS = ("webhook_url", "webhook_failover_url", "realism", "validation", "default_scenario", "seed", "calls")
_CALL_FIELDS = ("call_control_id", "state", "connection_id", "client_state")

_Choice = TypeVar("_Choice", bound=StrEnum)


def read_settings(document: Mapping[str, JsonValue], policy: Policy) -> tuple[Overrides, tuple[DeclaredCall, ...]]:
    """Read the body of ``PUT /namespaces/{id}``.

    Args:
        document: The decoded body; a field that is missing or null leaves the server's setting.
        policy: The server's, which the namespace's own starts from.

    Returns:
        What the namespace does differently, and the calls that it declares.

    Raises:
        ControlError: 422, with the pointer of the first field that is wrong.
    """
    _known(document, _FIELDS, "")
    changes: dict[str, JsonValue] = {}
    for field, default in (("realism", policy.realism), ("validation", policy.validation)):
        if document.get(field) is not None:
            changes[field] = _choice(document[field], default, f"/{field}")
    if document.get("default_scenario") is not None:
        changes["default_scenario"] = _text(document["default_scenario"], "/default_scenario")
    overrides = Overrides(
        webhook_url=_url(document, "webhook_url"),
        webhook_failover_url=_url(document, "webhook_failover_url"),
        policy=replace(policy, **changes) if changes else None,
        seed=_seed(document.get("seed")),
    )
    calls = document.get("calls")
    if calls is None:
        return overrides, ()
    if not isinstance(calls, list):
        raise ControlError(422, "'calls' must be a list.", pointer="/calls")
    return overrides, tuple(_call(one, f"/calls/{index}") for index, one in enumerate(calls))


def _known(document: Mapping[str, JsonValue], fields: tuple[str, ...], pointer: str) -> None:
    for key in document:
        if key not in fields:
            raise ControlError(
                422, f"'{cut(key)}' is none of {', '.join(fields)}.", pointer=pointer + pointer_to((key,))
            )


def _text(value: JsonValue, pointer: str) -> str:
    if not isinstance(value, str) or not value:
        raise ControlError(422, f"'{pointer.rpartition('/')[2]}' must be a text.", pointer=pointer)
    return value


def _seed(value: JsonValue) -> str | None:
    """A text, or a whole number, which is the same as its text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None if value is None else _text(value, "/seed")


def _choice(value: JsonValue, default: _Choice, pointer: str) -> _Choice:
    kind = type(default)
    try:
        return kind(value)
    except ValueError:
        raise ControlError(422, f"'{cut(str(value))}' is none of {', '.join(kind)}.", pointer=pointer) from None


def _url(document: Mapping[str, JsonValue], field: str) -> str | None:
    if document.get(field) is None:
        return None
    url = _text(document[field], f"/{field}")
    if not is_http_url(url):
        raise ControlError(422, f"'{field}' must be an absolute http or https URL.", pointer=f"/{field}")
    return url


def _call(value: JsonValue, pointer: str) -> DeclaredCall:
    if not isinstance(value, dict):
        raise ControlError(422, "A call must be an object.", pointer=pointer)
    _known(value, _CALL_FIELDS, pointer)
    texts = {
        field: _text(value[field], f"{pointer}/{field}")
        for field in ("connection_id", "client_state")
        if value.get(field) is not None
    }
    state = CallState.ANSWERED if value.get("state") is None else value["state"]
    return DeclaredCall(
        call_control_id=_text(value.get("call_control_id"), f"{pointer}/call_control_id"),
        state=_choice(state, CallState.ANSWERED, f"{pointer}/state"),
        connection_id=texts.get("connection_id"),
        client_state=texts.get("client_state"),
    )
