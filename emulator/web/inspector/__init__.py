"""The live page: its files, and how they are served. What it shows comes from the control API alone."""
