"""The sender: every webhook reported once, none held up by another's receiver, and an orderly end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from emulator.core.effects import AttemptOutcome
from emulator.core.models import MILLISECOND
from tests.web.receivers import BOUND_SECS, OK, Desk, open_desk, read_request, receiver, to

if TYPE_CHECKING:
    from emulator.core.effects import AttemptResult

DELIVERED, ABANDONED = AttemptOutcome.DELIVERED, AttemptOutcome.ABANDONED


class Gate:
    """A receiver that answers nothing until it is opened, and counts what is on it."""

    def __init__(self) -> None:
        """Closed."""
        self.now = 0
        self.most = 0
        self.total = 0
        self._opened = asyncio.Event()
        self._arrived = asyncio.Event()

    def open(self) -> None:
        """Answer everything, now and later."""
        self._opened.set()

    async def arrived(self, count: int) -> None:
        """Wait until so many requests have come."""
        async with asyncio.timeout(BOUND_SECS):
            while self.total < count:
                self._arrived.clear()
                await self._arrived.wait()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        while True:
            await read_request(reader)
            self.now += 1
            self.total += 1
            self.most = max(self.most, self.now)
            self._arrived.set()
            await self._opened.wait()
            self.now -= 1
            writer.write(OK)


async def quick(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer 200 at once."""
    while True:
        await read_request(reader)
        writer.write(OK)


async def test_submitting_returns_before_anything_is_sent_or_reported() -> None:
    async with receiver(quick) as base, open_desk() as desk:
        desk.sender.submit(to(base))
        assert desk.results == []
        assert desk.sender.in_flight == 1
        assert not desk.sender.idle.is_set()
        await desk.reported(1)
        assert desk.sender.in_flight == 0
        assert desk.sender.idle.is_set()


async def test_a_slow_receiver_does_not_delay_another_sessions_webhook() -> None:
    gate = Gate()
    async with receiver(gate) as slow, receiver(quick) as fast, open_desk() as desk:
        desk.sender.submit(to(slow, attempt_id="slow"))
        await gate.arrived(1)
        desk.sender.submit(to(fast, attempt_id="fast"))
        await desk.reported(1)
        assert desk.ids() == ["fast"]
        gate.open()
        await desk.reported(2)
    assert desk.ids() == ["fast", "slow"]


async def test_a_slow_webhook_does_not_delay_another_to_the_same_receiver() -> None:
    held = asyncio.Event()

    async def first_is_slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head, _ = await read_request(reader)
        if b"/slow" in head:
            await held.wait()
        writer.write(OK)
        await reader.read()

    async with receiver(first_is_slow) as base, open_desk() as desk:
        desk.sender.submit(to(f"{base}/slow", attempt_id="slow"))
        desk.sender.submit(to(f"{base}/fast", attempt_id="fast"))
        await desk.reported(1)
        assert desk.ids() == ["fast"]
        held.set()
        await desk.reported(2)


async def test_a_full_origin_lets_others_pass_and_works_off_its_line_within_its_bound() -> None:
    gate = Gate()
    async with receiver(gate) as slow, receiver(quick) as fast, open_desk(per_origin=3) as desk:
        for number in range(20):
            desk.sender.submit(to(f"{slow}/{number}", attempt_id=f"slow{number}"))
        await gate.arrived(3)
        assert (desk.sender.in_flight, desk.sender.waiting) == (3, 17)
        desk.sender.submit(to(fast, attempt_id="fast"))
        await desk.reported(1)
        assert desk.ids() == ["fast"]
        gate.open()
        await desk.reported(21)
    assert gate.most == 3
    assert len(set(desk.ids())) == 21


async def test_the_total_is_bounded() -> None:
    gate, other = Gate(), Gate()
    async with receiver(gate) as one, receiver(other) as two, open_desk(total=4) as desk:
        for number in range(10):
            desk.sender.submit(to(one if number % 2 else two, attempt_id=str(number)))
        await gate.arrived(2)
        await other.arrived(2)
        assert (desk.sender.in_flight, desk.sender.waiting) == (4, 6)
        gate.open()
        other.open()
        await desk.reported(10)


async def test_many_at_once_are_each_reported_once() -> None:
    async with receiver(quick) as base, open_desk(per_origin=50) as desk:
        for number in range(1000):
            desk.sender.submit(to(base, attempt_id=str(number)))
        results = await desk.reported(1000)
    assert {result.outcome for result in results} == {DELIVERED}
    assert sorted(map(int, desk.ids())) == list(range(1000))


async def test_what_is_submitted_before_the_start_waits_for_it() -> None:
    async with receiver(quick) as base:
        desk = Desk()
        desk.sender.submit(to(base))
        assert desk.sender.waiting == 1
        await desk.sender.start()
        assert (await desk.reported(1))[0].outcome is DELIVERED
        await desk.sender.close()


async def test_drain_lets_what_is_in_flight_and_waiting_finish() -> None:
    gate = Gate()
    async with receiver(gate) as base, open_desk(per_origin=2) as desk:
        for number in range(6):
            desk.sender.submit(to(base, attempt_id=str(number)))
        await gate.arrived(2)
        draining = asyncio.create_task(desk.sender.drain(BOUND_SECS))
        gate.open()
        await draining
        assert [result.outcome for result in desk.results] == [DELIVERED] * 6


async def test_drain_waits_for_what_a_result_submits_in_turn() -> None:
    async with receiver(quick) as base:
        results: list[AttemptResult] = []

        def again(result: AttemptResult) -> None:
            results.append(result)
            if len(results) < 3:
                desk.sender.submit(to(base))

        async with open_desk(on_result=again) as desk:
            desk.sender.submit(to(base))
            await desk.sender.drain(BOUND_SECS)
            assert [result.outcome for result in results] == [DELIVERED] * 3


async def test_drain_abandons_what_has_not_ended_by_the_timeout_and_reports_each_once() -> None:
    gate = Gate()
    async with receiver(gate) as base, open_desk(per_origin=2) as desk:
        for number in range(5):
            desk.sender.submit(to(base, attempt_id=str(number)))
        await gate.arrived(2)
        await desk.sender.drain(0.02)
        assert sorted(desk.ids()) == ["0", "1", "2", "3", "4"]
        assert {result.outcome for result in desk.results} == {ABANDONED}
        sent = {result.attempt_id for result in desk.results if result.request_headers}
        assert sent == {"0", "1"}
        assert {result.error for result in desk.results} == {None}
        assert (desk.sender.in_flight, desk.sender.waiting) == (0, 0)
        gate.open()
        assert (await desk.try_once(to(base))).outcome is DELIVERED


async def test_an_attempt_cancelled_before_its_first_step_is_reported_too() -> None:
    async with receiver(quick) as base, open_desk() as desk:
        desk.sender.submit(to(base))
        await desk.sender.drain(0)
        assert [result.outcome for result in desk.results] == [ABANDONED]


async def test_what_an_abandoned_result_submits_is_abandoned_as_well() -> None:
    results: list[AttemptResult] = []

    def again(result: AttemptResult) -> None:
        results.append(result)
        if len(results) == 1:
            desk.sender.submit(to("http://127.0.0.1:9/"))

    async with open_desk(on_result=again) as desk:
        desk.sender.submit(to("http://127.0.0.1:9/"))
        await desk.sender.drain(0)
        assert [result.outcome for result in results] == [ABANDONED, ABANDONED]


async def test_draining_an_idle_sender_returns_at_once() -> None:
    async with open_desk() as desk:
        await desk.sender.drain(0)
        assert desk.results == []


async def test_closing_abandons_what_is_left_and_whatever_comes_after() -> None:
    gate = Gate()
    async with receiver(gate) as base:
        desk = Desk()
        await desk.sender.start()
        desk.sender.submit(to(base, attempt_id="left"))
        await gate.arrived(1)
        await desk.sender.close()
        desk.sender.submit(to(base, attempt_id="late"))
        assert desk.ids() == ["left"]
        await desk.reported(2)
        await desk.sender.close()
    assert [(result.attempt_id, result.outcome) for result in desk.results] == [
        ("left", ABANDONED),
        ("late", ABANDONED),
    ]


async def test_forbidden_targets_are_reported_like_any_other_result() -> None:
    async with receiver(quick) as base, open_desk(per_origin=1) as desk:
        for number in range(5):
            desk.sender.submit(to("http://8.8.8.8/", attempt_id=f"bad{number}"))
        desk.sender.submit(to(base, attempt_id="good"))
        await desk.reported(6)
    assert {result.attempt_id for result in desk.results if result.refused} == {f"bad{n}" for n in range(5)}


async def test_a_listener_that_raises_loses_no_other_result() -> None:
    heard: list[AttemptResult] = []
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))

    def listen(result: AttemptResult) -> None:
        heard.append(result)
        if len(heard) == 1:
            raise RuntimeError("the listener's own mistake")

    async with receiver(quick) as base, open_desk(on_result=listen, per_origin=1) as desk:
        for _ in range(3):
            desk.sender.submit(to(base))
        await desk.sender.drain(BOUND_SECS)
    assert len(heard) == 3
    assert [str(context["exception"]) for context in complaints] == ["the listener's own mistake"]


async def test_a_timeout_ends_the_attempt_and_frees_its_place() -> None:
    gate = Gate()
    async with receiver(gate) as base, open_desk(per_origin=1) as desk:
        desk.sender.submit(to(base, attempt_id="stuck", timeout=30 * MILLISECOND))
        desk.sender.submit(to(base, attempt_id="next"))
        await desk.reported(1)
        gate.open()
        await desk.reported(2)
    assert desk.ids() == ["stuck", "next"]
