"""What is wrong with a file or a flag."""

from __future__ import annotations

from emulator.core.errors import ConfigError, Problem


def test_a_complaint_of_a_flag_has_no_place_within_it() -> None:
    error = ConfigError.of("--port", "is taken")
    assert error.problems == (Problem(file="--port", line=0, column=0, message="is taken"),)
    assert str(error) == "--port: is taken"
