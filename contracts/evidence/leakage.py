"""Which leakage ledgers are a protocol's own: who learns what, as the protocol itself declares it.

The ledger in a statement is the protocol's descriptor, word for word. This verifier knows each released descriptor by
the digest of its canonical JSON; a ledger that was shortened or embellished has another one. ``sentences`` says a
ledger to people; the protocols' own descriptors speak through it too.
"""

from __future__ import annotations

from collections.abc import Mapping

from contracts.evidence.report import Language, Words
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import VerificationError

# Once released, appended to when a descriptor changes, never replaced: old evidence verifies for ever.
KNOWN: Mapping[str, tuple[str, ...]] = {
    "masked-sums-v1": ("90bef2714bcdf736ed88fe6f237639d68f082ad5e026ee5b56f48872634c74e3",),
    "noised-sums-v1": ("a82dc2b10888fd8b75c68438d2ad039f71e6f02c7c723b5430794391c5b98d22",),
    "noised-join-v1": ("8e76744e2d1510d4633ccebc46e976de09ffbf6b6e5efa9276de04b5b883d1da",),
    "grouped-join-v1": ("2baa4422c92375a36412e00a2a234826ef44f6f00c223532f5d7992cda38f201",),
    "sifted-join-v1": ("ae4ed84ed41d7590698149f2f30bd62d37b8c60a228f89b0b43e8702e6d95d54",),
    "training-v1": (
        "798c8cd3f4121b01f031a1e7862118305528bc634750ceec28a3f24e30876204",
        "4762ac1f8d6d69f0b9d829a654ba4f1767482782a15e08ef8a404d437868f3af",
    ),
    "boosted-v1": ("35002a919eb46c8336debf6583c4e6b90bab4cbd5270d13612fe56b49f7af0cd",),
    "regression-v1": ("0383c3344f74e0f1325bbdb81b9f8b1eeec5bd84ff27534d6cab92a8570911c2",),
    "measured-training-v1": (
        "6ce634fea56e5b66f4c0731a74b93c61f358be1ed3ba7d487e331d6c214d7aca",
        "b6743df9c90182342cb20fbab60416f151cf849d9866422eb25b5ce84fef36cb",
    ),
    "noised-training-v1": (
        "21fd9764200fc6782f534b37033a6e2b3181a3d2500250c8b3d9c152654dcaf3",
        "8531c16d68e4e3b108109ca86f53a06cd0eb25020d27a568fdf740eb2d081ae6",
        "7d754f3a0e905e04e9ca3eff8f27fcac11497dc52c971bd994167fec410e7cef",
    ),
    "scores-v1": ("9c5963e92d4068cc058ec610ba89dba5c1b83f946df4b8ba5ce8517355f70e21",),
    "aligned-v1": ("2b5082550caa0ec4027435b8beb16271cde9407a985b3b857571ae80636d9b1e",),
    "ckks-sums-v1": ("69e71494b5fecbfe1b59b2967c4a1facbd23c7c77d5bea977054177be508e6bc",),
    "matched-v1": ("4da4d5b99eb01a584dbab6054568196f9c1c82007620df0b2f744adc9970182b",),
    "percentiles-v1": ("f5e6b794c7cdd5a11776927b58295063a4d2115e564894bb1a47a2d2186f2493",),
    "private-join-v1": ("5e1a8238af80eef41893906fb7c3c3fa83e6d410f17f2c92d0bbc3b79822eb02",),
}


def require_ledger(protocol: str, ledger: JsonValue) -> tuple[None, Words]:
    """Verify that a leakage ledger is the protocol's.

    Raises:
        VerificationError: it is not one this verifier knows.
    """
    if canonical.digest(ledger).hex() not in KNOWN.get(protocol, ()):
        raise VerificationError(f"leakage: not a ledger of {protocol} that this verifier knows")
    return None, Words(f"{protocol}: {_count(ledger)} entries", f"{protocol}:{_count(ledger)} 项")


def sentences(ledger: JsonValue, language: Language) -> tuple[str, ...]:
    """Say who learned what, one sentence a leakage, then the assumptions.

    Args:
        ledger: one that ``require_ledger`` knows, or a descriptor's own record.
    """
    match ledger:
        case {"roles": list(roles), "leakage": list(entries), "assumptions": list(assumptions)}:
            titles = {_text(role, "role"): _words(role, "title", language) for role in roles}
            said = [_sentence(titles, entry, language) for entry in entries]
            return (*said, *(_words({"text": text}, "text", language) for text in assumptions))
    return ()


_BASIS: Mapping[str, Words] = {
    "exact": Words("exactly", "精确"),
    "padded": Words("only a padded size", "仅知补齐后的规模"),
    "noised": Words("only with noise", "仅知加噪后的值"),
}


def _sentence(titles: Mapping[str, str], entry: JsonValue, language: Language) -> str:
    title, learns = titles[_text(entry, "role")], _words(entry, "learns", language)
    basis = _BASIS[_text(entry, "basis")].of(language)
    parameters = entry.get("parameters") if isinstance(entry, dict) else None
    pairs = ", ".join(
        f"{name} = {value}" for name, value in (parameters if isinstance(parameters, dict) else {}).items()
    )
    if language == "en":
        return f"{title} learns {learns} ({basis}{'; ' + pairs if pairs else ''})."
    return f"{title}得知{learns}({basis}{';' + pairs if pairs else ''})。"


def _text(value: JsonValue, name: str) -> str:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def _words(value: JsonValue, name: str, language: Language) -> str:
    found = value.get(name) if isinstance(value, dict) else None
    return _text(found, language)


def _count(ledger: JsonValue) -> int:
    match ledger:
        case {"leakage": list(entries)}:
            return len(entries)
    return 0
