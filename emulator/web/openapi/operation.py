"""One operation of the control API, and how it is described.

Owns the form. Must not know a route: ``control.py`` lists them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.web.openapi.parts import JSON, answer, errors, parameters_of, query_parameter
from emulator.web.paging import DEFAULT_LIMIT, MAX_LIMIT, VIEWS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.web.openapi.parts import Part

_TEXTS: Mapping[int, str] = {
    400: "The body cannot be read.",
    401: "The admin token is missing or wrong.",
    403: "The Host or the Origin is foreign.",
    404: "There is none of that name or id.",
    413: "The body is larger than the emulator takes.",
    422: "A field of the query, the path or the body is refused.",
    503: "A bound of the emulator is reached.",
}

_NAMESPACE = query_parameter("namespace", "A namespace's id; without it the API key's own, and without a key all.")

VIEW = query_parameter(
    "view",
    "Whether entries are shown in a line, or whole, as one of them is shown.",
    {"type": "string", "enum": list(VIEWS), "default": VIEWS[0]},
)
_LIMIT = query_parameter(
    "limit",
    "How many entries at most.",
    {"type": "integer", "minimum": 0, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
)
_AFTER = query_parameter(
    "after",
    "Entries after this number, the first ones; without it the latest ones.",
    {"type": "integer", "minimum": 0, "maximum": 1 << 62},
)
_BEFORE = query_parameter(
    "before",
    "Entries before this number; without `after` the latest of them.",
    {"type": "integer", "minimum": 0, "maximum": 1 << 62},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation.

    Attributes:
        summary: What it does, in a sentence.
        answers: Schema of the success, None for no body.
        status: Of success.
        also: Further answers, by status.
        faults: Statuses of error documents, beside the guard's.
        query: The query's fields, beside the namespace.
        scoped: Whether a namespace may be named.
        takes: The request body.
        guarded: Whether token, Host and Origin are checked.
    """

    summary: str
    answers: str | Part | None
    status: int = 200
    media_type: str = JSON
    also: tuple[tuple[str, Part], ...] = ()
    faults: tuple[int, ...] = ()
    query: tuple[Part, ...] = ()
    scoped: bool = False
    takes: Part | None = None
    guarded: bool = True


def a_list(summary: str, answers: str, *fields: str, whole: bool = False) -> Operation:
    """A page of the journal, filtered by equality; ``whole``: its entries can be shown whole."""
    filters = (query_parameter(field, f"Only those whose {field} is this.") for field in fields)
    query = (_LIMIT, _AFTER, _BEFORE, *((VIEW,) if whole else ()), *filters)
    return Operation(summary=summary, answers=answers, faults=(422,), query=query, scoped=True)


def one(summary: str, answers: str) -> Operation:
    """One thing, which may not be there."""
    return Operation(summary=summary, answers=answers, faults=(404,), scoped=True)


def described(method: str, path: str, operation: Operation) -> Part:
    """An operation as OpenAPI describes it.

    Args:
        method: Lower case.
        path: Below the prefix.
        operation: What stands there.
    """
    faults = (*((401, 403) if operation.guarded else ()), *operation.faults)
    parameters = [*parameters_of(path), *operation.query]
    part: Part = {
        "operationId": _name(method, path),
        "summary": operation.summary,
        "tags": ["control"],
        "security": [{}, {"admin_token": []}, {"api_key": []}] if operation.guarded else [],
        "parameters": [*parameters, _NAMESPACE] if operation.scoped else parameters,
        "responses": {
            str(operation.status): answer("Done.", operation.answers, operation.media_type),
            **errors(_TEXTS, faults),
            **dict(operation.also),
        },
    }
    if operation.takes is not None:
        part["requestBody"] = operation.takes
    return part


def _name(method: str, path: str) -> str:
    """``get_scenarios_name`` for ``GET /scenarios/{name}``."""
    words = "".join(letter if letter.isalnum() else "_" for letter in path).strip("_")
    return "_".join(word for word in (method, *words.split("_")) if word) or method
