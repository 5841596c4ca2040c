"""The rooms of the control API: each owns some routes under ``/_emulator`` and their answers."""
