"""The commands that ask what happened, or wait until it does: ``verify`` and ``wait``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from emulator.cli.pairs import matchers, read_pairs
from emulator.cli.reaching import CONTEXT, examples, reach, server_options, tell
from emulator.cli.watching import event_line
from emulator.client import ServerEvent
from emulator.core.errors import Unanswered

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.cli.options import Flag
    from emulator.cli.pairs import Pair
    from emulator.client import Document

_NUMBER = click.IntRange(min=0)


@click.command(
    context_settings=CONTEXT,
    epilog=examples(
        "siprec-emulator verify requests route=siprec_start --count 1",
        "siprec-emulator verify webhooks event_type=siprec.failed payload.failure_cause=user_busy --within 5s",
    ),
)
@click.argument("kind", type=click.Choice(["requests", "webhooks", "received", "sessions", "calls"]))
@click.argument("wanted", nargs=-1, metavar="[FIELD=VALUE]...", callback=read_pairs)
@click.option("--count", metavar="NUMBER", type=_NUMBER, help="How many must match exactly.")
@click.option("--at-least", metavar="NUMBER", type=_NUMBER, help="How many must match; 1 if left out.")
@click.option("--at-most", metavar="NUMBER", type=_NUMBER, help="How many may.")
@click.option("--last", metavar="DURATION", help="Only what is no older, in the namespace's time.")
@click.option("--within", metavar="DURATION", help="How long it may take to become true, at most 60s.")
@server_options
def verify(  # noqa: PLR0913 - one a flag
    kind: str,
    wanted: tuple[Pair, ...],
    count: int | None,
    *,
    at_least: int | None,
    at_most: int | None,
    last: str | None,
    within: str | None,
    as_json: bool,
    **given: Flag,
) -> None:
    """See that something happened.

    The status is 1 if not, and what came near is told.

    A field is one of the journal's, or lies in headers, body or payload: body.connector_name=front-desk. A value
    may be a comparison: call_control_id='{"prefix": "v3:"}'.
    """
    bounds = {name: value for name, value in (("at_least", at_least), ("at_most", at_most)) if value is not None}
    if bounds and count is not None:
        raise click.UsageError("--count is exact: it goes without --at-least and --at-most")
    asked = matchers(wanted)
    there = reach(given)
    found = _or_no(
        lambda: there.client.verify(
            kind,
            asked,
            count=bounds or count,
            last=last,
            within=within,
            namespace=there.namespace,
        ),
        as_json=as_json,
    )
    tell(found, f"{found['count']} match, {found['wanted']} wanted", as_json=as_json)


@click.command(
    context_settings=CONTEXT,
    epilog=examples(
        "siprec-emulator wait webhook event_type=siprec.stopped --timeout 30s",
        "siprec-emulator wait session call_control_id=v3:mine state=stopped",
        "siprec-emulator wait idle",
    ),
)
@click.argument("kind", type=click.Choice(["webhook", "session", "call", "idle"]))
@click.argument("wanted", nargs=-1, metavar="[FIELD=VALUE]...", callback=read_pairs)
@click.option("--count", metavar="NUMBER", type=click.IntRange(min=1), help="How many; 1 if left out.")
@click.option("--timeout", metavar="DURATION", help="How long, at most 60s; 10s if left out.")
@server_options
def wait(
    kind: str,
    wanted: tuple[Pair, ...],
    count: int | None,
    timeout: str | None,
    *,
    as_json: bool,
    **given: Flag,
) -> None:
    """Wait until something has happened.

    That is: a webhook is delivered, a session is as wanted, or nothing is left to do.

    Fields and values are those of verify. The status is 1 when it did not happen in time, and what came near is
    told. A clock that is auto goes on meanwhile.
    """
    if kind == "idle" and (wanted or count is not None):
        raise click.UsageError("idle goes without fields and --count")
    asked = matchers(wanted)
    there = reach(given)
    found = _or_no(
        lambda: there.client.wait(kind, asked, count=count, timeout=timeout, namespace=there.namespace),
        as_json=as_json,
    )
    lines = [event_line(ServerEvent(id="", kind=kind, data=one)) for one in found.get("matched", ())]
    tell(found, "\n".join(lines) or "nothing is left to do", as_json=as_json)


def _or_no(ask: Callable[[], Document], *, as_json: bool) -> Document:
    """The answer; a no in JSON ends the command here, else ``group.py`` tells it."""
    try:
        return ask()
    except Unanswered as error:
        if not as_json:
            raise
        no = {"error": error.detail, "count": error.count, "near_misses": error.near_misses}
        click.echo(json.dumps(no))
        raise SystemExit(1) from None
