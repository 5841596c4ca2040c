"""The commands that show what a recording session sent and received: ``sip`` and ``pcap``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from emulator.cli.reaching import CONTEXT, examples, reach, server_options
from emulator.cli.watching import plain

if TYPE_CHECKING:
    from typing import BinaryIO

    from emulator.cli.options import Flag


@click.command(
    context_settings=CONTEXT,
    epilog=examples("siprec-emulator sip 5b8f1f5e-9d0c-4f0e-8a53-0f6f3c1f2a10"),
)
@click.argument("session", metavar="SESSION")
@server_options
def sip(session: str, *, as_json: bool, **given: Flag) -> None:
    """Show the SIP messages of a session, in their order.

    SESSION is its id.
    """
    there = reach(given)
    messages = there.client.sip_messages(session, there.namespace)
    if as_json:
        click.echo(json.dumps(messages))
        return
    for message in messages:
        arrow = "->" if message["direction"] == "sent" else "<-"
        click.echo(f"{message['at']} {message['transport']} {message['local']} {arrow} {message['remote']}")
        click.echo(_indented(message.get("message") or message.get("message_base64") or ""))


@click.command(
    context_settings=CONTEXT,
    epilog=examples("siprec-emulator pcap 5b8f1f5e-9d0c-4f0e-8a53-0f6f3c1f2a10 > session.pcap"),
)
@click.argument("session", metavar="SESSION")
@click.option(
    "--out", "-o", metavar="FILE", type=click.File("wb"), default="-", help="Where to; standard output otherwise."
)
@server_options
def pcap(session: str, out: BinaryIO, *, as_json: bool, **given: Flag) -> None:
    """Write a capture of what a session sent and received, for Wireshark.

    SESSION is its id.
    """
    if as_json:
        raise click.UsageError("a capture is no JSON: leave --json out")
    there = reach(given)
    # asked for before the file is opened: a session that there is not must not empty it
    capture = there.client.pcap(session, there.namespace)
    out.write(capture)


def _indented(message: str) -> str:
    """A message's lines, each as far as it does nothing to a terminal."""
    return "\n".join(f"    {plain(line)}" for line in message.splitlines()) + "\n"
