"""The catalogue as DCAT 3 in JSON-LD: a dataset an asset, its versions with checksums, its policies by reference.

Titles and descriptions are not on chain; where this department knows a code, that is the title, else the digest.
Source: W3C DCAT 3; SPDX 2.3 terms for checksums; ODRL for policies.
"""

from __future__ import annotations

from typing import Final

from contracts.catalogue.rules import Category
from gateway.exports.naming import base, moment, proof_of, urn
from gateway.index.catalogue import Listing
from gateway.network.naming import Names
from gateway.provenance.graph import Kind, Node
from ledger.canonical import JsonValue

CONTEXT: Final[JsonValue] = {
    "dcat": "http://www.w3.org/ns/dcat#", "dcterms": "http://purl.org/dc/terms/", "odrl": "http://www.w3.org/ns/odrl/2/",
    "spdx": "http://spdx.org/rdf/terms#", "adms": "http://www.w3.org/ns/adms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}  # fmt: skip
_ACCESS: Final = {
    Category.UNCONDITIONAL: "PUBLIC", Category.CONDITIONAL: "RESTRICTED", Category.NOT_SHARED: "NON_PUBLIC",
}  # fmt: skip
_RIGHTS: Final = "http://publications.europa.eu/resource/authority/access-right/"


def frame(genesis: bytes, version: int) -> dict[str, JsonValue]:
    """Return a catalogue without its datasets. version: the block that changed it last."""
    return {
        "@context": CONTEXT, "@id": f"{base(genesis)}catalogue", "@type": "dcat:Catalog",
        "dcterms:title": "Shuxin catalogue", "dcat:version": str(version),
    }  # fmt: skip


def dataset(genesis: bytes, listing: Listing, names: Names) -> dict[str, JsonValue]:
    """Return one asset as a dataset."""
    found: dict[str, JsonValue] = {
        "@id": urn(genesis, listing.node), "@type": "dcat:Dataset", "dcterms:identifier": listing.asset.hex(),
        "dcterms:title": names.say(listing.asset), "dcterms:issued": _time(listing.mounted),
        "dcterms:publisher": {
            "@id": urn(genesis, Node(Kind.PARTY, listing.owner)), "dcterms:title": names.say(listing.owner)
        },
        "dcterms:accessRights": {"@id": _RIGHTS + _ACCESS[listing.category]},
        "dcterms:provenance": proof_of(listing.place),
        "adms:status": listing.state.name.lower(),
    }  # fmt: skip
    if listing.editions:
        found["dcat:version"] = str(listing.editions[-1].number)
        found["dcat:hasVersion"] = [
            {
                "@id": f"{urn(genesis, listing.node)}/versions/{one.number}", "@type": "dcat:Dataset",
                "dcat:version": str(one.number), "dcterms:issued": _time(one.time),
                "dcterms:extent": f"{one.rows} rows",
                "spdx:checksum": {"@type": "spdx:Checksum", "spdx:checksumValue": one.commitment.hex(),
                                  "spdx:algorithm": "salted commitment to the rows"},
            }
            for one in listing.editions
        ]  # fmt: skip
    return found


def _time(time: int) -> JsonValue:
    return {"@type": "xsd:dateTime", "@value": moment(time)}
