"""The normal form of a whole question: two specifications with one digest ask for the same figures of the same rows.

It names what the answer depends on and nothing else: cells with their names, rows and quantities, the tables and their
versions, for whom and for which purpose, the release rules, and a private question's declaration. It leaves out how the
question was written (order and repetition of filters, ``>= 1000`` or ``> 999``, order of outputs, sources and sums,
means for sums), under which authorizations it is asked, bounds that only decide whether a job fails, padding, the noise
on what a lister sees, and the group in which the gate computes.

Two questions of one digest have the same answer. The converse is not claimed: a filter that lets every row of the data
pass makes another question, since nobody but the owner knows that it does. It decides nothing by itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from ledger import canonical
from ledger.canonical import JsonValue
from mpc.kinds.registry import kind_of
from mpc.spec.job import JobSpec


def normal_form(spec: JobSpec, versions: Mapping[str, int], recipient_class: str) -> JsonValue:
    """Return the document that the digest is of.

    Args:
        versions: of every asset, how many versions its owner has published in the catalogue.
        recipient_class: for whom it is answered, as Governance has it.
    """
    assets = sorted(source.asset for source in spec.sources)
    kind = kind_of(spec)
    cells: list[JsonValue] = [
        {"name": cell.name, "rows": cell.region.json(), "quantities": [*cell.quantities]}
        for cell in sorted(kind.cells(assets), key=lambda cell: cell.name)
    ]
    rules = {**kind.rules()}
    if spec.privacy is not None:
        rules |= {"privacy": spec.privacy.json()}
    return {
        "statistic": spec.statistic,
        "purpose": spec.purpose,
        "recipient": spec.recipient,
        "recipient_class": recipient_class,
        "cells": cells,
        "versions": {asset: str(versions[asset]) for asset in assets},
        "rules": rules,
    }


def identify(spec: JobSpec, versions: Mapping[str, int], recipient_class: str) -> bytes:
    """Return the digest of the normal form, 32 bytes."""
    return canonical.digest(normal_form(spec, versions, recipient_class))
