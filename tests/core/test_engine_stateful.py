"""Whatever an engine is given, in whatever order, it loses nothing, invents nothing and stays within bounds."""

from __future__ import annotations

from hypothesis import settings

from tests.core.engine_machine import EngineMachine

TestEngine = EngineMachine.TestCase
TestEngine.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
