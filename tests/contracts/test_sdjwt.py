"""Selective disclosure: the standard's examples, and every malformed or surplus disclosure refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.certificates import sdjwt
from contracts.certificates.sdjwt import SdJwt, disclosed, disclosure, element, hidden
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, TrustError, VerificationError

# RFC 9901 sections 4.2.3 and 4.2.4.2.
FAMILY_NAME = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
FAMILY_DIGEST = "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"
FRANCE = "WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0"
FRANCE_DIGEST = "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs"
SALT = bytes(range(16))


def payload(value: JsonValue) -> bytes:
    return json.dumps(value).encode()


def test_the_standards_digests_are_ours() -> None:
    assert sdjwt.digest_of(FAMILY_NAME) == FAMILY_DIGEST
    assert sdjwt.digest_of(FRANCE) == FRANCE_DIGEST


def test_the_standards_member_and_element_come_back() -> None:
    signed = payload({"given_name": "Alice", "_sd": [FAMILY_DIGEST], "nationalities": ["DE", {"...": FRANCE_DIGEST}]})
    assert disclosed(signed, [FAMILY_NAME, FRANCE]) == {
        "given_name": "Alice", "family_name": "Möbius", "nationalities": ["DE", "FR"],
    }  # fmt: skip
    assert disclosed(signed, [FRANCE]) == {"given_name": "Alice", "nationalities": ["DE", "FR"]}
    assert disclosed(signed, []) == {"given_name": "Alice", "nationalities": ["DE"]}


def test_a_disclosure_within_a_disclosure_needs_the_outer_one() -> None:
    inner = disclosure(SALT, "DE")
    outer = disclosure(SALT, [element(inner)], "nationalities")
    signed = payload(hidden([outer]))
    assert disclosed(signed, [outer, inner]) == {"nationalities": ["DE"]}
    assert disclosed(signed, [outer]) == {"nationalities": []}
    with pytest.raises(VerificationError, match="belong to no digest"):
        disclosed(signed, [inner])


@pytest.mark.parametrize(
    ("claims", "disclosures", "error"),
    [
        ({"_sd": [FAMILY_DIGEST]}, [FRANCE], VerificationError),
        ({"_sd": [FAMILY_DIGEST]}, [FAMILY_NAME, FAMILY_NAME], VerificationError),
        ({"_sd": [FAMILY_DIGEST, FAMILY_DIGEST]}, [FAMILY_NAME], VerificationError),
        ({"_sd": [FAMILY_DIGEST], "a": {"_sd": [FAMILY_DIGEST]}}, [], VerificationError),
        ({"_sd": [FAMILY_DIGEST], "family_name": "Meyer"}, [FAMILY_NAME], VerificationError),
        ({"_sd": [FRANCE_DIGEST]}, [FRANCE], InvalidRecord),
        ({"a": [{"...": FAMILY_DIGEST}]}, [FAMILY_NAME], InvalidRecord),
        ({"a": {"...": FRANCE_DIGEST}}, [FRANCE], InvalidRecord),
        ({"a": [{"...": FRANCE_DIGEST, "b": 1}]}, [FRANCE], InvalidRecord),
        ({"_sd": FAMILY_DIGEST}, [FAMILY_NAME], InvalidRecord),
        ({"_sd": [7]}, [], InvalidRecord),
        ({"_sd_alg": "sha-1", "_sd": [FAMILY_DIGEST]}, [FAMILY_NAME], InvalidRecord),
        (hidden([disclosure(SALT, [], "_sd")]), [disclosure(SALT, [], "_sd")], InvalidRecord),
        (hidden([disclosure(SALT, [], "...")]), [disclosure(SALT, [], "...")], InvalidRecord),
        ([], [], InvalidRecord),
    ],
)
def test_what_the_standard_rejects_is_rejected(
    claims: JsonValue, disclosures: list[str], error: type[TrustError]
) -> None:
    with pytest.raises(error):
        disclosed(payload(claims), disclosures)


def test_two_members_of_one_name_cannot_both_be_disclosed() -> None:
    one, two = disclosure(SALT, 1, "share"), disclosure(SALT, 2, "share")
    signed = payload(hidden([one, two]))
    assert disclosed(signed, [two]) == {"share": 2}
    with pytest.raises(VerificationError, match="there twice"):
        disclosed(signed, [one, two])


def test_the_compact_form_comes_back() -> None:
    whole = SdJwt(b"{}", b'{"a":1}', bytes(64), (FAMILY_NAME, FRANCE))
    assert sdjwt.parse(whole.text()) == whole
    assert sdjwt.parse(whole.showing([FRANCE]).text()).disclosures == (FRANCE,)
    assert whole.showing([]).digest == whole.digest


@pytest.mark.parametrize(
    "text",
    [
        "",
        "e30.e30.AA",
        "e30.e30~",
        "e30.e30.AA~WyJhIl0~e30.e30.AA",
        "e30.e30.AB~",  # another spelling of the byte that AA stands for
        "e30.e30.AA=~",
        "e30.e30.A+~",
        "e30.e30.AA~~",
        "e30.e30.AA~" + "AA~" * 257,
        "e30.e30.AA~" + "A" * sdjwt.LIMIT,
    ],
)
def test_what_is_no_compact_form_is_refused(text: str) -> None:
    with pytest.raises(InvalidRecord):
        sdjwt.parse(text)


@given(st.text(alphabet="eyJhbGciOi.~_-A0", max_size=60))
def test_garbage_raises_our_errors_only(text: str) -> None:
    try:
        parsed = sdjwt.parse(text)
        disclosed(parsed.payload, parsed.disclosures)
    except TrustError:
        return
    assert parsed.text() == text
