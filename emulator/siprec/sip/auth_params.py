"""A scheme and its parameters after commas, as challenges and credentials have them (RFC 3261 section 25.1).

Owns that grammar alone. Must not know a scheme.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from emulator.core.errors import GarbledSip
from emulator.siprec.sip.quoting import QUOTED, unquoted

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCHEME = re.compile(r"([A-Za-z0-9\-.!%*_+`'~]++)[ \t]++")
_PARAMETER = re.compile(
    rf'[ \t]*+(?:([A-Za-z0-9\-.!%*_+`\'~]++)[ \t]*+=[ \t]*+({QUOTED}|[^\s",]*+)[ \t]*+)?+(?:,|\Z)',
    re.DOTALL,
)


def parse_auth_params(text: str, scheme: str) -> Mapping[str, str]:
    """Read the parameters of one challenge or one answer to it.

    Args:
        text: A whole field value; SIP has one challenge in each (RFC 3261 section 7.3.1).
        scheme: The one that is wanted.

    Returns:
        What each says, without quotes, by its name in lower case.

    Raises:
        GarbledSip: It is of another scheme, can't be read, or a name stands twice.
    """
    text = text.strip(" \t")
    begun = _SCHEME.match(text)
    if begun is None or begun[1].lower() != scheme.lower():
        raise GarbledSip(f"it is no {scheme}")
    held: dict[str, str] = {}
    position = begun.end()
    while position < len(text):
        found = _PARAMETER.match(text, position)
        if found is None:
            raise GarbledSip(f"a parameter of {scheme} can't be read")
        position = found.end()
        if found[1] is None:
            continue
        if found[1].lower() in held:
            raise GarbledSip(f"{found[1]} of {scheme} stands twice")
        held[found[1].lower()] = unquoted(found[2])
    return held
