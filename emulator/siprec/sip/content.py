"""What a body is: Content-Type and Content-Disposition, and other words with parameters (RFC 3261 section 20).

Owns their grammar, quoted boundaries included. Must not read a body.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from emulator.core.errors import GarbledSip, Unwritable
from emulator.siprec.sip.parameters import NO_PARAMETERS, Parameters, parse_parameters
from emulator.siprec.sip.quoting import is_token

_WORD = r"[A-Za-z0-9\-.!%*_+`'~]++"
_MEDIA_TYPE = re.compile(rf"({_WORD})[ \t]*+/[ \t]*+({_WORD})[ \t]*+((?:;.*)?)", re.DOTALL)
_VALUED = re.compile(rf"({_WORD})[ \t]*+((?:;.*)?)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaType:
    """A media type (RFC 3261 section 20.15).

    Attributes:
        name: Type and subtype in lower case, such as ``application/sdp``.
        parameters: Such as ``boundary``.
    """

    name: str
    parameters: Parameters = NO_PARAMETERS

    @property
    def multipart(self) -> bool:
        """Whether its body has parts."""
        return self.name.startswith("multipart/")

    def __str__(self) -> str:
        """As it stands on the wire.

        Raises:
            Unwritable: A part would say something else on the wire.
        """
        kind, _, subtype = self.name.partition("/")
        if not (is_token(kind) and is_token(subtype)):
            raise Unwritable("a media type is none")
        return f"{self.name}{self.parameters}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Valued:
    """A word with parameters, as Content-Disposition, Reason and Event have it.

    Attributes:
        value: In lower case: ``recording-session``, ``q.850``.
        parameters: Such as ``handling`` or ``cause``.
    """

    value: str
    parameters: Parameters = NO_PARAMETERS

    def __str__(self) -> str:
        """As it stands on the wire.

        Raises:
            Unwritable: A part would say something else on the wire.
        """
        if not is_token(self.value):
            raise Unwritable("a value is no token")
        return f"{self.value}{self.parameters}"


def parse_media_type(text: str) -> MediaType:
    """Read a Content-Type.

    Raises:
        GarbledSip: It is none.
    """
    found = _MEDIA_TYPE.fullmatch(text.strip(" \t"))
    if found is None:
        raise GarbledSip("a media type can't be read")
    return MediaType(name=f"{found[1]}/{found[2]}".lower(), parameters=parse_parameters(found[3]))


def parse_valued(text: str) -> Valued:
    """Read a word with parameters.

    Raises:
        GarbledSip: It is none, or there are several.
    """
    found = _VALUED.fullmatch(text.strip(" \t"))
    if found is None:
        raise GarbledSip("a word with parameters can't be read")
    return Valued(value=found[1].lower(), parameters=parse_parameters(found[2]))
