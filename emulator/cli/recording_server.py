"""``srs``: a recording server of one's own, to see what a recording client sends and to try how it takes trouble.

Owns its flags. Must not run anything: ``recording.py`` does, and is imported when there is something to run.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from emulator.cli.durations import duration_option
from emulator.cli.reaching import CONTEXT, examples

if TYPE_CHECKING:
    from emulator.core.models import Duration

_PORT = click.IntRange(0, 65_535)
_FILE = click.Path(path_type=Path)


@click.command(
    context_settings=CONTEXT,
    epilog=examples(
        "siprec-emulator srs --out recordings",
        "siprec-emulator srs --answer busy",
        "siprec-emulator srs --answer challenge --user telnyx:secret --sessions 1",
    ),
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=5060, show_default=True, type=_PORT, help="For UDP and TCP; 0: any free one.")
@click.option("--tls-port", type=_PORT, help="For TLS; without it, none is spoken.")
@click.option("--cert", "certificate", type=_FILE, help="What is shown over TLS. Default: one made now.")
@click.option("--key", type=_FILE, help="Its key, where it is not in the same file.")
@click.option("--client-ca", type=_FILE, help="Clients must show a certificate signed by it.")
@click.option("--media-ports", metavar="FIRST-LAST", help="UDP ports for media. Default: any.")
@click.option("--out", type=_FILE, help="Keep each session in a folder of its own in here.")
@click.option(
    "--answer",
    default="accept",
    show_default=True,
    metavar="HOW",
    help="accept, ring, silent, challenge, 422, busy, decline, not-found, unavailable, not-acceptable, "
    "bad-extension, forbidden, moved, error, overloaded, or a status from 300 to 699.",
)
@click.option("--user", metavar="NAME:PASSWORD", help="Whom --answer challenge lets in.")
@duration_option("--ring-for", "Ring so long before the answer.")
@duration_option("--hang-up-after", "Say BYE so long after the answer.")
@duration_option("--hold-after", "Make the streams inactive so long after the answer.")
@duration_option("--resume-after", "Let them flow again so long after that.")
@duration_option("--snapshot-after", "Ask for all the metadata so long after the answer.")
@click.option("--sessions", type=click.IntRange(1), help="End after so many sessions.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document a session, and no ladder.")
def srs(**flags: int | str | bool | Path | Duration | None) -> None:
    """Receive recording sessions (SIPREC), and tell what is amiss with them.

    It takes SIP over UDP and TCP, answers as it is told, records a WAV file a track, and prints the messages as a
    ladder, and of each session what RFC 7866 and RFC 7865 have against it. Ctrl-C hangs up and ends it.

    It ends with status 1 if a session did what an RFC forbids.
    """
    from emulator.cli.recording import Wanted, run  # noqa: PLC0415 - only a server pays for SIP

    # click has checked each by its option, which is named after the field
    wanted = Wanted(**flags)  # type: ignore[arg-type]
    sys.exit(asyncio.run(run(wanted)))
