"""The gate: sign-in, lock-out, sessions that end, tokens with scopes, and roles as the chain holds them now."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from people import CHEAP, NETWORK, NOW, PASSWORD, YEAR, People, Shown, enrolment, with_session, with_token

from contracts.world import AgentRole, PartyRole
from gateway.accounts import enrolment as enrolments
from gateway.accounts.book import AccountBook
from gateway.accounts.caller import VISITOR, Role, Scope
from gateway.accounts.edge.limits import FORGOTTEN_S, TRIES, TRIES_OF_ACCOUNT, Rate, TooMany
from gateway.accounts.signin.gate import COOKIE, SECURE_COOKIE, Gate
from gateway.accounts.signin.sessions import IDLE_S, LONGEST_S, form_word, require_form_word
from gateway.accounts.signin.tokens import Tokens
from ledger.errors import BackendError, Conflict, InvalidRecord, NotAuthorized, TrustError


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    found = People(tmp_path)
    found.parties.register("tax", PartyRole.OWNER | PartyRole.REQUESTER)
    found.parties.register("audit", PartyRole.AUDITOR)
    found.parties.register("operator", PartyRole.OPERATOR)
    yield found
    found.close()


class TestSigningIn:
    def test_the_right_password_begins_a_session(self, people: People) -> None:
        people.gate.add_local("ann", "Ann", PASSWORD)
        secret = people.gate.sign_in("ann", PASSWORD, "10.0.0.1")
        assert people.gate.authorize(with_session(secret)).roles == {Role.CITIZEN}

    @pytest.mark.parametrize(
        ("name", "password"), [("ann", "wrong password"), ("nobody", PASSWORD), ("ann", "x" * 300)]
    )
    def test_a_wrong_name_and_a_wrong_password_are_refused_alike(
        self, people: People, name: str, password: str
    ) -> None:
        people.gate.add_local("ann", "Ann", PASSWORD)
        with pytest.raises(NotAuthorized, match=r"^sign-in: name or password do not fit$"):
            people.gate.sign_in(name, password, "10.0.0.1")

    def test_after_five_failures_the_right_password_has_to_wait_too(self, people: People) -> None:
        people.gate.add_local("ann", "Ann", PASSWORD)
        for _ in range(5):
            with pytest.raises(NotAuthorized):
                people.gate.sign_in("ann", "wrong password", "10.0.0.1")
        with pytest.raises(TooMany) as refused:
            people.gate.sign_in("ann", PASSWORD, "10.0.0.1")
        people.clock.now += refused.value.wait_s
        assert people.gate.sign_in("ann", PASSWORD, "10.0.0.1")

    def test_nobody_alone_locks_another_s_account_out(self, people: People) -> None:
        people.gate.add_local("ann", "Ann", PASSWORD)
        for _ in range(20):
            with pytest.raises(NotAuthorized):
                people.gate.sign_in("ann", "wrong password", "10.0.0.1")
        assert people.gate.sign_in("ann", PASSWORD, "10.0.0.2")

    def test_who_draws_a_new_address_of_the_same_line_with_each_try_has_to_wait_too(self, people: People) -> None:
        people.gate.add_local("ann", "Ann", PASSWORD)
        for n in range(TRIES):
            with pytest.raises(NotAuthorized, match="do not fit"):
                people.gate.sign_in("ann", "wrong password", f"2001:db8:0:{n:x}::1")
        with pytest.raises(TooMany):
            people.gate.sign_in("ann", PASSWORD, "2001:db8:0:ff::1")
        assert people.gate.sign_in("ann", PASSWORD, "2001:db8:0:100::1")

    def test_an_account_that_is_tried_from_everywhere_waits(self, people: People) -> None:
        people.gate.add_local("ann", "Ann", PASSWORD)
        for _ in range(TRIES_OF_ACCOUNT - 1):
            people.book.count_try({"account ann": TRIES_OF_ACCOUNT}, NOW)
        with pytest.raises(NotAuthorized, match="do not fit"):
            people.gate.sign_in("ann", "wrong password", "10.0.0.1")
        with pytest.raises(TooMany):
            people.gate.sign_in("ann", PASSWORD, "10.0.0.2")

    def test_tries_at_once_count_one_by_one(self, people: People) -> None:
        people.gate.add_local("ann", "Ann", PASSWORD)
        together = threading.Barrier(12)

        def guess(n: int) -> type[Exception]:
            together.wait()
            with pytest.raises(NotAuthorized) as refused:
                people.gate.sign_in("ann", f"wrong password {n}", "10.0.0.1")
            return refused.type

        with ThreadPoolExecutor(12) as pool:
            told = list(pool.map(guess, range(12)))
        assert told.count(TooMany) == 12 - TRIES

    def test_failures_that_no_longer_count_are_forgotten(self, people: People) -> None:
        for n in range(3):
            with pytest.raises(NotAuthorized):
                people.gate.sign_in(f"name{n}", "wrong password", f"10.0.0.{n}")
            people.clock.now += FORGOTTEN_S + 1
        with people.book.database.transaction() as db:
            assert db.execute("SELECT count(*) FROM failures").fetchone() == (2,)

    def test_a_source_that_tries_many_accounts_is_locked_out_and_another_is_not(self, people: People) -> None:
        people.gate.add_local("ann", "Ann", PASSWORD)
        for n in range(5):
            with pytest.raises(NotAuthorized):
                people.gate.sign_in(f"name{n}", "wrong password", "10.0.0.1")
        with pytest.raises(TooMany):
            people.gate.sign_in("ann", PASSWORD, "10.0.0.1")
        assert people.gate.sign_in("ann", PASSWORD, "10.0.0.2")

    def test_the_book_of_accounts_is_for_nobody_else_on_the_machine(self, people: People, tmp_path: Path) -> None:
        people.join("ann")
        found = list(tmp_path.glob("accounts.sqlite*"))
        assert {stat.S_IMODE(path.stat().st_mode) for path in found} == {0o600}

    @pytest.mark.parametrize("password", ["short", "x" * 201, "aaaaaaaaaaaaaaaa"])
    def test_a_weak_password_makes_no_account(self, people: People, password: str) -> None:
        with pytest.raises(InvalidRecord, match="password"):
            people.gate.add_local("ann", "Ann", password)

    @pytest.mark.parametrize("name", ["", "a", "Ann", "../x", "a b", "x" * 81])
    def test_a_bad_name_makes_no_account(self, people: People, name: str) -> None:
        with pytest.raises(InvalidRecord, match="account"):
            people.gate.add_local(name, "", PASSWORD)

    def test_a_name_is_given_once(self, people: People) -> None:
        people.gate.add_local("ann", "", PASSWORD)
        with pytest.raises(Conflict):
            people.gate.add_local("ann", "", PASSWORD)

    def test_no_password_and_no_secret_is_kept_as_it_is(self, people: People, tmp_path: Path) -> None:
        secret = people.join("ann")
        token = people.gate.tokens.issue(people.gate.caller("ann"), "t", [Scope.VERIFY], NOW, lasts_s=60)
        kept = b"".join(path.read_bytes() for path in tmp_path.glob("accounts.sqlite*"))
        assert not any(word.encode() in kept for word in (PASSWORD, secret, token))


class TestSessions:
    def test_an_idle_session_ends(self, people: People) -> None:
        secret = people.join("ann")
        people.clock.now += IDLE_S - 1
        assert people.gate.authorize(with_session(secret)).is_known
        people.clock.now += IDLE_S
        assert not people.gate.authorize(with_session(secret)).is_known

    def test_a_session_in_use_ends_after_a_working_day(self, people: People) -> None:
        secret = people.join("ann")
        for _ in range(LONGEST_S // 600 - 1):
            people.clock.now += 600
            assert people.gate.authorize(with_session(secret)).is_known
        people.clock.now += 600
        assert not people.gate.authorize(with_session(secret)).is_known

    def test_signing_out_ends_it_and_no_other(self, people: People) -> None:
        first = people.join("ann")
        second = people.gate.sessions.begin("ann", NOW)
        people.gate.sessions.end(first)
        assert not people.gate.authorize(with_session(first)).is_known
        assert people.gate.authorize(with_session(second)).is_known

    def test_a_new_password_ends_every_session_and_token(self, people: People) -> None:
        secret = people.join("ann")
        token = people.gate.tokens.issue(people.gate.caller("ann"), "t", [Scope.VERIFY], NOW, lasts_s=60)
        people.gate.change_password("ann", PASSWORD, "another long password", "10.0.0.1")
        assert not people.gate.authorize(with_session(secret)).is_known
        with pytest.raises(NotAuthorized):
            people.gate.authorize(with_token(token))

    def test_a_locked_account_is_out_and_comes_back_when_opened(self, people: People) -> None:
        secret = people.join("ann")
        people.book.lock("ann", locked=True)
        assert not people.gate.authorize(with_session(secret)).is_known
        with pytest.raises(NotAuthorized):
            people.gate.sign_in("ann", PASSWORD, "10.0.0.1")
        people.book.lock("ann", locked=False)
        assert people.gate.sign_in("ann", PASSWORD, "10.0.0.1")

    def test_over_https_no_cookie_counts_that_another_host_could_set(self, people: People) -> None:
        secret = people.join("mallory")
        over_https = Gate(people.book, None, people.clock, CHEAP, is_secure=True)
        assert not over_https.authorize(Shown(cookies={COOKIE: secret})).is_known
        assert over_https.authorize(Shown(cookies={SECURE_COOKIE: secret})).is_known
        assert not people.gate.authorize(Shown(cookies={SECURE_COOKIE: secret})).is_known

    @pytest.mark.parametrize("secret", ["", "guess", "x" * 5000])
    def test_a_guessed_cookie_is_a_visitors(self, people: People, secret: str) -> None:
        people.join("ann")
        assert not people.gate.authorize(with_session(secret)).is_known

    def test_a_form_counts_in_its_own_session_only(self) -> None:
        require_form_word("one", form_word("one"))
        for word in ("", form_word("two"), form_word("one").upper(), "ü"):
            with pytest.raises(NotAuthorized, match="form"):
                require_form_word("one", word)


class TestKnown:
    """Who was looked up this second is known without looking again, until the file of accounts changes."""

    def test_who_was_looked_up_is_known_for_the_rest_of_the_second_and_nobody_else(self, people: People) -> None:
        ann, bob = with_session(people.join("ann")), with_session(people.join("bob"))
        assert people.gate.known(ann) is None
        found = people.gate.authorize(ann)
        assert people.gate.known(ann) == found
        assert people.gate.known(bob) is None
        assert people.gate.known(Shown()) == VISITOR
        people.clock.now += 1
        assert people.gate.known(ann) is None

    def test_a_token_revoked_by_another_process_counts_no_more_at_once(self, people: People, tmp_path: Path) -> None:
        people.join("ann")
        token = with_token(people.gate.tokens.issue(people.gate.caller("ann"), "t", [Scope.VERIFY], NOW, lasts_s=60))
        people.gate.authorize(token)
        assert people.gate.known(token) is not None
        other = AccountBook(tmp_path / "accounts.sqlite")
        (issued,) = Tokens(other).of("ann", NOW)
        Tokens(other).revoke("ann", issued.name)
        other.close()
        assert people.gate.known(token) is None
        with pytest.raises(NotAuthorized):
            people.gate.authorize(token)

    @pytest.mark.parametrize("act", ["lock", "sign out", "enrol"])
    def test_what_this_process_changes_counts_at_once_too(self, people: People, act: str) -> None:
        secret = people.join("officer")
        shown = with_session(secret)
        assert people.gate.authorize(shown).roles == {Role.CITIZEN}
        match act:
            case "lock":
                people.book.lock("officer", locked=True)
            case "sign out":
                people.gate.sessions.end(secret)
            case _:
                people.gate.enrol("officer", enrolment("officer", "tax").encode())
        assert people.gate.known(shown) is None

    def test_what_was_looked_up_while_the_file_changed_is_not_known(self, people: People) -> None:
        shown, found = with_session(people.join("ann")), people.gate.sessions.account

        def meanwhile(secret: str, now: int) -> str | None:
            name = found(secret, now)
            people.book.lock("ann", locked=True)
            people.book.lock("ann", locked=False)
            return name

        people.gate.sessions.account = meanwhile  # type: ignore[method-assign]
        assert people.gate.authorize(shown).is_known
        assert people.gate.known(shown) is None


class TestTokens:
    def test_a_token_stands_for_its_account_within_its_scopes(self, people: People) -> None:
        people.join("officer", "tax")
        caller = people.gate.caller("officer")
        secret = people.gate.tokens.issue(caller, "nightly", [Scope.ALERTS], NOW, lasts_s=60)
        found = people.gate.authorize(with_token(secret))
        assert (found.name, found.party, found.scopes) == ("officer", "tax", {Scope.ALERTS})

    def test_a_token_ends_with_its_term_and_when_revoked(self, people: People) -> None:
        people.join("ann")
        caller, tokens = people.gate.caller("ann"), people.gate.tokens
        first = tokens.issue(caller, "one", [Scope.VERIFY], NOW, lasts_s=60)
        second = tokens.issue(caller, "two", [Scope.VERIFY], NOW, lasts_s=600)
        people.clock.now += 60
        with pytest.raises(NotAuthorized, match="ended"):
            people.gate.authorize(with_token(first))
        (left,) = tokens.of("ann", people.gate.now)
        tokens.revoke("ann", left.name)
        with pytest.raises(NotAuthorized):
            people.gate.authorize(with_token(second))

    def test_a_token_loses_what_its_account_loses(self, people: People) -> None:
        people.join("officer", "tax")
        secret = people.gate.tokens.issue(people.gate.caller("officer"), "t", [Scope.ALERTS], NOW, lasts_s=600)
        people.parties.appoint("tax", AgentRole.OFFICER, until=NOW)  # the officer who signed is dismissed
        assert people.gate.authorize(with_token(secret)).scopes == frozenset()

    def test_nobody_makes_a_token_for_what_he_may_not(self, people: People) -> None:
        people.join("ann")
        with pytest.raises(NotAuthorized, match="inbox"):
            people.gate.tokens.issue(people.gate.caller("ann"), "t", [Scope.INBOX], NOW, lasts_s=60)

    @pytest.mark.parametrize(
        ("label", "scopes", "lasts_s"),
        [("", [Scope.VERIFY], 60), ("t", [], 60), ("t", [Scope.VERIFY], 0), ("t", [Scope.VERIFY], 10 * YEAR)],
    )
    def test_a_token_without_end_label_or_scope_is_not_made(
        self, people: People, label: str, scopes: list[Scope], lasts_s: int
    ) -> None:
        people.join("ann")
        with pytest.raises(InvalidRecord, match="token"):
            people.gate.tokens.issue(people.gate.caller("ann"), label, scopes, NOW, lasts_s=lasts_s)

    @pytest.mark.parametrize(
        "header", ["Bearer shuxin_guess", "Bearer x", "Basic YTpi", "shuxin_", "Bearer " + "x" * 9999]
    )
    def test_a_forged_token_is_refused_and_not_taken_for_a_visitors(self, people: People, header: str) -> None:
        with pytest.raises(NotAuthorized, match="token"):
            people.gate.authorize(Shown({"authorization": header}))


class TestMembership:
    def test_an_officers_statement_makes_an_account_its_partys(self, people: People) -> None:
        people.join("officer", "tax")
        found = people.gate.caller("officer")
        assert (found.party, found.roles) == ("tax", {Role.DEPARTMENT})

    def test_the_chains_word_counts_at_every_use(self, people: People) -> None:
        secret = people.join("officer", "tax")
        people.parties.register("tax", PartyRole.AUDITOR)
        assert people.gate.authorize(with_session(secret)).roles == {Role.AUDITOR}
        people.parties.agents.clear()
        assert people.gate.authorize(with_session(secret)).roles == {Role.CITIZEN}

    def test_an_enrolment_ends_on_its_day(self, people: People) -> None:
        people.gate.add_local("ann", "", PASSWORD)
        people.gate.enrol("ann", enrolment("ann", "tax", until=NOW + 600).encode())
        people.clock.now += 600
        assert people.gate.caller("ann").roles == {Role.CITIZEN}

    @pytest.mark.parametrize(
        "spoilt",
        [
            {"account": "bob", "party": "tax"},
            {"account": "ann", "party": "tax", "by": "audit"},
            {"account": "ann", "party": "tax", "by": "stranger"},
            {"account": "ann", "party": "tax", "until": NOW},
            {"account": "ann", "party": "tax", "until": NOW + 3 * YEAR},
            {"account": "ann", "party": "tax", "network": bytes(32)},
            {"account": "ann", "party": "nobody"},
        ],
    )
    def test_a_statement_for_others_by_others_or_out_of_time_is_refused(
        self, people: People, spoilt: dict[str, object]
    ) -> None:
        people.gate.add_local("ann", "", PASSWORD)
        with pytest.raises(NotAuthorized, match="enrolment"):
            people.gate.enrol("ann", enrolment(**spoilt).encode())  # type: ignore[arg-type]
        assert people.gate.caller("ann").roles == {Role.CITIZEN}

    def test_an_agent_that_is_no_officer_cannot_enrol(self, people: People) -> None:
        people.gate.add_local("ann", "", PASSWORD)
        people.parties.appoint("tax", AgentRole.NODE)
        with pytest.raises(NotAuthorized, match="nobody who may speak"):
            people.gate.enrol("ann", enrolment("ann", "tax").encode())

    def test_any_changed_byte_of_a_statement_is_refused(self, people: People) -> None:
        people.gate.add_local("ann", "", PASSWORD)
        good = enrolment("ann", "tax").encode()
        for place in range(0, len(good), 7):
            with pytest.raises(TrustError):
                people.gate.enrol("ann", good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])

    @pytest.mark.parametrize(
        "data", [b"", b"{}", b"[]", b"\xff", b'{"body":"{}","public":"","signature":""}', b"x" * 9000]
    )
    def test_garbage_is_no_statement(self, data: bytes) -> None:
        with pytest.raises(InvalidRecord):
            enrolments.parse(data)

    def test_without_a_chain_nobody_acts_for_a_party(self, people: People) -> None:
        people.join("officer", "tax")
        alone = Gate(people.book, None, people.clock)
        assert alone.caller("officer").roles == {Role.CITIZEN}

    def test_a_chain_out_of_reach_makes_a_citizen_and_no_fault(self, people: People) -> None:
        people.join("officer", "tax")

        def gone() -> enrolments.Register:
            raise BackendError("chain: does not answer")

        assert Gate(people.book, gone, people.clock).caller("officer").roles == {Role.CITIZEN}

    def test_the_network_is_part_of_what_is_signed(self) -> None:
        assert enrolment("ann", "tax").signature != enrolment("ann", "tax", network=bytes(32)).signature
        assert enrolments.parse(enrolment("ann", "tax").encode()).enrolment.network == NETWORK


class TestRate:
    def test_a_bucket_empties_and_fills_again(self) -> None:
        rate = Rate(per_s=1, burst=3)
        for _ in range(3):
            rate.take("a", 0.0)
        with pytest.raises(TooMany):
            rate.take("a", 0.5)
        rate.take("b", 0.5)
        rate.take("a", 2.0)
