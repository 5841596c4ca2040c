"""The commands that run a server: ``serve`` and ``demo``."""

from __future__ import annotations

import gc
import sys
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING

import click

from emulator.cli.options import CONTEXT, load_settings, settings_options
from emulator.config import describe, find_container
from emulator.options import LogLevel

if TYPE_CHECKING:
    from emulator.cli.options import Flag
    from emulator.config import Settings
    from emulator.web.server import Server

_DEMO_KEY = "KEYDEMO"


@click.command(context_settings=CONTEXT)
@click.option(
    "--print-config", is_flag=True, help="Print the effective settings and where each came from, and end."
)
@settings_options()
def serve(print_config: bool, **given: Flag) -> None:
    """Run the emulator until SIGTERM or Ctrl-C.

    The first line on standard output is "listening on URL".
    """
    loaded = load_settings(given)
    if print_config:
        click.echo(describe(loaded), nl=False)
        return
    gc.disable()  # nearly all that starting allocates stays; the server turns it on again once it listens
    from emulator.web.server import run  # noqa: PLC0415 - only a server pays for aiohttp

    sys.exit(run(loaded.settings, container=find_container()))


@click.command(context_settings=CONTEXT)
@settings_options()
def demo(**given: Flag) -> None:
    """Show one recording session, and stay up.

    It runs the emulator with the settings of serve, sends the sample request that Telnyx documents, and prints
    each webhook as it arrives.
    """
    loaded = load_settings(given)
    settings = loaded.settings
    if "log_level" not in loaded.sources:
        # The demonstration tells the same in its own words.
        settings = replace(settings, log_level=LogLevel.WARNING)
    from emulator.web.server import run  # noqa: PLC0415 - only a server pays for aiohttp

    def on_ready(server: Server) -> None:
        Thread(target=_play, args=(settings, server), daemon=True).start()

    sys.exit(run(settings, on_ready, container=find_container()))


def _play(settings: Settings, server: Server) -> None:
    from emulator.demo import Stage, play  # noqa: PLC0415 - serve does without
    from emulator.logs import painter  # noqa: PLC0415 - same
    from emulator.web.credentials import namespace_of  # noqa: PLC0415 - same

    key = settings.api_keys[0] if settings.api_keys else _DEMO_KEY
    click.echo(f"listening on {server.url}")
    play(
        Stage(
            url=server.url,
            api_key=key,
            namespace=namespace_of(key),
            admin_token=settings.admin_token,
            webhook_url=settings.webhook_url,
            say=_say,
            paint=painter(sys.stdout),
            tls=server.tls.trust if server.tls else None,
        )
    )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
