"""SIP header fields in order (RFC 3261 section 7.3).

Owns names and their short forms. Must not know what a field's value means.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.siprec.sip.lists import split_list

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.core.models import HeaderList

SHORT_NAMES = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "d": "Request-Disposition",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "n": "Identity-Info",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
    "y": "Identity",
}
"""IANA's registry of compact forms, as far as they have one."""


def long_name(name: str) -> str:
    """The name that a compact form stands for; any other as it is."""
    return SHORT_NAMES.get(name.lower(), name)


@dataclass(frozen=True, slots=True)
class Headers:
    """Fields in the order in which they stand in a message.

    Attributes:
        fields: Long name, as written otherwise, and value without folds and outer white space.
    """

    fields: HeaderList = ()

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Each field, in order."""
        return iter(self.fields)

    def get(self, name: str) -> str | None:
        """The first field's value; None where there is none."""
        wanted = name.lower()
        return next((value for held, value in self.fields if held.lower() == wanted), None)

    def every(self, name: str) -> tuple[str, ...]:
        """Each field's value, in order, whole: one field may hold several values after commas."""
        wanted = name.lower()
        return tuple(value for held, value in self.fields if held.lower() == wanted)

    def listed(self, name: str) -> tuple[str, ...]:
        """Each value of a header that may have several, from all its fields, in order (RFC 3261 section 7.3.1).

        Raises:
            GarbledSip: A quote or an angle bracket has no end.
        """
        return tuple(part for value in self.every(name) for part in split_list(value))

    def added(self, *fields: tuple[str, str]) -> Headers:
        """With these behind."""
        return Headers((*self.fields, *fields))

    def without(self, *names: str) -> Headers:
        """Without any field of these names."""
        dropped = {name.lower() for name in names}
        return Headers(tuple(field for field in self.fields if field[0].lower() not in dropped))
