"""Parameters behind a value, after semicolons (RFC 3261 section 25.1, ``generic-param``).

Owns their order, their case and their quotes. Must not know what one means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from emulator.core.errors import GarbledSip, Unwritable
from emulator.siprec.sip.quoting import QUOTED, quoted, unquoted, writable

if TYPE_CHECKING:
    from collections.abc import Iterator

Parameter: TypeAlias = tuple[str, str | None]

_NAME = r"[A-Za-z0-9\-.!%*_+`'~]++"
_PARAMETER = re.compile(
    rf';[ \t]*+(?:({_NAME})[ \t]*+(?:=[ \t]*+({QUOTED}|[^\s";,<>]*+)[ \t]*+)?+)?+',
    re.DOTALL,
)
_BARE = re.compile(r"[A-Za-z0-9\-.!%*_+`'~:\[\]]+")
"""A token, or a host: an IPv6 literal stands unquoted."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """Parameters in the order in which they stand.

    Attributes:
        fields: Name and value, both as written: a value keeps its quotes. A flag, such as ``lr``, has None.
    """

    fields: tuple[Parameter, ...] = ()

    def __iter__(self) -> Iterator[Parameter]:
        """Each one as written, in order."""
        return iter(self.fields)

    def __contains__(self, name: str) -> bool:
        """Whether there is one of this name, in whatever case."""
        return self.get(name) is not None

    def __str__(self) -> str:
        """As they stand behind a value, each with its semicolon.

        Raises:
            Unwritable: One holds a line break or NUL.
        """
        return "".join(
            f";{name}" if value is None else f";{name}={writable(value)}" for name, value in self.fields
        )

    def get(self, name: str) -> str | None:
        """What the parameter says, without quotes; empty for a flag, None where there is none."""
        wanted = name.lower()
        for held, value in self.fields:
            if held.lower() == wanted:
                return "" if value is None else unquoted(value)
        return None

    def added(self, name: str, value: str | None = None) -> Parameters:
        """With this one behind.

        Args:
            name: A token.
            value: What it says; it is quoted where it can't stand bare. None makes a flag.

        Raises:
            Unwritable: It would say something else on the wire.
        """
        if re.fullmatch(_NAME, name) is None:
            raise Unwritable("a parameter's name is no token")
        if value is not None and _BARE.fullmatch(value) is None:
            value = quoted(value)
        return Parameters((*self.fields, (name, value)))

    def without(self, *names: str) -> Parameters:
        """Without those of these names."""
        dropped = {name.lower() for name in names}
        return Parameters(tuple(field for field in self.fields if field[0].lower() not in dropped))


NO_PARAMETERS = Parameters()


def parse_parameters(text: str) -> Parameters:
    """Read what stands behind a value.

    Args:
        text: Empty, or from the first semicolon to the end. A semicolon with nothing behind it is skipped.

    Raises:
        GarbledSip: Something else stands there, or a name stands twice (RFC 3261 section 7.3.1).
    """
    text = text.strip(" \t")
    fields: list[Parameter] = []
    position = 0
    while position < len(text):
        found = _PARAMETER.match(text, position)
        if found is None:
            raise GarbledSip("a parameter can't be read")
        position = found.end()
        if found[1] is not None:
            fields.append((found[1], found[2]))
    return unique(fields)


def unique(fields: list[Parameter]) -> Parameters:
    """Them as parameters.

    Raises:
        GarbledSip: A name stands twice.
    """
    if len({name.lower() for name, _ in fields}) != len(fields):
        raise GarbledSip("a parameter stands twice")
    return Parameters(tuple(fields))
