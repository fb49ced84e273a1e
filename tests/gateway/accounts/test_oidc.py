"""Sign-in at a real provider process: the whole way round, and each thing that may be wrong on it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import oidcprovider
import pytest
from oidcprovider import provider
from people import PASSWORD, People, with_session

from gateway.accounts.caller import Role
from gateway.accounts.signin.gate import Gate
from gateway.accounts.signin.oidc import PENDING_S, Begun, Oidc, Provider, safe_return
from ledger.errors import BackendError, InvalidRecord, NotAuthorized


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider() as found:
        yield found


class Now(People):
    """People whose clock is the provider's, the machine's."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.clock.now = time.time()


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    found = Now(tmp_path)
    yield found
    found.close()


def oidc(issuer: str, gate: Gate) -> Oidc:
    told = Provider(issuer, oidcprovider.CLIENT, "", "http://127.0.0.1:1/auth/callback", "City", "real_name")
    return Oidc(told, gate)


def browse(begun: Begun, hint: str = "ann") -> tuple[str, str]:
    """Go where the browser is sent; return the code and state it comes back with."""
    answer = httpx.get(f"{begun.url}&login_hint={hint}", follow_redirects=False)
    back = parse_qs(urlsplit(answer.headers["location"]).query)
    return back["code"][0], back["state"][0]


def sign_in(door: Oidc, hint: str = "ann") -> tuple[str, str]:
    begun = asyncio.run(door.begin("/zh/inbox"))
    code, state = browse(begun, hint)
    return asyncio.run(door.finish(state, begun.state, code))


def test_a_sign_in_makes_an_account_once_and_leads_back(issuer: str, people: People) -> None:
    door = oidc(issuer, people.gate)
    secret, back = sign_in(door)
    caller = people.gate.authorize(with_session(secret))
    assert (back, caller.roles) == ("/zh/inbox", {Role.CITIZEN})
    again, _ = sign_in(door)
    assert people.gate.authorize(with_session(again)).name == caller.name
    other, _ = sign_in(door, "bob")
    assert people.gate.authorize(with_session(other)).name != caller.name
    assert people.book.account(caller.name).person == "Ann"


def test_the_code_is_asked_for_with_a_challenge_and_a_fresh_state(issuer: str, people: People) -> None:
    door = oidc(issuer, people.gate)
    asked = [parse_qs(urlsplit(asyncio.run(door.begin("/")).url).query) for _ in range(2)]
    assert all(one["code_challenge_method"] == ["S256"] and one["response_type"] == ["code"] for one in asked)
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]


def test_a_password_does_not_open_a_providers_account(issuer: str, people: People) -> None:
    secret, _ = sign_in(oidc(issuer, people.gate))
    name = people.gate.authorize(with_session(secret)).name
    with pytest.raises(NotAuthorized):
        people.gate.sign_in(name, PASSWORD, "10.0.0.1")


def test_a_locked_account_does_not_come_in_by_its_provider(issuer: str, people: People) -> None:
    door = oidc(issuer, people.gate)
    secret, _ = sign_in(door)
    people.book.lock(people.gate.authorize(with_session(secret)).name, locked=True)
    with pytest.raises(NotAuthorized, match="locked"):
        sign_in(door)


def test_another_browsers_try_is_refused(issuer: str, people: People) -> None:
    door = oidc(issuer, people.gate)
    begun, other = asyncio.run(door.begin("/")), asyncio.run(door.begin("/"))
    code, state = browse(begun)
    for cookie in ("", other.state):
        with pytest.raises(NotAuthorized, match="another browser"):
            asyncio.run(door.finish(state, cookie, code))


def test_a_try_is_good_once_and_for_ten_minutes(issuer: str, people: People) -> None:
    door = oidc(issuer, people.gate)
    begun = asyncio.run(door.begin("/"))
    code, state = browse(begun)
    asyncio.run(door.finish(state, state, code))
    with pytest.raises(NotAuthorized, match="over"):
        asyncio.run(door.finish(state, state, code))
    late = asyncio.run(door.begin("/"))
    people.clock.now += PENDING_S
    with pytest.raises(NotAuthorized, match="over"):
        asyncio.run(door.finish(late.state, late.state, "code"))


def test_a_stolen_code_is_worth_nothing_without_its_verifier(issuer: str, people: People) -> None:
    door = oidc(issuer, people.gate)
    code, _ = browse(asyncio.run(door.begin("/")))
    mine = asyncio.run(door.begin("/"))
    with pytest.raises(NotAuthorized, match="provider refuses"):
        asyncio.run(door.finish(mine.state, mine.state, code))


@pytest.mark.parametrize("defect", ["nonce", "audience", "issuer", "signature", "expired"])
def test_an_id_token_that_does_not_hold_is_refused(defect: str, people: People) -> None:
    with provider(defect) as address, pytest.raises(NotAuthorized, match="ID token does not hold"):
        sign_in(oidc(address, people.gate))
    assert people.book.accounts() == []


def test_a_provider_out_of_reach_is_said_to_be(people: People) -> None:
    with pytest.raises(BackendError, match="does not answer"):
        asyncio.run(oidc("http://127.0.0.1:9", people.gate).begin("/"))


def test_a_provider_that_speaks_for_another_issuer_is_refused(issuer: str, people: People) -> None:
    with pytest.raises(BackendError, match="another issuer"):
        asyncio.run(oidc(issuer.replace("127.0.0.1", "localhost"), people.gate).begin("/"))


def test_an_issuer_without_https_is_this_machine_only() -> None:
    with pytest.raises(InvalidRecord, match="https"):
        Provider("http://idp.example", "c", "", "http://x/", "t")


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/\\evil", "javascript:1", "/a?b", ""])
def test_nobody_is_sent_elsewhere_after_a_sign_in(path: str) -> None:
    assert safe_return(path) == "/"


def test_an_endpoint_without_https_is_refused_where_the_issuer_has_it(people: People) -> None:
    oidc = Oidc(Provider("https://idp.example", "shuxin", "", "https://here/auth/callback", "City"), people.gate)
    oidc._known = {"token_endpoint": "http://idp.example/token", "jwks_uri": "https://keys.example/jwks"}
    with pytest.raises(BackendError, match="no safe token_endpoint"):
        asyncio.run(oidc._endpoint("token_endpoint"))
    assert asyncio.run(oidc._endpoint("jwks_uri")) == "https://keys.example/jwks"
