"""Session descriptions, offers and answers (RFC 4566, 3264, 4568), sans-IO."""
