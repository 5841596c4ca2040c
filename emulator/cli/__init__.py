"""The command line: ``siprec-emulator``.

Owns the commands and their flags; each is a few lines over ``config``, ``client`` and ``web/server``. Must not
hold behaviour of its own. Heavy modules (aiohttp, JSON Schema, YAML, rich) are imported inside the commands that
need them, so that ``--help`` and ``health`` answer at once: a container asks for its health every few seconds.
"""

from __future__ import annotations

from emulator.cli.group import main

__all__ = ["main"]
