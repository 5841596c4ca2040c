"""What a YAML scalar means: the YAML 1.2 core schema, less everything that YAML 1.1 reads otherwise.

Owns which unquoted words and digits are values and which are refused. Must not know places: ``yaml_reader.py``
adds them.

``y`` and ``n`` stay text although the YAML 1.1 type repository lists them: no reader in use takes them for
booleans, and they are fair names.

Sources: YAML 1.2.2 section 10.3.2 (core schema), and the YAML 1.1 types bool, int, float, timestamp, merge and
value.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.models import JsonValue

_WORDS: Mapping[str, JsonValue] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT = re.compile(r"-?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+")
_FLOAT = re.compile(
    r"-?(?:0|[1-9][0-9]*)?\.[0-9]+(?:[eE][-+]?[0-9]+)?|-?(?:0|[1-9][0-9]*)(?:\.|\.?[eE][-+]?[0-9]+)"
)
# Each pattern can match in one way only, so that a megabyte of digits takes no longer than it is long.
_REFUSED: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"yes|Yes|YES|on|On|ON|no|No|NO|off|Off|OFF"),
        "is true or false to some YAML readers and text to others: write true or false, or quote it",
    ),
    (re.compile(r"<<"), "is a merge key, which is no part of YAML 1.2: write the keys out"),
    (re.compile(r"="), "is a special value in YAML 1.1: quote it"),
    (
        re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"),
        "is a number in base 60 to YAML 1.1: quote it",
    ),
    (
        re.compile(
            r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
            r"(?:(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?[ \t]*"
            r"(?:Z|[-+][0-9]{1,2}(?::?[0-9]{2})?)?)?"
        ),
        "is a date to some YAML readers: quote it",
    ),
    (re.compile(r"[-+]?0[0-9_]+"), "starts with 0, which makes it octal to YAML 1.1: quote it, or drop the 0"),
    (
        re.compile(r"[-+]?0[box][0-9a-fA-F_]+"),
        "is a number to some YAML readers only: quote it, or write it in decimal",
    ),
    (
        re.compile(r"(?=[^_]*_)[-+]?\.?[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?"),
        "is a number to YAML 1.1 only: quote it, or drop the _",
    ),
    (
        re.compile(r"\+(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"),
        "would lose its +: quote it if it is a telephone number, or drop the +",
    ),
    (re.compile(r"-?0[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?"), "starts with 0: quote it, or drop the 0"),
    (re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"), "is no number that JSON can carry: quote it"),
)
_LONGEST_INT = 19
_INT_BOUND = 2**63
_KIND_OF_TAG: Mapping[str, tuple[type, ...]] = {
    "null": (type(None),),
    "bool": (bool,),
    "int": (int,),
    "float": (float, int),
}


class Refusal(Exception):
    """A scalar that would be a surprise; its text says why and what to write."""


def read_plain(text: str) -> JsonValue:
    """What an unquoted scalar means.

    Args:
        text: As the parser gives it: folded, without comments.

    Returns:
        None, bool, int (64 bits), float (finite) or str.

    Raises:
        Refusal: YAML 1.1 reads it otherwise, or it is a number that JSON can't carry.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return _integer(text)
    if _FLOAT.fullmatch(text):
        return _float(text)
    for pattern, reason in _REFUSED:
        if pattern.fullmatch(text):
            raise Refusal(f"'{_shown(text)}' {reason}")
    return text


def read_tagged(tag: str, text: str, *, plain: bool) -> JsonValue:
    """What a scalar with an explicit core tag means.

    Args:
        tag: ``str``, ``null``, ``bool``, ``int`` or ``float``: the name after ``!!``.
        text: The scalar.
        plain: Whether it stood unquoted.

    Returns:
        The value; always text for ``!!str``, an int or float for ``!!float``.

    Raises:
        Refusal: The tag is no core scalar's, or the text isn't of its type.
    """
    if tag == "str":
        return text
    types = _KIND_OF_TAG.get(tag)
    if types is None:
        raise Refusal(f"the tag '!!{_shown(tag)}' is not used here: leave it out")
    value = read_plain(text) if plain else text
    if type(value) not in types:
        raise Refusal(f"'{_shown(text)}' is no {tag}, as its tag says")
    return value


def _integer(text: str) -> int:
    if len(text) <= _LONGEST_INT + 1:
        value = int(text, 0)
        if -_INT_BOUND <= value < _INT_BOUND:
            return value
    raise Refusal(f"'{_shown(text)}' does not fit 64 bits: quote it")


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise Refusal(f"'{_shown(text)}' is larger than any number that JSON readers agree on: quote it")
    return value


def _shown(text: str) -> str:
    return text if len(text) <= _LONGEST_INT * 2 else text[: _LONGEST_INT * 2] + "..."
