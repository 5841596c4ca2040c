"""A running emulator, a receiver of its webhooks, and the official SDK, blocking and asyncio."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import telnyx

from tests.e2e.harness import Emulator, Receiver, Sdk, emulating, receiving, sdk_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An app that takes every webhook."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def emulate() -> Iterator[Callable[..., Emulator]]:
    """Starts emulators."""
    with ExitStack() as stack:

        def start(**settings: Any) -> Emulator:
            return stack.enter_context(emulating(**settings))

        yield start


@pytest.fixture
def emulator(emulate: Callable[..., Emulator], receiver: Receiver) -> Emulator:
    """One with short pauses, whose webhooks go to ``receiver``."""
    return emulate(webhook_url=receiver.url)


@pytest.fixture(params=[telnyx.Telnyx, telnyx.AsyncTelnyx], ids=["sync", "async"])
def sdk(request: pytest.FixtureRequest) -> Sdk:
    """Opens a client of an emulator: the blocking one, then asyncio's."""
    return partial(sdk_on, request.param)
