"""What went wrong that nobody scripted.

These are requests that no route took, scenarios that are named and not loaded, templates without a value, webhooks
that found no room, and dials that lead nowhere.

Owns which entries of a journal are problems, and their words. Must not judge what an app does wrong by Telnyx's
rules: that is answered with Telnyx's errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from heapq import merge
from typing import TYPE_CHECKING

from emulator.core.dispatch import MEANT, NO_ROOM
from emulator.core.matching import cut
from emulator.core.near_routes import nearest_routes
from emulator.core.srs import SrsReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from emulator.core.journal import Journal, StrayEntry, WebhookEntry
    from emulator.core.views import View

_STRAY_STATUSES = frozenset({404, 405})
"""Of requests that missed every route; others were refused before one was looked for."""


class ProblemKind(StrEnum):
    """What sort of thing went wrong."""

    NO_ROUTE = "no_route"
    NO_SCENARIO = "no_scenario"
    TEMPLATE = "template"
    NO_ROOM = "no_room"
    NO_SRS = "no_srs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """One thing that went wrong.

    Attributes:
        seq: Of the entry that it is about: a request, a webhook or a dial.
        text: In words, for whoever wrote the app or the scenario.
    """

    seq: int
    namespace: str
    kind: ProblemKind
    text: str


def mishaps(journal: Journal, routes: Sequence[str]) -> Iterator[Mishap]:
    """What went wrong in a namespace, as far as its journal still holds it.

    Args:
        journal: The namespace's.
        routes: Every route, such as ``POST /calls/{}/actions/siprec_start``, to tell the nearest.

    Returns:
        In the order of the entries' numbers.
    """
    strays = (_no_route(one, routes) for one in journal.strays if _missed(one))
    unnamed = (
        Mishap(seq=one.seq, namespace=one.namespace, kind=ProblemKind.NO_SCENARIO, text=one.problem)
        for one in journal.requests
        if one.problem
    )
    nowhere = (
        Mishap(seq=one.seq, namespace=one.namespace, kind=ProblemKind.NO_SRS, text=one.reason)
        for one in journal.srs
        if one.why is SrsReason.NO_TARGET
    )
    return merge(strays, unnamed, nowhere, _of_webhooks(journal.webhooks), key=lambda one: one.seq)


def _missed(entry: StrayEntry) -> bool:
    """Whether no route took it; one that was passed on was taken elsewhere, whatever it was answered there."""
    return entry.forwarded is None and entry.status in _STRAY_STATUSES


def _no_route(entry: StrayEntry, routes: Sequence[str]) -> Mishap:
    near = nearest_routes(entry.method, entry.target, routes, 1)
    hint = f"; the nearest is {near[0].route}" if near else ""
    text = f"No route takes {entry.method} {cut(entry.target)}{hint}."
    return Mishap(seq=entry.seq, namespace=entry.namespace, kind=ProblemKind.NO_ROUTE, text=text)


def _of_webhooks(entries: Iterable[WebhookEntry]) -> Iterator[Mishap]:
    for entry in entries:
        for warning in entry.warnings:
            if warning in MEANT:
                continue
            kind = ProblemKind.NO_ROOM if warning == NO_ROOM else ProblemKind.TEMPLATE
            event = entry.event
            of = f"call {event.call_control_id}" if event.session_id is None else f"session {event.session_id}"
            text = f"{event.type} of {cut(of)}: {warning}"
            yield Mishap(seq=entry.seq, namespace=entry.namespace, kind=kind, text=text)


def mishap_view(one: Mishap) -> View:
    """A problem as the control API shows it."""
    return {"id": one.seq, "namespace": one.namespace, "kind": one.kind, "text": one.text}
