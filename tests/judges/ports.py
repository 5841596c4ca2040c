"""Ports on loopback for programs that must be told theirs.

Owns choosing them. Tests in several processes choose from a random start each, below the ports that the kernel
gives away, so that between the choice and the program's own binding hardly anybody takes one.
"""

from __future__ import annotations

import random
import socket
from contextlib import ExitStack
from itertools import count

HOST = "127.0.0.1"

LOWEST, HIGHEST = 12_000, 32_000
_next = count(random.randrange(0, HIGHEST - LOWEST, 2), 2)  # noqa: S311 - keeps processes apart, no secret


def free_port() -> int:
    """An even port that, as its odd neighbour, nobody has over UDP and TCP; another one each time."""
    for _ in range(LOWEST, HIGHEST, 2):
        port = LOWEST + next(_next) % (HIGHEST - LOWEST)
        if _free(port):
            return port
    raise AssertionError("no port is free")


def _free(port: int) -> bool:
    with ExitStack() as held:
        try:
            for number in (port, port + 1):
                for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                    held.enter_context(socket.socket(socket.AF_INET, kind)).bind((HOST, number))
        except OSError:
            return False
    return True
