"""Recording metadata (RFC 7865), sans-IO."""
