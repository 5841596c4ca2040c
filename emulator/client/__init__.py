"""The control API from Python: what an emulator is, what happened in it, and what is to happen.

::

    from emulator.client import EmulatorClient

    emulator = EmulatorClient("http://127.0.0.1:12111", api_key="KEY_of_this_test")
    emulator.set_clock(mode="manual")
    emulator.queue("srs-busy")
    ...                                    # the app under test starts a recording
    emulator.advance(by="30s")
    emulator.verify("webhooks", {"event_type": "siprec.failed"}, count=1)

``AsyncEmulatorClient`` is the same for programs with an event loop.

On the standard library alone, since ``siprec-emulator health`` has to be quick and a test suite should be able to
use it as it is: only the async client needs aiohttp, which is imported when that one is asked for. Must not know
the server's inside: only what ``docs/control-api.md`` promises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.client.answers import Document
from emulator.client.emulator import TIMEOUT_SECS, EmulatorClient
from emulator.client.events import STREAM_TIMEOUT_SECS, EventStream, ServerEvent
from emulator.client.wire import PREFIX

if TYPE_CHECKING:
    from emulator.client.async_wire import AsyncEventStream
    from emulator.client.asynchronous import AsyncEmulatorClient

__all__ = [
    "PREFIX",
    "STREAM_TIMEOUT_SECS",
    "TIMEOUT_SECS",
    "AsyncEmulatorClient",
    "AsyncEventStream",
    "Document",
    "EmulatorClient",
    "EventStream",
    "ServerEvent",
]

_WITH_AIOHTTP = ("AsyncEmulatorClient", "AsyncEventStream")


def __getattr__(name: str) -> object:
    """The names that need aiohttp, imported at their first use (PEP 562)."""
    if name not in _WITH_AIOHTTP:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from emulator.client import asynchronous  # noqa: PLC0415 - see above

    return getattr(asynchronous, name)
