"""What the built-in receiver answers: which rule, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from emulator.core.effects import Reply, WireFault
from emulator.core.errors import ControlError
from emulator.core.models import SECOND
from emulator.core.questions import Questions
from emulator.core.reception import TAKEN, Reception
from emulator.resources import load_schemas
from tests.core.journals import received

if TYPE_CHECKING:
    from emulator.core.models import JsonValue

QUESTIONS = Questions(load_schemas())
STOPPED = b'{"data": {"event_type": "siprec.stopped", "payload": {"hangup_cause": "normal_clearing"}}}'
FAILED = b'{"data": {"event_type": "siprec.failed", "payload": {"failure_cause": "no_answer"}}}'


def told(*answers: dict[str, Any]) -> Reception:
    """A receiver that was told to answer so."""
    reception = Reception()
    reception.set(QUESTIONS.read_reception({"answers": list(answers)}))
    return reception


def statuses(reception: Reception, *bodies: bytes) -> list[int]:
    """What each of these webhooks is answered."""
    return [reception.answer(received(body=body)).status for body in bodies]


def refusal(document: JsonValue) -> tuple[str | None, str | None]:
    """The pointer and the detail of what is said to a wrong body."""
    with pytest.raises(ControlError) as caught:
        QUESTIONS.read_reception(document)
    assert caught.value.status == 422
    [item] = caught.value.items
    return item.pointer, item.detail


def test_a_receiver_takes_everything_until_it_is_told_otherwise() -> None:
    assert Reception().answer(received()) is TAKEN
    assert Reply(status=200) == TAKEN


def test_a_rule_answers_as_often_as_it_says_and_then_the_next_one_that_fits() -> None:
    reception = told({"status": 500, "count": 2}, {"status": 404, "count": 1})
    assert statuses(reception, STOPPED, FAILED, FAILED, STOPPED) == [500, 500, 404, 200]
    assert reception.answered == [2, 1]


def test_a_rule_without_a_count_answers_for_ever() -> None:
    assert statuses(told({"status": 503}), *[STOPPED] * 5) == [503] * 5


def test_a_rule_answers_what_its_match_holds_of_and_counts_nothing_else() -> None:
    """Matchers are those of a question to what was received."""
    reception = told(
        {
            "match": {"event_type": "siprec.failed", "payload": {"failure_cause": "no_answer"}},
            "status": 400,
            "count": 1,
        }
    )
    assert statuses(reception, STOPPED, FAILED, FAILED) == [200, 400, 200]
    unsigned = told({"match": {"verdict": {"one_of": ["wrong", "missing"]}}, "status": 401})
    assert unsigned.answer(received(verdict="missing")).status == 401
    assert unsigned.answer(received(verdict="good")) is TAKEN


def test_setting_rules_replaces_them_and_counts_anew() -> None:
    reception = told({"status": 500, "count": 1})
    statuses(reception, FAILED)
    reception.set(QUESTIONS.read_reception({"answers": [{"status": 500, "count": 1}]}))
    assert statuses(reception, FAILED, FAILED) == [500, 200]
    reception.set(QUESTIONS.read_reception({}))
    assert statuses(reception, FAILED) == [200]


def test_rules_that_are_added_come_last_and_leave_the_counts_of_the_others() -> None:
    reception = told({"status": 500, "count": 1})
    assert statuses(reception, FAILED, FAILED) == [500, 200]
    reception.add(QUESTIONS.read_reception({"answers": [{"status": 404}]}))
    assert statuses(reception, FAILED) == [404]
    assert reception.answered == [1, 1]


def test_no_more_than_a_hundred_answers_are_told() -> None:
    reception = told(*[{"status": 500}] * 100)
    with pytest.raises(ControlError) as refused:
        reception.add(QUESTIONS.read_reception({"answers": [{}]}))
    assert refused.value.status == 422
    assert len(reception.rules) == 100


def test_an_answer_has_its_status_headers_body_and_delay() -> None:
    [rule] = QUESTIONS.read_reception(
        {"answers": [{"status": 429, "headers": {"Retry-After": 3}, "body": "später", "delay": "1500ms"}]}
    )
    assert rule.reply == Reply(
        status=429,
        headers=(("Retry-After", "3"),),
        body="später".encode(),
        content_type="text/plain; charset=utf-8",
        delay=SECOND + SECOND // 2,
        trickle=5 * SECOND,
    )
    assert rule.count is None


@pytest.mark.parametrize("fault", list(WireFault))
def test_an_answer_can_go_wrong_on_the_wire(fault: WireFault) -> None:
    [rule] = QUESTIONS.read_reception({"answers": [{"fault": str(fault), "delay": "1s"}]})
    assert (rule.reply.fault, rule.reply.delay, rule.reply.trickle) == (fault, SECOND, 5 * SECOND)


def test_a_trickle_takes_as_long_as_it_says() -> None:
    [rule] = QUESTIONS.read_reception({"answers": [{"fault": "trickle", "over": "2s"}]})
    assert rule.reply.trickle == 2 * SECOND


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"answer": []}, "/answer"),
        ({"answers": {}}, "/answers"),
        ({"answers": ["500"]}, "/answers/0"),
        ({"answers": [{"status": 199}]}, "/answers/0/status"),
        ({"answers": [{"status": 200}, {"status": 600}]}, "/answers/1/status"),
        ({"answers": [{"status": 500, "count": 0}]}, "/answers/0/count"),
        ({"answers": [{"fault": "explode"}]}, "/answers/0/fault"),
        ({"answers": [{"fault": "reset", "status": 500}]}, "/answers/0/status"),
        ({"answers": [{"fault": "reset", "over": "1s"}]}, "/answers/0/over"),
        ({"answers": [{"delay": "soon"}]}, "/answers/0/delay"),
        ({"answers": [{"delay": "25h"}]}, "/answers/0/delay"),
        ({"answers": [{"headers": {"Content-Length": "3"}}]}, "/answers/0/headers/Content-Length"),
        ({"answers": [{"headers": {"X": "a\r\nb"}}]}, "/answers/0/headers/X"),
        ({"answers": [{"match": {"event": "siprec.failed"}}]}, "/answers/0/match/event"),
        ({"answers": [{"match": {"headers": {"A": "1", "a": "2"}}}]}, "/answers/0/match/headers/a"),
    ],
)
def test_a_wrong_answer_is_refused_where_it_is_wrong(document: JsonValue, pointer: str) -> None:
    found, detail = refusal(document)
    assert found == pointer
    assert detail
