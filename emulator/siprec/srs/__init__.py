"""A small session recording server (RFC 7866): the other side, for demonstrations and tests."""
