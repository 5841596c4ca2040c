"""Lines that a command prints while it serves, whose reader may go away: ``siprec-emulator srs | head``.

Owns what then happens: nothing more is printed, and the command is told to come to its end. Must not end it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable


class Printer:
    """Prints until that fails; what failed is raised once everything is closed."""

    def __init__(self, failed: Callable[[], None]) -> None:
        """Nothing was printed yet.

        Args:
            failed: Called when nobody takes lines any more, by whoever printed.
        """
        self._failed = failed
        self._error: OSError | None = None

    def say(self, text: str, *, err: bool = False) -> None:
        """Print a text with a line break behind it.

        Args:
            text: Of one line or several.
            err: To standard error.
        """
        if self._error is not None:
            return
        try:
            # whoever made the text knows whether it may have colours
            click.echo(text, err=err, color=True)
        except OSError as error:
            self._error = error
            self._failed()

    def check(self) -> None:
        """To be called at the end.

        Raises:
            OSError: Not everything could be printed.
        """
        if self._error is not None:
            raise self._error
