"""What the whole test run has in common, wherever its tests lie."""

pytest_plugins = ["tests.conformance.plugin"]
