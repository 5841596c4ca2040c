"""The commands that run a server: ``serve`` and ``demo``."""

from __future__ import annotations

import gc
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import click

from emulator.cli.keeping import made_to_keep
from emulator.cli.options import CONTEXT, load_settings, settings_options
from emulator.cli.playing import demand_playable
from emulator.cli.printing import Printer
from emulator.config import describe, find_container
from emulator.options import LogLevel

if TYPE_CHECKING:
    from emulator.cli.options import Flag
    from emulator.config import Settings
    from emulator.web.server import Server

_DEMO_KEY = "KEYDEMO"
_RECORDINGS = Path("recordings")
_RECORD_SECS = 3.0


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
    demand_playable(inbound=loaded.settings.wav_inbound, outbound=loaded.settings.wav_outbound)
    gc.disable()  # nearly all that starting allocates stays; the server turns it on again once it listens
    from emulator.web.server import run  # noqa: PLC0415 - only a server pays for aiohttp

    sys.exit(run(loaded.settings, container=find_container()))


@click.command(context_settings=CONTEXT)
@click.option(
    "--live", is_flag=True, help="Record for real: sound travels to a recording server of the demo's own."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Where --live keeps what was recorded. Default: the folder recordings.",
)
@settings_options()
def demo(live: bool, out: Path | None, **given: Flag) -> None:
    """Show one recording session, and stay up.

    It runs the emulator with the settings of serve, sends the sample request that Telnyx documents, and prints
    each webhook as it arrives.
    """
    loaded = load_settings(given)
    settings = loaded.settings
    if "log_level" not in loaded.sources:
        # The demonstration tells the same in its own words.
        settings = replace(settings, log_level=LogLevel.WARNING)
    demand_playable(inbound=settings.wav_inbound, outbound=settings.wav_outbound)
    if not live:
        if out is not None:
            raise click.UsageError("--out is for --live")
        printer = _printer()
        status = _demonstrate(settings, printer)
        printer.check()
        sys.exit(status)
    if "default_scenario" not in loaded.sources:
        settings = replace(settings, default_scenario="live")
    from emulator.cli.live_demo import recording_server  # noqa: PLC0415 - only this pays for SIP

    made_to_keep(out or _RECORDINGS)
    printer = _printer()
    with recording_server(out or _RECORDINGS, printer.say) as address:
        status = _demonstrate(replace(settings, srs=address), printer, record_secs=_RECORD_SECS)
    printer.check()
    sys.exit(status)


def _printer() -> Printer:
    """Prints from the demonstration's threads; who has seen enough of it lets the server end."""
    return Printer(lambda: os.kill(os.getpid(), signal.SIGTERM))


def _demonstrate(settings: Settings, printer: Printer, *, record_secs: float = 0.0) -> int:
    from emulator.web.server import run  # noqa: PLC0415 - only a server pays for aiohttp

    def on_ready(server: Server) -> None:
        Thread(target=_play, args=(settings, server, printer, record_secs), daemon=True).start()

    return run(settings, on_ready, container=find_container())


def _play(settings: Settings, server: Server, printer: Printer, record_secs: float) -> None:
    from emulator.demo import Stage, play  # noqa: PLC0415 - serve does without
    from emulator.logs import painter  # noqa: PLC0415 - same
    from emulator.web.credentials import namespace_of  # noqa: PLC0415 - same

    key = settings.api_keys[0] if settings.api_keys else _DEMO_KEY
    printer.say(f"listening on {server.url}")
    play(
        Stage(
            url=server.url,
            api_key=key,
            namespace=namespace_of(key),
            admin_token=settings.admin_token,
            webhook_url=settings.webhook_url,
            say=printer.say,
            paint=painter(sys.stdout),
            tls=server.tls.trust if server.tls else None,
            record_secs=record_secs,
        )
    )
