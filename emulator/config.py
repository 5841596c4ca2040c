"""The one frozen ``Settings``, and how it comes about: flags over environment over file over defaults.

Owns the defaults, the precedence and the reading of the environment: nothing else in the package looks at
``os.environ``. A list that a higher layer gives replaces the lower one's. Must not act on a setting. How a single
text is read is ``options.py``'s; how a configuration file is, ``config_file.py``'s (imported only when there is
one, since ``siprec-emulator health`` has to be quick).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

from emulator.container import Container, look, recognise
from emulator.core.calls.connections import connection_view
from emulator.core.calls.model import Connection
from emulator.core.clock import ClockMode, ClockSetting
from emulator.core.effects import Backoff, DeliveryPolicy, SuccessRule
from emulator.core.errors import ConfigError, Problem
from emulator.core.models import SECOND
from emulator.core.policy import (
    MEBIBYTE,
    BodyStyle,
    DeclaredCall,
    Limits,
    PayloadFields,
    Policy,
    Realism,
    Validation,
)
from emulator.options import ENVIRONMENT_PREFIX, OPTIONS, REDACTED, LogFormat, LogLevel, Option

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from emulator.config_file import FileSettings
    from emulator.core.models import ConnectorFields, Duration, JsonValue
    from emulator.core.srs import SrsAddress

FILE_VARIABLE = f"{ENVIRONMENT_PREFIX}_CONFIG"
DEFAULT_SOURCE = "default"

CA_VARIABLE = f"{ENVIRONMENT_PREFIX}_TLS_CA"
URL_VARIABLE = f"{ENVIRONMENT_PREFIX}_URL"
"""Of ``--tls-ca``; also the attached emulator's."""

TLS_PORT = 12112
"""Listened on where TLS is spoken and no port is named."""

Given: TypeAlias = "str | Sequence[str] | None"
"""What a command line gives for one setting: a text, several of a repeatable one, or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set, checked; ``options.OPTIONS`` says what each is for. Durations are microseconds.

    Attributes:
        signing_key: The 32-byte Ed25519 seed; None makes one at each start.
        seed: Makes every namespace's run repeat; None: none does.
        clock_speed: Seconds of a namespace in a second of wall time, while its clock runs.
        calls, connections, connectors: Declared in a configuration file only.
    """

    host: str = "127.0.0.1"
    port: int = 12111
    tls: bool = False
    tls_dir: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_ca: Path | None = None
    webhook_url: str | None = None
    webhook_failover_url: str | None = None
    signing_key: bytes | None = field(default=None, repr=False)
    api_keys: tuple[str, ...] = field(default=(), repr=False)
    admin_token: str | None = field(default=None, repr=False)
    fallback_url: str | None = None
    fallback_credentials: bool = False
    fallback_timeout: Duration = 30 * SECOND
    realism: Realism = Realism.STANDARD
    validation: Validation = Validation.STANDARD
    scenarios: tuple[Path, ...] = ()
    default_scenario: str = "happy-path"
    seed: str | None = None
    clock: ClockMode = ClockMode.RUNNING
    clock_speed: float = 1.0
    max_body: int = MEBIBYTE
    allow_targets: tuple[str, ...] = ()
    webhook_timeout: Duration = 2 * SECOND
    webhook_attempts: int = 3
    webhook_backoff: Duration = 1 * SECOND
    webhook_success: SuccessRule = SuccessRule.ANY_2XX
    webhook_body: BodyStyle = BodyStyle.PRETTY
    webhook_fields: PayloadFields = PayloadFields.OBSERVED
    srs: SrsAddress | None = None
    srs_answer_timeout: Duration = 60 * SECOND
    sip_host: str | None = None
    sip_advertise: str | None = None
    rtp_ports: tuple[int, int] | None = None
    sip_ca: Path | None = None
    sip_cert: Path | None = None
    sip_key: Path | None = None
    sip_insecure: bool = False
    sip_user: str | None = None
    sip_password: str | None = field(default=None, repr=False)
    wav_inbound: Path | None = None
    wav_outbound: Path | None = None
    capture_size: int = 4 * MEBIBYTE
    drain: Duration = 5 * SECOND
    log_format: LogFormat = LogFormat.AUTO
    log_level: LogLevel = LogLevel.INFO
    journal_entries: int = 10_000
    journal_bytes: int = 64 * MEBIBYTE
    max_sessions: int = 50_000
    max_namespaces: int = 1_000
    calls: tuple[DeclaredCall, ...] = ()
    connections: tuple[Connection, ...] = ()
    connectors: tuple[ConnectorFields, ...] = ()

    @property
    def secure(self) -> bool:
        """Whether TLS is spoken: a certificate, or a folder for one, is enough of a wish."""
        return self.tls or self.tls_cert is not None or self.tls_dir is not None

    def policy(self) -> Policy:
        """The part of the settings that the core decides by."""
        return Policy(
            realism=self.realism,
            validation=self.validation,
            body_style=self.webhook_body,
            payload_fields=self.webhook_fields,
            default_scenario=self.default_scenario,
            clock=ClockSetting(mode=self.clock, speed=self.clock_speed),
            seed=self.seed,
            calls=self.calls,
            connections=self.connections,
            connectors=self.connectors,
            srs=self.srs,
            limits=Limits(
                max_body=self.max_body,
                journal_entries=self.journal_entries,
                journal_bytes=self.journal_bytes,
                max_sessions=self.max_sessions,
                max_namespaces=self.max_namespaces,
            ),
            delivery=DeliveryPolicy(
                timeout=self.webhook_timeout,
                attempts_per_url=self.webhook_attempts,
                backoff=Backoff(first=self.webhook_backoff),
                success=self.webhook_success,
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """An emulator that runs elsewhere, for tests that are to use it in place of one of their own.

    Attributes:
        url: Scheme, host and port (``SIPREC_EMULATOR_URL``).
        admin_token: Where one is set there (``SIPREC_EMULATOR_ADMIN_TOKEN``).
        webhook_host: What this machine is called where the emulator runs, such as ``host.docker.internal``
            (``SIPREC_EMULATOR_WEBHOOK_HOST``); None: as here.
        tls_ca: Certificates in PEM that are trusted beside the system's, for https (``SIPREC_EMULATOR_TLS_CA``, as
            for the commands).
    """

    url: str
    admin_token: str | None = field(default=None, repr=False)
    webhook_host: str | None = None
    tls_ca: Path | None = None


def load_attachment(environ: Mapping[str, str] | None = None) -> Attachment | None:
    """The emulator that the environment names; None where it names none.

    Args:
        environ: The environment; None is the process's own. Empty variables count as not set.

    Raises:
        ConfigError: It is no URL of http or https.
    """
    environ = os.environ if environ is None else environ
    url = environ.get(URL_VARIABLE)
    if not url:
        return None
    if not _leads_somewhere(url):
        raise ConfigError.of(URL_VARIABLE, f"{url!r} is no URL such as http://127.0.0.1:12111")
    ca = environ.get(CA_VARIABLE)
    return Attachment(
        url=url.rstrip("/"),
        admin_token=environ.get(f"{ENVIRONMENT_PREFIX}_ADMIN_TOKEN") or None,
        webhook_host=environ.get(f"{ENVIRONMENT_PREFIX}_WEBHOOK_HOST") or None,
        tls_ca=Path(ca) if ca else None,
    )


def _leads_somewhere(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Settings, and where each came from.

    Attributes:
        sources: Setting to the flag, variable or ``file:line`` that gave it, or ``default``.
    """

    settings: Settings
    sources: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The texts that one layer gives for one setting."""

    texts: tuple[str, ...]
    file: str
    line: int = 0
    column: int = 0

    @property
    def source(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


def load(
    flags: Mapping[str, Given] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    file: Path | None = None,
) -> Loaded:
    """Settings from all layers.

    Args:
        flags: Setting to what the command line gives; None and empty sequences count as not given.
        environ: The environment; None is the process's own. Empty variables count as not set.
        file: The configuration file; None takes the one that ``SIPREC_EMULATOR_CONFIG`` names, if any.

    Raises:
        ConfigError: With every complaint, each naming its flag, variable or place.
    """
    environ = os.environ if environ is None else environ
    from_file = _file_settings(file, environ)
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    problems: list[Problem] = []
    for option in OPTIONS:
        found = _find(option, flags or {}, environ, from_file)
        if found is None:
            continue
        sources[option.name] = found.source
        try:
            values[option.name] = _read(option, found.texts)
        except ValueError as error:
            problems.append(Problem(file=found.file, line=found.line, column=found.column, message=str(error)))
    if problems:
        raise ConfigError(problems)
    if from_file:
        values |= from_file.declared
        sources |= {name: "{}:{}".format(*from_file.places[name]) for name in from_file.declared}
    settings = Settings(**values)
    if settings.secure and "port" not in values:
        settings = replace(settings, port=TLS_PORT)
    return Loaded(settings=settings, sources=sources)


def _file_settings(file: Path | None, environ: Mapping[str, str]) -> FileSettings | None:
    if file is None and environ.get(FILE_VARIABLE):
        file = Path(environ[FILE_VARIABLE])
    if file is None:
        return None
    from emulator.config_file import read_config_file  # noqa: PLC0415 - YAML and JSON Schema only where needed

    return read_config_file(file)


def _find(
    option: Option, flags: Mapping[str, Given], environ: Mapping[str, str], from_file: FileSettings | None
) -> _Found | None:
    """The highest layer that gives the setting."""
    given = flags.get(option.name)
    texts = (given,) if isinstance(given, str) else tuple(given or ())
    if texts:
        return _Found(texts=texts, file=option.flag)
    text = environ.get(option.variable, "")
    if text:
        parts = [part.strip() for part in text.split(",")] if option.many else [text]
        return _Found(texts=tuple(filter(None, parts)), file=option.variable)
    if from_file and option.name in from_file.texts:
        name, line, column = from_file.places[option.name]
        return _Found(texts=from_file.texts[option.name], file=name, line=line, column=column)
    return None


def _read(option: Option, texts: tuple[str, ...]) -> object:
    if option.many:
        return tuple(option.read(text) for text in texts)
    return option.read(texts[-1])


def find_container() -> Container | None:
    """The container that this process runs in, as far as it shows."""
    return recognise(look(os.environ, Path("/")))


# --- showing ---


def describe(loaded: Loaded) -> str:
    """The effective settings as a configuration file, each line saying where its value came from.

    Secrets are redacted. What is not set stands as a comment.
    """
    return "".join(f"{line}\n" for line in _lines(loaded))


def _lines(loaded: Loaded) -> Iterator[str]:
    options = {option.name: option for option in OPTIONS}
    for setting in fields(Settings):
        value = getattr(loaded.settings, setting.name)
        source = loaded.sources.get(setting.name, DEFAULT_SOURCE)
        if value is None or value == ():
            yield f"# {setting.name} is not set"
            continue
        shown = _shown(options[setting.name], value) if setting.name in options else _shown_declared(value)
        yield f"{setting.name}: {_yaml(shown)}  # {source}"


def _shown(option: Option, value: object) -> JsonValue:
    if option.many and isinstance(value, tuple):
        return [REDACTED if option.secret else option.show(item) for item in value]
    return REDACTED if option.secret else option.show(value)


def _shown_declared(declared: tuple[DeclaredCall | Connection | ConnectorFields, ...]) -> JsonValue:
    shown = []
    for one in declared:
        if isinstance(one, Connection):
            members = connection_view(one)
        else:
            members = {member.name: getattr(one, member.name) for member in fields(one)}
        shown.append({name: value for name, value in members.items() if value is not None})
    return shown


def _yaml(value: JsonValue) -> str:
    """One line of YAML: JSON is YAML, and its quotes keep every text a text (YAML 1.2 section 1.3)."""
    import json  # noqa: PLC0415 - only --print-config pays for it

    return json.dumps(value, ensure_ascii=False)
