"""The example app in a process of its own, as the tests of several examples need it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = Path(__file__).parent.parent / "examples"

SERVE_APP = """
import socket
from aiohttp import web
from telnyx import AsyncTelnyx
import app
listening = socket.create_server(("127.0.0.1", 0))
print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
web.run_app(app.make_app(AsyncTelnyx()), sock=listening, print=None)
"""


@contextmanager
def serving_app(telnyx: dict[str, str]) -> Iterator[str]:
    """The example app on a free port."""
    with subprocess.Popen(  # noqa: S603 - the project's own file
        [sys.executable, "-c", SERVE_APP],
        cwd=EXAMPLES / "app",
        env=os.environ | telnyx,
        stdout=subprocess.PIPE,
        text=True,
    ) as app:
        try:
            assert app.stdout is not None
            yield app.stdout.readline().strip()
        finally:
            app.terminate()
