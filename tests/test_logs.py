"""Log lines: one a record whatever it holds, secrets replaced, colour only where it is wanted."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator import logs
from emulator.options import REDACTED, LogFormat, LogLevel

if TYPE_CHECKING:
    from collections.abc import Iterator

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.dictionaries(st.text(), JSON_VALUES, max_size=5)
BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """It does."""
        return True


def record(event: str = "request", fields: dict[str, Any] | None = None) -> logging.LogRecord:
    made = logging.LogRecord("emulator", logging.INFO, "", 0, event, None, None)
    made.created = 1767268799.25
    if fields is not None:
        made.fields = fields
    return made


def plain() -> logs.PrettyFormatter:
    return logs.PrettyFormatter(lambda _style, text: text)


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, put back as it was."""
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    switches = {
        name: getattr(logging, name) for name in vars(logging) if name.startswith("log") and name[3:4].isupper()
    }
    # basicConfig closes the handlers that it takes the place of, and pytest's have to live on
    logger.handlers[:] = []
    yield logger
    logging.captureWarnings(capture=False)
    logger.handlers[:] = handlers
    logger.setLevel(level)
    for name, value in switches.items():
        setattr(logging, name, value)


# --- formats ---


def test_json_has_the_fixed_keys_first_and_then_the_fields() -> None:
    line = logs.JsonFormatter().format(record(fields={"namespace": "ab", "status": 200}))
    assert line == (
        '{"ts":"2026-01-01T11:59:59.250000Z","level":"info","event":"request","namespace":"ab","status":200}'
    )


def test_logfmt_quotes_what_would_be_ambiguous() -> None:
    fields = {"target": "/v2/x?a=b", "reason": 'says "no"', "empty": "", "status": 200, "to": None, "a b": [1]}
    line = logs.LogfmtFormatter().format(record(fields=fields))
    assert line == (
        "ts=2026-01-01T11:59:59.250000Z level=info event=request "
        r'target="/v2/x?a=b" reason="says \"no\"" empty="" status=200 to=null a_b=[1]'
    )


def test_pretty_is_time_level_event_and_pairs() -> None:
    assert plain().format(record(fields={"status": 200})) == "11:59:59.250 info    request status=200"


def test_fields_cannot_stand_in_for_the_fixed_keys() -> None:
    entry = json.loads(logs.JsonFormatter().format(record(fields={"event": "forged", "level": "error", "x": 1})))
    assert (entry["event"], entry["level"], entry["x"]) == ("request", "info", 1)


def test_a_record_of_a_library_says_whose_it_is() -> None:
    assert json.loads(logs.JsonFormatter().format(record("text")))["logger"] == "emulator"


def test_a_traceback_stays_on_the_line_in_json_and_is_indented_for_a_reader() -> None:
    made = record("fault", {})
    try:
        int("a\nb")
    except ValueError:
        made.exc_info = sys.exc_info()
    entry = json.loads(logs.JsonFormatter().format(made))
    assert entry["traceback"].endswith(r"with base 10: 'a\nb'")
    assert "\n" not in logs.LogfmtFormatter().format(made)
    first, *rest = plain().format(made).split("\n")
    assert first.endswith("fault")
    assert all(line.startswith("    ") for line in rest)


# --- safety ---


@given(st.text(), FIELDS)
def test_no_value_breaks_a_line(event: str, fields: dict[str, Any]) -> None:
    for formatter in (logs.JsonFormatter(), logs.LogfmtFormatter(), plain()):
        assert not BREAKS.search(formatter.format(record(event.replace("%", ""), fields)))


@given(st.text(), FIELDS)
def test_json_lines_are_json_that_says_what_was_logged(event: str, fields: dict[str, Any]) -> None:
    entry = json.loads(logs.JsonFormatter().format(record(event, fields)))
    assert entry["event"] == event
    for key, value in fields.items():
        if isinstance(value, str) and key not in {"ts", "level", "event"} and not logs.is_secret(key):
            assert entry[key] == value


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), st.text() | st.integers(), max_size=5))
def test_logfmt_reads_back(fields: dict[str, Any]) -> None:
    line = logs.LogfmtFormatter().format(record(fields=fields))
    found = re.findall(r'([A-Za-z0-9_.-]+)=("(?:[^"\\]|\\.)*"|\S+)', line)
    read = {key: json.loads(text) if text.startswith('"') else text for key, text in found}
    hidden = {"ts", "level", "event"}
    expected = {
        key: REDACTED if logs.is_secret(key) else str(value) for key, value in fields.items() if key not in hidden
    }
    assert {key: value for key, value in read.items() if key not in hidden} == expected


def test_what_cannot_be_printed_does_not_lose_the_record() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for formatter in (logs.JsonFormatter(), logs.LogfmtFormatter(), plain()):
        assert "too deep" in formatter.format(record(fields={"deep": deep}))


def test_an_escape_sequence_reaches_no_terminal() -> None:
    line = plain().format(record(fields={"target": "/\x1b[2J\r\nforged"}))
    assert line.endswith(r'target="/\u001b[2J\r\nforged"')


# --- secrets ---


@pytest.mark.parametrize(
    "key",
    [
        "Authorization",
        "authorization",
        "token",
        "admin_token",
        "signing_key",
        "api_key",
        "X-Api-Key",
        "Cookie",
        "seed",
    ],
)
def test_a_value_under_a_secret_name_is_redacted_at_any_depth(key: str) -> None:
    fields = {
        key: "hush",
        "in": {key: "hush"},
        "headers": [[key, "hush"], ["Accept", "*/*"]],
        "pair": (key, "hush"),
    }
    line = logs.JsonFormatter().format(record(fields=fields))
    assert "hush" not in line
    assert line.count(REDACTED) == 4
    assert "*/*" in line


@pytest.mark.parametrize("key", ["namespace", "public_key", "target", "status", "call_control_id", "keys_seen"])
def test_other_names_are_not_redacted(key: str) -> None:
    assert "shown" in logs.JsonFormatter().format(record(fields={key: "shown"}))


# --- the choice of format, and colour ---


def test_auto_is_pretty_on_a_terminal_and_json_elsewhere() -> None:
    assert isinstance(logs.formatter(LogFormat.AUTO, Terminal()), logs.PrettyFormatter)
    assert isinstance(logs.formatter(LogFormat.AUTO, io.StringIO()), logs.JsonFormatter)
    assert isinstance(logs.formatter(LogFormat.LOGFMT, Terminal()), logs.LogfmtFormatter)


@pytest.mark.parametrize(
    ("stream", "environ", "coloured"),
    [
        (Terminal(), {"TERM": "xterm"}, True),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {"TERM": "xterm"}, False),
        (io.StringIO(), {"TERM": "xterm", "FORCE_COLOR": "1"}, True),
    ],
)
def test_colour_follows_the_terminal_and_the_environment(
    stream: io.StringIO, environ: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM", "COLORTERM", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    paint = logs.painter(stream)
    assert ("\x1b[" in paint("event", "text")) is coloured
    assert paint("info", "text") == "text"


@pytest.mark.usefixtures("root")
def test_setup_writes_what_is_severe_enough() -> None:
    stream = io.StringIO()
    logs.setup(LogFormat.JSON, LogLevel.WARNING, stream)
    logging.getLogger("emulator").info("unseen")
    logging.getLogger("emulator").warning("seen", extra={"fields": {"a": 1}})
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old", stacklevel=1)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["logger"] for line in lines[1:]] == ["py.warnings"]
    assert (lines[0]["event"], lines[0]["a"]) == ("seen", 1)
