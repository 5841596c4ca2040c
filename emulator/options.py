"""The settings as a person writes them: each one's name, help, and how its text is read and shown again.

Owns the table ``OPTIONS``, from which flags, environment variables and the keys of a configuration file are made,
so that none of the three can lack what another has. Must not know where a text came from, and must not hold
defaults: ``config.py`` does both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar
from urllib.parse import urlsplit

from emulator.core.clock import MAX_SPEED, MIN_SPEED, ClockMode
from emulator.core.durations import format_duration, parse_duration
from emulator.core.effects import SuccessRule
from emulator.core.policy import BodyStyle, PayloadFields, Realism, Validation

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.core.models import Duration, JsonValue

ENVIRONMENT_PREFIX = "SIPREC_EMULATOR"
REDACTED = "<redacted>"
CA_FILE = "ca.pem"
"""What ``--tls-dir`` keeps the certificate of the emulator's own authority as."""

_MAX_PORT = 65_535
_MAX_DIGITS = 15
_SIZE = re.compile(r"([0-9]{1,15})\s*(?:([kmg])(?:i?b)?|b)?", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?(?:[eE][+-]?[0-9]{1,3})?")
_SWITCH = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}

Parsed: TypeAlias = object
Choice = TypeVar("Choice", bound=StrEnum)


class LogFormat(StrEnum):
    """How a log record becomes a line; AUTO is PRETTY on a terminal and JSON elsewhere."""

    AUTO = "auto"
    PRETTY = "pretty"
    JSON = "json"
    LOGFMT = "logfmt"


class LogLevel(StrEnum):
    """The least severe record that is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


# --- reading one text; each raises ValueError with what is wrong, in words ---


def read_text(text: str) -> str:
    """Any text that is not blank and holds no control character."""
    if not text.strip() or not text.isprintable():
        raise ValueError("must be printable text, and not empty")
    return text


def _is_number(text: str) -> bool:
    """Whether int() reads the text as it looks: ASCII digits, and not very many."""
    return text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS


def read_port(text: str) -> int:
    """A TCP port; 0 lets the system choose one."""
    if _is_number(text) and int(text) <= _MAX_PORT:
        return int(text)
    hint = ""
    if text.startswith("tcp://"):
        hint = " (Kubernetes sets this variable for a service of that name: set enableServiceLinks to false)"
    raise ValueError(f"must be a port from 0 to 65535, not {text!r}{hint}")


def read_url(text: str) -> str:
    """An absolute http or https URL without credentials or fragment."""
    try:
        parts = urlsplit(text)
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ValueError(_not_a_url(text)) from None
    if not whole or not text.isprintable() or " " in text:
        raise ValueError(_not_a_url(text))
    if parts.username is not None or parts.fragment:
        raise ValueError("must be a URL without a user name and without a fragment")
    return text


def read_base_url(text: str) -> str:
    """A URL that paths can be put behind."""
    if "?" in read_url(text):
        raise ValueError("must be a URL without a query: it is what paths are put behind")
    return text


def _not_a_url(text: str) -> str:
    return f"must be a URL such as http://127.0.0.1:8080/webhooks, not {text!r}"


def read_seed(text: str) -> bytes:
    """An Ed25519 seed (RFC 8032 section 5.1.5): Base64 or hexadecimal digits of 32 bytes, or ``@file``.

    The text itself is never repeated in a complaint: it is a secret.
    """
    from emulator.core.signing import parse_seed  # noqa: PLC0415 - cryptography only where a key is given

    return parse_seed(_file_text(Path(text[1:])) if text.startswith("@") else text)


def _file_text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise ValueError(f"can't read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"can't read {path}: it holds other characters than Base64's") from None


def read_new_path(text: str) -> Path:
    """A folder that need not exist yet."""
    return Path(read_text(text))


def read_switch(text: str) -> bool:
    """On or off."""
    switched = _SWITCH.get(text.lower())
    if switched is None:
        raise ValueError(f"must be true or false, not {text!r}")
    return switched


def read_path(text: str) -> Path:
    """A file or folder that exists."""
    path = Path(text)
    if not path.exists():
        raise ValueError(f"there is no file or folder {text!r}")
    return path


def read_size(text: str) -> int:
    """Bytes: ``65536``, ``512k``, ``1m``, ``64MiB``; the units are powers of 1024."""
    found = _SIZE.fullmatch(text.strip())
    size = int(found[1]) * _UNITS[(found[2] or "").lower()] if found else 0
    if not size:
        raise ValueError(f"must be a size such as 65536, 512k or 1m, not {text!r}")
    return size


def read_count(text: str) -> int:
    """A whole number from 1."""
    if _is_number(text) and int(text):
        return int(text)
    raise ValueError(f"must be a whole number from 1, not {text!r}")


def read_speed(text: str) -> float:
    """Seconds of a namespace in a second of wall time: ``1``, ``0.5``, ``1000``."""
    speed = float(text) if _NUMBER.fullmatch(text) else 0.0
    if not MIN_SPEED <= speed <= MAX_SPEED:
        raise ValueError(f"must be a number from {MIN_SPEED:g} to {MAX_SPEED:.0f}, not {text!r}")
    return speed


def read_pause(text: str) -> Duration:
    """A duration that may be zero."""
    return parse_duration(text)


def read_timeout(text: str) -> Duration:
    """A duration above zero: nothing can be done in no time."""
    duration = parse_duration(text)
    if not duration:
        raise ValueError("must be longer than 0")
    return duration


def read_choice(choices: type[Choice]) -> Callable[[str], Choice]:
    """A reader of the values of ``choices``."""

    def read(text: str) -> Choice:
        try:
            return choices(text)
        except ValueError:
            raise ValueError(f"must be {_either(choices)}, not {text!r}{_meant(text, choices)}") from None

    return read


def _either(choices: type[StrEnum]) -> str:
    *most, last = [choice.value for choice in choices]
    return f"{', '.join(most)} or {last}"


def _meant(text: str, choices: type[StrEnum]) -> str:
    from emulator.core.scenario.suggest import did_you_mean  # noqa: PLC0415 - only a mistake pays for it

    return did_you_mean(text, (choice.value for choice in choices))


# --- showing a value as a configuration file holds it ---


def show_plain(value: Parsed) -> JsonValue:
    """Numbers, texts and choices as they are."""
    return value if isinstance(value, int) else str(value)


def show_number(value: Parsed) -> JsonValue:
    """A number, whole where it is."""
    assert isinstance(value, float)  # noqa: S101 - the table pairs this with readers of such numbers
    return int(value) if value.is_integer() else value


def show_duration(value: Parsed) -> JsonValue:
    """Microseconds as ``250ms``, ``2s``."""
    assert isinstance(value, int)  # noqa: S101 - the table pairs this with readers of durations
    return format_duration(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One setting.

    Attributes:
        name: The field of ``config.Settings``, and the key in a configuration file.
        read: Text to value; raises ValueError with what is wrong, in words.
        show: The value as a configuration file holds it.
        metavar: What stands for the value in help.
        about: One sentence, for help.
        word: The flag's name where it isn't the setting's: ``api_key`` is given once a key.
        many: The flag may be repeated, a variable separates with commas, a file holds a list.
        secret: Never shown.
        switch: The flag alone says it; a variable and a file say true or false.
    """

    name: str
    read: Callable[[str], Parsed]
    about: str
    metavar: str = "TEXT"
    show: Callable[[Parsed], JsonValue] = show_plain
    word: str = ""
    many: bool = False
    secret: bool = False
    switch: bool = False

    @property
    def flag(self) -> str:
        """``--webhook-url`` for ``webhook_url``."""
        return "--" + (self.word or self.name).replace("_", "-")

    @property
    def variable(self) -> str:
        """``SIPREC_EMULATOR_WEBHOOK_URL`` for ``--webhook-url``."""
        return f"{ENVIRONMENT_PREFIX}_{self.flag[2:].replace('-', '_').upper()}"


def _one_of(name: str, choices: type[StrEnum], about: str) -> Option:
    metavar = "|".join(choice.value for choice in choices)
    return Option(name=name, read=read_choice(choices), about=about, metavar=metavar)


def _switch(name: str, about: str) -> Option:
    return Option(name=name, read=read_switch, about=about, metavar="true|false", switch=True)


def _duration(name: str, read: Callable[[str], Duration], about: str) -> Option:
    return Option(name=name, read=read, about=about, metavar="DURATION", show=show_duration)


OPTIONS: tuple[Option, ...] = (
    Option(name="host", read=read_text, about="Address to listen on."),
    Option(name="port", read=read_port, about="Port to listen on; 0 takes a free one.", metavar="PORT"),
    _switch("tls", "Speak TLS, by a certificate of the emulator's own; the port is 12112 then."),
    Option(
        name="tls_dir",
        read=read_new_path,
        about="Folder that keeps the authority of that certificate, as ca.pem, from one start to the next.",
        metavar="PATH",
    ),
    Option(
        name="tls_cert",
        read=read_path,
        about="Certificate to speak TLS by, in PEM, with those that lead to its authority.",
        metavar="PATH",
    ),
    Option(
        name="tls_key",
        read=read_path,
        about="Its key, in PEM without a passphrase; without it, in the same file.",
        metavar="PATH",
    ),
    Option(
        name="tls_ca",
        read=read_path,
        about="Authorities, in PEM, that are trusted beside the system's: by webhooks, the fallback and commands.",
        metavar="PATH",
    ),
    Option(
        name="webhook_url",
        read=read_url,
        about="Where webhooks go; without it, to the emulator's own receiver.",
        metavar="URL",
    ),
    Option(
        name="webhook_failover_url",
        read=read_url,
        about="Where webhooks go when the first URL has failed.",
        metavar="URL",
    ),
    Option(
        name="signing_key",
        read=read_seed,
        about="Ed25519 seed that signs webhooks, Base64 or @FILE; without it, one is made at each start.",
        metavar="SEED",
        secret=True,
    ),
    Option(
        name="api_keys",
        word="api_key",
        read=read_text,
        about="API key that is accepted; without any, every key is.",
        metavar="KEY",
        many=True,
        secret=True,
    ),
    Option(
        name="admin_token",
        read=read_text,
        about="Bearer token that the control API asks for; without it, none.",
        metavar="TOKEN",
        secret=True,
    ),
    Option(
        name="fallback_url",
        read=read_base_url,
        about="Base URL that requests to other Telnyx routes are passed on to; without it, they are 404.",
        metavar="URL",
    ),
    _switch("fallback_credentials", "Pass the Authorization header on too; without it, no credentials are."),
    _duration("fallback_timeout", read_timeout, "For a request that is passed on, until its answer is whole."),
    _one_of("realism", Realism, "How much must exist before a request may name it."),
    _one_of("validation", Validation, "What becomes of bodies that break their schema or have unknown keys."),
    Option(
        name="scenarios",
        read=read_path,
        about="Scenario file, or folder of them, beside the built-in ones.",
        metavar="PATH",
        many=True,
    ),
    Option(name="default_scenario", read=read_text, about="Plays where no other was chosen.", metavar="NAME"),
    Option(name="seed", read=read_text, about="Makes identifiers, draws and the times of standing clocks repeat."),
    _one_of("clock", ClockMode, "How clocks go: by themselves, only when advanced, or on while a client waits."),
    Option(
        name="clock_speed",
        read=read_speed,
        about="Seconds that a running clock gains in a second.",
        metavar="NUMBER",
        show=show_number,
    ),
    Option(name="max_body", read=read_size, about="Largest request body.", metavar="SIZE"),
    Option(
        name="allow_targets",
        word="allow_target",
        read=read_text,
        about="Host, address or network that webhooks may go to, beside loopback and private ones.",
        metavar="TARGET",
        many=True,
    ),
    _duration("webhook_timeout", read_timeout, "For one attempt at a webhook, from connection to answer."),
    Option(name="webhook_attempts", read=read_count, about="Attempts at each URL.", metavar="NUMBER"),
    _duration("webhook_backoff", read_pause, "Pause before the second attempt; it doubles each time."),
    _one_of("webhook_success", SuccessRule, "Which answers to a webhook count as taken."),
    _one_of("webhook_body", BodyStyle, "How a webhook's JSON is laid out."),
    _one_of("webhook_fields", PayloadFields, "Payload fields as seen on the wire, or as documented."),
    _duration("drain", read_pause, "How long a stop waits for what is in flight."),
    _one_of("log_format", LogFormat, "How log lines look; auto is pretty on a terminal, else json."),
    _one_of("log_level", LogLevel, "The least severe record that is logged."),
    Option(name="journal_entries", read=read_count, about="Journal entries kept.", metavar="NUMBER"),
    Option(name="journal_bytes", read=read_size, about="Bytes of journal kept.", metavar="SIZE"),
    Option(name="max_sessions", read=read_count, about="Sessions kept.", metavar="NUMBER"),
    Option(name="max_namespaces", read=read_count, about="Namespaces kept.", metavar="NUMBER"),
)
