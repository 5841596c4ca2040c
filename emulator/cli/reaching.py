"""How a command finds a running server and says whose namespace it means; and how it tells what came of it.

Owns the flags that these commands share. Must not know a route: ``emulator.client`` does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from emulator.cli.options import WHERE, load_settings, settings_options
from emulator.cli.trusting import trust
from emulator.cli.watching import reachable_url
from emulator.client import EmulatorClient
from emulator.options import ENVIRONMENT_PREFIX

if TYPE_CHECKING:
    from emulator.cli.options import Command, Flag

CONTEXT = {"help_option_names": ["-h", "--help"]}
"""Given to these commands: what they are told once is no setting, and has no variable of the plain name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """A server, and whose namespace is meant there.

    Attributes:
        namespace: Its id; None: the API key's, or without a key all.
        keyed: Whether there is a key.
    """

    client: EmulatorClient
    namespace: str | None
    keyed: bool

    def one(self) -> str | None:
        """The namespace for what concerns exactly one: where none was named, the only one in use.

        Returns:
            Its id; None: the API key's.

        Raises:
            click.UsageError: None was named, and not exactly one is in use.
            ClientError: The server can't be asked.
        """
        if self.namespace is not None or self.keyed:
            return self.namespace
        used = [str(one["id"]) for one in self.client.namespaces()]
        if len(used) == 1:
            return used[0]
        there = f"these are in use: {', '.join(used)}" if used else "none is in use yet"
        raise click.UsageError(f"say whose, with --key or --namespace; {there}")


def examples(*lines: str) -> str:
    """The end of a command's help: how it is written, a line each, kept as they are."""
    return "\n".join(("\b", "Examples:" if len(lines) > 1 else "Example:", *(f"  {line}" for line in lines)))


def server_options(command: Command) -> Command:
    """Flags by which ``reach`` finds the server."""
    command = click.option("--json", "as_json", is_flag=True, help="One JSON object.")(command)
    command = click.option(
        "--namespace",
        metavar="ID",
        envvar=f"{ENVIRONMENT_PREFIX}_NAMESPACE",
        show_envvar=True,
        help="Whose, by the id that the journal shows.",
    )(command)
    command = click.option(
        "--key",
        metavar="KEY",
        envvar=[f"{ENVIRONMENT_PREFIX}_KEY", "TELNYX_API_KEY"],
        show_envvar=True,
        help="Whose, by the API key.",
    )(command)
    return settings_options(*WHERE)(command)


def reach(given: dict[str, Flag]) -> Reach:
    """The server that a command with ``server_options`` was told.

    Args:
        given: What click hands over for those flags; ``key`` and ``namespace`` are taken out of it.

    Raises:
        ConfigError: A setting is wrong.
        click.UsageError: The key is none.
    """
    key, namespace = given.pop("key", None), given.pop("namespace", None)
    settings = load_settings(given).settings
    try:
        client = EmulatorClient(
            reachable_url(settings),
            settings.admin_token,
            api_key=str(key) if key is not None else None,
            ca=trust(settings),
        )
    except ValueError as error:
        raise click.UsageError(f"--key: {error}") from None
    return Reach(client=client, namespace=str(namespace) if namespace is not None else None, keyed=key is not None)


def tell(document: object, line: str, *, as_json: bool) -> None:
    """Say what came of a command: the document as one line of JSON, or the line."""
    click.echo(json.dumps(document) if as_json else line)
