"""How the text of one setting is read, wherever it was written: flag, variable or file.

Owns the readers. Each takes a text and raises ValueError with what is wrong, in words. Must not know which setting
a text is of: ``options.py`` pairs them.
"""

from __future__ import annotations

import re
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from emulator.core.clock import MAX_SPEED, MIN_SPEED
from emulator.core.durations import parse_duration
from emulator.core.srs import SrsAddress

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.core.models import Duration

_MAX_PORT = 65_535
_MAX_DIGITS = 15
_SIZE = re.compile(r"([0-9]{1,15})\s*(?:([kmg])(?:i?b)?|b)?", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?(?:[eE][+-]?[0-9]{1,3})?")
_SWITCH = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_SRS = re.compile(r"(?:sips?:)?(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9._-]{1,253}))(?::([0-9]{1,5}))?")
_HOST_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?")
_SIP_PORT = 5060
_PORTS = re.compile(r"([0-9]{1,5})-([0-9]{1,5})")

Choice = TypeVar("Choice", bound=StrEnum)


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


def read_srs(text: str) -> SrsAddress:
    """Where a recording server is: ``host``, ``host:port``, ``[::1]:5060`` or ``sip:host:port``."""
    found = _SRS.fullmatch(text)
    port = int(found[3] or _SIP_PORT) if found else 0
    host = (found[1] or found[2]) if found else ""
    if not 0 < port <= _MAX_PORT or not _is_host(host):
        raise ValueError(f"must be a recording server's host and port such as 127.0.0.1:5060, not {text!r}")
    return SrsAddress(host=host, port=port)


def read_host(text: str) -> str:
    """A host's name or address; an IPv6 address may stand in brackets, as in a URL."""
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") and ":" in text else text
    if not _is_host(bare):
        raise ValueError(f"must be a host's name or address such as 127.0.0.1 or ::1, not {text!r}")
    return bare


def _is_host(text: str) -> bool:
    """Whether it is a name, or an address in its usual form."""
    try:
        ip_address(text)
    except ValueError:
        return bool(_HOST_NAME.fullmatch(text)) and not text.replace(".", "").isdigit()
    return True


def read_ports(text: str) -> tuple[int, int]:
    """The first and the last of a range of UDP ports: ``30000-30999``."""
    found = _PORTS.fullmatch(text)
    first, last = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 0 < first < last <= _MAX_PORT:
        raise ValueError(f"must be a range of ports such as 30000-30999, not {text!r}")
    return first, last
