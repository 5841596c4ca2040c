"""How many descriptors a process may have open, and which part of them is whose where they are few.

Owns the bounds. Must not open or close anything. A real recording session of two tracks takes six descriptors, a
webhook under way and a client's connection take one.
"""

from __future__ import annotations

import contextlib
import errno
import resource

MOST_KEPT = 256
"""Descriptors that recording sessions leave to others: a third of all, where that is less."""

_ENOUGH = 65_536

USED_UP = frozenset({errno.EMFILE, errno.ENFILE})
"""What the system calls it when there is none left: in the process, and on the machine."""


def raise_limit() -> None:
    """Allow this process what the system lets it have: many shells begin with 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, _ENOUGH)), hard))


def limit() -> int:
    """How many this process may have open now (``ulimit -n``)."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _ENOUGH if soft == resource.RLIM_INFINITY else soft


def for_webhooks(most: int) -> int:
    """How many webhooks may be under way at once: as many as are wanted, but a quarter of all descriptors at most.

    Args:
        most: As many as are wanted, at least one.
    """
    return max(1, min(most, limit() // 4))


def demand_room(descriptor: int) -> None:
    """Refuse a recording session's socket that was opened just now, where it is one of those that are kept.

    A new one has the lowest number that is free (POSIX.1, "File Descriptor Allocation"), so that its number says
    how many are open at the least. A process that is out of them takes no connection, and sends no webhook.

    Args:
        descriptor: Of the socket.

    Raises:
        OSError: EMFILE, as if there were none left; in words that name the limit.
    """
    most = limit()
    kept = min(MOST_KEPT, most // 3)
    if descriptor >= most - kept:
        told = f"too many open files: sessions leave {kept} of {most} (ulimit -n) to commands and webhooks"
        raise OSError(errno.EMFILE, told)
