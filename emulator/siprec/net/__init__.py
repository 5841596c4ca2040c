"""Sockets that carry SIP, and the names behind them (RFC 3261 section 18, RFC 3263)."""
