"""What is wrong with a file, a flag or a webhook target that a person gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core.errors.base import EmulatorError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One complaint about a file, sortable by place.

    Attributes:
        file: The file; or the flag or environment variable, for what stands in none.
        line: From 1; 0 when the complaint has no place within ``file``.
        column: From 1; 0 with line 0.
    """

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        """``file:line:column: message``, which editors turn into a link."""
        if not self.line:
            return f"{self.file}: {self.message}"
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class LanguageError(EmulatorError):
    """A scenario or configuration file is wrong.

    Attributes:
        problems: Every complaint, in the order of the file.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        """The message is one problem a line."""
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


class ScenarioError(LanguageError):
    """A scenario file is wrong."""


class TexmlError(LanguageError):
    """A TeXML document is wrong, or is no XML that the emulator reads."""


class ConfigError(LanguageError):
    """A configuration file, flag or environment variable is wrong."""

    @classmethod
    def of(cls, flag: str, message: str) -> Self:
        """One complaint of a flag, or of the setting that it stands for.

        Args:
            flag: Such as ``--port``.
            message: What was expected or meant.
        """
        return cls([Problem(file=flag, line=0, column=0, message=message)])


class CertificateUnusable(EmulatorError):
    """A certificate, its key or the folder for them can't be used; the message says which and why, in words."""


class TargetRefused(EmulatorError):
    """A webhook target that policy forbids.

    Attributes:
        target: The host or address refused.
        reason: Why, and what would allow it.
    """

    def __init__(self, target: str, reason: str) -> None:
        """Keep both facts; the message joins them."""
        self.target = target
        self.reason = reason
        super().__init__(f"{target}: {reason}")
