"""What Telnyx's inspection routes are asked: filters and pages, from a query to values.

Owns the reading of such a query and the paging. Must not look into the journal: ``delivery_records.py`` and
``call_events.py`` do.

Source: Telnyx's OpenAPI document, GetWebhookDeliveries and ListCallEvents. Each field is written out in the query,
as SDKs write it: ``filter[status][eq]=failed``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar
from urllib.parse import parse_qsl

import orjson

from emulator.core.body import MAX_FORM_FIELDS
from emulator.core.errors import ErrorItem, Invalid, Malformed
from emulator.core.times import parse_iso

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from emulator.core.models import Instant, JsonValue, Request
    from emulator.core.violations import Violation

DEFAULT_SIZE = 20
"""Records on a page."""

_FILTER = "filter"
_MISFILTERED = ("10031", "Invalid filter")
_OCCURRED = ("eq", "gt", "gte", "lt", "lte")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which part of a list is wanted; ``number`` counts from 1."""

    number: int = 1
    size: int = DEFAULT_SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Generic[T]):
    """A page of a list.

    Attributes:
        total: How many the whole list has.
    """

    items: Sequence[T]
    page: Page
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDeliveries:
    """GET /webhook_deliveries; what is None filters nothing.

    Attributes:
        statuses: None, or the one that is wanted.
        event_types: None, or those that are.
        in_webhook, in_attempts: Texts that their JSON contains.
    """

    page: Page
    status: str | None = None
    event_types: frozenset[str] | None = None
    in_webhook: str | None = None
    in_attempts: str | None = None
    started_from: Instant | None = None
    started_to: Instant | None = None
    finished_from: Instant | None = None
    finished_to: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDelivery:
    """GET /webhook_deliveries/{id}."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCallEvents:
    """GET /call_events; what is None filters nothing.

    Attributes:
        occurred: How ``occurred_at`` must compare, one of eq, gt, gte, lt and lte, and with what.
        elsewhere: The query wants something of which the emulator has none, such as an application.
    """

    page: Page
    leg_id: str | None = None
    session_id: str | None = None
    connection_id: str | None = None
    product: str | None = None
    name: str | None = None
    type: str | None = None
    calling: str | None = None
    called: str | None = None
    failed: bool | None = None
    occurred: tuple[str, Instant] | None = None
    elsewhere: bool = False


Inspection: TypeAlias = ListDeliveries | ReadDelivery | ListCallEvents


# --- reading ---


def read_query(target: str) -> dict[str, str]:
    """The fields of a request target's query.

    Raises:
        Malformed: Not UTF-8 once decoded, or more fields than a form may have.
        Invalid: A field is given twice (10031): which of the two counts would be a guess.
    """
    query = target.partition("?")[2]
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=MAX_FORM_FIELDS)
    except UnicodeDecodeError:
        raise Malformed(hint="The query is not UTF-8.") from None
    except ValueError:
        raise Malformed(hint=f"The query has more than {MAX_FORM_FIELDS} fields.") from None
    twice = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    if twice:
        raise Invalid(_misfiltered(name, f"The '{name}' parameter is given more than once.") for name in twice)
    return dict(pairs)


def refused_fields(violations: Iterable[Violation]) -> Invalid:
    """Violations of a query's schema as Telnyx tells them: the source is a parameter, no pointer."""
    return Invalid(
        ErrorItem(
            code=one.code,
            title=one.title,
            detail=one.detail,
            parameter=_name(one.pointer) if one.pointer else None,
        )
        for one in violations
    )


def refused_filters(pointers: Iterable[str]) -> Invalid | None:
    """The refusal of filters that there are none of; None where all of the unknown fields are something else.

    A filter that is not known would otherwise select everything, which nobody who writes one means.
    """
    names = [name for name in map(_name, pointers) if name.partition("[")[0] == _FILTER]
    return Invalid(_misfiltered(name, f"There is no filter '{name}'.") for name in names) if names else None


def _name(pointer: str) -> str:
    """The field that a JSON pointer of one step names (RFC 6901 section 3)."""
    return pointer[1:].replace("~1", "/").replace("~0", "~")


def _misfiltered(name: str, detail: str) -> ErrorItem:
    code, title = _MISFILTERED
    return ErrorItem(code=code, title=title, detail=detail, parameter=name)


# --- building: with lenient validation a field may hold anything, and then counts as not given ---


def deliveries_of(_request: Request, query: Mapping[str, JsonValue]) -> ListDeliveries:
    """GetWebhookDeliveries."""
    event_types = _text(query, "filter[event_type]")
    return ListDeliveries(
        page=_page(query),
        status=_text(query, "filter[status][eq]"),
        event_types=None if event_types is None else frozenset(event_types.split(",")),
        in_webhook=_text(query, "filter[webhook][contains]"),
        in_attempts=_text(query, "filter[attempts][contains]"),
        started_from=_time(query, "filter[started_at][gte]"),
        started_to=_time(query, "filter[started_at][lte]"),
        finished_from=_time(query, "filter[finished_at][gte]"),
        finished_to=_time(query, "filter[finished_at][lte]"),
    )


def call_events_of(_request: Request, query: Mapping[str, JsonValue]) -> ListCallEvents:
    """ListCallEvents.

    Raises:
        Invalid: More than one ``filter[occurred_at]``, which the document rules out.
    """
    times = [(how, time) for how in _OCCURRED if (time := _time(query, f"filter[occurred_at][{how}]")) is not None]
    if len(times) > 1:
        raise Invalid([_misfiltered("filter[occurred_at]", "Only one 'filter[occurred_at]' can be passed.")])
    failed = query.get("filter[failed]")
    elsewhere = {"filter[application_name][contains]", "filter[outbound.outbound_voice_profile_id]"}
    return ListCallEvents(
        page=_page(query),
        leg_id=_text(query, "filter[leg_id]"),
        session_id=_text(query, "filter[application_session_id]"),
        connection_id=_text(query, "filter[connection_id]"),
        product=_text(query, "filter[product]"),
        name=_text(query, "filter[name]"),
        type=_text(query, "filter[type]"),
        calling=_text(query, "filter[from]"),
        called=_text(query, "filter[to]"),
        failed=failed if isinstance(failed, bool) else None,
        occurred=times[0] if times else None,
        elsewhere=not elsewhere.isdisjoint(query),
    )


def _text(query: Mapping[str, JsonValue], name: str) -> str | None:
    value = query.get(name)
    return value if isinstance(value, str) else None


def _time(query: Mapping[str, JsonValue], name: str) -> Instant | None:
    try:
        return parse_iso(query[name]) if name in query else None
    except ValueError:
        return None


def _page(query: Mapping[str, JsonValue]) -> Page:
    size = _count(query, "page[size]") or _count(query, "page[limit]") or DEFAULT_SIZE
    return Page(number=_count(query, "page[number]") or 1, size=size)


def _count(query: Mapping[str, JsonValue], name: str) -> int | None:
    value: Any = query.get(name)
    return value if isinstance(value, int) and value > 0 else None


# --- paging ---


def cut(items: Iterable[T], page: Page) -> Listed[T]:
    """One page of a list; a page behind the last one is empty."""
    known = tuple(items)
    start = (page.number - 1) * page.size
    return Listed(items=tuple(islice(known, start, start + page.size)), page=page, total=len(known))


def page_document(listed: Listed[T], shown: Callable[[T], JsonValue]) -> bytes:
    """``{"data": [...], "meta": {...}}`` (PaginationMeta)."""
    page = listed.page
    meta = {
        "page_number": page.number,
        "page_size": page.size,
        "total_pages": -(-listed.total // page.size),
        "total_results": listed.total,
    }
    return orjson.dumps({"data": [shown(one) for one in listed.items], "meta": meta})
