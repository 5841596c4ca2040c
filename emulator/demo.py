"""The demonstration: one recording session against a running emulator, told step by step.

Owns the script and its wording. It is a client like any other: it sends the request that Telnyx's pages show as
the sample, and learns what came of it from the control API's event stream. Must not reach into the server.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from emulator.client import EmulatorClient, EventStream, ServerEvent
from emulator.core.errors import ControlUnreachable, EmulatorError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

CALL = "v3:MdI91X4lWFEs7IgbBEOT9M4AigoY08M0WWZFISt1Yw2axZ_IiE4pqg"
START: Mapping[str, str] = {
    "connector_name": "my-siprec-connector",
    "siprec_track": "both_tracks",
    "client_state": "aGF2ZSBhIG5pY2UgZGF5ID1d",
    "command_id": "891510ac-f3e4-11e8-af5b-de00688a4901",
}
STOP: Mapping[str, str] = {"client_state": START["client_state"]}
PATIENCE_SECS = 20.0
"""Longer than a start takes in any built-in scenario that answers, shorter than a watcher's own patience."""

_OK = 200
_STARTED = "siprec.started"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What the demonstration plays on.

    Attributes:
        url: The emulator's.
        api_key: Sent as the bearer token.
        namespace: The one that the key opens.
        admin_token: For the control API, where one is set.
        webhook_url: Where webhooks go, None for the built-in receiver.
        say: Prints one line.
        paint: Colours a text in a style of ``logs.painter``, or leaves it alone.
        tls: Verifies the emulator, where it speaks TLS.
        record_secs: How long is recorded before the stop.
    """

    url: str
    api_key: str
    namespace: str
    admin_token: str | None
    webhook_url: str | None
    say: Callable[[str], None]
    paint: Callable[[str, str], str]
    tls: ssl.SSLContext | None = None
    record_secs: float = 0.0


def play(stage: Stage) -> bool:
    """Start a recording, stop it, and tell everything that happens.

    Returns:
        Whether the recording started and ended.
    """
    client = EmulatorClient(stage.url, stage.admin_token, ca=stage.tls)
    ended = False
    try:
        # whatever --clock says: nobody is here to move it
        client.set_clock(mode="running", namespace=stage.namespace)
        with client.events(stage.namespace, timeout=PATIENCE_SECS) as events:
            if _command(stage, "siprec_start", START) == _OK:
                ended = _follow(stage, events)
        _explain(stage, client.info())
    except EmulatorError as error:
        stage.say(f"The demonstration ends here: {error}.")
    return ended


def _follow(stage: Stage, events: EventStream) -> bool:
    """From the accepted start to the last webhook."""
    first = _webhook(stage, events)
    if first != _STARTED:
        stage.say(f"The scenario ends with {first}, so there is nothing to stop.")
        return False
    if stage.record_secs:
        stage.say("")
        stage.say(stage.paint("event", f"* recording for {stage.record_secs:g} s"))
        time.sleep(stage.record_secs)
    return _command(stage, "siprec_stop", STOP) == _OK and _webhook(stage, events) != _STARTED


def _command(stage: Stage, action: str, body: Mapping[str, str]) -> int:
    """Send one command and show both sides."""
    path = f"/v2/calls/{quote(CALL, safe='')}/actions/{action}"
    text = json.dumps(body, indent=2)
    stage.say("")
    stage.say(stage.paint("event", f"> POST {path}"))
    stage.say(f"> Authorization: Bearer {stage.api_key}")
    _indented(stage, "> ", text)
    connection = _connection(stage)
    headers = {"Authorization": f"Bearer {stage.api_key}", "Content-Type": "application/json"}
    try:
        connection.request("POST", path, body=text.encode(), headers=headers)
        response = connection.getresponse()
        answer = response.read().decode("utf-8", "replace")
    except (OSError, HTTPException) as error:
        raise ControlUnreachable(stage.url, str(error)) from None
    finally:
        connection.close()
    stage.say(stage.paint("event", f"< {response.status} {response.reason}"))
    for name, value in response.getheaders():
        if name.lower().startswith("x-emulator-"):
            stage.say(f"< {name}: {value}")
    _indented(stage, "< ", answer)
    return response.status


def _connection(stage: Stage) -> HTTPConnection:
    parts = urlsplit(stage.url)
    if stage.tls is None:
        return HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE_SECS)
    return HTTPSConnection(parts.hostname or "", parts.port, timeout=PATIENCE_SECS, context=stage.tls)


def _webhook(stage: Stage, events: EventStream) -> str:
    """Wait for the next webhook, show it, and return its event type."""
    wanted = "attempt" if stage.webhook_url else "received"
    for event in events:
        if event.kind == wanted:
            return _attempt(stage, event) if stage.webhook_url else _received(stage, event)
    raise ControlUnreachable(stage.url, "the server stopped")


def _received(stage: Stage, event: ServerEvent) -> str:
    """A webhook at the built-in receiver, with the verdict on its signature."""
    data = event.data
    body = data.get("body", "")
    kind = _event_type(body)
    stage.say("")
    stage.say(stage.paint("event", f"* webhook {kind}") + f" at the built-in receiver, {data['at']}")
    for name, value in data["headers"]:
        if name.lower().startswith("telnyx-"):
            stage.say(f"* {name}: {value}")
    _indented(stage, "* ", body)
    style = "good" if data["verdict"] == "good" else "error"
    stage.say(stage.paint(style, f"* verdict: {data['verdict']}") + f" ({data['reason']})")
    return kind


def _attempt(stage: Stage, event: ServerEvent) -> str:
    """An attempt at the URL that was configured: the app shows the webhook itself."""
    data = event.data
    result = data.get("status") or data.get("reason")
    stage.say("")
    stage.say(stage.paint("event", f"* webhook {data['event_type']}") + f" to {data['url']}")
    stage.say(f"* attempt {data['number']}: {data['outcome']} ({result})")
    return str(data["event_type"])


def _event_type(body: str) -> str:
    match json.loads(body):
        case {"data": {"event_type": str(kind)}}:
            return kind
        case _:
            return "of no known type"


def _indented(stage: Stage, mark: str, text: str) -> None:
    for line in text.splitlines():
        stage.say(f"{mark}{line}")


def _explain(stage: Stage, info: Mapping[str, Any]) -> None:
    """How to point an app here."""
    stage.say("")
    stage.say(stage.paint("event", "Point an app here:"))
    stage.say(f"  export TELNYX_BASE_URL={stage.url}/v2")
    stage.say(f"  export TELNYX_API_KEY={stage.api_key}")
    stage.say(f"  export TELNYX_PUBLIC_KEY={info['public_key']}")
    stage.say("and send its webhooks to it: siprec-emulator serve --webhook-url http://127.0.0.1:8080/webhooks")
    stage.say(f"Watch what happens at {stage.url}/_emulator/ in a browser. Ctrl-C ends it.")
