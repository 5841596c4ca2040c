"""WAV files that are to be played: looked into before there is anything to play them to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path


def demand_playable(*, inbound: Path | None, outbound: Path | None) -> None:
    """Read the files.

    Args:
        inbound: What ``--wav-inbound`` names.
        outbound: What ``--wav-outbound`` names.

    Raises:
        click.BadParameter: One is no WAV file of a kind that is played.
    """
    named = (("--wav-inbound", inbound), ("--wav-outbound", outbound))
    given = [(flag, file) for flag, file in named if file is not None]
    if not given:
        return
    from emulator.core.errors import SoundUnusable  # noqa: PLC0415 - most commands play nothing
    from emulator.siprec.media.wav import load_wav  # noqa: PLC0415 - same

    for flag, file in given:
        try:
            load_wav(file)
        except SoundUnusable as error:
            raise click.BadParameter(str(error), param_hint=flag) from None
