"""Durations: what is read, what is refused, and that writing one and reading it back is the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.durations import MAX_DURATION, format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("250ms", 250_000),
        ("30s", 30_000_000),
        ("1.5s", 1_500_000),
        ("10m", 600_000_000),
        ("1h", 3_600_000_000),
        ("24h", 86_400_000_000),
        ("0s", 0),
        ("0.001ms", 1),
        ("0.000001s", 1),
        ("0.5h", 1_800_000_000),
    ],
)
def test_a_number_and_its_unit_are_microseconds(text: str, microseconds: int) -> None:
    """Every unit of the language is read, exactly."""
    assert parse_duration(text) == microseconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "s",
        "5 s",
        "5sec",
        "-5s",
        "+5s",
        "1:30",
        "5S",
        ".5s",
        "5.s",
        "1h30m",
        "\u0665s",
        "5s\n",
        "1e3s",
        "9" * 99 + "s",
    ],
)
def test_what_is_no_number_with_a_unit_is_refused_with_examples(text: str) -> None:
    """The message shows how a duration is written, and stays short."""
    with pytest.raises(
        ValueError, match=r"is not a duration: write a number and its unit, such as 250ms"
    ) as caught:
        parse_duration(text)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("text", ["24.1h", "86401s", "999999999h"])
def test_more_than_a_day_is_refused(text: str) -> None:
    """The bound is named."""
    with pytest.raises(ValueError, match="longer than 24h"):
        parse_duration(text)


def test_finer_than_a_microsecond_is_refused() -> None:
    """Nothing is rounded behind the author's back."""
    with pytest.raises(ValueError, match="finer than a microsecond"):
        parse_duration("0.0000001s")


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [(0, "0s"), (1, "0.001ms"), (1_500, "1.5ms"), (400_000, "400ms"), (90_000_000, "90s"), (3_600_000_000, "1h")],
)
def test_a_duration_is_shown_in_the_largest_unit_that_divides_it(microseconds: int, text: str) -> None:
    """What a person would have written."""
    assert format_duration(microseconds) == text


@given(st.integers(min_value=0, max_value=MAX_DURATION))
def test_what_is_shown_is_read_back(duration: int) -> None:
    """Showing and reading are inverse over the whole range."""
    assert parse_duration(format_duration(duration)) == duration


@given(st.text(max_size=30))
def test_no_text_does_worse_than_value_error(text: str) -> None:
    """Any text is a duration within bounds or a ValueError."""
    try:
        duration = parse_duration(text)
    except ValueError:
        return
    assert 0 <= duration <= MAX_DURATION
