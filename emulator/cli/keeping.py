"""The folder that ``--out`` names: made, and tried, before there is anything to keep in it."""

from __future__ import annotations

from tempfile import TemporaryFile
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path


def made_to_keep(folder: Path) -> None:
    """Make a folder, and see whether a file can be made in it.

    Raises:
        click.BadParameter: It can't be made, or nothing in it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=folder).close()
    except OSError as error:
        raise click.BadParameter(f"{folder}: {error.strerror or error}", param_hint="--out") from None
