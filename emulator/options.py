"""The settings as a person writes them: each one's name, help, and how its value is shown again.

Owns the table ``OPTIONS``, from which flags, environment variables and the keys of a configuration file are made,
so that none of the three can lack what another has. Must not know where a text came from, and must not hold
defaults: ``config.py`` does both. How a text is read is ``readers.py``'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from emulator.core.clock import ClockMode
from emulator.core.durations import format_duration
from emulator.core.effects import SuccessRule
from emulator.core.policy import BodyStyle, PayloadFields, Realism, Validation
from emulator.readers import (
    read_base_url,
    read_choice,
    read_count,
    read_host,
    read_new_path,
    read_path,
    read_pause,
    read_port,
    read_ports,
    read_seed,
    read_size,
    read_speed,
    read_srs,
    read_switch,
    read_text,
    read_timeout,
    read_url,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.core.models import Duration, JsonValue

ENVIRONMENT_PREFIX = "SIPREC_EMULATOR"
REDACTED = "<redacted>"
CA_FILE = "ca.pem"
"""What ``--tls-dir`` keeps the certificate of the emulator's own authority as."""

Parsed: TypeAlias = object


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


def show_ports(value: Parsed) -> JsonValue:
    """First and last as ``30000-30999``."""
    assert isinstance(value, tuple)  # noqa: S101 - the table pairs this with the reader of ranges
    return "{}-{}".format(*value)


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
    Option(name="host", read=read_host, about="Address to listen on."),
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
        about="What webhooks and recording sessions may go to, beside loopback and private addresses.",
        metavar="TARGET",
        many=True,
    ),
    _duration("webhook_timeout", read_timeout, "For one attempt at a webhook, from connection to answer."),
    Option(name="webhook_attempts", read=read_count, about="Attempts at each URL.", metavar="NUMBER"),
    _duration("webhook_backoff", read_pause, "Pause before the second attempt; it doubles each time."),
    _one_of("webhook_success", SuccessRule, "Which answers to a webhook count as taken."),
    _one_of("webhook_body", BodyStyle, "How a webhook's JSON is laid out."),
    _one_of("webhook_fields", PayloadFields, "Payload fields as seen on the wire, or as documented."),
    Option(
        name="srs",
        read=read_srs,
        about="Recording server that is dialled for connectors that are not stored; without it, none is.",
        metavar="HOST:PORT",
    ),
    _duration("srs_answer_timeout", read_timeout, "How long a recording server may take to answer."),
    Option(
        name="sip_host",
        read=read_host,
        about="Address that SIP and media leave from; without it, the one that leads to the recording server.",
        metavar="ADDRESS",
    ),
    Option(
        name="sip_advertise",
        read=read_host,
        about="Address that recording servers are told instead of that one, where they see another.",
        metavar="ADDRESS",
    ),
    Option(
        name="rtp_ports",
        read=read_ports,
        about="UDP ports that media leave from; without it, any.",
        metavar="FIRST-LAST",
        show=show_ports,
    ),
    Option(
        name="sip_ca",
        read=read_path,
        about="Authorities, in PEM, that recording servers are trusted by beside the system's.",
        metavar="PATH",
    ),
    Option(
        name="sip_cert",
        read=read_path,
        about="Certificate that is shown to recording servers that ask for one, in PEM.",
        metavar="PATH",
    ),
    Option(name="sip_key", read=read_path, about="Its key; without it, in the same file.", metavar="PATH"),
    _switch("sip_insecure", "Trust any recording server's certificate."),
    Option(name="sip_user", read=read_text, about="User name for recording servers that ask.", metavar="NAME"),
    Option(name="sip_password", read=read_text, about="The password that goes with it.", secret=True),
    Option(
        name="wav_inbound",
        read=read_path,
        about="WAV file that the caller's side plays; without it, a tone of 440 Hz.",
        metavar="PATH",
    ),
    Option(
        name="wav_outbound",
        read=read_path,
        about="WAV file that the callee's side plays; without it, a tone of 880 Hz.",
        metavar="PATH",
    ),
    Option(
        name="capture_size",
        read=read_size,
        about="Media kept of each session on the wire, for its pcap.",
        metavar="SIZE",
    ),
    _duration("drain", read_pause, "How long a stop waits for what is in flight."),
    _one_of("log_format", LogFormat, "How log lines look; auto is pretty on a terminal, else json."),
    _one_of("log_level", LogLevel, "The least severe record that is logged."),
    Option(name="journal_entries", read=read_count, about="Journal entries kept.", metavar="NUMBER"),
    Option(name="journal_bytes", read=read_size, about="Bytes of journal kept.", metavar="SIZE"),
    Option(name="max_sessions", read=read_count, about="Sessions kept.", metavar="NUMBER"),
    Option(name="max_namespaces", read=read_count, about="Namespaces kept.", metavar="NUMBER"),
)
