"""The commands that make something happen by hand: ``trigger`` an event, ``replay`` a webhook, play ``texml``."""

from __future__ import annotations

import sys
from pathlib import Path
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


@click.command(context_settings=CONTEXT, epilog=examples("siprec-emulator texml record.xml --call v3:mine"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--call", metavar="ID", required=True, help="The call that it runs on.")
@click.option("--account-sid", metavar="SID", help="What callbacks say.")
@server_options
def texml(file: str, call: str, account_sid: str | None, *, as_json: bool, **given: Flag) -> None:
    """Carry out a TeXML document on a call.

    Its <Start><Siprec/></Start> and <Stop><Siprec/></Stop> begin and end recordings; other verbs are skipped with
    a warning. FILE is - for standard input. The status is 1 when the document is wrong, each mistake a line
    "file:line:column: message", or when a verb was refused.
    """
    document, name = _document(file)
    there = reach(given)
    done = there.client.texml(call, document, account_sid=account_sid, file=name, namespace=there.one())
    lines = [_verb_line(one) for one in done["verbs"]]
    if not as_json:
        for warning in done["warnings"]:
            place = f"{warning['file']}:{warning['line']}:{warning['column']}"
            click.echo(f"{plain(place)}: warning: {plain(warning['message'])}", err=True)
    tell(done, "\n".join(lines) or "nothing to start or to stop", as_json=as_json)
    if any(one["result"] == "refused" for one in done["verbs"]):
        raise SystemExit(1)


def _document(file: str) -> tuple[bytes, str]:
    """What it holds, and what messages call it."""
    if file == "-":
        return sys.stdin.buffer.read(), "<stdin>"
    try:
        return Path(file).read_bytes(), file
    except OSError as error:
        raise click.UsageError(f"can't read {file}: {error.strerror}") from None


def _verb_line(done: Document) -> str:
    why = f" ({plain(done['detail'])})" if done["detail"] else ""
    session = f", session {done['session_id']} by {done['scenario']}" if done["session_id"] else ""
    return f"{done['line']}:{done['column']} {done['verb']} {done['noun']}: {done['result']}{why}{session}"
