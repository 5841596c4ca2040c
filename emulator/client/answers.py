"""What an answer of the control API means: the value in it, or the error that it is raised as.

Owns what counts as an answer of an emulator. Sans-IO, and must not know a route.
"""

from __future__ import annotations

import json
from typing import Any, TypeAlias

from emulator.core.errors import ControlRefused, NotVerified, WaitTimeout

Document: TypeAlias = dict[str, Any]
"""A JSON object of the control API."""

OK = 200
_GOOD = range(200, 300)
_NO_CONTENT = 204
_UNAVAILABLE = 503
_UNANSWERED: dict[int, type[NotVerified | WaitTimeout]] = {408: WaitTimeout, 409: NotVerified}
_MAX_SHOWN = 200


def parsed(body: bytes) -> object:
    """What the body says; a text when it is no JSON."""
    try:
        parsed: object = json.loads(body)
    except (ValueError, RecursionError):
        return body[:_MAX_SHOWN].decode("utf-8", "replace")
    return parsed


def unparsed(body: bytes) -> object:
    """The body as it is."""
    return body


# --- readers: each takes a status and what ``parsed`` made of the body ---


def whole(status: int, document: object) -> Document:
    """All of the object that a request is answered with; empty where there is nothing to say.

    Raises:
        ControlRefused: The answer is an error, or no object.
        NotVerified, WaitTimeout: It is the no to a question.
    """
    if status not in _GOOD:
        raise refusal(status, document)
    if status == _NO_CONTENT:
        return {}
    if not isinstance(document, dict):
        raise refusal(status, document)
    return document


def data(status: int, document: object) -> Document:
    """The object under ``data``; errors as of ``whole``."""
    found = whole(status, document).get("data")
    if not isinstance(found, dict):
        raise ControlRefused(status, "not an answer of the control API")
    return found


def data_and_meta(status: int, document: object) -> Document:
    """What stands under ``data``, and beside it what stands under ``meta``; errors as of ``whole``."""
    return {**data(status, document), **whole(status, document).get("meta", {})}


def listed(status: int, document: object) -> list[Document]:
    """The list under ``data``; errors as of ``whole``."""
    found = whole(status, document).get("data")
    if not isinstance(found, list):
        raise ControlRefused(status, "not a list of the control API")
    return found


def octets(status: int, body: object) -> bytes:
    """The bytes that a request is answered with; errors as of ``whole``."""
    assert isinstance(body, bytes)  # noqa: S101 - what ``unparsed`` gives
    if status not in _GOOD:
        raise refusal(status, parsed(body))
    return body


def nothing(status: int, document: object) -> None:
    """That it was done; errors as of ``whole``."""
    whole(status, document)


def healthy(status: int, document: object) -> bool:
    """Whether it says that it is alive; errors as of ``whole``."""
    return whole(status, document).get("status") == "ok"


def was_reset(status: int, document: object) -> str:
    """The namespace that was reset, or ``all``; errors as of ``whole``."""
    return str(whole(status, document).get("reset"))


def readiness(status: int, document: object) -> bool:
    """Whether it takes commands.

    Raises:
        ControlRefused: It is neither the yes nor the no of an emulator.
    """
    if status not in {OK, _UNAVAILABLE}:
        raise refusal(status, document)
    return status == OK


# --- errors ---


def refusal(status: int, document: object) -> ControlRefused | NotVerified | WaitTimeout:
    """What an answer that is no yes is raised as."""
    kind = _UNANSWERED.get(status)
    if kind is None:
        return ControlRefused(status, _detail(document))
    match document:
        case {"meta": {"count": int(count), "near_misses": list(near_misses)}}:
            return kind(_detail(document), count=count, near_misses=near_misses)
        case {"errors": [*_]} if kind is WaitTimeout:
            return kind(_detail(document), count=0, near_misses=())
        case _:
            return ControlRefused(status, _detail(document))


def _detail(document: object) -> str:
    """The first error of an error document and where it is, or a scenario's problems; else what came instead."""
    match document:
        case {"errors": [{"detail": str(detail), "source": {"pointer": str(pointer)}}, *_]} if pointer:
            return f"{detail} (at {pointer})"
        case {"errors": [{"detail": str(detail)}, *_]}:
            return detail
        case {"problems": [{"text": str()}, *_] as problems}:
            return "; ".join(str(one.get("text")) for one in problems)
        case str(text) if text:
            return text
        case _:
            return "not an answer of the control API"
