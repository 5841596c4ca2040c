"""Flags that ``srs`` and ``call-srs`` have in common, from text to what SIP and media are told.

Owns how they are read. Must not open anything.
"""

from __future__ import annotations

import re

import click

from emulator.siprec.media.ports import PortRange
from emulator.siprec.sip.digest import Credentials

_LAST_PORT = 65_535
_RANGE = re.compile(r"([0-9]{1,5})-([0-9]{1,5})")


def credentials_of(text: str | None) -> Credentials | None:
    """What ``--user`` says.

    Raises:
        click.BadParameter: It is no name and password.
    """
    if text is None:
        return None
    name, colon, password = text.partition(":")
    if not colon or not name:
        raise click.BadParameter("write NAME:PASSWORD", param_hint="--user")
    return Credentials(username=name, password=password)


def ports_of(text: str | None) -> PortRange | None:
    """What ``--media-ports`` says.

    Raises:
        click.BadParameter: It is no range of ports.
    """
    if text is None:
        return None
    found = _RANGE.fullmatch(text)
    if found is None:
        raise click.BadParameter("write FIRST-LAST, such as 40000-40100", param_hint="--media-ports")
    first, last = int(found[1]), int(found[2])
    if not 1 <= first < last <= _LAST_PORT:
        raise click.BadParameter("these are no ports in order", param_hint="--media-ports")
    return PortRange(first=first, last=last)
