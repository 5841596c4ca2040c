"""What RFC 7866 demands of a recording client's requests.

Owns the rules for headers and for what a body must have. Must not know those of the description and the metadata
themselves, which ``metadata/checking.py`` has, nor answer anything.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from emulator.core.errors import GarbledSip
from emulator.siprec.metadata.checking import check_description
from emulator.siprec.metadata.violations import Violation, Weight
from emulator.siprec.sip.address import parse_addresses
from emulator.siprec.sip.option_tags import option_tags
from emulator.siprec.srs.contents import must

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.siprec.sip.message import Request
    from emulator.siprec.srs.contents import Contents

_FEATURE = "+sip.src"
_QUOTED_BOUNDARY = re.compile(r'boundary\s*=\s*"', re.IGNORECASE)
_NEEDS_QUOTES = re.compile(r"[()<>@,;:\\/\[\]?=\s]")
_BARE_BOUNDARY = re.compile(r"boundary\s*=\s*([^;\"]+)", re.IGNORECASE)


def check_first(invite: Request, contents: Contents) -> tuple[Violation, ...]:
    """What is amiss with the INVITE that begins a recording session."""
    return tuple(_first(invite, contents))


def check_within(request: Request, contents: Contents) -> tuple[Violation, ...]:
    """What is amiss with an INVITE or UPDATE within it."""
    return (*_contact(request), *contents.violations, *_offered(contents))


def _first(invite: Request, contents: Contents) -> Iterator[Violation]:
    if "siprec" not in option_tags(invite, "Require"):
        yield must("6.1.1", "The INVITE has no Require: siprec.")
    yield from _contact(invite)
    yield from _boundary(invite)
    yield from contents.violations
    if contents.description is None and not contents.violations:
        yield must("7.1.1", "The INVITE has no session description.")
    if contents.metadata is None and not contents.violations:
        yield Violation(weight=Weight.SHOULD, rfc=7866, section="9.1", sentence="The INVITE has no metadata.")
    yield from _offered(contents)


def _contact(request: Request) -> Iterator[Violation]:
    try:
        contacts = [one for value in request.headers.every("Contact") for one in parse_addresses(value)]
    except GarbledSip as garbled:
        yield must("6.1.1", f"The Contact can't be read: {garbled.reason}.")
        return
    if not any(_FEATURE in contact.parameters for contact in contacts):
        yield must("6.1.1", f"The {request.method} has no Contact with the feature tag {_FEATURE}.")


def _boundary(invite: Request) -> Iterator[Violation]:
    """What holds a colon or a slash has to be quoted (RFC 2046 section 5.1.1), and peers stumble over it."""
    written = invite.headers.get("Content-Type") or ""
    bare = _BARE_BOUNDARY.search(written)
    if bare is None or _QUOTED_BOUNDARY.search(written):
        return
    if _NEEDS_QUOTES.search(bare[1].strip()):
        sentence = "The boundary in Content-Type needs quotes."
        yield Violation(weight=Weight.MUST, rfc=2046, section="5.1.1", sentence=sentence)


def _offered(contents: Contents) -> tuple[Violation, ...]:
    return () if contents.description is None else check_description(contents.description)
