"""Request bodies to plain values: JSON objects and forms, read strictly.

Owns decoding and its refusals. Must not know what a field means: ``validation.py`` and ``commands.py`` do.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import orjson

from emulator.core.errors import Malformed

if TYPE_CHECKING:
    from emulator.core.models import JsonValue

MAX_FORM_FIELDS = 1_000

MAX_DEPTH = 100
"""Levels of a JSON body: far more than any request has, far fewer than any parser or writer fails at."""


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object hook that sees every key, also those that a dict would swallow."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed(hint="The body names a key twice in one object.")
    return found


_duplicate_checker = json.JSONDecoder(object_pairs_hook=_refuse_duplicates)


def _certainly_unique(document: dict[str, Any], body: bytes) -> bool:
    """Whether counting quotes already proves that no key stands twice: the common, flat body without escapes.

    Every key that stands in the text brings two quotes, as does every text value; a key that was swallowed would
    leave quotes over.
    """
    texts = 0
    for value in document.values():
        kind = type(value)
        if kind is str:
            texts += 1
        elif kind is dict or kind is list:
            return False
    return body.count(b'"') == 2 * (len(document) + texts)


def decode_json(body: bytes) -> dict[str, JsonValue]:
    """The body as a JSON object (RFC 8259).

    An empty body is an empty object: commands need no parameter, and clients send none.

    Args:
        body: The raw bytes.

    Returns:
        The object's members.

    Raises:
        Malformed: Not UTF-8, not JSON (NaN and lone surrogates included), too deep, not an object, or a key twice.
    """
    if not body:
        return {}
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _explain(body, error) from None
    if type(document) is not dict:
        raise Malformed(hint="The body must be a JSON object.")
    if not _certainly_unique(document, body):
        _check_depth(document)
        _duplicate_checker.decode(body.decode())
    return document


def _check_depth(document: JsonValue) -> None:
    """Level by level: how deep a parser goes by itself differs from one Python to the next."""
    level = [document]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) is dict or type(inner) is list
        ]
        if not level:
            return
    raise Malformed(hint=f"The body is nested more than {MAX_DEPTH} levels deep.")


def _explain(body: bytes, error: orjson.JSONDecodeError) -> Malformed:
    """Tell bytes that are not text from text that is not JSON."""
    try:
        body.decode()
    except UnicodeDecodeError as undecodable:
        return Malformed.undecodable(undecodable.start)
    return Malformed(hint=f"line {error.lineno} column {error.colno}: {error.msg}")


def decode_form(body: bytes) -> dict[str, str]:
    """The body as form fields (application/x-www-form-urlencoded); a field given twice keeps its last value.

    Args:
        body: The raw bytes.

    Returns:
        Field to text.

    Raises:
        Malformed: Not UTF-8, before or after percent-decoding, or more than ``MAX_FORM_FIELDS`` fields.
    """
    try:
        text = body.decode()
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FORM_FIELDS)
    except UnicodeDecodeError as undecodable:
        raise Malformed.undecodable(undecodable.start) from None
    except ValueError:
        raise Malformed(hint=f"The form has more than {MAX_FORM_FIELDS} fields.") from None
    return dict(pairs)
