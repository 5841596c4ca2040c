"""Where the media of a benchmark arrive: counts packets, and those that the sequence numbers miss.

Started as a process of its own: ``python media_sink.py``. Prints its ports, and the counts once standard input
ends.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys

PAIRS = 20
_BUFFER = 4 << 20
_SO_RCVBUFFORCE = 33
"""Linux: beyond the system's limit, where the user may."""


def bound() -> socket.socket:
    """A socket with as large a buffer as it gets: this process stands still now and then too."""
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        one.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
    except OSError:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    one.setblocking(False)
    one.bind(("127.0.0.1", 0))
    return one


def main() -> None:
    """Count until standard input ends."""
    sinks = [bound() for _ in range(PAIRS)]
    selector = selectors.DefaultSelector()
    for sink in sinks:
        selector.register(sink, selectors.EVENT_READ)
    selector.register(sys.stdin, selectors.EVENT_READ)
    print(json.dumps([sink.getsockname()[1] for sink in sinks]), flush=True)
    came, missed = 0, 0
    following: dict[bytes, int] = {}
    while True:
        for key, _ in selector.select():
            if key.fileobj is sys.stdin:
                print(json.dumps({"came": came, "missed": missed}), flush=True)
                return
            while True:
                try:
                    data = key.fileobj.recv(512)  # type: ignore[union-attr] # all others are sockets
                except BlockingIOError:
                    break
                came += 1
                number = data[2] << 8 | data[3]
                source = data[8:12]
                missed += number - following.get(source, number) & 0xFFFF
                following[source] = number + 1


if __name__ == "__main__":
    main()
