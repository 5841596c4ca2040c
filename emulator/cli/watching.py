"""The commands that ask a running server: ``health`` and ``tail``."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import click

from emulator.cli.options import CONTEXT, WHERE, load_settings, settings_options
from emulator.cli.trusting import trust, trust_of_a_probe
from emulator.client import EmulatorClient
from emulator.core.durations import parse_duration
from emulator.core.errors import ClientError
from emulator.core.models import SECOND

if TYPE_CHECKING:
    from emulator.cli.options import Flag
    from emulator.client import ServerEvent
    from emulator.config import Settings

_POLL_SECS = 0.1
_HEALTH_TIMEOUT_SECS = 3.0
_SHOWN: dict[str, tuple[str, ...]] = {
    "request": ("method", "target", "status", "scenario", "rule", "forwarded_to"),
    "transition": ("call_control_id", "from", "to", "cause"),
    "call": ("call_control_id", "from_state", "to_state", "hangup_cause"),
    "webhook": ("event_type", "call_control_id", "state"),
    "attempt": ("event_type", "number", "url", "outcome", "status", "reason"),
    "received": ("method", "target", "verdict"),
    "srs": ("target", "stage", "cause", "status", "reason"),
    "change": ("what",),
    "answer": ("request_id",),
    "session": ("call_control_id", "state", "cause", "scenario"),
}


def _seconds(_ctx: click.Context, _option: click.Parameter, text: str) -> float:
    """``250ms``, ``30s`` as click's callback reads them."""
    try:
        return parse_duration(text) / SECOND
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command(context_settings=CONTEXT)
@click.option("--wait", is_flag=True, help="Ask until it is ready.")
@click.option(
    "--timeout",
    metavar="DURATION",
    callback=_seconds,
    default="30s",
    show_default=True,
    show_envvar=True,
    help="How long to wait.",
)
@settings_options(*WHERE)
def health(wait: bool, timeout: float, **given: Flag) -> None:
    """Ask whether the emulator is ready.

    The status is 0 if it takes commands and 1 if not. It is found by the same flags and variables as serve's.
    """
    settings = load_settings(given).settings
    url = reachable_url(settings)
    deadline = time.monotonic() + (timeout if wait else 0)
    while True:
        state = _state(url, settings)
        if not state or time.monotonic() >= deadline:
            break
        time.sleep(_POLL_SECS)
    click.echo(state or f"ready at {url}", err=bool(state))
    raise SystemExit(1 if state else 0)


def _state(url: str, settings: Settings) -> str:
    """Empty when it is ready, else what is wrong. The trust is found anew, since a server that starts makes it."""
    client = EmulatorClient(url, timeout=_HEALTH_TIMEOUT_SECS, ca=trust_of_a_probe(settings))
    try:
        return "" if client.ready() else f"not ready at {url}"
    except ClientError as error:
        return str(error)


def reachable_url(settings: Settings) -> str:
    """Where a client on the same machine finds a server with these settings."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - compared, not bound
    scheme = "https" if settings.secure else "http"
    return f"{scheme}://[{host}]:{settings.port}" if ":" in host else f"{scheme}://{host}:{settings.port}"


@click.command(context_settings=CONTEXT)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--namespace", help="Only this namespace's events.", show_envvar=True)
@settings_options(*WHERE)
def tail(as_json: bool, namespace: str | None, **given: Flag) -> None:
    """Follow what happens, one line each.

    It ends with Ctrl-C, or with the emulator.
    """
    settings = load_settings(given).settings
    client = EmulatorClient(reachable_url(settings), settings.admin_token, ca=trust(settings))
    with client.events(namespace) as events:
        try:
            for event in events:
                click.echo(_json_line(event) if as_json else event_line(event))
        except KeyboardInterrupt:
            return


def _json_line(event: ServerEvent) -> str:
    return json.dumps({"id": event.id, "event": event.kind, "data": event.data})


def event_line(event: ServerEvent) -> str:
    """Time, namespace, kind and the kind's main facts."""
    facts = [event.data.get(name) for name in _SHOWN.get(event.kind, ())]
    moment = str(event.data.get("at") or event.data.get("occurred_at") or event.data.get("updated_at") or "")
    shown = " ".join(plain(fact) for fact in facts if fact is not None)
    return f"{moment} {event.data.get('namespace', '')} {event.kind:<10} {shown}"


def plain(fact: object) -> str:
    """A fact on one line, whatever a request put into it."""
    text = str(fact)
    return text if text.isprintable() else json.dumps(text)
