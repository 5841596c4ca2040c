"""Tokens and quoted strings, the words of SIP's grammar (RFC 3261 section 25.1).

Owns which text may stand bare, and quoting. Must not know what a word means.
"""

from __future__ import annotations

import re

from emulator.core.errors import GarbledSip, Unwritable

TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+")

QUOTED = r'"(?:[^"\\]*+(?:\\.[^"\\]*+)*+)"'
"""A quoted string as part of a pattern; possessive, so that an open quote is looked at once."""

BREAKS = re.compile(r"[\r\n\x00]")
"""What no value may hold: it would end its line, or its string where a peer is written in C."""

_WHOLE = re.compile(QUOTED, re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_TO_ESCAPE = re.compile(r'(["\\])')


def is_token(text: str) -> bool:
    """Whether it may stand bare wherever the grammar says ``token``."""
    return TOKEN.fullmatch(text) is not None


def unquoted(text: str) -> str:
    """What a word says: a quoted string without quotes and escapes, any other word as it is.

    Raises:
        GarbledSip: It begins with a quote and is not one quoted string.
    """
    if not text.startswith('"'):
        return text
    if _WHOLE.fullmatch(text) is None:
        raise GarbledSip("a quoted string has no end")
    return _ESCAPE.sub(r"\1", text[1:-1])


def quoted(text: str) -> str:
    """It as a quoted string, with its quotes and backslashes escaped.

    Raises:
        Unwritable: It holds a line break or NUL.
    """
    return '"' + _TO_ESCAPE.sub(r"\\\1", writable(text)) + '"'


def writable(text: str) -> str:
    """It as it is, where it can stand within a line.

    Raises:
        Unwritable: It holds a line break, NUL, or half a character.
    """
    if BREAKS.search(text) is not None:
        raise Unwritable("a value holds a line break or NUL")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Unwritable("a value holds half a character") from None
    return text
