"""Flags that ``srs`` and ``call-srs`` have in common, from text to what SIP and media are told.

Owns how they are read. Must not open anything.
"""

from __future__ import annotations

import click

from emulator.siprec.media.ports import PortRange
from emulator.siprec.sip.digest import Credentials

_LAST_PORT = 65_535


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
    first, dash, last = text.partition("-")
    if not dash or not (first.isascii() and first.isdigit() and last.isascii() and last.isdigit()):
        raise click.BadParameter("write FIRST-LAST, such as 40000-40100", param_hint="--media-ports")
    if not 1 <= int(first) < int(last) <= _LAST_PORT:
        raise click.BadParameter("these are no ports in order", param_hint="--media-ports")
    return PortRange(first=int(first), last=int(last))
