"""The control API from Python: what an emulator is, what happened in it, and what is to happen.

::

    from emulator.client import EmulatorClient

    emulator = EmulatorClient("http://127.0.0.1:12111", api_key="KEY_of_this_test")
    emulator.set_clock(mode="manual")
    emulator.queue("srs-busy")
    ...                                    # the app under test starts a recording
    emulator.advance(by="30s")
    emulator.verify("webhooks", {"event_type": "siprec.failed"}, count=1)

On the standard library alone, since ``siprec-emulator health`` has to be quick and a test suite should be able to
use it as it is. Must not know the server's inside: only what ``docs/control-api.md`` promises.
"""

from __future__ import annotations

from emulator.client.emulator import TIMEOUT_SECS, EmulatorClient
from emulator.client.events import STREAM_TIMEOUT_SECS, EventStream, ServerEvent
from emulator.client.wire import PREFIX, Document

__all__ = [
    "PREFIX",
    "STREAM_TIMEOUT_SECS",
    "TIMEOUT_SECS",
    "Document",
    "EmulatorClient",
    "EventStream",
    "ServerEvent",
]
