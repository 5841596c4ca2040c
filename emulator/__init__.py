"""A local Telnyx SIPREC emulator."""
