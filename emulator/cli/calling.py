"""The commands that are the far end of calls: ``call`` comes in, ``hangup`` ends one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from emulator.cli.pairs import read_pairs
from emulator.cli.reaching import CONTEXT, examples, reach, server_options, tell
from emulator.cli.watching import plain

if TYPE_CHECKING:
    from emulator.cli.options import Flag
    from emulator.cli.pairs import Pair
    from emulator.client import Document


@click.command(
    context_settings=CONTEXT,
    epilog=examples(
        "siprec-emulator call --from +13125550101 --to +13125550199",
        "siprec-emulator call --scenario caller-hangs-up",
    ),
)
@click.option("--from", "caller", metavar="NUMBER", help="Who calls: a number or a SIP URI.")
@click.option("--to", "callee", metavar="NUMBER", help="Who is called.")
@click.option("--name", metavar="NAME", help="What the caller calls itself.")
@click.option("--connection", metavar="ID", help="To which connection.")
@click.option(
    "--header",
    "headers",
    metavar="NAME=VALUE",
    callback=read_pairs,
    multiple=True,
    help="A SIP header of its INVITE.",
)
@click.option("--scenario", metavar="NAME", help="What its far end plays.")
@server_options
def call(
    caller: str | None,
    callee: str | None,
    name: str | None,
    connection: str | None,
    headers: tuple[Pair, ...],
    scenario: str | None,
    *,
    as_json: bool,
    **given: Flag,
) -> None:
    """Let a call come in.

    The app is told by call.initiated, and may answer it. What is left out is made up.
    """
    there = reach(given)
    made = there.client.call(
        from_=caller,
        to=callee,
        caller_id_name=name,
        connection_id=connection,
        custom_headers=dict(headers) or None,
        scenario=scenario,
        namespace=there.namespace,
    )
    tell(made, _line(made), as_json=as_json)


@click.command(
    context_settings=CONTEXT,
    epilog=examples("siprec-emulator hangup v3:mine", "siprec-emulator hangup v3:mine --cause user_busy"),
)
@click.argument("call_control_id", metavar="ID")
@click.option("--cause", metavar="CAUSE", help="Its hangup_cause, such as user_busy.")
@server_options
def hangup(call_control_id: str, cause: str | None, *, as_json: bool, **given: Flag) -> None:
    """Let the far end of a call hang up.

    ID is the call's call_control_id.
    """
    there = reach(given)
    ended = there.client.hang_up(call_control_id, hangup_cause=cause, namespace=there.namespace)
    tell(ended, _line(ended), as_json=as_json)


def _line(made: Document) -> str:
    why = f", {made['hangup_cause']}" if made["hangup_cause"] else ""
    who = f"from {plain(made['from'])} to {plain(made['to'])}"
    return f"{plain(made['call_control_id'])}: {made['state']}{why}, {who}"
