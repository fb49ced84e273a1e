"""The verifier runs where no C extension of ours is installed, and gives the same verdicts there."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sealed import ADDRESSES, MESSAGE, STATEMENT, VALIDATORS, receipt_proof, receipts, seal, unsealed

from ledger.crypto.signing import Ed25519Signer
from ledger.proofs.headers import parse_header

ROOT = Path(__file__).parents[2]
NATIVE = ("coincurve", "cryptography", "sha3", "Crypto", "gmpy2", "numpy", "eth", "eth_utils", "web3", "rlp", "trie")

VERIFIER = """
import json, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ImportError(name)

case = json.load(sys.stdin)
BLOCKED = set(case["blocked"])
sys.meta_path.insert(0, Absent())
from ledger import canonical, hashing, merkle, typed
from ledger.crypto import signing
from ledger.proofs import headers, proof as proofs, trust
from ledger.errors import TrustError

def unhex(texts):
    return tuple(map(bytes.fromhex, texts))

(raw, block, public, signature), nodes = unhex(case["bytes"]), unhex(case["nodes"])
try:
    header = headers.verify_header(raw, unhex(case["validators"]))
    log = proofs.verify_receipt(header, proofs.ReceiptProof(block, case["index"], nodes, 0))
    signing.verify("ed25519", public, case["message"].encode(), signature)
    verdict = "ok " + str(int.from_bytes(log.data, "big"))
except TrustError as exc:
    verdict = type(exc).__name__
modules = sorted({name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names))
print(json.dumps([verdict, hashing.keccak_backend()[0], signing.signing_backend(), modules]))
"""


def run(blocked: tuple[str, ...], **changes: object) -> list:
    trie = receipts(10)
    raw = seal(unsealed(receipts=trie.root_hash), VALIDATORS[:3])
    proof = receipt_proof(parse_header(raw).block_hash, trie, 4)
    signer = Ed25519Signer(STATEMENT)
    pieces = (raw, proof.header_hash, signer.public, signer.sign(MESSAGE.encode()))
    case = {
        "blocked": blocked,
        "bytes": [piece.hex() for piece in pieces],
        "nodes": [node.hex() for node in proof.nodes],
        "validators": [member.hex() for member in ADDRESSES],
        "index": 4,
        "message": MESSAGE,
    }
    done = subprocess.run(
        [sys.executable, "-c", VERIFIER],
        input=json.dumps(case | changes),
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        check=True,
    )
    answer: list = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize(
    ("blocked", "backends"),
    [((), ["sha3", "native"]), (("sha3",), ["pycryptodome", "native"]), (NATIVE, ["portable", "portable"])],
)
def test_verdicts_do_not_depend_on_what_is_installed(blocked: tuple[str, ...], backends: list[str]) -> None:
    assert run(blocked)[:3] == ["ok 4", *backends]
    assert run(blocked, message="another")[0] == "VerificationError"
    assert run(blocked, index=5)[0] == "VerificationError"
    assert run(blocked, validators=[member.hex() for member in ADDRESSES[:3]])[0] == "VerificationError"


def test_the_verifier_imports_nothing_but_its_few_dependencies() -> None:
    allowed = {"ledger", "rfc8785", "ecdsa", "six", "__main__"}
    of_the_interpreter = ("_", "distutils-precedence", "sitecustomize", "usercustomize")
    modules = {name for name in run(NATIVE)[3] if not name.startswith(of_the_interpreter)}
    assert modules <= allowed
