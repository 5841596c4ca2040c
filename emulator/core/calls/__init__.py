"""Calls: their values, their life, and what an app, the far end and time do to them."""
