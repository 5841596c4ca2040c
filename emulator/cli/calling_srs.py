"""``call-srs``: place one recording session at a recording server, as Telnyx would, and show what comes of it.

Owns its flags. Must not place anything: ``placing.py`` does, and is imported when there is something to place.
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

_FILE = click.Path(path_type=Path)
_SECONDS = click.IntRange(0, 86_400)


@click.command(
    "call-srs",
    context_settings=CONTEXT,
    epilog=examples(
        "siprec-emulator call-srs sip:127.0.0.1:5060",
        "siprec-emulator call-srs 'sip:srs.example.com;transport=tcp' --duration 30s --pcap session.pcap",
        "siprec-emulator call-srs sips:srs.example.com --secure --tls-ca ca.pem",
        "siprec-emulator call-srs sip:127.0.0.1:5060 --misconduct missing_label --misconduct loss=0.05",
    ),
)
@click.argument("uri", metavar="URI")
@click.option("--transport", type=click.Choice(["udp", "tcp", "tls"]), help="Default: the URI's, else udp.")
@click.option("--secure", is_flag=True, help="Encrypt media (SRTP).")
@click.option(
    "--track",
    type=click.Choice(["both", "inbound", "outbound"]),
    default="both",
    show_default=True,
    help="What is recorded.",
)
@duration_option("--duration", "How long to record before hanging up. Default: 10s.")
@duration_option("--answer-timeout", "How long an answer may take. Default: 60s.")
@click.option("--wav-inbound", type=_FILE, help="Played on the inbound track. Default: a tone of 440 Hz.")
@click.option("--wav-outbound", type=_FILE, help="Played on the outbound track. Default: a tone of 880 Hz.")
@click.option(
    "--from", "caller", default="+15551230001", show_default=True, help="Who calls in the recorded call."
)
@click.option("--to", "callee", default="+15551230002", show_default=True, help="Who is called.")
@click.option("--header", "headers", multiple=True, metavar="NAME:VALUE", help="A custom header of that call.")
@click.option("--metadata-headers", is_flag=True, help="Put custom headers into the metadata.")
@click.option(
    "--session-timeout", default=1_800, show_default=True, type=click.IntRange(0, 86_400), help="Seconds."
)
@click.option("--app-subdomain", help="Of the connector; goes into X-DestHost.")
@click.option("--user", metavar="NAME:PASSWORD", help="Answers a challenge.")
@click.option("--tls-ca", type=_FILE, help="Trust certificates that it signed, beside the system's.")
@click.option("--tls-cert", type=_FILE, help="What is shown where a certificate is asked for.")
@click.option("--tls-key", type=_FILE, help="Its key, where it is not in the same file.")
@click.option("--tls-unverified", is_flag=True, help="Take any certificate.")
@click.option("--media-ports", metavar="FIRST-LAST", help="UDP ports for media. Default: any.")
@click.option(
    "--misconduct",
    multiple=True,
    metavar="WHAT[=HOW MUCH]",
    help="Do wrong on the wire, as a scenario's 'wire' does: see docs/live.md.",
)
@click.option("--pcap", type=_FILE, help="Write messages and media for Wireshark.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document at the end, and no ladder.")
def call_srs(**flags: int | str | bool | Path | tuple[str, ...] | Duration | None) -> None:
    """Place one recording session (SIPREC) at URI, such as sip:127.0.0.1:5060.

    It says what Telnyx's client says and sends two tracks of sound, prints the messages as a ladder and the
    statistics at the end.

    It ends with status 0 if the server answered and the session came to its end, 1 if it refused, never answered
    or could not be reached, 2 if a flag says what can't be.
    """
    from emulator.cli.ordering import Wanted  # noqa: PLC0415 - only this command pays for SIP
    from emulator.cli.placing import place  # noqa: PLC0415 - same

    # click has checked each by its option, which is named after the field
    wanted = Wanted(**flags)  # type: ignore[arg-type]
    sys.exit(asyncio.run(place(wanted)))
