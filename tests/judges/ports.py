"""Ports on loopback for programs that must be told theirs.

Owns choosing them: below the ports that the kernel gives away, and each process of pytest-xdist from a part of its
own, so that between the choice and the program's own binding hardly anybody takes one.
"""

from __future__ import annotations

import os
import random
import socket
from contextlib import ExitStack
from itertools import count

HOST = "127.0.0.1"

LOWEST, HIGHEST = 12_000, 32_000
_BLOCK = 4
_PARTS = 10
_PART = (HIGHEST - LOWEST) // _PARTS
_first = LOWEST + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _PARTS * _PART
# where it begins is by chance, for runs beside each other
_next = count(random.randrange(0, _PART, _BLOCK), _BLOCK)  # noqa: S311 - no secret


def free_port() -> int:
    """An even port that, as the three above it, nobody has over UDP and TCP; another one each time.

    Four, since SIPp takes as many for media, of which it is told the first.
    """
    for _ in range(0, _PART, _BLOCK):
        port = _first + next(_next) % _PART
        if _free(port):
            return port
    raise AssertionError("no port is free")


def _free(port: int) -> bool:
    with ExitStack() as held:
        try:
            for number in range(port, port + _BLOCK):
                for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                    held.enter_context(socket.socket(socket.AF_INET, kind)).bind((HOST, number))
        except OSError:
            return False
    return True
