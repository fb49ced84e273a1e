"""What the node knows of the chain: records proven under one sealed, fresh header, never an RPC's word.

``Facts`` is one moment: every record read through it holds in the state after the same block, so that a guard never
mixes an old authorization with a new job.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from contracts.authorizations import client as authorizations
from contracts.authorizations.rules import Authorization
from contracts.catalogue import client as catalogue
from contracts.catalogue.rules import Asset
from contracts.jobs import client as jobs
from contracts.jobs.record import Inputs, Job
from contracts.parties import client as parties
from contracts.parties.rules import Keys, Party
from ledger.chain import StateFact
from ledger.headers import Header
from ledger.view import ProvenView


class Facts(Protocol):
    """Records of the moment after block ``height``; ``time`` is that block's, unix seconds.

    Every method may raise VerificationError.
    """

    @property
    def time(self) -> int: ...

    @property
    def height(self) -> int: ...

    def job(self, job: bytes) -> Job: ...

    def inputs(self, job: bytes, attempt: int, party: bytes) -> Inputs: ...

    def authorization(self, id: bytes) -> Authorization: ...

    def asset(self, asset: bytes) -> Asset: ...

    def party(self, party: bytes) -> Party: ...

    def keys(self, party: bytes) -> Keys: ...


class Registry(Protocol):
    """Where facts come from."""

    def now(self) -> Facts:
        """Return the newest moment.

        Raises:
            VerificationError: the chain's head is stale, forked, unsealed or of another network.
            BackendError: the chain cannot be asked.
        """
        ...


@dataclass(frozen=True, slots=True)
class ProvenFacts:
    """Facts proven by storage proofs under one header."""

    view: ProvenView
    header: Header

    @property
    def time(self) -> int:
        return self.header.timestamp

    @property
    def height(self) -> int:
        return self.header.number

    def job(self, job: bytes) -> Job:
        return jobs.decode_job(job, self._values(jobs.job_fact(job)))

    def inputs(self, job: bytes, attempt: int, party: bytes) -> Inputs:
        return jobs.decode_inputs(job, attempt, party, self._values(jobs.inputs_fact(job, attempt, party)))

    def authorization(self, id: bytes) -> Authorization:
        return authorizations.decode_authorization(id, self._values(authorizations.authorization_fact(id)))

    def asset(self, asset: bytes) -> Asset:
        return catalogue.decode_asset(asset, self._values(catalogue.asset_fact(asset)))

    def party(self, party: bytes) -> Party:
        return parties.decode_party(party, self._values(parties.party_fact(party)))

    def keys(self, party: bytes) -> Keys:
        epoch = parties.decode_epoch(party, self._values(parties.epoch_fact(party)))
        return parties.decode_keys(party, epoch, self._values(parties.keys_fact(party, epoch)))

    def _values(self, fact: StateFact) -> Mapping[bytes, bytes]:
        return self.view.state(fact.contract, fact.slots, self.header).values


@dataclass(frozen=True, slots=True)
class ProvenRegistry:
    """The registry of a running node."""

    view: ProvenView

    def now(self) -> ProvenFacts:
        return ProvenFacts(self.view, self.view.head())
