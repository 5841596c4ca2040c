"""CSeq: a request's number in its dialog, and its method (RFC 3261 sections 8.1.1.5 and 20.16).

Owns its grammar. Must not know which number comes next.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from emulator.core.errors import GarbledSip
from emulator.siprec.sip.quoting import is_token

_CSEQ = re.compile(r"([0-9]{1,10})[ \t]++([^ \t]++)")
_END = 2**31


@dataclass(frozen=True, slots=True, kw_only=True)
class CSeq:
    """A number and a method.

    Attributes:
        number: Less than 2**31.
        method: As written; its case matters.
    """

    number: int
    method: str

    def __str__(self) -> str:
        """As it stands on the wire."""
        return f"{self.number} {self.method}"


def parse_cseq(text: str) -> CSeq:
    """Read a CSeq.

    Raises:
        GarbledSip: It is none, or its number is too large.
    """
    found = _CSEQ.fullmatch(text.strip(" \t"))
    if found is None or not is_token(found[2]):
        raise GarbledSip("a CSeq can't be read")
    number = int(found[1])
    if number >= _END:
        raise GarbledSip("a CSeq's number is too large")
    return CSeq(number=number, method=found[2])
