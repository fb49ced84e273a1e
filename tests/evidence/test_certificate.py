"""A title certificate holds offline as long as chain, issuer and title say so, and nothing else passes for one."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from certifiedtown import COUNTY, DESCRIPTION, UNIT, LandTown, holder
from citygenesis import key

from contracts.certificates import bits, compact, credential, issuing, sdjwt
from contracts.certificates.compact import Kind
from contracts.evidence.program import judge
from contracts.evidence.register import paper, status
from contracts.evidence.register.certificate import verify_certificate
from ledger import canonical
from ledger.errors import InvalidRecord, NotFound
from ledger.proofs.trust import Trust

STEPS = ["form", "network", "contracts", "certificate", "issuer", "status", "title", "period"]


@dataclass(frozen=True)
class Papers:
    """A certificate with its status, and what the same chain says of it later. soon: one that ends early."""

    trust: Trust
    text: str
    status: bytes
    lists: tuple[str, str]
    foreign: str
    listed: bytes
    other: str
    other_status: bytes
    revoked: bytes
    moved: bytes
    stolen: bytes
    soon: str
    soon_status: bytes
    over: bytes


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Papers]:
    town = LandTown(tmp_path_factory.mktemp("town"))
    try:
        yield _papers(town)
    finally:
        town.close()


def _papers(town: LandTown) -> Papers:
    town.enter("1", "first", holder("张三", "1/3"), holder("Bob", "2/3"), DESCRIPTION)
    registrar = town.registrar
    kept, _ = registrar.issue(UNIT)
    fresh = town.status(kept.text).encode()
    clean = registrar.status_list(0).jws
    other, _ = registrar.issue(UNIT, another=True)
    other_status = town.status(other.text).encode()
    soon, _ = registrar.issue(UNIT, town.view.head().timestamp + 8, another=True)
    soon_status = town.status(soon.text).encode()
    county, _ = town.office(COUNTY)
    registrar.revoke(other, "lost")
    over = town.status(soon.text).encode()
    dirty = registrar.status_list(0).jws
    listed = town.status(kept.text, dirty).encode()
    foreign = county.status_list(0).jws
    revoked = town.status(other.text).encode()
    town.enter("2", "transfer", holder("Cat"))
    moved = town.status(kept.text).encode()
    town.declare_compromised("registrar", town.view.head().timestamp)
    stolen = town.status(kept.text).encode()
    return Papers(
        town.trust, kept.text, fresh, (clean, dirty), foreign, listed, other.text, other_status, revoked, moved,
        stolen, soon.text, soon_status, over,
    )  # fmt: skip


def failed(papers: Papers, text: str, proof: bytes) -> str | None:
    return verify_certificate(text, proof, papers.trust).failed


def reason(text: str, proof: bytes, trust: Trust) -> str:
    return verify_certificate(text, proof, trust).steps[-1].detail.en


def resigned(papers: Papers, change: dict[str, object]) -> str:
    """Return the certificate with other claims, signed by its issuer's own key."""
    whole = sdjwt.parse(papers.text)
    claims = {**sdjwt.members(whole.payload), **change}
    signer = key("registrar", "statement").signer()
    return sdjwt.sign(sdjwt.members(whole.header), claims, signer, whole.disclosures).text()


def test_a_certificate_holds_step_by_step_and_says_as_of_when(papers: Papers) -> None:
    verdict = verify_certificate(papers.text, papers.status, papers.trust)
    assert [step.name for step in verdict.steps] == STEPS
    assert verdict.failed is None
    lines = "\n".join(verdict.lines("en"))
    assert "not revoked (as of block" in lines
    assert "all holders compared with the chain" in lines
    assert "holder: 张三 (1/3)" in lines
    assert "权利人:Bob (2/3)" in "\n".join(verdict.lines("zh"))


def test_a_part_shows_what_was_chosen_and_nothing_else(papers: Papers) -> None:
    part = issuing.showing(sdjwt.parse(papers.text), ["code", "holders.1", "spatialUnit.address"]).text()
    verdict = verify_certificate(part, papers.status, papers.trust)
    assert verdict.failed is None
    said = "\n".join(verdict.lines("en"))
    assert "Bob" in said
    assert "1 withheld" in said
    assert "张三" not in said + part
    assert "88.5" not in said
    assert "all holders" not in said
    assert not any(hidden in part for hidden in ("88.5", "住宅"))
    nothing = issuing.showing(sdjwt.parse(papers.text), []).text()
    assert failed(papers, nothing, papers.status) is None
    with pytest.raises(NotFound, match="nothing called 'price'"):
        issuing.showing(sdjwt.parse(papers.text), ["price"])


def test_a_revoked_certificate_is_refused_by_a_newer_status_and_stands_as_of_the_older(papers: Papers) -> None:
    assert failed(papers, papers.other, papers.revoked) == "status"
    assert "revoked, as of block" in reason(papers.other, papers.revoked, papers.trust)
    assert failed(papers, papers.other, papers.other_status) is None
    assert failed(papers, papers.text, papers.status) is None


def test_a_certificate_of_a_title_that_moved_on_is_refused(papers: Papers) -> None:
    assert failed(papers, papers.text, papers.moved) == "title"
    assert "the certificate states entry 1" in reason(papers.text, papers.moved, papers.trust)


def test_a_certificate_under_a_compromised_key_is_refused_whatever_its_date(papers: Papers) -> None:
    assert failed(papers, papers.text, papers.stolen) == "issuer"


def test_an_expired_certificate_is_refused_and_holds_as_of_before(papers: Papers) -> None:
    assert failed(papers, papers.soon, papers.soon_status) is None
    assert failed(papers, papers.soon, papers.over) == "period"


def test_the_status_of_another_certificate_or_another_network_does_not_serve(papers: Papers) -> None:
    assert failed(papers, papers.text, papers.other_status) == "certificate"
    elsewhere = replace(papers.trust, genesis_hash=bytes(32))
    assert verify_certificate(papers.text, papers.status, elsewhere).failed == "network"


def with_list(papers: Papers, text: str) -> bytes:
    return replace(status.parse(papers.listed), list=text).encode()


def test_a_list_that_comes_along_is_the_chains_own(papers: Papers) -> None:
    assert failed(papers, papers.text, papers.listed) is None
    issuer, number, encoded = credential.read_status_list(*sdjwt.parse_jws(papers.lists[1])[:2])
    assert (issuer.party, number) == ("registrar", 0)
    place = credential.read(sdjwt.parse(papers.other)).certified.place
    assert bits.is_set(bits.unpack(encoded), place)


def test_a_swapped_stale_or_foreign_list_is_refused(papers: Papers) -> None:
    clean, dirty = papers.lists
    assert failed(papers, papers.text, with_list(papers, clean)) == "status"
    assert failed(papers, papers.text, with_list(papers, papers.foreign)) == "status"
    header, payload, signature = sdjwt.parse_jws(dirty)
    forged = sdjwt.SdJwt(header, payload, signature[:-1] + bytes([signature[-1] ^ 1])).jws
    assert failed(papers, papers.text, with_list(papers, forged)) == "status"
    for text in ("", "a.b", papers.text):
        assert failed(papers, papers.text, with_list(papers, text)) == "status"


def test_a_list_that_the_issuer_signed_but_the_chain_does_not_have_is_refused(papers: Papers) -> None:
    header, payload, _ = sdjwt.parse_jws(papers.lists[1])
    claims = sdjwt.members(payload)
    claims["credentialSubject"] = {**claims["credentialSubject"], "encodedList": bits.pack(bits.bits_of([1]))}
    signed = sdjwt.sign(sdjwt.members(header), claims, key("registrar", "statement").signer()).jws
    assert "not the one that the chain has" in reason(papers.text, with_list(papers, signed), papers.trust)


@pytest.mark.parametrize(
    "change",
    [{"validFrom": "2020-01-01T00:00:00Z"}, {"validUntil": "2099-01-01T00:00:00Z"}],
    ids=["earlier", "longer"],
)
def test_what_the_issuer_signed_but_did_not_record_is_no_certificate(papers: Papers, change: dict[str, object]) -> None:
    assert failed(papers, resigned(papers, change), papers.status) == "certificate"


@pytest.mark.parametrize(
    "change",
    [
        {"@context": ["https://www.w3.org/2018/credentials/v1"]},
        {"type": ["VerifiableCredential"]},
        {"name": "more"},
        {"_sd_alg": "sha-512"},
        {"validFrom": "2026-01-01"},
        {"issuer": "did:web:example.org"},
        {"credentialStatus": {"type": "BitstringStatusListEntry"}},
    ],
)
def test_a_credential_of_another_form_is_none_of_ours(papers: Papers, change: dict[str, object]) -> None:
    assert failed(papers, resigned(papers, change), papers.status) == "form"


def test_another_issuers_name_over_its_signature_is_refused(papers: Papers) -> None:
    whole = sdjwt.parse(papers.text)
    header = whole.header.replace(b":registrar", b":county")
    payload = whole.payload.replace(b":registrar", b":county")
    signed = sdjwt.sign(
        sdjwt.members(header), sdjwt.members(payload), key("county", "statement").signer(), whole.disclosures
    )
    assert failed(papers, signed.text(), papers.status) == "certificate"
    half = replace(whole, header=header).text()
    assert failed(papers, half, papers.status) == "form"


def test_no_byte_of_certificate_or_status_can_be_changed(papers: Papers) -> None:
    drawn = random.Random(9)
    for _ in range(80):
        changed = bytearray(papers.text.encode())
        changed[drawn.randrange(len(changed))] ^= drawn.randrange(1, 128)
        text = changed.decode("latin-1")
        assert failed(papers, text, papers.status) is not None
    for _ in range(40):
        changed = bytearray(papers.status)
        changed[drawn.randrange(len(changed))] ^= drawn.randrange(1, 256)
        assert failed(papers, papers.text, bytes(changed)) is not None


def test_a_disclosure_that_nobody_signed_or_that_comes_twice_is_refused(papers: Papers) -> None:
    whole = sdjwt.parse(papers.text)
    foreign = sdjwt.disclosure(bytes(16), "elsewhere 9", "code")
    for more in (foreign, whole.disclosures[0]):
        changed = whole.showing([*whole.disclosures, more]).text()
        assert failed(papers, changed, papers.status) == "form"
    swapped = whole.showing(sdjwt.parse(papers.other).disclosures).text()
    assert failed(papers, swapped, papers.status) == "form"


def test_codes_of_a_printed_certificate_carry_it_whole_and_in_any_order(papers: Papers) -> None:
    packed = compact.pack_certificate(sdjwt.parse(papers.text))
    codes = [*compact.write(Kind.CERTIFICATE, packed, 900), *compact.write(Kind.STATUS, papers.status, 1800)]
    assert len(codes) > 3
    random.Random(3).shuffle(codes)
    scanned = "\n".join([*codes, codes[0]]).encode() + b"\n"
    assert paper.read(scanned).certificate == papers.text
    assert judge(scanned, papers.trust).failed is None
    alone = "\n".join(compact.write(Kind.CERTIFICATE, packed, 4296)).encode()
    assert judge(alone, papers.trust, proof=papers.status).failed is None
    with pytest.raises(InvalidRecord, match="--status"):
        judge(alone, papers.trust)
    with pytest.raises(InvalidRecord, match="missing"):
        judge("\n".join(codes[:-1]).encode(), papers.trust)


def test_a_status_has_one_form(papers: Papers) -> None:
    assert status.parse(papers.status).encode() == papers.status
    for wrong in (papers.status + b"\n", canonical.encode({"format": status.FORMAT}), b"{}", b""):
        with pytest.raises(InvalidRecord):
            status.parse(wrong)


def test_what_the_chain_shows_names_no_person_and_no_place(papers: Papers) -> None:
    nodes = canonical.decode(papers.status)["chain"]["nodes"]
    shown = b"".join(base64.b64decode(node) for node in nodes)
    assert len(shown) > 4000
    assert not any(word.encode() in shown for word in ("张三", "Bob", "中山路", "住宅"))
