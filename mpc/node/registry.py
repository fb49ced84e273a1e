"""What the node knows of the chain: records proven under one sealed, fresh header, never an RPC's word.

``Facts`` is one moment: every record read through it holds in the state after the same block, so that a guard never
mixes an old authorization with a new job.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from contracts.addresses import BUDGETS
from contracts.authorizations import client as authorizations
from contracts.authorizations.rules import Authorization
from contracts.budgets import client as budgets
from contracts.budgets.record import Pot, Rate, Reservation, Window, window_id
from contracts.catalogue import client as catalogue
from contracts.catalogue.rules import Asset
from contracts.grades import client as grades
from contracts.jobs import client as jobs
from contracts.jobs.record import Inputs, Job
from contracts.parties import client as parties
from contracts.parties.record import Keys, Party
from ledger.chain.port import StateFact
from ledger.proofs.headers import Header
from ledger.proofs.view import ProvenView


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

    def pot(self, asset: bytes, period: bytes) -> Pot: ...

    def rate(self, asset: bytes, recipient_class: bytes) -> Rate: ...

    def window(self, asset: bytes, recipient_class: bytes, rate: Rate) -> Window:
        """Return what the window of this moment has used; nothing without a rate."""
        ...

    def recipient_class(self, party: bytes) -> bytes: ...

    def level(self, party: bytes) -> int:
        """Return up to which grade a party may be a recipient."""
        ...

    def reservations(self, job: bytes, attempt: int, assets: Sequence[bytes]) -> Mapping[bytes, Reservation]:
        """Return what an attempt takes out of each asset's pots, by asset, under one proof."""
        ...


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

    def pot(self, asset: bytes, period: bytes) -> Pot:
        return budgets.decode_pot(asset, period, self._values(budgets.pot_fact(asset, period)))

    def rate(self, asset: bytes, recipient_class: bytes) -> Rate:
        return budgets.decode_rate(asset, recipient_class, self._values(budgets.rate_fact(asset, recipient_class)))

    def window(self, asset: bytes, recipient_class: bytes, rate: Rate) -> Window:
        if not rate.length:
            return Window()
        id = window_id(asset, recipient_class, rate.length, self.time)
        return budgets.decode_window(id, self._values(budgets.window_fact(id)))

    def level(self, party: bytes) -> int:
        return grades.decode_level(party, self._values(grades.level_fact(party)))

    def recipient_class(self, party: bytes) -> bytes:
        return budgets.decode_class(party, self._values(budgets.class_fact(party)))

    def reservations(self, job: bytes, attempt: int, assets: Sequence[bytes]) -> Mapping[bytes, Reservation]:
        facts = [budgets.reservation_fact(job, attempt, asset) for asset in assets]
        values = self._values(StateFact(BUDGETS, tuple(slot for fact in facts for slot in fact.slots)))
        return {asset: budgets.decode_reservation(job, attempt, asset, values) for asset in assets}

    def _values(self, fact: StateFact) -> Mapping[bytes, bytes]:
        return self.view.value(fact.contract, fact.slots, self.header)


@dataclass(frozen=True, slots=True)
class ProvenRegistry:
    """The registry of a running node."""

    view: ProvenView

    def now(self) -> ProvenFacts:
        return ProvenFacts(self.view, self.view.head())
