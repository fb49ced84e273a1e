"""A running network as an attack finds it: its directory, what can be asked, and the means of each attacker.

The attacker of a question is the office: it has its own node's configuration and keys, and asks as ``shuxin job run``
does (``gateway.attacks.grants``: what it is granted before). What an attack leaves behind is said by the attack.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from contracts.artefacts import interfaces
from contracts.jobs import client as jobs
from contracts.parties.client import party_id
from contracts.world import PartyRole
from gateway.attacks.asking.answers import NOBODY, Answer, grounds
from gateway.attacks.grants import Grants
from gateway.attacks.messages.capture import Capture
from gateway.attacks.targets import Bands, JoinTarget, SumsTarget, find_bands, find_join, find_sums
from gateway.network.connecting import officer_chain, submit_anew
from gateway.statistics import asking
from gateway.statute.officers import Officer
from gateway.statute.sharing.entering import Entering
from ledger import canonical
from ledger.chain.connect import Account, connect
from ledger.chain.port import Chain
from ledger.crypto import tls
from ledger.errors import NotAuthorized, NotFound, TrustError
from ledger.proofs.trust import Trust
from ledger.proofs.view import ProvenView
from mpc.node import config as node_config
from mpc.node.config import NodeConfig
from mpc.node.node import open_keys, read_trust
from mpc.node.registry import ProvenFacts
from mpc.node.whole import write_whole
from mpc.spec import job as job_spec
from mpc.spec.job import AlignedSpec, JobSpec, JoinSpec, MatchedSpec, TrainingSpec, VerticalSpec
from mpc.spec.parts import Interval, Predicate

DEADLINE_S = 600
ATTEMPTS = 5
"""Of a question that the attacker's own node was the first to refuse: owners shall have a chance to."""


@dataclass
class Scene:
    """One network's directory, while its processes run.

    office: who attacks by asking; by default the only party that holds no table.
    """

    directory: Path
    say: Callable[[str], None]
    office: str = ""
    nodes: Mapping[str, NodeConfig] = field(init=False)
    capture: Capture = field(init=False)

    def __post_init__(self) -> None:
        """Raises: NotFound: no network in the directory, or no office to attack from."""
        if not (self.directory / "genesis.json").is_file():
            raise NotFound(f"{self.directory}: no network here")
        paths = sorted((self.directory / "parties").glob("*/node.toml"))
        self.nodes = {path.parent.name: node_config.load(path) for path in paths}
        without = [code for code, node in self.nodes.items() if not node.assets]
        if self.office and self.office not in self.nodes:
            raise NotFound(f"{self.directory}: no node of {self.office} here")
        if not self.office and not without:
            raise NotFound(f"{self.directory}: every party holds tables; name the attacking one with --office")
        self.office = self.office or without[0]
        self.capture = Capture(self.directory / "relay" / "relay.sqlite")
        self._grants = Grants(self.nodes, self.say)

    @cached_property
    def work(self) -> Path:
        """Where this command keeps its own files."""
        path = self.directory / "attacks"
        path.mkdir(exist_ok=True)
        return path

    @cached_property
    def trust(self) -> Trust:
        return read_trust(self.directory / "trust.json")

    @cached_property
    def sums(self) -> SumsTarget | None:
        return find_sums({code: node for code, node in self.nodes.items() if code != self.office})

    @cached_property
    def join(self) -> JoinTarget | None:
        return find_join({code: node for code, node in self.nodes.items() if code != self.office})

    @cached_property
    def bands(self) -> Bands | None:
        """The values of this command's own questions, below those that earlier questions on file were about."""
        if self.sums is None:
            return None
        return find_bands(self.sums, self._asked_from(self.sums.column))

    def has_entered(self, owner: str, asset: str) -> bool:
        """Say whether the catalogue has an owner's asset."""
        with closing(Officer(self.config(owner))) as officer:
            return Entering(officer).has_entered(asset)

    def config(self, code: str) -> NodeConfig:
        return self.nodes[code]

    def other_parties(self, spec: JobSpec) -> list[str]:
        """Parties beside the office that could receive the answer of a question: registered as asking for data."""
        others = [code for code in self.nodes if code not in spec.parties and code != self.office]
        with closing(self.chain(self.office)) as chain, self.view(chain, "parties") as view:
            facts = ProvenFacts(view, view.head())
            return [c for c in others if facts.party(party_id(c)).is_serving(PartyRole.REQUESTER, facts.time)]

    def ask(
        self, spec: JobSpec, *, by: str = "", nonce: str | None = None, record: Mapping[str, int] | None = None
    ) -> Answer:
        """Ask as an office does; a nonce makes the job the same one each time.

        Whatever ends it is told in the answer: whether a refusal is the right one is the attack's to judge.

        Args:
            record: fields of the proposal on chain that shall say something else than the specification.
        """
        party = by or self.office
        try:
            spec = self._grants.authorized(replace(spec, recipient=party))
            for _ in range(ATTEMPTS):
                word = secrets.token_hex(8) if nonce is None else nonce
                answer = self._ask(self.config(party), spec, word, record or {})
                if nonce is not None or not answer.line.endswith(NOBODY):
                    break
            return answer
        except TrustError as fault:
            return Answer(b"", str(fault))

    def chain(self, code: str, key: str = "agent") -> Chain:
        """Connect as a party with one of its keys, beside its node."""
        config = self.config(code)
        pem = config.chain.certificate
        return connect(
            config.chain.url,
            interfaces=interfaces(),
            directory=self.trust.directory,
            account=Account(open_keys(config).load(key), self.work / f"{code}-{key}.sqlite"),
            server_pem=pem.read_bytes() if pem else None,
            identity=tls.load_identity(config.tls) if pem else None,
        )

    @contextmanager
    def view(self, chain: Chain, name: str, *, clock: Callable[[], float] = time.time) -> Iterator[ProvenView]:
        """Open a belief as a node has one, which keeps what it saw under a name."""
        path = self.work / f"{name}.sqlite"
        view = ProvenView(chain, self.trust, path, interfaces(), clock=clock)
        try:
            yield view
        finally:
            view.close()

    @cached_property
    def answered_join(self) -> tuple[tuple[Predicate, ...], tuple[str, ...]] | None:
        """The filters and the withheld groups of a join by groups that was answered, as far as files here say."""
        if self.join is None:
            return None
        pair = self.join.holder[1].code, self.join.lister[1].code
        for path, spec in self._on_file():
            release = self.directory / "jobs" / path.stem / "release.json"
            if not isinstance(spec, JoinSpec) or spec.grouping is None or not release.is_file():
                continue
            if (spec.holder.asset, spec.lister.asset) == pair:
                return spec.filters, Answer(b"", "", json.loads(release.read_text(encoding="utf-8"))).withheld
        return None

    def require_up(self) -> None:
        """Look at the chain once.

        Raises:
            TrustError: the network's processes do not answer, which is no verdict on any attack.
        """
        with closing(self.chain(self.office)) as chain, self.view(chain, "up") as view:
            view.head()

    def log(self, code: str) -> Path:
        """The log of a party's process, which its own operator reads."""
        return self.directory / "logs" / f"{code}.log"

    def _ask(self, config: NodeConfig, spec: JobSpec, nonce: str, record: Mapping[str, int]) -> Answer:
        path = self.work / f"{job_spec.digest(spec).hex()[:16]}.json"
        write_whole(path, json.dumps(spec.json()).encode())
        job = asking.job_id(spec, nonce)
        if record:
            self._propose_falsely(config, spec, job, record)
        self.say(f"{config.party} asks, job {job.hex()[:16]}")
        with self.capture:
            try:
                asked = asking.ask(config, path, DEADLINE_S, say=_silent, nonce=nonce)
                job = asked.job
                with closing(asked.view):
                    files = asking.collect(config, asked, self.work / job.hex()[:16], DEADLINE_S, say=_silent)
            except TrustError as fault:
                said = grounds(self.nodes, self.office, job, str(fault)) if isinstance(fault, NotAuthorized) else ""
                return Answer(job, f"{fault}{said}")
        release = json.loads(files[0].read_text(encoding="utf-8"))
        return Answer(job, f"released: {json.dumps(release, sort_keys=True)}", release)

    def _propose_falsely(self, config: NodeConfig, spec: JobSpec, job: bytes, record: Mapping[str, int]) -> None:
        handed = config.state / "specifications" / f"{job_spec.digest(spec).hex()}.json"
        write_whole(handed, canonical.encode(spec.json()))
        proposal = replace(asking.proposal(job, spec, DEADLINE_S), **record)  # type: ignore[arg-type]
        party = party_id(config.party)
        with closing(officer_chain(config)) as chain:
            submit_anew(chain, lambda again: jobs.propose(proposal, party=party, again=again), chain.head().number)

    def _asked_from(self, column: str) -> int | None:
        """The least value that a specification on file starts from."""
        without = AlignedSpec | MatchedSpec | TrainingSpec | VerticalSpec
        chosen = [spec.filters for _, spec in self._on_file() if not isinstance(spec, without)]
        intervals = [found for filters in chosen for found in filters if isinstance(found, Interval)]
        return min((f.at_least or 0 for f in intervals if f.column == column), default=None)

    def _on_file(self) -> Iterator[tuple[Path, JobSpec]]:
        """Specifications that people left in the directory."""
        for path in sorted((self.directory / "specs").glob("*.json")):
            yield path, asking.read_specification(path)


def _silent(_text: str) -> None:
    """Tell nothing: an attack says itself what came of it."""
