"""The commands that make something happen by hand: ``trigger`` an event, ``replay`` a webhook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from emulator.cli.pairs import fields, read_pairs
from emulator.cli.reaching import CONTEXT, Reach, examples, reach, server_options, tell
from emulator.cli.watching import plain
from emulator.core.models import RECORDING_EVENTS

if TYPE_CHECKING:
    from emulator.cli.options import Flag
    from emulator.cli.pairs import Pair
    from emulator.client import Document


@click.command(
    context_settings=CONTEXT,
    epilog=examples("siprec-emulator trigger siprec.failed --call v3:mine --set failure_cause=user_busy"),
)
@click.argument("event", metavar="EVENT", type=click.Choice([one.value for one in RECORDING_EVENTS]))
@click.option("--call", metavar="ID", help="In the latest session of this call.")
@click.option("--session", metavar="ID", help="In this session.")
@click.option(
    "--set",
    "laid_over",
    metavar="FIELD=VALUE",
    callback=read_pairs,
    multiple=True,
    help="A payload field; its value JSON or text.",
)
@click.option("--remove", metavar="FIELD", multiple=True, help="A payload field to leave out.")
@server_options
def trigger(
    event: str,
    call: str | None,
    session: str | None,
    laid_over: tuple[Pair, ...],
    remove: tuple[str, ...],
    *,
    as_json: bool,
    **given: Flag,
) -> None:
    """Let an event occur in a session.

    It occurs whatever the session's scenario says, and its webhook is sent.

    EVENT is siprec.started, siprec.stopped or siprec.failed.
    """
    if (call is None) is (session is None):
        raise click.UsageError("say where: --call or --session")
    changes = fields(laid_over)
    there = reach(given)
    made = there.client.emit(
        session if session is not None else _latest_session(there, str(call)),
        event,
        set=changes or None,
        remove=remove,
        namespace=there.namespace,
    )
    tell(made, _webhook_line(made), as_json=as_json)


def _latest_session(there: Reach, call: str) -> str:
    filters = {} if there.namespace is None else {"namespace": there.namespace}
    found = there.client.sessions(call_control_id=call, limit="1", **filters)
    if not found:
        click.echo(f"siprec-emulator: the call {plain(call)} has no recording session", err=True)
        raise SystemExit(1)
    return str(found[0]["id"])


@click.command(
    context_settings=CONTEXT,
    epilog=examples(
        "siprec-emulator replay 17", "siprec-emulator replay 17 --set hangup_cause=unspecified --new-id"
    ),
)
@click.argument("webhook", metavar="ID")
@click.option(
    "--set",
    "laid_over",
    metavar="FIELD=VALUE",
    callback=read_pairs,
    multiple=True,
    help="A payload field; its value JSON or text.",
)
@click.option("--remove", metavar="FIELD", multiple=True, help="A payload field to leave out.")
@click.option("--new-id", is_flag=True, help="It gets an event id of its own.")
@click.option("--url", metavar="URL", help="Where it goes, instead of where it went.")
@server_options
def replay(
    webhook: str,
    laid_over: tuple[Pair, ...],
    remove: tuple[str, ...],
    *,
    new_id: bool,
    url: str | None,
    as_json: bool,
    **given: Flag,
) -> None:
    """Send a webhook again, signed anew.

    ID is the event's id, or the webhook's seq in the journal.
    """
    changes = fields(laid_over)
    there = reach(given)
    made = there.client.replay(
        webhook,
        set=changes or None,
        remove=remove,
        new_id=new_id,
        deliver=None if url is None else {"url": url},
        namespace=there.namespace,
    )
    tell(made, _webhook_line(made), as_json=as_json)


def _webhook_line(made: Document) -> str:
    return f"webhook {made['seq']}: {made['event_type']} of {plain(made['call_control_id'])}, {made['state']}"
