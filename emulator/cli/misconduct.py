"""``--misconduct WHAT[=HOW MUCH]``: what a scenario's ``wire`` can ask for, on the command line.

Owns how the words become a ``Misconduct``. Must not do any of it.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import click

from emulator.core.durations import parse_duration
from emulator.core.srs import Misconduct, OneTrack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def misconduct_of(words: Iterable[str]) -> Misconduct:
    """What all the words ask for together.

    Args:
        words: Such as ``missing_label`` and ``loss=0.05``; a dash may stand for an underscore.

    Raises:
        click.BadParameter: One is not known, or its value can't be read.
    """
    given: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        name = name.replace("-", "_")
        read = _READERS.get(name)
        if read is None:
            raise _refused(f"'{name}' is none of {', '.join(sorted(_READERS))}")
        if (read is _flag) is bool(equals):
            raise _refused(f"'{name}' takes {'no value' if equals else 'a value: write ' + name + '=VALUE'}")
        try:
            given[name] = read(value)
        except ValueError as error:
            raise _refused(f"{name}: {error}") from None
    return Misconduct(**given)


def _refused(reason: str) -> click.BadParameter:
    return click.BadParameter(reason, param_hint="--misconduct")


def _flag(_: str) -> bool:
    return True


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ValueError(f"'{text}' is no share from 0 to 1")
    return share


def _track(text: str) -> OneTrack:
    if text not in tuple(OneTrack):
        raise ValueError(f"'{text}' is neither inbound nor outbound")
    return OneTrack(text)


_BY_TYPE: dict[str, Callable[[str], Any]] = {
    "bool": _flag,
    "float": _share,
    "Duration": parse_duration,
    "Duration | None": parse_duration,
    "OneTrack | None": _track,
}
_READERS = {field.name: _BY_TYPE[str(field.type)] for field in fields(Misconduct)}
"""A new field of ``Misconduct`` is a new word, as long as its type has a reader."""
