"""What is measured, by ``make bench``; every figure is a ratio to a baseline of the same run."""
