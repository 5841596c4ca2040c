"""The examples run as they are written, against a running emulator."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from emulator.core.models import SECOND
from tests.e2e.harness import BOUND_SECS, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.harness import Emulator, Receiver

EXAMPLES = ROOT / "examples"


def environment(emulator: Emulator) -> dict[str, str]:
    """What the examples' opening lines tell a reader to set."""
    return os.environ | {
        "TELNYX_BASE_URL": emulator.url,
        "TELNYX_API_KEY": "key",
        "TELNYX_PUBLIC_KEY": emulator.public_key,
    }


def test_record_call_starts_and_stops(emulator: Emulator, receiver: Receiver) -> None:
    """Both commands are taken, and both webhooks carry the example's client_state."""
    ran = subprocess.run(  # noqa: S603 - the project's own file
        [sys.executable, str(EXAMPLES / "record_call.py"), "v3:example"],
        env=environment(emulator),
        capture_output=True,
        text=True,
        timeout=BOUND_SECS,
        check=True,
    )
    assert ran.stdout == "siprec_start: ok\nsiprec_stop: ok\n"
    hooks = [receiver.next(), receiver.next()]
    assert {hook.event_type for hook in hooks} == {"siprec.started", "siprec.stopped"}
    assert {hook.event["data"]["payload"]["client_state"] for hook in hooks} == {"b3JkZXIgNDI="}


def test_record_call_says_why_it_was_refused(emulate: Callable[..., Emulator]) -> None:
    """A refusal ends it with Telnyx's document, not with a traceback."""
    emulator = emulate(default_scenario="api-error")
    ran = subprocess.run(  # noqa: S603 - the project's own file
        [sys.executable, str(EXAMPLES / "record_call.py")],
        env=environment(emulator),
        capture_output=True,
        text=True,
        timeout=BOUND_SECS,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stderr.startswith("refused: 422 {'errors': [{'code': '90018'")


def test_receive_webhooks_verifies_and_prints(emulate: Callable[..., Emulator]) -> None:
    """It takes a genuine webhook and refuses a forged one.

    It imports the SDK's types at the first, which may take longer than Telnyx waits on a busy machine.
    """
    emulator = emulate(webhook_timeout=30 * SECOND)
    with subprocess.Popen(  # noqa: S603 - the project's own file
        [sys.executable, str(EXAMPLES / "receive_webhooks.py"), "0"],
        env=environment(emulator),
        stdout=subprocess.PIPE,
        text=True,
    ) as app:
        try:
            assert app.stdout is not None
            url = app.stdout.readline().removeprefix("listening on ").strip()
            emulator.http.put(
                "/_emulator/namespaces/self", json={"webhook_url": url}, headers={"Authorization": "Bearer key"}
            )
            emulator.start("c1", connector_name="emu:srs-declined")
            told = app.stdout.readline()
            forged = emulator.http.post(url, content=b"{}")
            refused = app.stdout.readline()
        finally:
            app.terminate()
    assert told.startswith("siprec.failed ")
    assert '"failure_cause": "decline"' in told
    assert forged.status_code == 400
    assert refused.startswith("refused: Missing required header")
