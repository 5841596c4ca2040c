"""What was on the wire, kept and shown: ladders and capture files."""
