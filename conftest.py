"""What the whole test run has in common, wherever its tests lie."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.conformance.plugin"]

settings.register_profile(
    "untimed", parent=settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
# a machine that is busy with other things is no failure
settings.load_profile("untimed")
