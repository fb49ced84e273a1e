"""Writing a certificate: its content behind one disclosure a member, and the choice of what a copy shows.

Pure: salts come from outside, and so does the signer. What is shown is chosen by names, ``holders`` or
``spatialUnit.address``; a name stands for everything below it. The salt of the whole description is shown with the
whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Final

from contracts.certificates import sdjwt
from contracts.certificates.content import Holder, feature
from contracts.certificates.credential import Certified, open_part
from contracts.certificates.sdjwt import SdJwt
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.crypto.signing import Signer
from ledger.errors import NotFound

KIND: Final = "vc+sd-jwt"
Salts = Callable[[], bytes]
"""Draws a salt of ``sdjwt.SALT_BYTES``."""


def certificate(
    certified: Certified,
    code: str,
    right: int,
    holders: Iterable[tuple[str, Fraction, bytes]],
    description: Mapping[str, JsonValue],
    spatial_salt: bytes,
    *,
    salts: Salts,
    signer: Signer,
) -> SdJwt:
    """Write and sign a certificate with everything disclosed.

    Args:
        holders: name, share and salt of the commitment on chain, of each.
    """
    claims = open_part(certified)
    subject = claims["credentialSubject"]
    assert isinstance(subject, dict)
    flat: dict[str, JsonValue] = {"code": code, "right": right, "spatialSalt": spatial_salt.hex()}
    top = [sdjwt.disclosure(salts(), value, name) for name, value in flat.items()]
    parts = [sdjwt.disclosure(salts(), feature(term, value)) for term, value in description.items()]
    named = [sdjwt.disclosure(salts(), Holder(*holder).json()) for holder in holders]
    subject |= sdjwt.hidden(top)
    subject["spatialUnit"] = [sdjwt.element(one) for one in parts]
    subject["holders"] = [sdjwt.element(one) for one in named]
    claims["_sd_alg"] = "sha-256"
    return sdjwt.sign(certified.issuer.header(KIND), claims, signer, (*top, *named, *parts))


def names_of(shown: SdJwt) -> dict[str, str]:
    """Return the disclosures of a certificate by the names under which they can be chosen."""
    found, holders = {}, 0
    for disclosure in shown.disclosures:
        match canonical.parse(sdjwt.decoded(disclosure), limit=sdjwt.LIMIT):
            case [_, {"term": str(term)}]:
                found[f"spatialUnit.{term}"] = disclosure
            case [_, _]:
                found[f"holders.{holders}"] = disclosure
                holders += 1
            case [_, "spatialSalt", _]:
                found["spatialUnit.*"] = disclosure
            case [_, str(name), _]:
                found[name] = disclosure
    return found


def showing(whole: SdJwt, chosen: Iterable[str]) -> SdJwt:
    """Return a copy that shows the chosen members and no others.

    Raises:
        NotFound: a name that the certificate does not have.
    """
    names, wanted = names_of(whole), set(chosen)
    for name in wanted:
        if not any(_is_under(path, name) for path in names):
            raise NotFound(f"certificate: nothing called {name!r} in it, there are {', '.join(sorted(names))}")
    return whole.showing([text for path, text in names.items() if any(_is_under(path, name) for name in wanted)])


def _is_under(path: str, name: str) -> bool:
    return path == name or path.startswith(f"{name}.")
