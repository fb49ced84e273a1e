"""The contracts as the engines want them: name -> Interface, and the code genesis and deployments carry.

Needs no compiler: ``contracts.build`` wrote the artefacts, and its check ties them to the sources.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache

from contracts.addresses import NAMES
from contracts.layout import read_artefact
from ledger.chain import interface
from ledger.chain.interface import Interface


@cache
def interfaces() -> Mapping[str, Interface]:
    """Return the interface of every contract, by name."""
    return {name: interface.parse(read_artefact(name)) for name in NAMES}


@cache
def runtime(name: str) -> bytes:
    """Return the code of a contract as deployed."""
    return bytes.fromhex(json.loads(read_artefact(name))["runtime"])


@cache
def initcode(name: str) -> bytes:
    """Return the code that a deployment of the contract carries."""
    return bytes.fromhex(json.loads(read_artefact(name))["bytecode"])


def code_hash(name: str) -> bytes:
    """Return keccak256 of the code as deployed."""
    return interfaces()[name].runtime_code_hash
