"""The command that writes a recording out as a scenario: ``retell``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from emulator.cli.reaching import CONTEXT, examples, reach, server_options

if TYPE_CHECKING:
    from typing import TextIO

    from emulator.cli.options import Flag


@click.command(
    context_settings=CONTEXT,
    epilog=examples(
        "siprec-emulator retell 5b8f1f5e-9d0c-4f0e-8a53-0f6f3c1f2a10 > again.yaml",
        "siprec-emulator retell 5b8f1f5e-9d0c-4f0e-8a53-0f6f3c1f2a10 -o again.yaml",
    ),
)
@click.argument("session", metavar="SESSION")
@click.option(
    "--out",
    "-o",
    metavar="FILE",
    type=click.File("w", encoding="utf-8"),
    default="-",
    help="Where to; standard output otherwise.",
)
@server_options
def retell(session: str, out: TextIO, *, as_json: bool, **given: Flag) -> None:
    """Write what happened to a session as a scenario that lets it happen again.

    SESSION is its id.
    """
    there = reach(given)
    told = there.client.session_scenario(session, there.namespace)
    out.write(json.dumps(told) + "\n" if as_json else told["text"])
