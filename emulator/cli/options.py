"""Flags made of the table of settings, and the settings made of what was given.

Owns how click and ``config.py`` meet. The variables of settings are read by ``config.py`` and named in help by
this module; those of other flags are click's own.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import click

from emulator.config import load
from emulator.options import ENVIRONMENT_PREFIX, OPTIONS, Option

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.config import Loaded

Flag: TypeAlias = "str | tuple[str, ...] | Path | None"
"""What click hands over for a setting, or for ``--config``."""

Command = TypeVar("Command", bound="Callable[..., Any]")

CONTEXT = {"auto_envvar_prefix": ENVIRONMENT_PREFIX, "help_option_names": ["-h", "--help"]}
"""Given to every command, so that a variable is named after its flag alone, whatever the command."""

WHERE = ("host", "port", "tls", "tls_dir", "tls_cert", "tls_ca", "admin_token")
"""The settings of a command that talks to a server: enough to find it with the server's own environment."""


def settings_options(*names: str) -> Callable[[Command], Command]:
    """Flags for the settings of these names, for all without names, and ``--config``."""
    chosen = [option for option in OPTIONS if not names or option.name in names]

    def decorate(command: Command) -> Command:
        for option in reversed(chosen):
            command = _flag(option)(command)
        return click.option(
            "--config",
            "config_file",
            type=click.Path(path_type=Path),
            envvar=f"{ENVIRONMENT_PREFIX}_CONFIG",
            show_envvar=True,
            help="Configuration file (YAML).",
        )(command)

    return decorate


def load_settings(given: Mapping[str, Flag]) -> Loaded:
    """The settings of a command that ``settings_options`` decorates.

    Raises:
        ConfigError: With every complaint.
    """
    file = given.get("config_file")
    flags = {name: value for name, value in given.items() if not isinstance(value, Path)}
    return load(flags, file=file if isinstance(file, Path) else None)


def _flag(option: Option) -> Callable[[Command], Command]:
    about = f"{option.about}  [env var: {option.variable}]"
    if option.switch:
        return click.option(
            option.flag,
            option.name,
            is_flag=True,
            flag_value="true",
            default=None,
            type=str,
            allow_from_autoenv=False,
            help=about,
        )
    return click.option(
        option.flag,
        option.name,
        metavar=option.metavar,
        multiple=option.many,
        allow_from_autoenv=False,
        help=about,
    )
