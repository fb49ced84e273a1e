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
from mpc.disclosure import region
from mpc.disclosure.places import carriers, moments
from mpc.spec import JobSpec, JoinSpec, SumsSpec


def normal_form(spec: JobSpec, versions: Mapping[str, int], recipient_class: str) -> JsonValue:
    """Return the document that the digest is of.

    Args:
        versions: of every asset, how many versions its owner has published in the catalogue.
        recipient_class: for whom it is answered, as Governance has it.
    """
    assets = sorted(source.asset for source in spec.sources)
    carried = _quantities(spec)
    cells: list[JsonValue] = [
        {"name": cell.name, "rows": cell.region.json(), "quantities": [*carried.get(cell.name, ())]}
        for cell in sorted(region.cells(spec, assets), key=lambda cell: cell.name)
    ]
    rules: dict[str, JsonValue] = {"minimum": spec.minimum}
    if isinstance(spec, SumsSpec):
        rules |= {"contributors": spec.contributors}
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


def _quantities(spec: JobSpec) -> Mapping[str, tuple[str, ...]]:
    """Return what is released of each cell beside its count."""
    match spec:
        case SumsSpec():
            kinds = tuple(f"{kind} of {spec.value.column}" for kind in moments(spec))
            return {place.name: kinds for place in carriers(spec)}
        case JoinSpec():
            kinds = tuple(f"sum of {column}" for column in sorted({amount.column for amount in spec.sums}))
            groups = spec.grouping.values if spec.grouping else (region.WHOLE,)
            return dict.fromkeys(groups, ("rows", *kinds))
