"""That an account acts for a party: a short statement signed by one of the party's officers or heads, checked by proof.

Whoever runs the gateway can make accounts, and cannot make one a department's: the statement is signed at the
department, with a key that Parties has, for one account of one network until a date. It is looked at anew with every
session: an officer's dismissal, the party's end or the date end it. What it does NOT do: say who the person is.
Trust assumption: that of ``ledger.proofs.view`` for who may sign.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NewType

from contracts.parties.client import party_id
from contracts.parties.record import Agent, Party
from contracts.world import AgentRole
from gateway.accounts.caller import Role, roles_of
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.crypto import signing
from ledger.crypto.signing import Signer
from ledger.errors import InvalidRecord, NotAuthorized
from ledger.hashing import keccak256

FORMAT: Final = "shuxin-enrolment"
LIMIT: Final = 4096
LONGEST_S: Final = 2 * 366 * 86_400
SIGNING: Final = AgentRole.OFFICER | AgentRole.HEAD
_DOMAIN: Final = b"SHUXIN-ENROLMENT-V1\0"
AccountName = NewType("AccountName", str)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What is signed. network: hash of block 0. until: unix seconds."""

    network: bytes
    account: AccountName
    party: str
    until: int

    def __post_init__(self) -> None:
        if not self.account or not self.party or len(self.account) > 120 or len(self.party) > 64:
            raise InvalidRecord("enrolment: expected an account and a party")

    def body(self) -> bytes:
        return canonical.encode(
            {"format": FORMAT, "version": 1, "network": self.network.hex(), "account": self.account,
             "party": self.party, "until": self.until}
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signed:
    """An enrolment with its signature and the key that made it; who that key belongs to the chain says."""

    enrolment: Enrolment
    public: bytes
    signature: bytes

    @property
    def agent(self) -> bytes:
        return signing.address_of(self.public)

    def encode(self) -> bytes:
        return canonical.encode(
            {"body": self.enrolment.body().decode(), "public": self.public.hex(),
             "signature": base64.b64encode(self.signature).decode()}
        )  # fmt: skip

    def require_signature(self) -> None:
        """Raises VerificationError unless the key signed this body."""
        signing.verify("secp256k1", self.public, _DOMAIN + self.enrolment.body(), self.signature)


def sign(enrolment: Enrolment, signer: Signer) -> Signed:
    """Sign with an officer's key."""
    return Signed(enrolment, signer.public, signer.sign(_DOMAIN + enrolment.body()))


def parse(data: bytes) -> Signed:
    """Read a signed enrolment; raises InvalidRecord."""
    match canonical.decode(data, limit=LIMIT):
        case {"body": str(body), "public": str(public), "signature": str(signature), **rest} if not rest:
            try:
                key, mark = bytes.fromhex(public), base64.b64decode(signature, validate=True)
            except (ValueError, binascii.Error) as exc:
                raise InvalidRecord("enrolment: key or signature cannot be read") from exc
            if len(key) != 64 or len(mark) != 65:
                raise InvalidRecord("enrolment: expected a key of 64 bytes and a signature of 65")
            return Signed(_body(canonical.decode(body.encode(), limit=LIMIT)), key, mark)
    raise InvalidRecord("enrolment: not the statement of an officer")


def _body(value: JsonValue) -> Enrolment:
    match value:
        case {
            "format": "shuxin-enrolment", "version": 1, "network": str(network), "account": str(account),
            "party": str(party), "until": int(until), **rest,
        } if not rest:  # fmt: skip
            try:
                return Enrolment(bytes.fromhex(network), AccountName(account), party, until)
            except ValueError as exc:
                raise InvalidRecord("enrolment: network cannot be read") from exc
    raise InvalidRecord("enrolment: not of a form known here")


@dataclass(frozen=True, slots=True)
class Register:
    """What Parties holds as of a proven block. time: of that block."""

    network: bytes
    time: int
    agent: Callable[[bytes], Agent]
    party: Callable[[bytes], Party]


def roles(signed: Signed, account: str, register: Register, now: int) -> frozenset[Role]:
    """Return in which capacities an account acts for the party, as the chain holds it.

    Args:
        now: the gateway's clock; the later of it and the block's time counts, so that a stale head prolongs nothing.

    Raises:
        VerificationError: the signature does not hold.
        NotAuthorized: it is for another account or network, has ended, or its signer or party serves no more.
    """
    stated, moment = signed.enrolment, max(now, register.time)
    if (stated.network, stated.account) != (register.network, account):
        raise NotAuthorized("enrolment: for another account or network")
    if not moment < stated.until <= moment + LONGEST_S:
        raise NotAuthorized("enrolment: has ended, or runs longer than two years")
    signed.require_signature()
    agent, id = register.agent(signed.agent), party_id(stated.party)
    if agent.party != id or not agent.roles & SIGNING or not agent.valid_from <= moment < agent.valid_until:
        raise NotAuthorized("enrolment: signed by nobody who may speak for this party now")
    party = register.party(id)
    if not party.valid_from <= moment < party.valid_until:
        raise NotAuthorized("enrolment: the party serves no more")
    return roles_of(party.roles)


def fingerprint(signed: Signed) -> str:
    """Return a short name of a statement, for lists."""
    return keccak256(signed.encode()).hex()[:16]
