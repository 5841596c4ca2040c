"""Durations on the command line, as scenarios write them: ``250ms``, ``30s``, ``10m``.

Owns how click reads one. Must not know what it is for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from emulator.core.durations import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.cli.options import Command
    from emulator.core.models import Duration


def duration_option(flag: str, about: str) -> Callable[[Command], Command]:
    """An option that takes a duration; without it, the command gets None.

    Args:
        flag: With its dashes.
        about: For the help.
    """
    return click.option(flag, metavar="DURATION", callback=_read, help=about)


def _read(_: click.Context, option: click.Parameter, text: str | None) -> Duration | None:
    if text is None:
        return None
    try:
        return parse_duration(text)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", param=option) from None
