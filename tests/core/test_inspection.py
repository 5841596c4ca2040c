"""The queries of Telnyx's inspection routes: what they say, what is refused, and pages."""

from __future__ import annotations

from urllib.parse import quote

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.errors import Invalid, Malformed
from emulator.core.formats import is_date_time
from emulator.core.inspection import Page, cut, page_document, read_query
from emulator.core.models import Route
from emulator.core.policy import Policy, Validation
from tests.core.engines import Rig, error_of, header

DELIVERIES, EVENTS = Route.WEBHOOK_DELIVERY_LIST, Route.CALL_EVENT_LIST
RANGE = "The value is outside of allowed range 1 to 250"
TIME = "The 'filter[started_at][gte]' parameter must be an ISO 8601 date and time such as 2019-03-29T11:10:00Z."
TYPE = "The 'page[number]' parameter must be of type 'integer'"


@pytest.mark.parametrize(
    ("route", "query", "code", "detail", "parameter"),
    [
        (DELIVERIES, "page[size]=251", "10033", RANGE, "page[size]"),
        (DELIVERIES, "page[size]=0", "10033", RANGE, "page[size]"),
        (DELIVERIES, "page%5Bnumber%5D=one", "10026", TYPE, "page[number]"),
        (EVENTS, "page[limit]=300", "10033", RANGE, "page[limit]"),
        (
            DELIVERIES,
            "filter[status][eq]=lost",
            "10032",
            "The value must be one of: delivered, failed.",
            "filter[status][eq]",
        ),
        (DELIVERIES, "filter[started_at][gte]=monday", "10031", TIME, "filter[started_at][gte]"),
        (DELIVERIES, "filter[started_at][gte]=2025-01-01", "10031", TIME, "filter[started_at][gte]"),
        (
            DELIVERIES,
            "filter[stauts][eq]=x",
            "10031",
            "There is no filter 'filter[stauts][eq]'.",
            "filter[stauts][eq]",
        ),
        (DELIVERIES, "filter=failed", "10031", "There is no filter 'filter'.", "filter"),
        (
            EVENTS,
            "filter[type]=webhook&filter[type]=command",
            "10031",
            "The 'filter[type]' parameter is given more than once.",
            "filter[type]",
        ),
        (
            EVENTS,
            "filter[occurred_at][gt]=2025-01-01T00:00:00Z&filter[occurred_at][lt]=2026-01-01T00:00:00Z",
            "10031",
            "Only one 'filter[occurred_at]' can be passed.",
            "filter[occurred_at]",
        ),
        (
            EVENTS,
            "filter[failed]=yes",
            "10026",
            "The 'filter[failed]' parameter must be of type 'boolean'",
            "filter[failed]",
        ),
        (
            EVENTS,
            "filter[product]=sms",
            "10032",
            "The value must be one of: call_control, fax, texml.",
            "filter[product]",
        ),
        (
            EVENTS,
            "filter[application_name][contains]=ab",
            "10025",
            "The 'filter[application_name][contains]' parameter must have 3 to 255 characters.",
            "filter[application_name][contains]",
        ),
    ],
)
def test_a_bad_field_is_refused_by_name(route: Route, query: str, code: str, detail: str, parameter: str) -> None:
    """The source is a parameter of the query, not a pointer into a body."""
    reply = Rig().request(route, method="GET", query=query)
    assert reply.status == 422
    error = error_of(reply)
    assert (error["code"], error["detail"], error["source"]) == (code, detail, {"parameter": parameter})


def test_every_bad_field_is_told_at_once() -> None:
    reply = Rig().request(DELIVERIES, method="GET", query="page[size]=0&filter[status][eq]=x&page[number]=0")
    sources = [one["source"]["parameter"] for one in orjson.loads(reply.body)["errors"]]
    assert sources == ["filter[status][eq]", "page[number]", "page[size]"]


def test_other_unknown_fields_are_taken_with_a_warning_and_refused_by_strict_validation() -> None:
    """Telnyx ignores them, as it does unknown keys of bodies."""
    rig = Rig()
    assert rig.inspect(EVENTS, query="sort=up")["data"] == []
    assert rig.requests[-1].warnings == ("/sort is no parameter of call_event_list; Telnyx ignores it.",)
    strict = Rig(policy=Policy(validation=Validation.STRICT))
    assert error_of(strict.request(EVENTS, method="GET", query="sort=up"))["code"] == "10027"


def test_lenient_validation_counts_bad_fields_as_not_given() -> None:
    rig = Rig(policy=Policy(validation=Validation.WARN))
    for query in (
        "page[size]=many&page[number]=-1",
        "filter[failed]=maybe",
        "filter[occurred_at][eq]=now",
        "filter[nothing]=x",
        "filter[type]=1&filter[type]=2",
    ):
        meta = rig.inspect(EVENTS, query=query)["meta"]
        assert meta == {"page_number": 1, "page_size": 20, "total_pages": 0, "total_results": 0}


def test_a_query_that_can_not_be_decoded_is_malformed() -> None:
    rig = Rig()
    broken = rig.request(EVENTS, method="GET", query="filter[name]=%ff")
    assert (broken.status, header(broken, "X-Emulator-Hint")) == (400, "The query is not UTF-8.")
    full = rig.request(EVENTS, method="GET", query="&".join(f"a{n}=" for n in range(1_001)))
    assert (full.status, header(full, "X-Emulator-Hint")) == (400, "The query has more than 1000 fields.")


@given(st.text(max_size=60), st.booleans())
def test_any_query_is_read_or_refused(text: str, quoted: bool) -> None:
    try:
        fields = read_query("/v2/call_events?" + (quote(text, errors="replace") if quoted else text))
    except (Invalid, Malformed):
        return
    assert all(type(name) is type(value) is str for name, value in fields.items())


@given(st.lists(st.integers(), max_size=60), st.integers(1, 25))
def test_the_pages_of_a_list_make_the_list(items: list[int], size: int) -> None:
    """And a page behind the last one is empty."""
    first = orjson.loads(page_document(cut(items, Page(size=size)), str))
    pages = first["meta"]["total_pages"]
    cuts = [cut(items, Page(number=number, size=size)) for number in range(1, pages + 1)]
    assert [item for one in cuts for item in one.items] == items
    assert all(len(one.items) == size for one in cuts[:-1])
    assert cut(items, Page(number=pages + 1, size=size)).items == ()
    assert first["meta"] == {
        "page_number": 1,
        "page_size": size,
        "total_pages": pages,
        "total_results": len(items),
    }


@pytest.mark.parametrize(
    ("value", "holds"),
    [
        ("2019-03-29T11:10:00Z", True),
        ("2019-03-29T11:10:19.127783+02:00", True),
        ("2019-03-29T11:10:00", False),
        ("2019-02-30T11:10:00Z", False),
        ("1969-12-31T23:59:59Z", False),
        ("", False),
        (20190329, True),
    ],
)
def test_a_time_has_an_offset_and_is_one(value: object, holds: bool) -> None:
    """What is no text is none of the format's business."""
    assert is_date_time(value) is holds
