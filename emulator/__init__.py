"""A local Telnyx SIPREC emulator."""

__version__ = "0.1.0"
