"""Who may use the control API."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict

from emulator.core.errors import ControlError
from emulator.web.guard import ADMIN_HEADER, Guard


def refused(guard: Guard, **headers: str) -> int:
    """The status of a request's refusal, 0 when it may pass; ``_`` stands for ``-``."""
    try:
        guard.check("/info", CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()}))
    except ControlError as error:
        return error.status
    return 0


@pytest.mark.parametrize(
    "host",
    [
        "",
        "localhost:12111",
        "emulator",
        "emulator:12111",
        "127.0.0.1:1",
        "10.0.0.7",
        "[::1]:12111",
        "[::1]",
        "a.localhost",
        "a.local:1",
        "x.svc.cluster.local",
        "b.test",
        "Siprec.Example.COM:1",
    ],
)
def test_names_that_public_dns_cannot_give_away_and_the_servers_own_may_pass(host: str) -> None:
    assert refused(Guard(None, "siprec.example.com"), Host=host) == 0


@pytest.mark.parametrize(
    "host", ["evil.com", "evil.com:12111", "127.0.0.1.evil.com", "localhost.evil.com", "\udcff.x"]
)
def test_names_of_public_dns_are_403_without_an_admin_token(host: str) -> None:
    """DNS rebinding."""
    assert refused(Guard(None, "127.0.0.1"), Host=host) == 403


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:1", 0),
        ("HTTP://LOCALHOST:1", 0),
        ("http://localhost:2", 403),
        ("http://evil.com", 403),
        ("null", 403),
        ("\udcff", 403),
    ],
)
def test_an_origin_has_to_be_the_servers_own(origin: str, status: int) -> None:
    assert refused(Guard(None, "127.0.0.1"), Host="localhost:1", Origin=origin) == status


def test_the_admin_token_is_wanted_where_one_is_set_and_then_any_host_will_do() -> None:
    guard = Guard("secret", "127.0.0.1")
    assert refused(guard, Host="localhost") == 401
    assert refused(guard, Host="localhost", X_Emulator_Admin_Token="wrong") == 401
    assert refused(guard, Host="evil.com", X_Emulator_Admin_Token="secret") == 0
    assert refused(guard, Host="a.com", Authorization="Bearer secret") == 0
    assert refused(guard, Host="a.com", Authorization="Bearer secret", Origin="http://b.com") == 403
    assert ADMIN_HEADER == "X-Emulator-Admin-Token"


def test_probes_are_open_to_all() -> None:
    for path in ("/health", "/ready"):
        Guard("secret", "127.0.0.1").check(path, {"Host": "evil.com"})


def test_the_admin_token_names_no_namespace() -> None:
    guard = Guard("secret", "127.0.0.1")
    assert guard.is_admin({"Authorization": "Bearer secret"})
    assert not guard.is_admin({"Authorization": "Bearer other"})
    assert not guard.is_admin({})
    assert not Guard(None, "127.0.0.1").is_admin({"Authorization": "Bearer secret"})
