"""The group of commands, and how a mistake is told: a sentence and a status, never a traceback.

Owns the exit statuses: 0 done, 1 the answer is no, 2 the command can't be carried out. A server that refuses is a
no; a server that isn't there can't be asked.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emulator import __version__
from emulator.cli.options import CONTEXT
from emulator.core.errors import ControlRefused, EmulatorError, Unanswered

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMMANDS = {
    "serve": "emulator.cli.serving",
    "demo": "emulator.cli.serving",
    "validate": "emulator.cli.files",
    "explain": "emulator.cli.explaining",
    "health": "emulator.cli.watching",
    "tail": "emulator.cli.watching",
    "verify": "emulator.cli.asking",
    "wait": "emulator.cli.asking",
    "clock": "emulator.cli.steering",
    "queue": "emulator.cli.steering",
    "faults": "emulator.cli.steering",
    "call": "emulator.cli.calling",
    "hangup": "emulator.cli.calling",
    "trigger": "emulator.cli.by_hand",
    "replay": "emulator.cli.by_hand",
    "texml": "emulator.cli.by_hand",
    "retell": "emulator.cli.retelling",
    "sip": "emulator.cli.wire",
    "pcap": "emulator.cli.wire",
    "reset": "emulator.cli.steering",
    "call-srs": "emulator.cli.calling_srs",
    "srs": "emulator.cli.recording_server",
    "schema": "emulator.cli.files",
    "keygen": "emulator.cli.files",
}
"""Command to the module that holds it under its name: only the one that runs is imported."""


class Commands(click.Group):
    """Finds commands in their modules, and turns our own errors into sentences."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which a newcomer needs them."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module and take it from there."""
        from importlib import import_module  # noqa: PLC0415 - one attribute of a module that click has loaded anyway

        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(import_module(_COMMANDS[cmd_name]), cmd_name.replace("-", "_"))
        return command

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own signature
        """Run the command; what it raises on purpose ends it with status 1 or 2."""
        try:
            return super().invoke(ctx)
        except EmulatorError as error:
            click.echo(f"siprec-emulator: {error}" if "\n" not in str(error) else str(error), err=True)
            ctx.exit(1 if isinstance(error, (ControlRefused, Unanswered)) else 2)
        except OSError as error:
            if error.errno == errno.EPIPE:
                # click ends quietly: who reads had enough
                raise
            _drop_output()
            click.echo(f"siprec-emulator: {error}", err=True)
            ctx.exit(2)


def _drop_output() -> None:
    """Let what could not be written go: Python would try again as it ends, and complain."""
    with suppress(OSError, ValueError, AttributeError), Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), sys.stdout.fileno())


def _version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"siprec-emulator {__version__}")
        ctx.exit()


@click.group(cls=Commands, context_settings=CONTEXT)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show the version and exit.",
)
def commands() -> None:
    """A local stand-in for Telnyx's SIPREC API: scripted outcomes, signed webhooks, a journal of everything."""


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point; does not return."""
    commands.main(args=arguments, prog_name="siprec-emulator")
