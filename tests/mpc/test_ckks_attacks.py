"""Attack 35: no raw CKKS decryption leaves the key holder, receivers take public keys only, and nothing else decrypts.

A raw decryption shows the errors of the encryption, and with them the secret key by linear algebra (Li and Micciancio,
"On the Security of Homomorphic Encryption on Approximate Numbers", Eurocrypt 2021); the twins of these tests show both.
"""

import ast
import random
import struct
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.errors import BackendError, InvalidRecord, VerificationError
from mpc.privacy.noise import discrete_gaussian
from mpc.protocols.ckks import lattice, noise, parties
from mpc.protocols.ckks import terms as terms_module
from mpc.protocols.ckks.lattice import CIPHERTEXT_BYTES, CONTEXT_BYTES, KeyHolder, PublicContext, parse_context
from mpc.protocols.ckks.rehearsal import RECIPIENT, rehearse
from mpc.protocols.ckks.terms import CkksTerms, Column
from mpc.sessions.channel import Misbehaviour

tenseal = pytest.importorskip("tenseal", reason="tenseal is not installed (extra 'ckks')")

ROOT = Path(__file__).resolve().parents[2]
CASES = Column("cases", 1, 0, 31, 1)
WEIGHTS = (("a", 1), ("b", 1), ("bureau", 1), ("c", 1))
TERMS = CkksTerms("bureau", "b", WEIGHTS, (Column("wage", 100, 0, 10**8, 50),), 1, False, 100_000, -40)
FIGURES = {owner: {"wage": 811_223.34 + n} for n, owner in enumerate(TERMS.owners)}
KEY = KeyHolder()
CONTEXT = parse_context(KEY.public)


NONE = [0]


class TestNoFloatLeaves:
    def test_one_function_decrypts_and_its_floats_end_there(self) -> None:
        parts = ("ledger", "contracts", "mpc", "federated", "gateway")
        sources = {path: path.read_text(encoding="utf-8") for part in parts for path in (ROOT / part).rglob("*.py")}
        importers = {path for path, source in sources.items() if "tenseal" in source and imports_tenseal(source)}
        assert importers == {ROOT / "mpc/protocols/ckks/lattice.py"}
        assert leaks(sources[importers.pop()]) == []

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("return [round(slot) for slot in slots]", "return slots"),
            ("return [round(slot) for slot in slots]", "return [slot for slot in slots]"),
            ("return tuple(total + drawn for", "return tuple(total for"),
            ("def parse_context(", "def shown(v):\n    return v.decrypt()\n\n\ndef parse_context("),
            (
                "def parse_context(",
                "def exact(key, e, b):\n    return key._whole_numbers(e, b)\n\n\ndef parse_context(",
            ),
            ("whole = self._whole_numbers(encoded, bounds)", "return self._whole_numbers(encoded, bounds)"),
        ],
    )
    def test_the_same_scan_finds_a_build_that_lets_one_out(self, old: str, new: str) -> None:
        source = Path(lattice.__file__).read_text(encoding="utf-8")
        assert old in source
        assert leaks(source.replace(old, new, 1))

    def test_what_leaves_the_key_is_whole_and_noised(self) -> None:
        key = KeyHolder()
        total = parse_context(key.public).weighted_sum([(2, parse_context(key.public).encrypt([21]))], 1)
        (answer,) = key.noised_totals(total, [(0, 100)], [1000])
        assert answer == 1042
        assert type(answer) is int

    def test_one_key_decrypts_one_sum(self) -> None:
        key = KeyHolder()
        total = parse_context(key.public).weighted_sum([(1, parse_context(key.public).encrypt([1]))], 1)
        key.noised_totals(total, [(0, 1)], NONE)
        with pytest.raises(ValueError, match="one sum"):
            key.noised_totals(total, [(0, 1)], NONE)

    def test_noise_below_the_error_of_a_figure_is_refused_so_rounding_alone_is_no_release(self) -> None:
        for micro_rho in (5 * 10**7, 10**12):
            with pytest.raises(InvalidRecord, match="variance 4"):
                replace(TERMS, columns=(Column("wage", 1, 0, 10**6, 1),), micro_rho=micro_rho)
        assert min(TERMS.deviations_milli) >= 1000 * TERMS.error
        assert terms_module.HOLDER_MILLI >= 8000 * lattice.TOLERANCE
        assert len({drawn for _ in range(60) for drawn in noise.cover(TERMS, discrete_gaussian)}) > 3

    def test_without_rounding_and_noise_a_decryption_shows_the_encryptions_error(self) -> None:
        """The same figures, encrypted twice: raw slots differ, by errors that the secret key is a function of."""
        raw = [tenseal.ckks_vector_from(KEY._context, CONTEXT.encrypt([12345])).decrypt()[0] for _ in range(4)]
        assert len(set(raw)) == 4
        assert {round(slot) for slot in raw} == {12345}

    def test_from_a_raw_decryption_the_secret_key_follows_by_linear_algebra(self) -> None:
        """The scheme in small: c0 = -c1 s + m + e. With (c0, c1) and m + e, s follows; with m alone it does not."""
        size, modulus, source = 16, (1 << 31) - 1, random.Random(7)
        secret = [source.choice((-1, 0, 1)) for _ in range(size)]
        c1 = [source.randrange(modulus) for _ in range(size)]
        plain = [source.randrange(1 << 20) for _ in range(size)]
        error = [source.choice((-3, -1, 2, 4)) for _ in range(size)]
        product = [sum(r * s for r, s in zip(row, secret, strict=True)) for row in negacyclic(c1)]
        c0 = [(m + e - p) % modulus for m, e, p in zip(plain, error, product, strict=True)]
        raw = [m + e for m, e in zip(plain, error, strict=True)]
        assert solve(negacyclic(c1), [r - c for r, c in zip(raw, c0, strict=True)], modulus) == secret
        assert solve(negacyclic(c1), [m - c for m, c in zip(plain, c0, strict=True)], modulus) != secret


class Careless(KeyHolder):
    """A holder that sends its secret key along."""

    def __init__(self) -> None:
        super().__init__()
        self.public = self._context.serialize(save_secret_key=True)


class TestPublicKeys:
    def test_every_receiver_refuses_a_context_with_the_secret_key_and_names_the_holder(self, monkeypatch) -> None:
        monkeypatch.setattr(parties, "KeyHolder", Careless)
        monkeypatch.setattr(parties.messages, "CONTEXT_SIZE", 1 << 20)
        monkeypatch.setattr(lattice, "CONTEXT_BYTES", 1 << 20)
        run = rehearse(TERMS, FIGURES)
        for owner in "abc":
            refusal = run.outcomes[owner]
            assert isinstance(refusal, Misbehaviour)
            assert (refusal.party, refusal.reason.split(":")[0]) == ("bureau", "ckks context")
        assert not [message for message in run.sent if message.sender in "abc"]

    def test_what_was_not_refused_would_let_every_owner_decrypt(self) -> None:
        assert tenseal.context_from(Careless().public).has_secret_key()
        assert not tenseal.context_from(KEY.public).has_secret_key()

    @pytest.mark.parametrize(
        ("degree", "moduli", "scale", "change"),
        [
            (8192, [60, 40, 40, 60], 2.0**30, lambda c: None),
            (16384, [60, 40, 40, 60], 2.0**40, lambda c: None),
            (8192, [60, 40, 60], 2.0**40, lambda c: None),
            (8192, [60, 40, 40, 60], 2.0**40, lambda c: c.generate_relin_keys()),
        ],
    )
    def test_other_parameters_and_other_keys_are_refused(self, degree, moduli, scale, change, monkeypatch) -> None:
        monkeypatch.setattr(lattice, "CONTEXT_BYTES", 1 << 24)
        context = tenseal.context(tenseal.SCHEME_TYPE.CKKS, degree, coeff_mod_bit_sizes=moduli)
        context.global_scale = scale
        change(context)
        with pytest.raises(InvalidRecord, match="ckks context"):
            parse_context(context.serialize(save_secret_key=False))

    @pytest.mark.parametrize(
        "body", [b"", b"x", bytes(1000), KEY.public[:-7], KEY.public[:5000], bytes(CONTEXT_BYTES + 1)]
    )
    def test_what_is_no_context_is_refused(self, body: bytes) -> None:
        with pytest.raises(InvalidRecord, match="ckks context"):
            parse_context(body)


class TestCiphertexts:
    @pytest.mark.parametrize("body", [b"", b"x", bytes(1000), CONTEXT.encrypt([1])[:-9], bytes(CIPHERTEXT_BYTES + 1)])
    def test_what_is_no_ciphertext_is_refused(self, body: bytes) -> None:
        with pytest.raises(InvalidRecord, match="ckks ciphertext"):
            CONTEXT.weighted_sum([(1, body)], 1)

    @pytest.mark.parametrize("scale", [2.0**41, 2.0**39, 0.0, float("inf"), float("nan"), -1.0])
    def test_a_ciphertext_that_names_another_scale_for_the_weight_is_refused(self, scale: float) -> None:
        honest = CONTEXT.encrypt([1])
        assert honest[-8:] == struct.pack("<d", 2.0**40)
        with pytest.raises(InvalidRecord, match="ckks ciphertext"):
            CONTEXT.weighted_sum([(1, honest[:-8] + struct.pack("<d", scale))], 1)

    def test_another_number_of_slots_or_another_level_is_refused(self) -> None:
        with pytest.raises(InvalidRecord, match="another size"):
            CONTEXT.weighted_sum([(1, CONTEXT.encrypt([1, 2]))], 1)
        with pytest.raises(InvalidRecord, match="another size, level or scale"):
            CONTEXT.weighted_sum([(1, CONTEXT.weighted_sum([(1, CONTEXT.encrypt([1]))], 1))], 1)
        with pytest.raises(InvalidRecord, match="another size, level or scale"):
            KeyHolder().noised_totals(CONTEXT.encrypt([1]), [(0, 1)], NONE)

    def test_an_owner_that_was_shown_another_key_is_found_by_the_evaluator(self, monkeypatch) -> None:
        monkeypatch.setattr(parties.messages, "context_digest", lambda session, context: random.randbytes(32))
        run = rehearse(TERMS, FIGURES)
        assert isinstance(run.outcomes["b"], Misbehaviour)
        assert (run.outcomes["b"].party, run.outcomes["b"].step) == ("a", "ckks-vector")

    def test_a_sum_that_no_declared_figures_give_ends_the_job_without_its_value(self, monkeypatch) -> None:
        honest = PublicContext.weighted_sum
        monkeypatch.setattr(
            PublicContext,
            "weighted_sum",
            lambda self, pieces, size: honest(self, [(9000 * w, c) for w, c in pieces], size),
        )
        run = rehearse(TERMS, FIGURES)
        refusal = run.outcomes["bureau"]
        assert isinstance(refusal, Misbehaviour)
        assert (refusal.party, refusal.step) == ("b", "ckks-sum")
        assert not any(character.isdigit() for character in refusal.reason)
        assert not [message for message in run.sent if message.to == RECIPIENT]

    def test_a_sum_under_another_key_is_refused(self) -> None:
        other = parse_context(KeyHolder().public)
        total = other.weighted_sum([(1, other.encrypt([1]))], 1)
        with pytest.raises(VerificationError, match="outside the declared sums"):
            KeyHolder().noised_totals(total, [(-(2**40), 2**40)], NONE)

    def test_messages_have_one_length_and_nothing_after_their_body(self) -> None:
        filled = parties.messages.filled(b"body", 20)
        assert parties.messages.emptied(filled, 20) == b"body"
        for wrong in (filled[:-1], filled[:-1] + b"x", b"\0\0\1\0" + filled[4:], b""):
            with pytest.raises(InvalidRecord):
                parties.messages.emptied(wrong, 20)


class TestWhatOwnersNoiseLeaves:
    """Key holder and evaluator see noised figures, whatever they pool and however often they ask."""

    def test_holder_and_evaluator_together_read_each_owners_noised_figures_and_no_more(self, monkeypatch) -> None:
        pooled = pool(monkeypatch, TERMS, FIGURES, lambda scale: 7777 if scale > 2 else 0)
        assert pooled == {owner: round(100 * own["wage"]) + 7777 for owner, own in FIGURES.items()}

    def test_without_the_owners_noise_the_two_would_read_every_figure(self, monkeypatch) -> None:
        pooled = pool(monkeypatch, TERMS, FIGURES, lambda scale: 0)
        assert pooled == {owner: round(100 * own["wage"]) for owner, own in FIGURES.items()}

    def test_two_jobs_that_differ_in_one_row_do_not_show_the_key_holder_that_row(self, monkeypatch) -> None:
        more = FIGURES | {"a": {"wage": FIGURES["a"]["wage"] + 0.37}}
        differences = {seen(monkeypatch, more) - seen(monkeypatch, FIGURES) for _ in range(3)}
        assert differences != {37}

    def test_without_the_owners_noise_two_jobs_would_show_it(self, monkeypatch) -> None:
        more = FIGURES | {"a": {"wage": FIGURES["a"]["wage"] + 0.37}}
        assert seen(monkeypatch, more, lambda scale: 0) - seen(monkeypatch, FIGURES, lambda scale: 0) == 37


def seen(monkeypatch: pytest.MonkeyPatch, figures: Mapping[str, dict[str, float]], sampler=discrete_gaussian) -> int:
    """What the key holder decrypts in one job."""
    sums: list[int] = []
    honest = KeyHolder._whole_numbers

    def keeping(self: KeyHolder, encoded: bytes, bounds: Sequence[tuple[int, int]]) -> list[int]:
        found = honest(self, encoded, bounds)
        sums.extend(found)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(KeyHolder, "_whole_numbers", keeping)
        assert rehearse(TERMS, figures, sampler=sampler).released
    return sums[0]


def pool(monkeypatch, terms: CkksTerms, figures: Mapping[str, dict[str, float]], sampler) -> dict[str, int]:
    """What the key holder reads of single owners with the messages that the evaluator has."""
    keys: list[KeyHolder] = []
    pieces: dict[str, bytes] = {}
    honest = PublicContext.weighted_sum

    def keeping(self: PublicContext, given: Sequence[tuple[int, bytes]], size: int) -> bytes:
        if len(given) == len(terms.owners):
            pieces.update(zip(terms.owners, (piece for _, piece in given), strict=True))
        return honest(self, given, size)

    class Kept(KeyHolder):
        def __init__(self) -> None:
            super().__init__()
            keys.append(self)

    with monkeypatch.context() as patch:
        patch.setattr(parties, "KeyHolder", Kept)
        patch.setattr(PublicContext, "weighted_sum", keeping)
        assert rehearse(terms, figures, sampler=sampler).released
    alone = parse_context(keys[0].public)
    wide = [(-lattice.MOST_SUM, lattice.MOST_SUM)]
    return {
        owner: keys[0]._whole_numbers(alone.weighted_sum([(1, piece)], 1), wide)[0] for owner, piece in pieces.items()
    }


def test_without_the_package_the_error_names_the_extra(monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tenseal", None)
    with pytest.raises(BackendError, match="ckks"):
        KeyHolder()


def imports_tenseal(source: str) -> bool:
    names = [alias.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    return any(name.partition(".")[0] == "tenseal" for name in names)


def leaks(source: str) -> list[str]:
    """Find what lets a decrypted number out: another decryption or caller, no rounding, no noise."""
    functions = {f.name: f for f in ast.walk(ast.parse(source)) if isinstance(f, ast.FunctionDef)}
    found = [f"decrypts: {name}" for name, f in functions.items() if calls(f, "decrypt") and name != "_whole_numbers"]
    found += [f"uses it: {n}" for n, f in functions.items() if calls(f, "_whole_numbers") and n != "noised_totals"]
    rounded = [
        ast.unparse(node.value) for node in ast.walk(functions["_whole_numbers"]) if isinstance(node, ast.Return)
    ]
    noised = [ast.unparse(node.value) for node in ast.walk(functions["noised_totals"]) if isinstance(node, ast.Return)]
    if rounded != ["[round(slot) for slot in slots]"]:
        found.append("slots are answered as they are")
    if noised != ["tuple((total + drawn for total, drawn in zip(whole, noise, strict=True)))"]:
        found.append("sums are answered without noise")
    return found


def calls(function: ast.FunctionDef, name: str) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr == name for node in ast.walk(function))


def negacyclic(polynomial: list[int]) -> list[list[int]]:
    """The matrix of multiplication by a polynomial modulo x^n + 1."""
    n = len(polynomial)
    return [[polynomial[i - j] if i >= j else -polynomial[n + i - j] for j in range(n)] for i in range(n)]


def solve(matrix: list[list[int]], right: list[int], modulus: int) -> list[int]:
    """Solve a linear system modulo a prime; answers are read as signed."""
    rows = [[x % modulus for x in (*row, value)] for row, value in zip(matrix, right, strict=True)]
    for i in range(len(rows)):
        pivot = next(r for r in range(i, len(rows)) if rows[r][i])
        rows[i], rows[pivot] = rows[pivot], rows[i]
        inverse = pow(rows[i][i], -1, modulus)
        rows[i] = [x * inverse % modulus for x in rows[i]]
        for r in range(len(rows)):
            if r != i and (factor := rows[r][i]):
                rows[r] = [(x - factor * y) % modulus for x, y in zip(rows[r], rows[i], strict=True)]
    return [x - modulus if 2 * x > modulus else x for x in (row[-1] for row in rows)]


def digits(total: int) -> tuple[int, int, int]:
    """Read one owner's figure after the other off an exact sum with weights 1, 32 and 1024."""
    return total % 32, total // 32 % 32, total // 1024


class TestWeightsThatTellOwnersApart:
    """Weights beyond the figures' range write owners' noised figures beside each other in the sum."""

    weights = (("a", 1), ("b", 32), ("bureau", 1024), ("c", 1))

    def test_are_refused(self) -> None:
        with pytest.raises(InvalidRecord, match="tell owners apart"):
            replace(TERMS, weights=self.weights, columns=(CASES,))
        heavy = (("a", 999), ("b", -1000), ("bureau", 1), ("c", 1000))
        with pytest.raises(InvalidRecord, match="tell owners apart"):
            replace(TERMS, weights=heavy, columns=(replace(CASES, most=900_000),))
        replace(TERMS, weights=self.weights, columns=(replace(CASES, most=1_024_000),))

    def test_without_that_rule_the_key_holder_tells_owners_figures_apart(self, monkeypatch) -> None:
        monkeypatch.setattr(terms_module, "LEAST_STEPS", 0)
        asked = replace(TERMS, weights=self.weights, columns=(CASES,))
        figures = {"a": 7, "b": 30, "bureau": 2, "c": 0}
        seen = sum(weight * asked.units({"cases": figures[owner]})[0] for owner, weight in asked.weights)
        assert digits(seen) == (7, 30, 2)
