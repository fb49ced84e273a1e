"""An authorization as an ODRL agreement: who may do what with which asset, for which purpose, how long and how often.

Purposes and terms are digests on chain; where this department knows the code behind one, that stands beside it. Columns
are in the terms alone, which only owner and grantee hold, and so are not in the agreement.
Source: W3C ODRL Information Model 2.2.
"""

from __future__ import annotations

from typing import Final, cast

from contracts.addresses import AUTHORIZATIONS
from contracts.authorizations.record import Operations
from gateway.exports.naming import moment, proof_of, urn
from gateway.index.finding import Finder
from gateway.network.naming import Names
from gateway.provenance.graph import Kind, Node
from ledger.canonical import JsonValue
from ledger.chain.port import Event
from ledger.errors import NotFound

CONTEXT: Final[JsonValue] = [
    "http://www.w3.org/ns/odrl.jsonld",
    {"shuxin": "urn:shuxin:terms:", "dcterms": "http://purl.org/dc/terms/"},
]
_WORDS: Final = {
    "AuthorizationSuspended": "suspended", "AuthorizationRevoked": "revoked", "AuthorizationDisposed": "disposed",
}  # fmt: skip
_EXPORT: Final = int(Operations.EXPORT)


def agreement(finder: Finder, genesis: bytes, authorization: bytes, last: int, names: Names) -> dict[str, JsonValue]:
    """Return one agreement as of a block.

    Raises:
        NotFound: nothing was granted under this id by then.
    """
    history = finder.history(AUTHORIZATIONS, authorization, last)
    if not history:
        raise NotFound(f"authorization {authorization.hex()[:16]}…: never granted, as of block {last}")
    granted = history[0]
    return {
        "@context": CONTEXT, "@type": "Agreement", "uid": urn(genesis, Node(Kind.AUTHORIZATION, authorization)),
        "dcterms:issued": moment(granted.timestamp), "dcterms:source": proof_of(granted.cursor),
        "assigner": _party(genesis, granted, "party", names), "assignee": _party(genesis, granted, "grantee", names),
        "permission": [_permission(genesis, granted, names)],
        "prohibition": [{"target": _target(genesis, granted), "action": "distribute"}],
        "shuxin:standing": _standing(history[-1]), "shuxin:asOfBlock": last,
        "shuxin:uses": str(next((e.args["uses"] for e in reversed(history) if e.name == "AuthorizationUsed"), 0)),
    }  # fmt: skip


def _permission(genesis: bytes, granted: Event, names: Names) -> JsonValue:
    args = granted.args
    purpose = cast(bytes, args["purpose"])
    return {
        "target": _target(genesis, granted),
        "action": [f"shuxin:{str(one.name).lower()}" for one in Operations(cast(int, args["operations"]))],
        "constraint": [
            {**_constraint("purpose", "eq", purpose.hex()), "dcterms:title": names.say(purpose)},
            _constraint("dateTime", "gteq", moment(cast(int, args["valid_from"]))),
            _constraint("dateTime", "lt", moment(cast(int, args["valid_until"]))),
            _constraint("count", "lteq", str(args["max_uses"])),
        ],
        "duty": [{"action": "delete", "constraint": [_constraint("event", "gt", "shuxin:end of the authorization")]}]
        if cast(int, args["operations"]) & _EXPORT else [],
    }  # fmt: skip


def _constraint(left: str, operator: str, right: str) -> dict[str, JsonValue]:
    return {"leftOperand": left, "operator": operator, "rightOperand": right}


def _target(genesis: bytes, granted: Event) -> str:
    return urn(genesis, Node(Kind.ASSET, cast(bytes, granted.args["asset"])))


def _party(genesis: bytes, granted: Event, name: str, names: Names) -> JsonValue:
    id = cast(bytes, granted.args[name])
    return {"@type": "Party", "uid": urn(genesis, Node(Kind.PARTY, id)), "dcterms:title": names.say(id)}


def _standing(last: Event) -> str:
    return _WORDS.get(last.name, "granted")
