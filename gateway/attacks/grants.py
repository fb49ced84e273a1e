"""What the attacking office is granted before its first question, as for any study: a purpose of its own.

The owners' officers do it with their own keys, and nothing else is done with these. What is granted permits the suite's
ordinary questions, so that an attack beyond it must meet a refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace

from contracts.authorizations.terms import Terms, identifier
from contracts.grades.record import Basis
from gateway.attacks.targets import PURPOSE
from gateway.statute.officers import Officer
from gateway.statute.sharing import entering
from gateway.statute.sharing.entering import Entering
from gateway.statute.sharing.heads import Head
from gateway.statute.sharing.requesting import Period, Requesting, Wanted, code_of
from mpc.kinds.registry import kind_of
from mpc.node.config import NodeConfig
from mpc.spec.job import AlignedSpec, JobSpec, JoinSpec, MatchedSpec, SumsSpec, VerticalSpec

PERIOD = Period(days=365, uses=1000)
BASIS = "Cybersecurity Law, article 21"
WORDS = "Trying attacks on this network, see docs/attacks.md"


@dataclass
class Grants:
    """The authorizations of one run, each obtained once."""

    nodes: Mapping[str, NodeConfig]
    say: Callable[[str], None]
    _drafted: dict[tuple[str, str], bytes] = field(default_factory=dict, init=False)

    def authorized(self, spec: JobSpec) -> JobSpec:
        """Name authorizations for all sources; obtain those that are not there yet."""
        found = tuple(replace(s, authorization=self._authorization(spec, s.party, s.asset)) for s in spec.sources)
        if isinstance(spec, JoinSpec):
            return replace(spec, holder=found[0], lister=found[1])
        if isinstance(spec, AlignedSpec | MatchedSpec | VerticalSpec):
            return spec.supplied(found)
        return replace(spec, sources=found)

    def _authorization(self, spec: JobSpec, owner: str, asset: str) -> bytes:
        key = (spec.recipient, asset)
        if key not in self._drafted:
            self._drafted[key] = self._obtain(spec, owner, asset)
        return self._drafted[key]

    def _obtain(self, spec: JobSpec, owner: str, asset: str) -> bytes:
        self.say(f"preparing: {owner} grants {spec.recipient} the use of {asset} for {PURPOSE}")
        granting_for, asking_for = self.nodes[owner], self.nodes[spec.recipient]
        with closing(Officer(granting_for)) as granting, closing(Officer(asking_for)) as asking_officer:
            if not Entering(granting).has_entered(asset):
                self._enter(granting_for, asset, granting)
            terms = self._terms(asking_officer, spec, owner, asset)
            with closing(Head(self.nodes[spec.recipient])) as head:
                head.agree_to_request(terms, owner)
            Requesting(asking_officer).request(terms, owner)
            with closing(Head(self.nodes[owner])) as head:
                head.agree_to_grant(terms)
            kept = entering.kept(granting_for.entries, asset)
            Requesting(granting).grant(terms, lambda: entering.covering(kept, terms, Basis.STATUTORY_DUTY, WORDS))
        return identifier(code_of(terms))

    def _enter(self, config: NodeConfig, asset: str, granting: Officer) -> None:
        stated = entering.plain(config.assets[asset], asset, condition=WORDS, assessment=WORDS)
        statement = entering.salted(config.entries, stated)
        with closing(Head(config)) as head:
            head.agree_to_entry(statement)
        Entering(granting).mount(statement, f"item-{asset}")

    def _terms(self, officer: Officer, spec: JobSpec, owner: str, asset: str) -> Terms:
        """Permit what the suite's ordinary questions need: an attack beyond it must meet a refusal."""
        schema, operations = self.nodes[owner].assets[asset].schema, kind_of(spec).operations()
        columns = set(kind_of(spec).columns(owner)) | set(schema.groups)
        if isinstance(spec, SumsSpec):
            columns = {spec.value.column}
        if isinstance(spec, SumsSpec):
            operations |= kind_of(replace(spec, edges=(0,), outputs=("count", "histogram"))).operations()
        wanted = Wanted(asset, PURPOSE, WORDS, BASIS, operations, tuple(columns))
        return Requesting(officer).draft(wanted, PERIOD)
