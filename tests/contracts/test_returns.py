"""Returns: data of a region flow back to it by a claim nobody can refuse; late is a breach of its own item."""

from __future__ import annotations

from dataclasses import replace

import pytest
from evm import Outcome
from flow import Call, Flow, officer_of
from network import ADA, STRANGER, UNTIL, address, contract_of, digest
from requesting import ASK, FIRST, ID, ONE, SECOND, TWO
from sharing import AUDIT, AUTHORITY, COLUMNS, HEAD, INSTITUTE, OFFICE, PURPOSE, SUMS, agent, asset_of, filing
from test_endorsements import LACKS, enroll
from test_flow import breach
from test_regions import CITY, ELSEWHERE, PROVINCE, SUPPLY, Country

from contracts.addresses import RETURNS
from contracts.authorizations.record import AuthorizationState, Operations, Scope
from contracts.authorizations.rules import Revoke
from contracts.calendar.dates import DAY
from contracts.catalogue.rules import Amend, Unmount
from contracts.endorsements.rules import Endorse, Withdraw
from contracts.entries.rules import document_of
from contracts.grades import rules as grades
from contracts.grades.record import Column
from contracts.proven import history_fact, verify_events
from contracts.regions.rules import Place
from contracts.regulation.citing import cited
from contracts.regulation.rule_set import breach_number
from contracts.regulation.rules import NATIONAL
from contracts.requests.rules import NOTHING
from contracts.returns import client
from contracts.returns.rules import Claim, Gather, act_of
from contracts.supplies.rules import Deliver, Method, Sign
from contracts.world import AgentRole

WORD, CLAIM = digest("word"), digest("claim")
SCOPE = Scope(PURPOSE, int(SUMS | Operations.EXPORT), digest("returned"), 1, ASK.scope.valid_until, 4)
BACK = Claim(CLAIM, asset_of(ONE), CITY, SCOPE)
DELIVER = Deliver(CLAIM, Method.BATCH, WORD)
THIRD = officer_of(INSTITUTE)


class Realm(Country, Flow):
    """A provincial owner of data, an office in a city of that province, an institute in another province."""

    def __init__(self) -> None:
        super().__init__()
        for party, region in ((ONE, PROVINCE), (AUDIT, CITY), (INSTITUTE, ELSEWHERE)):
            assert self.settle(Place(party, region)) == ""
        self.rise(AUDIT, 4)

    def rise(self, party: bytes, level: int) -> None:
        """Register up to which grade a party may be a recipient."""
        assert self.network.govern("Grades", "set_level", party, level).accepted
        levels = {**self.sharing.grades.state.levels, party: level}
        self.sharing.grades.state = replace(self.sharing.grades.state, levels=levels)

    def step(self, caller: bytes, call: Call) -> Outcome:
        return self.claim(caller, call) if isinstance(call, Claim) else super().step(caller, call)

    def repeat(self, call: Claim) -> str:
        """Claim, with the head's agreement, what Authorizations refuses: the claim is undone as well."""
        self.agree(OFFICE, act_of(call, self.returns.state.journal.count(call.id) + 1))
        operation = client.claim(call, op_id=WORD)
        return self.network.send(OFFICE, RETURNS, operation.method, *operation.args).reason


@pytest.fixture
def realm() -> Realm:
    found = Realm()
    found.take(FIRST, Gather(asset_of(ONE), CITY))
    return found


def computed(call: Claim) -> Claim:
    """The same for computing only, which the grades of all columns allow."""
    return replace(call, scope=replace(call.scope, operations=int(SUMS)))


def plain(realm: Realm, *columns: Column) -> None:
    """Have the owner put an entry with other columns in force."""
    entry = filing(asset_of(ONE), columns=grades.columns_digest(columns))
    realm.sharing.enter(ONE, entry)
    realm.sharing.must(FIRST, Amend(asset_of(ONE), document_of(entry, ONE)))
    assert realm.sharing.grading(FIRST, grades.Grade(document_of(entry, ONE), columns)).accepted


def test_a_claim_makes_the_authorization_as_the_claimant_states_it_without_an_answer(realm: Realm) -> None:
    plain(realm, *COLUMNS[:2])
    realm.take(OFFICE, BACK)
    found = realm.sharing.authorizations.state.authorization(CLAIM)
    assert (found.owner, found.grantee, found.asset) == (ONE, AUDIT, asset_of(ONE))
    assert (found.state, found.operations, found.terms) == (AuthorizationState.GRANTED, 131, SCOPE.terms)
    realm.take(FIRST, DELIVER)
    realm.take(OFFICE, Sign(CLAIM, 1))


def test_what_nobody_states_to_have_gathered_is_not_claimed(realm: Realm) -> None:
    refused = realm.step(OFFICE, computed(replace(BACK, region=PROVINCE)))
    assert refused.reason == "return: nothing gathered there (R14)"
    found = cited(f"the chain refuses to claim: {refused.reason}")
    assert found is not None
    assert "article 24" in found.text("en")
    assert "第24条" in found.text("zh")
    realm.take(OFFICE, computed(BACK))


def test_a_claim_needs_the_agreement_of_the_claimants_head_to_exactly_this(realm: Realm) -> None:
    call = computed(BACK)
    assert realm.claim(OFFICE, call, alone=True).reason == LACKS
    act = act_of(call, 1)
    for other in (
        act_of(call, 2), act_of(replace(call, id=WORD), 1), act_of(replace(call, asset=asset_of(TWO)), 1),
        act_of(replace(call, region=PROVINCE), 1), act_of(replace(call, scope=replace(call.scope, max_uses=5)), 1),
    ):  # fmt: skip
        assert realm.sharing.endorse(agent(AUDIT, HEAD), Endorse(other)).accepted
    assert realm.sharing.endorse(agent(INSTITUTE, HEAD), Endorse(act)).accepted  # of another party
    assert realm.claim(OFFICE, call, alone=True).reason == LACKS
    assert realm.sharing.endorse(agent(AUDIT, HEAD), Endorse(act)).accepted
    assert realm.sharing.endorse(agent(AUDIT, HEAD), Withdraw(act)).accepted
    assert realm.claim(OFFICE, call, alone=True).reason == LACKS
    assert realm.sharing.endorse(agent(AUDIT, HEAD), Endorse(act)).accepted
    assert realm.claim(OFFICE, call, alone=True).accepted


def test_an_officer_who_is_head_as_well_does_not_claim_alone(realm: Realm) -> None:
    call, both = computed(BACK), address("both")
    enroll(realm, both, AgentRole.OFFICER | AgentRole.HEAD, realm.network.now, UNTIL, AUDIT)
    assert realm.sharing.endorse(both, Endorse(act_of(call, 1))).accepted
    assert realm.claim(both, call, alone=True).reason == LACKS
    assert realm.claim(OFFICE, call, alone=True).accepted  # for another officer it is the head's agreement


def test_who_sits_elsewhere_or_no_lower_claims_nothing(realm: Realm) -> None:
    call = computed(BACK)
    assert realm.step(THIRD, call).reason == "return: data of another region (R14)"
    for region in (PROVINCE, NATIONAL):
        assert realm.settle(Place(AUDIT, region)) == ""
        assert realm.step(OFFICE, call).reason == "return: owner at no higher level (R14)"
    assert realm.settle(Place(AUDIT, CITY)) == ""
    realm.take(OFFICE, call)


def test_the_highest_grade_of_all_columns_bounds_a_return(realm: Realm) -> None:
    assert realm.step(OFFICE, BACK).reason == "grades: grade allows computing only (R03)"
    realm.rise(AUDIT, 3)
    assert realm.step(OFFICE, computed(BACK)).reason == "grades: grade above the recipient's level (R03)"
    realm.rise(AUDIT, 4)
    realm.take(OFFICE, computed(BACK))
    realm.sharing.must(FIRST, Amend(asset_of(ONE), realm.sharing.enter(ONE, filing(asset_of(ONE), name=WORD))))
    ungraded = replace(computed(BACK), id=digest("ungraded"))
    assert realm.step(OFFICE, ungraded).reason == "grades: columns of the entry not graded (R03)"


def test_a_return_is_due_as_a_supply_where_the_owner_sits_and_late_under_its_own_item(realm: Realm) -> None:
    realm.legislate(PROVINCE, (SUPPLY, 7))
    plain(realm, *COLUMNS[:2])
    realm.take(OFFICE, BACK)
    realm.take(OFFICE, replace(BACK, id=digest("later")))
    due = realm.returns.state.due[CLAIM]
    assert due == realm.everything.deadline(ONE, SUPPLY, realm.network.now)
    realm.network.now = due - 1
    assert breach(realm.take(FIRST, DELIVER).logs) == 0
    realm.network.now = due
    assert breach(realm.take(FIRST, replace(DELIVER, authorization=digest("later"))).logs) == breach_number("39(5)")
    assert breach(realm.take(FIRST, replace(DELIVER, authorization=digest("later"))).logs) == 0


REFUSED = (
    (STRANGER, Gather(asset_of(ONE), CITY), "parties: unknown agent"),
    (SECOND, Gather(asset_of(ONE), CITY), "return: not the owner (R14)"),
    (OFFICE, Gather(asset_of(ONE), CITY), "return: not the owner (R14)"),
    (FIRST, Gather(WORD, CITY), "catalogue: unknown asset"),
    (FIRST, Gather(asset_of(ONE), CITY), "return: stated already"),
    (ADA, Gather(asset_of(ONE), CITY), "return: stated already"),
    (FIRST, Gather(asset_of(ONE), PROVINCE), "return: region not below the owner's (R14)"),
    (FIRST, Gather(asset_of(ONE), ELSEWHERE), "return: region not below the owner's (R14)"),
    (FIRST, computed(BACK), "request: party requests no data"),
    (OFFICE, computed(replace(BACK, id=NOTHING)), "return: id missing"),
    (OFFICE, replace(BACK, scope=replace(SCOPE, purpose=NOTHING)), "request: purpose missing (R08)"),
    (OFFICE, replace(BACK, scope=replace(SCOPE, valid_until=2)), "request: period over (R08)"),
)


def test_owner_or_authority_states_what_was_gathered_and_a_claim_leaves_nothing_open(realm: Realm) -> None:
    for caller, call, reason in REFUSED:
        assert realm.step(caller, call).reason == reason
    realm.take(ADA, Gather(asset_of(TWO), CITY))  # a national owner's, stated by the authority
    realm.take(OFFICE, replace(computed(BACK), asset=asset_of(TWO)))


@pytest.mark.parametrize(
    ("seat", "is_taken"),
    [(CITY, False), (ELSEWHERE, False), (PROVINCE, True)],
    ids=["city", "elsewhere", "province"],
)
def test_an_authority_states_what_was_gathered_only_of_owners_in_its_region(seat: bytes, is_taken: bool) -> None:
    """Attack: a city's authority and its office together give themselves a province's asset; nobody asks the owner."""
    realm = Realm()
    assert realm.settle(Place(AUTHORITY, seat)) == ""
    found = realm.step(ADA, Gather(asset_of(ONE), CITY))
    assert (found.accepted, found.reason) == ((True, "") if is_taken else (False, "return: not the owner (R14)"))
    claimed = realm.step(OFFICE, computed(BACK))
    assert claimed.reason == ("" if is_taken else "return: nothing gathered there (R14)")


def test_a_claim_takes_no_id_of_a_request_and_none_twice(realm: Realm) -> None:
    realm.must(OFFICE, ASK)
    assert realm.step(OFFICE, computed(replace(BACK, id=ID))).reason == "return: id of a request"
    realm.take(OFFICE, computed(BACK))
    assert realm.repeat(computed(BACK)) == "authorization: exists"
    gone = computed(replace(BACK, id=digest("gone")))
    realm.sharing.must(FIRST, Unmount(asset_of(ONE)))
    assert realm.repeat(gone) == "authorization: asset withdrawn"


def test_an_owner_ends_a_return_only_as_any_service(realm: Realm) -> None:
    realm.take(OFFICE, computed(BACK))
    refused = realm.sharing.do(FIRST, Revoke(CLAIM, WORD), alone=True)
    assert refused.reason == "authorization: end not consulted on and filed (R20)"


def test_the_events_are_the_whole_history_and_the_words_what_they_say(realm: Realm) -> None:
    own = [log for log in realm.take(OFFICE, computed(BACK)).logs if contract_of(log) == RETURNS]
    verify_events(RETURNS, CLAIM, own, realm.network.values(RETURNS, history_fact(RETURNS, CLAIM).slots))
    values = realm.network.values(RETURNS, client.due_fact(CLAIM).slots)
    assert client.decode_due(CLAIM, values) == realm.returns.state.due[CLAIM]
    for region, stated in ((CITY, True), (PROVINCE, False)):
        values = realm.network.values(RETURNS, client.gathered_fact(asset_of(ONE), region).slots)
        assert client.decode_gathered(asset_of(ONE), region, values) == stated
    assert realm.network.now < realm.returns.state.due[CLAIM] < realm.network.now + 60 * DAY
