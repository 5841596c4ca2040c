"""Paths to operations: split before they are decoded, the prefix optional."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.errors import MethodNotAllowed, UnknownRoute
from emulator.core.models import Route
from emulator.web.routes import ROUTES, origin_form, resolve

IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@pytest.mark.parametrize("prefix", ["", "/v2"])
@pytest.mark.parametrize(
    ("method", "path", "route", "params"),
    [
        ("POST", "/calls/a/actions/siprec_start", Route.SIPREC_START, ("a",)),
        ("POST", "/calls/v3:a%2Fb/actions/siprec_stop?x=/y", Route.SIPREC_STOP, ("v3:a/b",)),
        ("POST", "/siprec_connectors", Route.CONNECTOR_CREATE, ()),
        ("GET", "/siprec_connectors/a%20b", Route.CONNECTOR_READ, ("a b",)),
        ("PUT", "/siprec_connectors/a", Route.CONNECTOR_UPDATE, ("a",)),
        ("DELETE", "/siprec_connectors/a", Route.CONNECTOR_DELETE, ("a",)),
        ("POST", "/texml/Accounts/a/Calls/b/Siprec.json", Route.TEXML_SIPREC_START, ("a", "b")),
        ("POST", "/texml/Accounts/a/Calls/b/Siprec/c.json", Route.TEXML_SIPREC_UPDATE, ("a", "b", "c")),
        ("GET", "/public_key", Route.PUBLIC_KEY, ()),
    ],
)
def test_every_operation_of_the_openapi_document_is_found(
    prefix: str, method: str, path: str, route: Route, params: tuple[str, ...]
) -> None:
    assert resolve(method, prefix + path) == (route, params)


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/v2",
        "*",
        "",
        "a.b:443",
        "/calls//actions/siprec_start",
        "/calls/a/actions/siprec_start/",
        "/v2/v2/calls/a/actions/siprec_start",
        "/v2calls/a/actions/siprec_start",
        "/v2xcalls/a/actions/siprec_start",
        "//calls/a/actions/siprec_start",
        "/texml/Accounts/a/Calls/b/Siprec/c",
        "/texml/Accounts/a/Calls/b/Siprec/.json",
        "x/calls/a/actions/siprec_start",
    ],
)
def test_everything_else_is_no_route(target: str) -> None:
    with pytest.raises(UnknownRoute):
        resolve("POST", target)


def test_a_wrong_method_names_the_right_ones() -> None:
    with pytest.raises(MethodNotAllowed) as refused:
        resolve("PATCH", "/v2/siprec_connectors/a")
    assert refused.value.headers == (("Allow", "DELETE, GET, PUT"),)


@given(IDS)
def test_any_id_comes_back_as_it_was_encoded(name: str) -> None:
    assert resolve("POST", f"/v2/calls/{quote(name, safe='')}/actions/siprec_start")[1] == (name,)


@given(st.text())
def test_any_target_is_routed_or_unknown(target: str) -> None:
    for candidate in (target, "/v2" + target, "/calls" + target):
        try:
            route, _ = resolve("POST", origin_form(candidate))
        except (UnknownRoute, MethodNotAllowed):
            continue
        assert route in Route


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/v2/public_key", "/v2/public_key"),
        ("http://localhost:1/v2/public_key?x", "/v2/public_key?x"),
        ("HTTPS://a/b", "/b"),
        ("http://localhost", "/"),
        ("*", "*"),
        ("ftp://a/b", "ftp://a/b"),
    ],
)
def test_an_absolute_target_counts_by_its_path(target: str, path: str) -> None:
    """RFC 9112 section 3.2.2."""
    assert origin_form(target) == path


def test_every_operation_is_listed_as_its_path_is_written() -> None:
    """A value in place of each parameter makes a target that the operation takes."""
    listed = [route.partition(" ") for route in ROUTES]
    assert [resolve(method, path.replace("{}", "x"))[0] for method, _, path in listed] == list(Route)
