"""The session recording client (RFC 7866): Telnyx's side."""
