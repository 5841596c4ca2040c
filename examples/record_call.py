"""Start and stop SIPREC on a call with Telnyx's Python SDK.

The SDK reads where to go and its key from the environment, so that this runs against the emulator unchanged:

    TELNYX_BASE_URL=http://127.0.0.1:12111/v2 TELNYX_API_KEY=any python examples/record_call.py v3:my-call
"""

from __future__ import annotations

import sys
import uuid

import telnyx


def record(call_control_id: str) -> None:
    """Start a recording, then stop it; the webhooks tell what came of both."""
    with telnyx.Telnyx() as client:
        started = client.calls.actions.start_siprec(
            call_control_id,
            connector_name="my-siprec-connector",
            siprec_track="both_tracks",
            client_state="b3JkZXIgNDI=",
            extra_body={"command_id": str(uuid.uuid4())},
        )
        print("siprec_start:", started.data.result if started.data else None)
        stopped = client.calls.actions.stop_siprec(call_control_id, command_id=str(uuid.uuid4()))
        print("siprec_stop:", stopped.data.result if stopped.data else None)


if __name__ == "__main__":
    try:
        record(sys.argv[1] if len(sys.argv) > 1 else "v3:my-call")
    except telnyx.APIStatusError as error:
        sys.exit(f"refused: {error.status_code} {error.body}")
