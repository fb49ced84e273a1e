"""Paillier keys and ciphertexts go to python-paillier and come back; what is malformed is refused.

The library is GPL and optional: without it the round trips are skipped, and what it wrote once is read all the same.
"""

import json
import warnings
from fractions import Fraction
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import InvalidRecord
from mpc.additive import jwk
from mpc.additive.djn import InsecureDamgardJurikNielsen
from mpc.additive.paillier import InsecurePaillier
from mpc.additive.scheme import RangeGuard
from mpc.stream import Stream

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    SMALL, DJN = InsecurePaillier(512), InsecureDamgardJurikNielsen(512, 96)
KEY = SMALL.generate(Stream(bytes(32)))
STREAM = Stream(b"\1" * 32)
PUBLIC, SECRET = jwk.public_document(KEY.public, "ours"), jwk.secret_document(KEY, "ours")


@pytest.fixture(scope="module")
def phe():
    return pytest.importorskip("phe", reason="python-paillier is not installed (extra 'phe')")


@pytest.fixture(scope="module")
def command(phe):
    return pytest.importorskip("phe.command_line", reason="python-paillier's command line needs click")


class TestRoundTrips:
    def test_our_key_encrypts_there_and_decrypts_here(self, phe, command) -> None:
        theirs = command.load_public_key(json.loads(PUBLIC))
        assert theirs.n == KEY.public.n
        document = command.serialise_encrypted(theirs.encrypt(12.5) + theirs.encrypt(3)).encode()
        ciphertext, scale = jwk.parse_ciphertext(document, KEY.public)
        assert Fraction(KEY.decrypt(ciphertext, bits=200), scale) == Fraction(31, 2)

    def test_our_ciphertexts_and_sums_decrypt_there_under_our_exported_key(self, phe, command) -> None:
        secret = json.loads(SECRET)
        public = command.load_public_key(secret["pub"])
        p, q = (phe.util.base64_to_int(secret[name]) for name in "pq")
        private = phe.PaillierPrivateKey(public, p, q)
        ours = KEY.public.add(KEY.public.encrypt(40, STREAM), KEY.encrypt(2, STREAM, bits=100))
        number = command.load_encrypted_number(StringIO(jwk.ciphertext_document(ours).decode()), public)
        assert private.decrypt(number) == 42
        assert private.decrypt(number + 1) == 43

    def test_their_key_works_here(self, phe) -> None:
        public, private = phe.generate_paillier_keypair(n_length=512)
        document = {"kty": "DAJ", "key_ops": ["decrypt"], "kid": "theirs",
                    "p": phe.util.int_to_base64(private.p), "q": phe.util.int_to_base64(private.q),
                    "pub": {"kty": "DAJ", "alg": "PAI-GN1", "key_ops": ["encrypt"], "kid": "theirs",
                            "n": phe.util.int_to_base64(public.n)}}  # fmt: skip
        ours = jwk.parse_secret(json.dumps(document, indent=2).encode(), SMALL)
        mixed = ours.public.add(ours.public.encrypt(5, STREAM), public.raw_encrypt(6))
        assert ours.decrypt(mixed, bits=8) == private.raw_decrypt(mixed) == 11

    def test_a_djn_ciphertext_decrypts_there(self, phe) -> None:
        key = DJN.generate(Stream(bytes(32)))
        public = phe.PaillierPublicKey(key.public.n)
        private = phe.PaillierPrivateKey(public, int(key._residues.p), int(key._residues.q))
        assert private.raw_decrypt(key.encrypt(77, STREAM, bits=100)) == 77

    @given(values=st.lists(st.integers(0, 2**60), min_size=1, max_size=4))
    @settings(max_examples=10, deadline=None)
    def test_any_sum_is_the_same_on_both_sides(self, phe, values: list[int]) -> None:
        public = phe.PaillierPublicKey(KEY.public.n)
        total = KEY.public.encrypt(0, STREAM)
        for turn, value in enumerate(values):
            one = public.raw_encrypt(value) if turn % 2 else KEY.encrypt(value, STREAM, bits=64)
            total = KEY.public.add(total, one)
        assert KEY.decrypt(total, bits=64) == sum(values)

    def test_a_negative_number_from_there_meets_the_guard(self, phe) -> None:
        theirs = phe.PaillierPublicKey(KEY.public.n).encrypt(-3)
        with pytest.raises(RangeGuard):
            KEY.decrypt(theirs.ciphertext(), bits=200)

    def test_it_decrypts_what_we_refuse(self, phe) -> None:
        """Why foreign ciphertexts are checked: 0, n and values above n^2 all get an answer there."""
        private = phe.PaillierPrivateKey(phe.PaillierPublicKey(KEY.public.n), *KEY.factors)
        for degenerate in (0, KEY.public.n, KEY.public.n**2 + 5):
            assert isinstance(private.raw_decrypt(degenerate), int)
            with pytest.raises(InvalidRecord):
                jwk.parse_ciphertext(jwk.ciphertext_document(degenerate), KEY.public)


def test_keys_survive_their_document() -> None:
    assert jwk.parse_public(PUBLIC, SMALL) == KEY.public
    again = jwk.parse_secret(SECRET, SMALL)
    assert again.factors == KEY.factors
    assert json.loads(PUBLIC)["alg"] == "PAI-GN1"
    assert "p" not in json.loads(PUBLIC)


def test_a_ciphertext_survives_its_document() -> None:
    ciphertext = KEY.public.encrypt(9, STREAM)
    assert jwk.parse_ciphertext(jwk.ciphertext_document(ciphertext), KEY.public) == (ciphertext, 1)


def changed(document: bytes, **fields) -> bytes:
    return json.dumps(json.loads(document) | fields).encode()


@pytest.mark.parametrize(
    "document",
    [
        b"", b"{", b"[]", b"x" * 20_000,
        changed(PUBLIC, kty="RSA"),
        changed(PUBLIC, alg="PAI-2"),
        changed(PUBLIC, key_ops=["decrypt"]),
        changed(PUBLIC, n="A" * 4000),
        changed(PUBLIC, n="AA"),
        changed(PUBLIC, n="!"),
        changed(PUBLIC, n=5),
    ],
)  # fmt: skip
def test_a_malformed_public_key_is_refused(document: bytes) -> None:
    with pytest.raises(InvalidRecord):
        jwk.parse_public(document, SMALL)


def test_a_secret_key_that_does_not_belong_to_its_public_one_is_refused() -> None:
    other = SMALL.generate(Stream(b"\2" * 32))
    foreign = json.loads(jwk.secret_document(other, "other"))
    for fields in ({"p": foreign["p"]}, {"p": foreign["p"], "q": foreign["q"]}, {"pub": foreign["pub"]}, {"p": "AQ"}):
        with pytest.raises(InvalidRecord):
            jwk.parse_secret(changed(SECRET, **fields), SMALL)


@pytest.mark.parametrize(
    "fields",
    [{"v": "-5"}, {"v": "0x5"}, {"v": "٣"}, {"v": "9" * 4000}, {"v": "1" * 400}, {"e": 1}, {"e": -65}, {"e": "0"},
     {"more": 1}],
)  # fmt: skip
def test_a_malformed_ciphertext_is_refused(fields) -> None:
    document = changed(jwk.ciphertext_document(KEY.public.encrypt(9, STREAM)), **fields)
    with pytest.raises(InvalidRecord):
        jwk.parse_ciphertext(document, KEY.public)
