"""Who may send now: a session's line, and the lanes of scenarios."""

from __future__ import annotations

import random

from emulator.core.lines import Lines

# --- a session's line ---


def test_the_first_of_a_session_is_next_until_it_leaves() -> None:
    lines = Lines()
    for seq in (4, 7, 9):
        lines.join("s", seq)
    assert [lines.is_next("s", seq) for seq in (4, 7, 9)] == [True, False, False]
    assert lines.leave("s") == 7
    assert [lines.is_next("s", seq) for seq in (7, 9)] == [True, False]
    assert lines.leave("s") == 9
    assert lines.leave("s") is None


def test_a_line_that_ended_begins_anew() -> None:
    lines = Lines()
    lines.join("s", 1)
    assert lines.leave("s") is None
    lines.join("s", 2)
    assert lines.is_next("s", 2)


def test_sessions_do_not_wait_for_each_other() -> None:
    lines = Lines()
    lines.join("a", 1)
    lines.join("b", 2)
    assert lines.is_next("a", 1)
    assert lines.is_next("b", 2)
    assert lines.leave("a") is None
    assert lines.is_next("b", 2)


# --- lanes ---


def test_as_many_are_under_way_as_may_and_the_rest_wait_in_order() -> None:
    lines = Lines()
    assert [lines.enter("x", 2, seq) for seq in (1, 2, 3, 4)] == [True, True, False, False]
    assert lines.exit("x") == 3
    assert lines.enter("x", 2, 3)
    assert not lines.enter("x", 2, 5)
    assert [lines.exit("x"), lines.exit("x")] == [4, 5]
    assert lines.enter("x", 2, 4)
    assert lines.enter("x", 2, 5)
    assert [lines.exit("x"), lines.exit("x")] == [None, None]
    assert [lines.enter("x", 1, seq) for seq in (6, 7)] == [True, False]


def test_each_scenario_has_its_own_lane() -> None:
    lines = Lines()
    assert lines.enter("x", 1, 1)
    assert lines.enter("y", 1, 2)
    assert not lines.enter("x", 1, 3)
    assert lines.exit("y") is None


def test_lines_that_are_cleared_know_nobody() -> None:
    lines = Lines()
    lines.join("s", 1)
    lines.enter("x", 1, 1)
    lines.enter("x", 1, 2)
    lines.clear()
    lines.join("s", 2)
    assert lines.is_next("s", 2)
    assert lines.enter("x", 1, 3)
    assert lines.exit("x") is None


def test_whoever_waits_gets_a_turn_and_never_more_than_the_limit_are_under_way() -> None:
    dice = random.Random(7)  # noqa: S311 - a fixed story, no secret
    lines, limit, coming = Lines(), 3, list(range(200))
    under_way: set[int] = set()
    done: list[int] = []
    while coming or under_way:
        if coming and (not under_way or dice.random() < 0.6):
            seq = coming.pop(0)
            if lines.enter("x", limit, seq):
                under_way.add(seq)
        else:
            over = dice.choice(sorted(under_way))
            under_way.remove(over)
            done.append(over)
            following = lines.exit("x")
            if following is not None:
                assert lines.enter("x", limit, following)
                under_way.add(following)
        assert len(under_way) <= limit
    assert sorted(done) == list(range(200))
