"""The scenarios that SIPp plays, and the checks in them by name.

Owns putting a scenario together from its parts, and finding in SIPp's complaints which check failed. A scenario is
SIPp's XML with two instructions of our own: ``<?part name?>`` stands for ``parts/name.xml``, and
``<?options ...?>`` says what SIPp's command line must have besides. A check is an ``ereg``, ``strcmp`` or ``test``
that SIPp itself checks; it goes by the first name in its ``assign_to``.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent / "scenarios"
PARTS = FOLDER / "parts"

_PART = re.compile(r"<\?part ([\w-]+)\?>")
_OPTIONS = re.compile(r"<\?options (.*?)\?>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that a scenario demands of a message.

    Attributes:
        name: What it is called in a verdict.
        complaints: Beginnings of what SIPp says when it fails.
    """

    name: str
    complaints: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A scenario, whole.

    Attributes:
        name: Of its file.
        xml: As SIPp reads it.
        options: For SIPp's command line.
        checks: In the order in which they come.
    """

    name: str
    xml: str
    options: tuple[str, ...]
    checks: tuple[Check, ...]

    def replaced(self, old: str, new: str, behind: str = "") -> Scenario:
        """With another text in place of one that stands in it.

        Args:
            old: Its first place is meant; it must have one.
            new: What comes there.
            behind: What stands somewhere before that place.
        """
        start = self.xml.index(behind)
        place = self.xml.index(old, start)
        return whole(self.name, f"{self.xml[:place]}{new}{self.xml[place + len(old) :]}", self.options)

    def failed(self, said: str) -> tuple[str, ...]:
        """Names of the checks that failed, first one first.

        Args:
            said: SIPp's error log.
        """
        found = ((said.find(complaint), check.name) for check in self.checks for complaint in check.complaints)
        return tuple(dict.fromkeys(name for where, name in sorted(found) if where >= 0))


def scenario(name: str) -> Scenario:
    """One of those in the folder."""
    text = _with_parts((FOLDER / f"{name}.xml").read_text(encoding="utf-8"))
    options = _OPTIONS.search(text)
    # SIPp takes no instruction but its own
    return whole(name, _OPTIONS.sub("", text), tuple(shlex.split(options[1])) if options else ())


def _with_parts(text: str) -> str:
    return _PART.sub(lambda found: _with_parts((PARTS / f"{found[1]}.xml").read_text("utf-8").rstrip("\n")), text)


def whole(name: str, text: str, options: tuple[str, ...]) -> Scenario:
    """A scenario of this text.

    SIPp refuses a variable that is never looked at, as those that only checks assign to, so all are referred to.
    """
    root = ET.fromstring(text)  # noqa: S314 - files of our own
    for old in root.findall("Reference"):
        root.remove(old)
    checks = tuple(_checks(root))
    assigned = {name for one in root.iter() for name in one.get("assign_to", "").split(",") if name}
    xml = re.sub(r"\s*<Reference [^>]*/>", "", text)
    reference = f'  <Reference variables="{",".join(sorted(assigned))}"/>\n' if assigned else ""
    return Scenario(
        name=name, xml=xml.replace("</scenario>", f"{reference}</scenario>"), options=options, checks=checks
    )


def _checks(root: ET.Element) -> Iterator[Check]:
    for one in root.iter():
        if one.get("check_it") or one.get("check_it_inverse"):
            yield Check(name=one.attrib["assign_to"].split(",")[0], complaints=tuple(_complaints(one)))


def _complaints(check: ET.Element) -> Iterator[str]:
    if check.tag == "ereg":
        yield f"with regexp '{check.attrib['regexp']}'"
        if check.get("header"):
            yield f"Failed regexp match: header {check.attrib['header']} not found"
    else:
        quote = '"' if check.tag == "test" else ""
        yield f"{check.tag} {quote}{check.attrib['variable']}:"
