"""A Flower node stands for a department only by the department's word, in date, signed with its key on chain."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from federated.flower import credentials
from federated.flower.credentials import VALIDITY, create_key, parse, private_key, require_in_date, state
from ledger.crypto import tls
from ledger.crypto.keys import generate
from ledger.errors import InvalidRecord, NotAuthorized, NotFound, VerificationError

NOW = datetime(2026, 11, 22, tzinfo=UTC)
KEY, CHAIN = generate("ed25519"), 20261


def made(home):
    create_key(home / "key")
    return private_key(home / "key")


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    return made(tmp_path_factory.mktemp("node"))


@pytest.fixture
def statement(node):
    return state("tax", node, KEY.signer(), NOW, chain_id=CHAIN)


def check(found, party, key, now, chain=CHAIN):
    credentials.check(found, party, key, now, chain_id=chain)


def signed(found):
    """The statement signed again by its department, whatever stands in it."""
    text = credentials._signed(found.party, found.key, found.until, found.possession)
    return replace(found, signature=KEY.signer().sign(text))


def test_a_departments_statement_holds_until_its_date(statement):
    found = parse(statement.encode())
    assert found == statement
    check(found, "tax", KEY.public, NOW)
    check(found, "tax", KEY.public, NOW + VALIDITY - timedelta(seconds=1))
    with pytest.raises(NotAuthorized, match="has expired"):
        check(found, "tax", KEY.public, NOW + VALIDITY)


def test_it_holds_for_no_other_department(statement):
    with pytest.raises(NotAuthorized, match="is of tax, not of water"):
        check(statement, "water", KEY.public, NOW)
    with pytest.raises(VerificationError):
        check(replace(statement, party="water"), "water", KEY.public, NOW)


def test_it_holds_under_no_other_key_and_for_no_other_node(statement, tmp_path):
    with pytest.raises(VerificationError):
        check(statement, "tax", generate("ed25519").public, NOW)
    for changed in (
        replace(statement, key=create_key(tmp_path / "another")),
        replace(statement, possession=statement.possession[:-1] + bytes([statement.possession[-1] ^ 1])),
        replace(statement, until=statement.until + 1),
    ):
        with pytest.raises(VerificationError):
            check(changed, "tax", KEY.public, NOW)


def test_nobody_states_the_key_of_anothers_node_as_its_own(statement, tmp_path):
    anothers = replace(statement, party="water")
    with pytest.raises(VerificationError, match="key that water states did not sign for water on chain 20261"):
        check(signed(anothers), "water", KEY.public, NOW)
    own = state("water", made(tmp_path), KEY.signer(), NOW, chain_id=CHAIN)
    check(own, "water", KEY.public, NOW)
    with pytest.raises(VerificationError, match="did not sign for water"):
        check(signed(replace(own, key=statement.key)), "water", KEY.public, NOW)


def test_a_proof_that_a_node_has_its_key_is_of_one_chain(statement):
    with pytest.raises(VerificationError, match="did not sign for tax on chain 7"):
        check(statement, "tax", KEY.public, NOW, chain=7)


def test_what_is_no_key_of_the_kind_is_no_nodes(statement):
    weaker = ec.generate_private_key(ec.SECP256R1()).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    for key in (weaker.public_bytes(serialization.Encoding.PEM, form), b"no key"):
        with pytest.raises(VerificationError, match="tax states no"):
            check(signed(replace(statement, key=key)), "tax", KEY.public, NOW)


def test_a_statement_without_the_proof_is_of_an_earlier_form_and_refused(statement):
    earlier = statement.encode().replace(b'"possession":"' + statement.possession.hex().encode() + b'",', b"")
    with pytest.raises(InvalidRecord, match="possession"):
        parse(earlier)


@pytest.mark.parametrize(
    "change", [lambda b: b[:-1], lambda b: b"{}", lambda b: b.replace(b'"until":', b'"till":'), lambda b: b"\xff" * 9]
)
def test_what_is_no_statement_is_refused(statement, change):
    with pytest.raises(InvalidRecord):
        parse(change(statement.encode()))


def test_a_key_is_made_once_and_only_its_account_reads_it(tmp_path):
    path = tmp_path / "key"
    first = create_key(path)
    assert create_key(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert isinstance(private_key(path).curve, ec.SECP384R1)


def test_another_kind_of_key_is_refused(tmp_path):
    path = tmp_path / "key"
    with pytest.raises(NotFound, match="no key"):
        private_key(path)
    path.write_bytes(b"nothing")
    with pytest.raises(InvalidRecord, match="OpenSSH"):
        private_key(path)
    weaker = ec.generate_private_key(ec.SECP256R1())
    form = serialization.PrivateFormat.OpenSSH
    path.write_bytes(weaker.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    with pytest.raises(InvalidRecord, match="P-384"):
        private_key(path)


def test_a_certificate_out_of_its_dates_is_refused(tmp_path):
    certificate = tls.create_identity(tmp_path, "link", now=NOW).pem
    require_in_date(certificate, NOW)
    with pytest.raises(NotAuthorized, match=r"valid from 2026-11-21 to \d{4}-\d\d-\d\d only"):
        require_in_date(certificate, NOW + tls.VALIDITY + timedelta(days=2))
    with pytest.raises(InvalidRecord, match="PEM"):
        require_in_date(b"nothing", NOW)
