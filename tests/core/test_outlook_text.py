"""The lines that tell of an outlook: when on the left, what on the right, in plain words."""

from __future__ import annotations

import textwrap

import pytest

from emulator.core.models import HOUR, MILLISECOND, MINUTE, SECOND
from emulator.core.outlook_question import ask
from emulator.core.outlook_text import printable, spoken, text_lines
from emulator.core.outlook_walk import outlook
from emulator.core.policy import Policy
from tests.core.engines import HAPPY, SCHEMAS, scenario

STARTED = "timeline: [{emit: siprec.started}]"


def told(body: str) -> list[str]:
    """The plain lines of the scenario that is written in ``body``."""
    ahead = outlook(scenario(body), ask(SCHEMAS, Policy()), Policy())
    return [line.plain for line in text_lines(ahead)]


def text(expected: str) -> list[str]:
    """Lines as a test writes them."""
    return textwrap.dedent(expected).strip("\n").splitlines()


def test_the_happy_path_reads_well() -> None:
    """The answer, each step with its time, and the end."""
    assert told(HAPPY) == text(
        """
        siprec_start   200 {"data":{"result":"ok"}}
        +400ms         siprec.started
                       waits for siprec_stop, at most 1h, till +1h 400ms
        50ms later     siprec.stopped  hangup_cause=normal_clearing
                       ends
        """
    )


def test_branches_are_indented() -> None:
    """What depends on the app stands under its condition, with its own times in the left column."""
    body = """
timeline:
  - wait_for: {any: [{command: siprec_stop}, {webhook_acked: siprec.started}]}
    timeout: 60s
    then: [{emit: siprec.stopped, payload: {hangup_cause: originator_cancel}}, end]
    on_timeout: [{emit: siprec.failed, after: 1s}]
  - wait_for: {command: siprec_stop}
"""
    assert told(body)[:10] == text(
        """
        siprec_start   200 {"data":{"result":"ok"}}
                       waits for siprec_stop or siprec.started to be acknowledged, at most 1m, till +1m
                         when it comes:
        at once            siprec.stopped  hangup_cause=originator_cancel
                           ends
                         when it doesn't:
        +1m 1s             siprec.failed  failure_cause=normal_temporary_failure
                       waits for siprec_stop, for ever
                       ends
        warning        s.yaml:5:46: this can't happen: no step before it emits siprec.started
        """
    )


def test_everything_about_a_webhook_is_told_below_its_event() -> None:
    """Drawn times, copies, attempts, stamps; an attempt alike to the one before it shares its line."""
    body = """
delivery: {timeout: 1s, attempts_per_url: 2, backoff: {first: 500ms, max: 1s}, failover: false, order: per_session,
  concurrency: 3}
timeline:
  - emit: siprec.started
    after: {lognormal: {median: 1s, sigma: 1, max: 30s}}
    payload: {note: "${request.body.nothing}"}
    deliver:
      delay: {uniform: {min: 1s, max: 2s}}
      copies: 2
      same_id: false
      url: http://a.test/
      attempts: [{simulate: drop}, {simulate: drop}, {simulate: timeout}, {url: "http://b.test/"}]
    sign: {mode: wrong_key, timestamp_skew: -10m}
  - wait_for: {webhook_acked: siprec.started}
  - emit: siprec.started
    at: 10s
    deliver: {copies: 0}
    sign: {mode: none, timestamp_skew: 90s}
  - emit: siprec.stopped
    after: {uniform: {min: 0s, max: 1s}}
    deliver: {copies: 3, gap: 200ms, attempts: [{simulate: connect_error}, {simulate: ack_lost}]}
"""
    lines = [line for line in told(body) if not line.startswith("warning")]
    assert lines == text(
        """
        siprec_start    200 {"data":{"result":"ok"}}
        +0s to 30s      siprec.started  note=null
                          - half of the times within 1s
                          - ${request.body.nothing} has no value for this request: null
                          - its webhook sets out 1s to 2s after it
                          - sent 2 times, at once, each with an event id of its own
                          - sent to http://a.test/
                          - each of attempts 1 to 2: lost on the way, and fails with the timeout
                          - attempt 3: taken, but the answer comes too late
                          - attempt 4: made as usual, at http://b.test/
                          - signed with a wrong key
                          - its stamp is 10m in the past
                        waits for siprec.started to be acknowledged, for ever
        +10s            siprec.started
                          - or at once, where that moment has passed
                          - its webhook is never sent
                          - not signed
                          - its stamp is 1m 30s in the future
        0s to 1s later  siprec.stopped  hangup_cause=normal_clearing
                          - sent 3 times, 200ms apart, all with one event id
                          - attempt 1: finds no connection
                          - attempt 2: taken, but the answer is lost
                        ends
        webhooks        2 attempts a URL of 1s each, pauses from 500ms to at most 1s, no failover, 2xx counts as taken, a session's one after the other, 3 under way at once
        """  # noqa: E501 - a line is a line
    )


@pytest.mark.parametrize(
    ("respond", "line"),
    [
        ("{result: ok, delay: 2s}", '200 {"data":{"result":"ok"}}, after 2s'),
        ("{result: ok, session: none}", '200 {"data":{"result":"ok"}}; nothing starts all the same'),
        ("{error: 90018}", "422 90018 Call has already ended; nothing starts"),
        ("{status: 503, error: []}", "503 with an empty body; nothing starts"),
        ("{status: 429, sdk_retry: true}", "429 10011 Too many requests, SDKs are told to retry; nothing starts"),
        ("{error: {detail: Gone.}, session: started}", "422 Gone.; the recording starts all the same"),
        ("{fault: reset, session: started}", "the connection is reset; the recording starts"),
        ("{fault: empty}", "the connection is closed without a byte; nothing starts"),
        ("{fault: garbage}", "bytes that are no HTTP; nothing starts"),
        ("{fault: hang, delay: 1s}", "no answer, until the client leaves, after 1s; nothing starts"),
        ("{fault: trickle}", '200 {"data":{"result":"ok"}} byte by byte over 5s; the recording starts'),
    ],
)
def test_an_answer_says_what_the_client_sees_and_what_comes_of_it(respond: str, line: str) -> None:
    """In that order, where they are not the same."""
    assert told(f"respond: {respond}")[0] == f"siprec_start   {line}"


def test_a_sequence_is_told_one_by_one() -> None:
    """And what follows its last."""
    body = f"respond: {{sequence: [{{status: 503}}, {{result: ok}}], after_last: AFTER}}\n{STARTED}"
    first, second, third, *_ = told(body.replace("AFTER", "restart"))
    assert first.startswith("siprec_start   1st on a call: 503 10007")
    assert second == '               2nd on a call: 200 {"data":{"result":"ok"}}'
    assert third == "               after that: from the first again"
    for after_last in ("default", "repeat_last"):
        assert (
            told(body.replace("AFTER", after_last))[2] == '               after that: 200 {"data":{"result":"ok"}}'
        )


def test_ordinals_are_english() -> None:
    """Also beyond twenty and for the teens."""
    lines = told(f"respond: {{sequence: [{', '.join(['{result: ok}'] * 23)}]}}\n{STARTED}")
    ordinals = [line.split(" on a call")[0].split()[-1] for line in lines if " on a call" in line]
    assert ordinals[:4] == ["1st", "2nd", "3rd", "4th"]
    assert ordinals[10:13] == ["11th", "12th", "13th"]
    assert ordinals[20:] == ["21st", "22nd", "23rd"]


def test_the_stops_answer_is_told_where_it_is_not_the_usual_one() -> None:
    """Only where something can be stopped."""
    assert told("respond_stop: {status: 500}\n" + STARTED)[1].startswith("siprec_stop    500 10007")
    assert told("respond_stop: {status: 500}\n" + STARTED)[1].endswith("; the stop doesn't count")
    assert len(told("respond: {error: 90018}\nrespond_stop: {status: 500}")) == 1


def test_a_scenario_that_does_not_match_says_so_first() -> None:
    """With the comparison that failed."""
    line = told("match: {call_control_id: {prefix: v9}}\n" + STARTED)[0]
    assert line.startswith("match          not for this request: call_control_id")


def test_a_silent_end_is_told() -> None:
    """No last event tells the app."""
    assert told(STARTED)[-1].strip() == "ends, without siprec.stopped or siprec.failed"


def test_long_and_strange_values_stay_on_their_line() -> None:
    """Cut where they are long, written as JSON where a terminal would act on them."""
    body = 'timeline: [{emit: siprec.failed, payload: {failure_cause: "a\\e[31mb\\nc", note: "%s"}}]' % ("x" * 500)
    line = told(body)[1]
    assert "failure_cause=a\\u001b[31mb\\nc  note=xxx" in line
    assert line.endswith("xxx...")
    assert len(line) < 200


def test_printable_text_is_left_alone() -> None:
    """And any other is written as JSON writes it, without its quotes."""
    assert printable("plain: é") == "plain: é"
    assert printable("a\x1b") == "a\\u001b"


@pytest.mark.parametrize(
    ("duration", "said"),
    [
        (0, "0s"),
        (250 * MILLISECOND, "250ms"),
        (1, "0.001ms"),
        (1450 * MILLISECOND, "1.45s"),
        (59_999_999, "59.999999s"),
        (MINUTE, "1m"),
        (HOUR + 400 * MILLISECOND, "1h 400ms"),
        (25 * HOUR + 2 * MINUTE + 3 * SECOND, "25h 2m 3s"),
    ],
)
def test_durations_are_told_in_as_many_units_as_they_take(duration: int, said: str) -> None:
    """Nothing is rounded."""
    assert spoken(duration) == said


def test_a_dial_is_told_with_what_may_come_of_it() -> None:
    """The usual branches, which nobody wrote."""
    assert told("timeline: [{dial: srs}, {wait_for: {srs: ended}, timeout: 1m}, {emit: siprec.stopped}]") == text(
        """
        siprec_start   200 {"data":{"result":"ok"}}
        +0s            dials the recording server
                         when it answers:
        at once            siprec.started
                         when it doesn't:
        at once            siprec.failed  failure_cause=<srs.cause>
                           ends
                         when siprec_stop comes first:
        at once            siprec.stopped  hangup_cause=originator_cancel
                           ends
                       waits for the recording server's session to be over, at most 1m
        at once        siprec.stopped  hangup_cause=normal_clearing
                       ends
        """
    )


def test_a_dial_is_told_with_its_own_settings_and_misconduct() -> None:
    wire = "late_cancel: true, no_refresh: true, missing_label: true, wrong_boundary: true, invalid_metadata: true"
    media = "only_track: outbound, loss: 0.05, reordering: 1, jitter: 20ms, codec_change: 1s, silence: 0s"
    keys = "secure: true, timeout: {uniform: {min: 1s, max: 2s}}, answered: [], failed: [], cancelled: []"
    dial = f"{{dial: srs, at: 5s, {keys}, wire: {{{wire}, {media}}}}}"
    body = f"timeline: [{{wait_for: {{command: siprec_stop}}}}, {dial}]"
    assert told(body)[2:-2] == text(
        """
        +5s            dials the recording server by TLS and SRTP, which may take 1s to 2s to answer
                         - or at once, where that moment has passed
                         - CANCEL goes only once it has answered
                         - the session is never refreshed
                         - streams have no a=label
                         - the Content-Type names a wrong boundary
                         - the metadata are not valid
                         - media on the outbound track alone
                         - 5 % of packets are lost
                         - 100 % of packets are overtaken
                         - packets are up to 20ms late
                         - after 1s the codec changes
                         - after 0s no packet comes any more, and no BYE
        """
    )


def test_a_failed_branch_s_own_event_tells_the_recording_server_s_cause() -> None:
    lines = told("timeline: [{dial: srs, secure: false, failed: [{emit: siprec.failed}]}]")
    assert "siprec.failed  failure_cause=<srs.cause>" in "\n".join(lines)
    assert "without TLS and SRTP" in lines[1]
