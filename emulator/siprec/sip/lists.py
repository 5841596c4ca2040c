"""Several values in one header field, after commas (RFC 3261 section 7.3.1).

Owns where one value ends. Must not know what a value means. Credentials and challenges have commas of their own:
``digest.py`` reads those.
"""

from __future__ import annotations

import re

from emulator.core.errors import GarbledSip
from emulator.siprec.sip.quoting import QUOTED

_PIECE = re.compile(rf'{QUOTED}|<[^>]*+>|[^",<]++|,', re.DOTALL)


def split_list(value: str) -> tuple[str, ...]:
    """Split at the commas that are neither quoted nor in angle brackets.

    Args:
        value: A whole field value.

    Returns:
        The values without outer white space; what is empty between two commas is left out.

    Raises:
        GarbledSip: A quote or an angle bracket has no end.
    """
    values: list[str] = []
    begun: list[str] = []
    position = 0
    while position < len(value):
        piece = _PIECE.match(value, position)
        if piece is None:
            raise GarbledSip("a quote or an angle bracket has no end")
        position = piece.end()
        if piece[0] == ",":
            values.append("".join(begun).strip())
            begun = []
        else:
            begun.append(piece[0])
    values.append("".join(begun).strip())
    return tuple(held for held in values if held)
