"""The guard: whether this node may do what a job asks, decided by itself on proven facts and its own documents.

It trusts no coordinator, relay or RPC. A job passes only if the chain, at one sealed moment, shows the very job that
the specification describes, every owner's authorization in force for this purpose and these operations, and, for this
node's own asset, terms that name every column the job reads and grades that fit the recipient. A refusal has a code of
32 bytes that the node records on chain; its text says what was expected and never contains data.

It does NOT judge what a result discloses (``mpc.disclosure``) nor carry out anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from contracts.authorizations import terms as terms_documents
from contracts.authorizations.reasons import Ground
from contracts.authorizations.rules import obstacle
from contracts.authorizations.terms import Terms, identifier
from contracts.jobs.record import Job, JobState, Roster, roster_of
from contracts.parties.record import Keys
from ledger.errors import InvalidRecord, NotAuthorized, NotFound
from mpc.kinds.registry import kind_of
from mpc.node.assets import AssetConfig
from mpc.node.guarding.classification import Ungraded, require_graded, require_stated
from mpc.node.guarding.limits import NoiseLimits, faults
from mpc.node.guarding.probing import ProbingLimits
from mpc.node.registry import Facts
from mpc.spec import job as job_spec
from mpc.spec.job import JobSpec
from mpc.spec.parts import MIN_CONTRIBUTORS, Source
from mpc.spec.training import TrainingSpec

NOTHING = bytes(32)
_FORWARD = (JobState.PROPOSED, JobState.ACCEPTED, JobState.COMMITTED, JobState.OPENING)


class Refused(NotAuthorized):
    """This node takes no part in the job; ``code`` is the ground recorded on chain."""

    def __init__(self, code: bytes, text: str) -> None:
        super().__init__(text)
        self.code = code


OVER = b"job: over".ljust(32, b"\0")
"""The ground when a job is not, or no longer, in a state in which anything is to be done."""


@dataclass(frozen=True, slots=True)
class Mandate:
    """What the chain permits: the job as proven, and the keys of its parties by code."""

    id: bytes
    job: Job
    spec: JobSpec
    roster: Roster
    keys: Mapping[str, Keys]

    @property
    def attempt(self) -> int:
        return self.job.attempt

    @property
    def parties(self) -> tuple[str, ...]:
        """The codes of this attempt's members, sorted."""
        members = set(self.roster.members(self.job.members))
        return tuple(code for code in self.spec.parties if identifier(code) in members)

    @property
    def owners(self) -> tuple[Source, ...]:
        """The sources of this attempt, sorted by party."""
        return tuple(sorted((s for s in self.spec.sources if s.party in self.parties), key=lambda s: s.party))


@dataclass(frozen=True, slots=True)
class Guard:
    """One party's guard; ``terms`` and ``entries`` are the directories of its terms documents and catalogue statements.

    minimum: the one minimum cell of all jobs this node takes part in. contributors: the one number of owners that a
    cell of its sums must come from. With a choice the gate's bits under many of them would tell how large a cell is,
    and how many owners have rows in it. A training run has no such bits, and all its departments but one at least in
    every sum: there it is the least number.
    """

    party: str
    assets: Mapping[str, AssetConfig]
    terms: Path
    minimum: int
    contributors: int = MIN_CONTRIBUTORS
    noise: NoiseLimits = field(default_factory=NoiseLimits)
    probing: ProbingLimits = field(default_factory=ProbingLimits)
    entries: Path = field(kw_only=True)

    def check(self, facts: Facts, id: bytes, spec: JobSpec) -> Mandate:
        """Permit the job at this moment.

        Raises:
            Refused: with the code to record on chain.
            VerificationError, BackendError: the chain could not prove what it says.
        """
        job = facts.job(id)
        roster = self._require_job(facts, job, spec)
        opened = job.frozen != 0
        for source in spec.sources:
            self._require_authorization(facts, job, spec, source, opened)
        own = next((source for source in spec.sources if source.party == self.party), None)
        if own is not None:
            self._require_terms(facts, spec, own)
        keys = {code: self._keys(facts, code) for code in spec.parties}
        return Mandate(id, job, spec, roster, keys)

    def _require_job(self, facts: Facts, job: Job, spec: JobSpec) -> Roster:
        if job.state not in _FORWARD:
            raise Refused(OVER, f"job: nothing to do in state {job.state.name.lower()}")
        if facts.time >= job.deadline:
            raise Refused(code("job: deadline"), "job: the deadline has passed")
        if job_spec.digest(spec) != job.spec:
            raise Refused(code("job: specification"), "job: the specification is not the one proposed on chain")
        roster = roster_of(_supplies(spec))
        kind = kind_of(spec)
        contributors = kind.contributors
        claims = (job.purpose, job.operations, job.recipient, job.minimum, job.contributors, job.roster)
        asked = (identifier(spec.purpose), int(kind.operations()), identifier(spec.recipient))
        if claims != (*asked, spec.minimum, contributors, roster.digest):
            raise Refused(code("job: record"), "job: the record on chain differs from the specification")
        if self.party not in spec.parties:
            raise Refused(code("job: not a member"), f"job: {self.party} takes no part")
        if spec.minimum != self.minimum:
            raise Refused(code("job: minimum"), f"job: a minimum of {spec.minimum}, this node asks for {self.minimum}")
        if kind.is_counted and contributors != self.contributors:
            text = f"job: {contributors} contributors, this node asks for {self.contributors}"
            raise Refused(code("job: contributors"), text)
        if isinstance(spec, TrainingSpec) and spec.privacy is None and contributors < self.contributors:
            text = f"job: a run of {contributors} contributors, this node asks for {self.contributors} at least"
            raise Refused(code("job: contributors"), text)
        return roster

    def _require_authorization(self, facts: Facts, job: Job, spec: JobSpec, source: Source, opened: bool) -> None:
        record = facts.authorization(source.authorization)
        offered = facts.asset(identifier(source.asset)).offered
        purpose, needed = identifier(spec.purpose), int(kind_of(spec).operations())
        ground = obstacle(record, offered, facts.time, purpose, needed, counted=not opened)
        if ground is not None:
            raise Refused(ground.code, f"{ground.text} ({source.party}, {source.asset}): {ground.en}")
        owners = (record.owner, record.grantee, record.asset)
        if owners != (identifier(source.party), job.recipient, identifier(source.asset)):
            raise Refused(Ground.UNKNOWN.code, f"authorization: not {source.party}'s for {source.asset}")

    def _require_terms(self, facts: Facts, spec: JobSpec, own: Source) -> None:
        asset = self.assets.get(own.asset)
        if asset is None:
            raise Refused(Ground.ASSET.code, f"job: this node holds no asset {own.asset}")
        wanted = kind_of(spec).columns(self.party)
        undeclared = sorted(wanted - set(asset.schema.columns))
        if undeclared:
            raise Refused(Ground.COLUMN.code, f"job: column {undeclared[0]} is not declared in asset {own.asset}")
        try:
            require_graded(facts, spec, self.party, require_stated(facts, asset, self.party, self.entries))
        except Ungraded as fault:
            raise Refused(code(fault.ground), str(fault)) from fault
        for ground, text in faults(spec, self.party, asset.schema, self.noise, asset.privacy):
            raise Refused(code(ground), text)
        try:
            found = self._find_terms(facts.authorization(own.authorization).terms)
            found.require(spec.recipient, own.asset, spec.purpose, wanted)
        except NotFound as fault:
            raise Refused(Ground.TERMS.code, str(fault)) from fault
        except NotAuthorized as fault:
            raise Refused(Ground.COLUMN.code if "column" in str(fault) else Ground.TERMS.code, str(fault)) from fault

    def _find_terms(self, digest: bytes) -> Terms:
        for path in sorted(self.terms.glob("*.json")):
            try:
                found = terms_documents.parse(path.read_bytes())
            except InvalidRecord as fault:
                raise NotFound(f"terms: {path.name} cannot be read: {fault}") from fault
            if found.digest == digest:
                return found
        raise NotFound("terms: no document here has the digest of the authorization")

    def _keys(self, facts: Facts, party: str) -> Keys:
        keys = facts.keys(identifier(party))
        if not keys.is_good_at(facts.time):
            raise Refused(code("party: keys"), f"party: {party} has no keys in force")
        return keys


def code(text: str) -> bytes:
    """Write a ground as the 32 bytes that stand on chain: ASCII, padded with zeros; an RPC's reason may hold more."""
    return text.encode("ascii", "replace")[:32].ljust(32, b"\0")


def read_code(ground: bytes) -> str:
    """Read such a ground back for people."""
    return ground.rstrip(b"\0").decode("ascii", errors="replace")


def _supplies(spec: JobSpec) -> list[tuple[bytes, bytes]]:
    supplied = [(identifier(source.party), source.authorization) for source in spec.sources]
    return [*supplied, (identifier(spec.recipient), NOTHING)]
