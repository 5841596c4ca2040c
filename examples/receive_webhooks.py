"""Receive SIPREC webhooks and verify each with Telnyx's Python SDK.

The key is the emulator's (or Telnyx's) public key, Base64, in TELNYX_PUBLIC_KEY:

    TELNYX_API_KEY=any TELNYX_PUBLIC_KEY=... python examples/receive_webhooks.py 8080
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

import telnyx

client = telnyx.Telnyx()


class Webhooks(BaseHTTPRequestHandler):
    """Answers 200 to what Telnyx signed, 400 to everything else."""

    def do_POST(self) -> None:
        """Verify the raw body: a parsed one that is written again has another signature."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        try:
            client.webhooks.unwrap(body, headers=dict(self.headers))
        except ValueError as error:
            print("refused:", error, flush=True)
            self.send_response(400)
        else:
            event = json.loads(body)["data"]
            print(event["event_type"], json.dumps(event["payload"]), flush=True)
            self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """The prints say enough."""


if __name__ == "__main__":
    server = HTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8080), Webhooks)
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()
