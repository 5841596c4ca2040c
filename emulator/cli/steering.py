"""The commands that say how it goes on: ``clock``, ``queue``, ``faults`` and ``reset``."""

from __future__ import annotations

import json
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import click

from emulator.cli.pairs import fields, read_file, read_pairs
from emulator.cli.reaching import CONTEXT, examples, reach, server_options, tell
from emulator.cli.watching import event_line
from emulator.client import ServerEvent
from emulator.core.clock import ClockMode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.cli.options import Flag
    from emulator.cli.pairs import Pair
    from emulator.client import Document

# --- the clock ---


@click.group(context_settings=CONTEXT)
def clock() -> None:
    """Show, set and advance a namespace's clock."""


@clock.command(context_settings=CONTEXT, epilog=examples("siprec-emulator clock show --key KEY_of_the_test"))
@server_options
def show(*, as_json: bool, **given: Flag) -> None:
    """Show where the clock stands, how it goes, and what falls due next."""
    there = reach(given)
    found = there.client.clock(there.one())
    tell(found, _clock_line(found), as_json=as_json)


def _finite(_ctx: click.Context, _parameter: click.Parameter, given: float | None) -> float | None:
    """JSON has no infinity, so the emulator could not even be asked."""
    if given is not None and not isfinite(given):
        raise click.BadParameter(f"{given} is no speed")
    return given


@clock.command(
    "set",
    context_settings=CONTEXT,
    epilog=examples("siprec-emulator clock set --mode manual", "siprec-emulator clock set --speed 60"),
)
@click.option("--mode", type=click.Choice([one.value for one in ClockMode]), help="How it goes.")
@click.option(
    "--speed",
    metavar="NUMBER",
    type=float,
    callback=_finite,
    help="Seconds that it gains in a second, while it runs.",
)
@click.option("--time", metavar="TIME", help="What it shows, in UTC: 2025-01-01T00:00:00Z.")
@server_options
def set_clock(mode: str | None, speed: float | None, time: str | None, *, as_json: bool, **given: Flag) -> None:
    """Let the clock go another way; what is left out stays.

    It is running as wall time does, times a speed; or manual, moving only when it is advanced; or auto, going on
    to what falls due next while somebody waits.
    """
    if mode is None and speed is None and time is None:
        raise click.UsageError("say what to set: --mode, --speed or --time")
    there = reach(given)
    found = there.client.set_clock(mode=mode, speed=speed, time=time, namespace=there.one())
    tell(found, _clock_line(found), as_json=as_json)


@clock.command(
    context_settings=CONTEXT,
    epilog=examples("siprec-emulator clock advance 30s", "siprec-emulator clock advance --until next"),
)
@click.argument("by", metavar="[DURATION]", required=False)
@click.option("--to", metavar="TIME", help="To this time, in UTC: 2025-01-01T00:00:30Z.")
@click.option(
    "--until",
    type=click.Choice(["next", "idle"]),
    help="To what falls due next, or until nothing does.",
)
@server_options
def advance(by: str | None, to: str | None, until: str | None, *, as_json: bool, **given: Flag) -> None:
    """Move the clock forward.

    All that falls due on the way happens in its order, each webhook awaited, and is told.
    """
    if sum(one is not None for one in (by, to, until)) != 1:
        raise click.UsageError("say how far: a duration such as 30s, --to or --until, by one of them alone")
    there = reach(given)
    moved = there.client.advance(by, to=to, until=until, namespace=there.one())
    tell(moved, "\n".join(_moved_lines(moved)), as_json=as_json)


def _clock_line(found: Document) -> str:
    due = f"next at {found['next']}" if found["next"] else "nothing falls due"
    speed = f" at speed {found['speed']:g}" if found["mode"] == ClockMode.RUNNING else ""
    return f"{found['time']} {found['mode']}{speed}, {due}"


def _moved_lines(moved: Document) -> Iterator[str]:
    for one in moved["fired"]:
        yield event_line(ServerEvent(id="", kind=one["kind"], data=one))
    count = len(moved["fired"]) + moved.get("untold", 0)
    happened = "nothing happened" if not count else f"{count} thing{'s' * (count > 1)} happened"
    yield f"{moved['to']} is the time now; {happened}"


# --- the queue ---


@click.command(
    context_settings=CONTEXT,
    epilog=examples(
        "siprec-emulator queue srs-busy --times 2",
        "siprec-emulator queue ./mine.yaml --match-body connector_name=front-desk",
    ),
)
@click.argument("scenario", metavar="[NAME|FILE]", required=False)
@click.option(
    "--times", metavar="NUMBER", type=click.IntRange(min=1), help="How many starts it plays; 1 if left out."
)
@click.option(
    "--match-body",
    metavar="FIELD=VALUE",
    callback=read_pairs,
    multiple=True,
    help='Only for starts whose body has this; a value may be a matcher, such as {"prefix": "x"}.',
)
@click.option("--clear", is_flag=True, help="Empty the queue.")
@server_options
def queue(
    scenario: str | None,
    times: int | None,
    match_body: tuple[Pair, ...],
    *,
    clear: bool,
    as_json: bool,
    **given: Flag,
) -> None:
    """Let the next start play a scenario.

    It is a loaded one, or a file's. Without one, show what is queued.
    """
    if (scenario is None and (times or match_body)) or (clear and scenario is not None):
        raise click.UsageError("--times and --match-body go with a scenario, --clear without")
    there = reach(given)
    namespace = there.one()
    if clear:
        there.client.clear_queue(namespace)
        tell({"queued": []}, "the queue is empty", as_json=as_json)
    elif scenario is None:
        queued = there.client.queued(namespace)
        tell({"queued": queued}, "\n".join(map(_queued_line, queued)) or "the queue is empty", as_json=as_json)
    else:
        match = {"body": fields(match_body)} if match_body else None
        item = there.client.queue(_scenario(scenario), match=match, times=times, namespace=namespace)
        tell(item, _queued_line(item), as_json=as_json)


def _scenario(named: str) -> str | dict[str, object]:
    """A name, or what a file holds: that which exists, or looks like a path."""
    is_file = "/" in named or named == "-" or named.endswith((".yaml", ".yml", ".json")) or Path(named).is_file()
    return read_file(named) if is_file else named


def _queued_line(item: Document) -> str:
    starts = "the next start" if item["left"] == 1 else f"the next {item['left']} starts"
    return f"{item['number']}: {item['scenario']} plays {starts}{' that it matches' if item['matches'] else ''}"


# --- faults ---


@click.group(context_settings=CONTEXT)
def faults() -> None:
    """Show, set and clear what goes wrong in a namespace."""


@faults.command(
    "show", context_settings=CONTEXT, epilog=examples("siprec-emulator faults show --key KEY_of_the_test")
)
@server_options
def show_faults(*, as_json: bool, **given: Flag) -> None:
    """Show the faults that are switched on, and how often each has struck."""
    there = reach(given)
    found = there.client.faults(there.one())
    tell(found, "\n".join(_fault_lines(found)), as_json=as_json)


@faults.command(
    "set",
    context_settings=CONTEXT,
    epilog=examples(
        "echo '{requests: [{answer: {status: 503}, probability: 0.2}]}' | siprec-emulator faults set -"
    ),
)
@click.argument("file")
@server_options
def set_faults(file: str, *, as_json: bool, **given: Flag) -> None:
    """Switch on the faults of FILE (YAML or JSON; - is standard input) in place of those that were."""
    written = read_file(file)
    there = reach(given)
    found = there.client.set_faults(written, namespace=there.one())
    tell(found, "\n".join(_fault_lines(found)), as_json=as_json)


@faults.command(
    "clear", context_settings=CONTEXT, epilog=examples("siprec-emulator faults clear --key KEY_of_the_test")
)
@server_options
def clear_faults(*, as_json: bool, **given: Flag) -> None:
    """Let nothing go wrong any more."""
    there = reach(given)
    there.client.clear_faults(there.one())
    tell({"requests": [], "webhooks": []}, "nothing goes wrong", as_json=as_json)


def _fault_lines(found: Document) -> Iterator[str]:
    for kind, which, told in (("requests", "routes", ("answer",)), ("webhooks", "events", ("deliver", "sign"))):
        for one in found[kind]:
            concerned = ", ".join(one[which]) or "all"
            does = "; ".join(f"{name}: {_brief(one[name])}" for name in told if one[name])
            limit = "" if one["count"] is None else f" of at most {one['count']}"
            yield f"{kind} ({concerned}), {one['probability']:.0%}: {does}; struck {one['struck']}{limit}"
    if not found["requests"] and not found["webhooks"]:
        yield "nothing goes wrong"


def _brief(view: Document) -> str:
    """What differs from doing nothing in particular."""
    told = {name: value for name, value in view.items() if value not in (None, "0s", [], 0)}
    return ", ".join(
        f"{name} {value if isinstance(value, str) else json.dumps(value)}" for name, value in told.items()
    )


# --- everything ---


@click.command(context_settings=CONTEXT, epilog=examples("siprec-emulator reset --key KEY_of_the_test"))
@server_options
def reset(*, as_json: bool, **given: Flag) -> None:
    """Forget everything that happened.

    Of one namespace, or without --key and --namespace of all.
    """
    there = reach(given)
    forgotten = there.client.reset(there.namespace)
    whose = "of all namespaces" if forgotten == "all" else f"of the namespace {forgotten}"
    tell({"reset": forgotten}, f"everything {whose} is forgotten", as_json=as_json)
