"""The scenario language: reading it, and what it means once read."""
