"""A receiver of webhooks in a process of its own: answers 200, and writes each event's id as a line to its output.

``python killed_receiver.py PORT``; prints ``ready`` once it listens. Made to be killed.
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    """Takes webhooks."""

    def do_POST(self) -> None:
        """Write the id down before the answer: what was not answered may still have arrived."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        print(json.loads(body)["data"]["id"], flush=True)  # noqa: T201 - its output is the report
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing else."""


if __name__ == "__main__":
    server = HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    print("ready", flush=True)  # noqa: T201 - its output is the report
    server.serve_forever()
