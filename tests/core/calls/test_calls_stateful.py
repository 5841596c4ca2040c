"""Calls under any order of inputs: see ``calls_machine.py``."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from tests.core.calls.calls_machine import CallsMachine

TestCalls = CallsMachine.TestCase
TestCalls.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
