"""What ties a Flower node to a department: its EC P-384 key, and a statement of the department about that key.

SuperLinks know nodes by such keys alone. The department signs its node's public key with its statement key, which is
registered on chain; whoever runs a SuperLink registers a node only on such a statement, of a department that the chain
knows, that is in date and stands on chain (``anchored``). So nobody takes part under a department's name whom the
department has not named. In the statement the node's own key signs for which department, on which chain: nobody states
the key of another's node as its own (ADR 0057).

It does NOT make a message true: a node's key shows which department carried it. What a department says in a run is
signed by its statement key, inside the message. Source: RFC 5656 (OpenSSH form of keys), SEC 2 (P-384).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ledger import canonical
from ledger.canonical import JsonValue
from ledger.crypto.signing import Signer, verify
from ledger.errors import InvalidRecord, NotAuthorized, NotFound, VerificationError
from ledger.hashing import sha256, tagged

VALIDITY = timedelta(days=365)
FORMAT, TAG = "shuxin-flower-node-v2", "SHUXIN-FLOWER-NODE-V2"
POSSESSION = "SHUXIN-FLOWER-NODE-POSSESSION-V1"
MAX_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Statement:
    """A department's word that a key is its Flower node's. key: PEM. until: Unix seconds.

    possession: that key's own signature (ECDSA over SHA-384, DER) over department and chain.
    """

    party: str
    key: bytes
    until: int
    possession: bytes
    signature: bytes

    def encode(self) -> bytes:
        """Write the file that whoever runs the SuperLink gets."""
        return canonical.encode(
            {
                "format": FORMAT,
                "key": self.key.decode("ascii"),
                "party": self.party,
                "possession": self.possession.hex(),
                "signature": self.signature.hex(),
                "until": self.until,
            }
        )


def create_key(path: Path) -> bytes:
    """Make a node's key unless there is one, and return its public half as PEM."""
    if not path.exists():
        key = ec.generate_private_key(ec.SECP384R1())
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        )
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secret)
    return public_key(path)


def private_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Read a node's key; raises NotFound, InvalidRecord."""
    if not path.is_file():
        raise NotFound(f"{path}: no key of a Flower node")
    try:
        key = serialization.load_ssh_private_key(path.read_bytes(), None)
    except (ValueError, UnsupportedAlgorithm) as fault:
        raise InvalidRecord(f"{path}: no private key in OpenSSH form") from fault
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP384R1):
        raise InvalidRecord(f"{path}: an EC P-384 key expected")
    return key


def public_key(path: Path) -> bytes:
    """Return the public half of a node's key as PEM; raises NotFound, InvalidRecord."""
    return public_pem(private_key(path))


def public_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the public half of a key as PEM."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form)


def fingerprint(key: bytes) -> bytes:
    """Return the digest by which a courier says at which node's key it runs. key: PEM."""
    return sha256(key)


def require_in_date(certificate: bytes, now: datetime) -> None:
    """Refuse a SuperLink's certificate out of its dates; a connection would be tried over and over without a word.

    Raises:
        NotAuthorized: out of date. InvalidRecord: no certificate.
    """
    try:
        found = x509.load_pem_x509_certificate(certificate)
    except ValueError as fault:
        raise InvalidRecord("flower link: a certificate in PEM expected") from fault
    if not found.not_valid_before_utc <= now < found.not_valid_after_utc:
        raise NotAuthorized(
            f"flower link: its certificate is valid from {found.not_valid_before_utc:%Y-%m-%d} "
            f"to {found.not_valid_after_utc:%Y-%m-%d} only"
        )


def state(party: str, key: ec.EllipticCurvePrivateKey, signer: Signer, now: datetime, *, chain_id: int) -> Statement:
    """Sign that a key is the department's node's, for a year, with the department's key and that one itself."""
    public, until = public_pem(key), int((now + VALIDITY).timestamp())
    possession = key.sign(_possessed(party, public, chain_id), ec.ECDSA(hashes.SHA384()))
    return Statement(party, public, until, possession, signer.sign(_signed(party, public, until, possession)))


def parse(data: bytes) -> Statement:
    """Read a statement; raises InvalidRecord."""
    found = canonical.decode(data, limit=MAX_BYTES)
    if not isinstance(found, dict) or set(found) != {"format", "key", "party", "possession", "signature", "until"}:
        raise InvalidRecord("flower node: format, key, party, possession, signature and until expected")
    key, party, until = found["key"], found["party"], found["until"]
    possession, signature = found["possession"], found["signature"]
    if found["format"] != FORMAT or not isinstance(until, int) or isinstance(until, bool):
        raise InvalidRecord(f"flower node: {FORMAT} with a date expected")
    if not (isinstance(key, str) and isinstance(party, str) and isinstance(possession, str)
            and isinstance(signature, str)):  # fmt: skip
        raise InvalidRecord("flower node: texts expected")
    try:
        return Statement(party, key.encode("ascii"), until, bytes.fromhex(possession), bytes.fromhex(signature))
    except ValueError as fault:
        raise InvalidRecord("flower node: a key in PEM and signatures in hex expected") from fault


def check(found: Statement, party: str, statement_key: bytes, now: datetime, *, chain_id: int) -> None:
    """Check a statement against the department's statement key on chain.

    Raises:
        NotAuthorized: another department's, or out of date. VerificationError: not signed by that key, or not by the
            node's own for this department and chain.
    """
    if found.party != party:
        raise NotAuthorized(f"flower node: the statement is of {found.party}, not of {party}")
    if now.timestamp() >= found.until:
        raise NotAuthorized(f"flower node: the statement of {party} has expired")
    signed = _signed(found.party, found.key, found.until, found.possession)
    try:
        verify("ed25519", statement_key, signed, found.signature)
    except VerificationError as fault:
        raise VerificationError(f"flower node: the statement is not signed by the key that {party} has now") from fault
    _require_possession(found, chain_id)


def _require_possession(found: Statement, chain_id: int) -> None:
    try:
        key = serialization.load_pem_public_key(found.key)
    except (ValueError, UnsupportedAlgorithm) as fault:
        raise VerificationError(f"flower node: {found.party} states no key") from fault
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP384R1):
        raise VerificationError(f"flower node: {found.party} states no EC P-384 key")
    try:
        key.verify(found.possession, _possessed(found.party, found.key, chain_id), ec.ECDSA(hashes.SHA384()))
    except InvalidSignature as fault:
        raise VerificationError(
            f"flower node: the key that {found.party} states did not sign for {found.party} on chain {chain_id}; "
            "it may be another's"
        ) from fault


def _signed(party: str, key: bytes, until: int, possession: bytes) -> bytes:
    stated: JsonValue = {"key": key.decode("ascii"), "party": party, "possession": possession.hex(), "until": until}
    return tagged(TAG, canonical.encode(stated))


def _possessed(party: str, key: bytes, chain_id: int) -> bytes:
    return tagged(POSSESSION, canonical.encode({"chain_id": chain_id, "key": key.decode("ascii"), "party": party}))
