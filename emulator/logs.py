"""What a log line looks like: JSON, logfmt, or pretty on a terminal; one line a record, whatever the record holds.

Owns the formatters and ``setup``. A record is made with ``logger.info("request", extra={"fields": {...}})``: the
message is the event's name, ``fields`` its facts. Must not decide what is logged, and must not be set up by code
that runs inside someone else's process (a test, say): ``setup`` takes over the root logger.

Two promises. No value breaks a line or forges one: control characters and Unicode's line breaks are escaped. No
secret is written: values whose key names a credential are replaced.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from functools import lru_cache
from itertools import chain
from time import gmtime, strftime
from typing import TYPE_CHECKING, Any, TextIO, TypeAlias

import orjson

from emulator.options import REDACTED, LogFormat, LogLevel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Entry: TypeAlias = dict[str, Any]
_TOO_DEEP = "<too deep>"
_MAX_DEPTH = 20
_FLAT = frozenset({str, int, float, bool, type(None)})
_CONTAINERS = (dict, list, tuple)
_SECRET = re.compile(
    r"authorization|cookie|password|secret|seed|token|(?:api|signing|private)[ _-]?keys?\b", re.IGNORECASE
)
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029]")
_BARE = re.compile(r"[!#-<>-\[\]-~]+")
_NOT_IN_KEY = re.compile(r"[^A-Za-z0-9_.-]")
_LEVELS = {logging.getLevelName(number): logging.getLevelName(number).lower() for number in range(10, 60, 10)}
_STYLES = {
    "warning": "yellow",
    "error": "bold red",
    "critical": "bold red",
    "good": "green",
    "event": "bold cyan",
    "key": "dim",
}


def setup(log_format: LogFormat, level: LogLevel, stream: TextIO) -> None:
    """Send every log record of this process to ``stream``.

    Turns off what the standard library collects for each record and no format here shows (threads, processes,
    tasks), as its own notes on optimization advise.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter(log_format, stream))
    logging.basicConfig(level=level.value.upper(), handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    if sys.version_info >= (3, 12):
        logging.logAsyncioTasks = False


def formatter(log_format: LogFormat, stream: TextIO) -> logging.Formatter:
    """The formatter for a format; AUTO is pretty when ``stream`` is a terminal, and JSON otherwise."""
    if log_format is LogFormat.AUTO:
        log_format = LogFormat.PRETTY if stream.isatty() else LogFormat.JSON
    if log_format is LogFormat.JSON:
        return JsonFormatter()
    if log_format is LogFormat.LOGFMT:
        return LogfmtFormatter()
    return PrettyFormatter(painter(stream))


# --- from record to entry ---


def entry_of(record: logging.LogRecord) -> Entry:
    """The record's facts in their order: ts, level, event, then its fields, secrets replaced."""
    entry: Entry = {
        "ts": _instant(record.created),
        "level": _LEVELS.get(record.levelname, record.levelname),
        "event": record.getMessage(),
    }
    given: Mapping[str, Any] | None = getattr(record, "fields", None)
    if given is None:
        entry["logger"] = record.name
    else:
        for key, value in given.items():
            if key in entry:
                continue
            # most values are of these types, and a look-up is quicker than the call that would find out the same
            entry[key] = value if type(value) in _FLAT and not is_secret(key) else _redacted(key, value)
    if record.exc_info:
        entry["traceback"] = logging.Formatter().formatException(record.exc_info)
    return entry


@lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    return strftime("%Y-%m-%dT%H:%M:%S", gmtime(seconds))


def _instant(created: float) -> str:
    """``2026-01-31T12:00:00.000000Z``: the second's text is made once a second."""
    seconds = int(created)
    return f"{_second(seconds)}.{int((created - seconds) * 1_000_000):06d}Z"


@lru_cache(maxsize=1024)
def is_secret(key: object) -> bool:
    """Whether a key of this name holds a credential: ``Authorization``, ``admin_token``, ``signing_key``, ..."""
    return _SECRET.search(str(key)) is not None


def _redacted(key: object, value: Any, depth: int = 0) -> Any:  # noqa: ANN401 - a log field holds anything
    if is_secret(key):
        return REDACTED
    if not isinstance(value, _CONTAINERS):
        return value
    return _inside(value, depth + 1) if depth < _MAX_DEPTH else _TOO_DEEP


def _inside(value: dict[Any, Any] | list[Any] | tuple[Any, ...], depth: int) -> Any:  # noqa: ANN401 - see above
    """The same container with its secrets replaced; a pair counts as a header field."""
    if isinstance(value, dict):
        return {key: _redacted(key, inner, depth) for key, inner in value.items()}
    if len(value) == 2 and isinstance(value[0], str):  # noqa: PLR2004 - a name and a value
        return [value[0], _redacted(value[0], value[1], depth)]
    return [_redacted(None, inner, depth) for inner in value]


# --- from entry to line ---


def to_json(value: Any) -> str:  # noqa: ANN401 - whatever a log field holds
    """One line of JSON, for any value: what JSON lacks is shown as text."""
    try:
        text = orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:
        text = _to_json_slowly(value)
    if text.isascii() and "\x7f" not in text:
        return text
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _to_json_slowly(value: Any) -> str:  # noqa: ANN401 - as above
    """What orjson refuses: lone surrogates, integers over 64 bits."""
    return json.dumps(value, default=str, skipkeys=True, separators=(",", ":"))


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        return to_json(entry_of(record))


class LogfmtFormatter(logging.Formatter):
    """``key=value`` pairs; values that would be ambiguous stand in quotes, as JSON strings."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as logfmt."""
        return " ".join(_pairs(entry_of(record).items()))


class PrettyFormatter(logging.Formatter):
    """For a reader at a terminal: time, level, event, then pairs as in logfmt."""

    def __init__(self, paint: Callable[[str, str], str]) -> None:
        """``paint`` takes the name of a style and a text, and colours it or does not."""
        super().__init__()
        self._paint = paint

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line in colour; a traceback follows on lines of its own, escaped like the rest."""
        entry = entry_of(record)
        moment, level, event = entry.pop("ts"), entry.pop("level"), entry.pop("event")
        traceback = entry.pop("traceback") if record.exc_info else ""
        head = (
            self._paint("key", moment[11:23]),
            self._paint(level, f"{level:<7}"),
            self._paint("event", printable(event)),
        )
        pairs = (self._paint("key", key + "=") + text for key, text in map(_pair, entry.items()))
        lines = (f"    {printable(line)}" for line in traceback.split("\n") if line)
        return "\n".join((" ".join(chain(head, pairs)), *lines))


def printable(text: str) -> str:
    """The text with control characters and line breaks escaped as in a JSON string."""
    return text if text.isprintable() else to_json(text)[1:-1]


def _pairs(items: Iterable[tuple[str, Any]]) -> Iterable[str]:
    return (f"{key}={text}" for key, text in map(_pair, items))


def _pair(item: tuple[str, Any]) -> tuple[str, str]:
    return _clean_key(item[0]), _logfmt_value(item[1])


@lru_cache(maxsize=1024)
def _clean_key(key: object) -> str:
    return _NOT_IN_KEY.sub("_", str(key)) or "_"


def _logfmt_value(value: Any) -> str:  # noqa: ANN401 - whatever a log field holds
    text = value if isinstance(value, str) else to_json(value)
    return text if _BARE.fullmatch(text) else to_json(text)


# --- colour ---


def painter(stream: TextIO) -> Callable[[str, str], str]:
    """What colours a text for this stream, or leaves it alone.

    rich decides whether colour is wanted, by the terminal and by NO_COLOR, FORCE_COLOR and TERM. It is imported
    here and not above: a server whose log is read by a program does without.
    """
    from rich.color import ColorSystem  # noqa: PLC0415 - see above
    from rich.console import Console  # noqa: PLC0415 - see above
    from rich.style import Style  # noqa: PLC0415 - see above

    console = Console(file=stream)
    if not console.is_terminal or console.no_color or console.color_system is None:
        return lambda _style, text: text
    styles = {name: Style.parse(definition) for name, definition in _STYLES.items()}

    def paint(style: str, text: str) -> str:
        known = styles.get(style)
        return known.render(text, color_system=ColorSystem.STANDARD) if known else text

    return paint
