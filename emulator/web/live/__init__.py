"""Real recording sessions, asked for by the engine: the only room of the web that knows ``emulator.siprec``."""
