"""What a protocol sends and what each role learns, as data.

One descriptor feeds three readers: the leakage ledger in the evidence (canonical JSON), the plain words a
data officer reads before accepting (English and Chinese), and the transcript tests, which hold every real
message against the declared schedule. It states leakage; it does NOT enforce it, and it covers semi-honest
parties only unless an assumption says more.

A descriptor cannot leave out what it uses: whoever sees a message must know everything that its length and its number
depend on, and every output that a part of it tells, from public parameters, from its own input, or from a declared
leakage. A schedule that names anything else is refused when it is written down.
"""

from dataclasses import dataclass
from enum import StrEnum

from contracts.evidence import leakage
from ledger.canonical import JsonValue
from mpc.protocols.step import Kind, Part, Route, Step
from mpc.protocols.words import Language, Text

__all__ = ["Basis", "Descriptor", "Kind", "Language", "Leakage", "Own", "Part", "Role", "Route", "Step", "Text"]

COURIER = "courier"
"""The role that carries sealed messages: it sees that each was sent, and how long it is, and nothing in it."""


class Basis(StrEnum):
    """How exactly a role learns something."""

    EXACT = "exact"
    PADDED = "padded"
    NOISED = "noised"


@dataclass(frozen=True, slots=True)
class Role:
    """A part somebody plays in the protocol; who plays it also plays ``kind``, and learns what that one learns."""

    name: str
    title: Text
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Own:
    """A number that a role knows of its own input."""

    role: str
    name: str


@dataclass(frozen=True, slots=True)
class Leakage:
    """Something a role learns beyond its own input. outputs: its names, as schedule and simulators use them."""

    role: str
    learns: Text
    basis: Basis
    outputs: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...] = ()

    def record(self) -> JsonValue:
        """Render for evidence."""
        return {
            "role": self.role,
            "learns": self.learns.record(),
            "basis": self.basis.value,
            "outputs": list(self.outputs),
            "parameters": dict(self.parameters),
        }


PRIME_GROUP = Text(
    "Discrete logarithms are hard in the group of prime order that the job names (prime_group: ristretto255, or SM2, "
    "which computes in a time that follows its secrets).",
    "任务所选素数阶群(prime_group:ristretto255 或 SM2)中离散对数困难;SM2 的运算时间随秘密而变。",
)
"""Holds for every protocol with a gate."""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A protocol's messages, leakage and assumptions. public: the names that follow from the job's terms."""

    name: str
    version: str
    roles: tuple[Role, ...]
    public: tuple[str, ...]
    steps: tuple[Step, ...]
    leakage: tuple[Leakage, ...]
    assumptions: tuple[Text, ...]
    inputs: tuple[Own, ...] = ()

    def __post_init__(self) -> None:
        names = {role.name for role in self.roles}
        used = {leak.role for leak in self.leakage} | {step.sender for step in self.steps}
        used |= {receiver for step in self.steps for receiver in step.receivers}
        if used - names or len(names) != len(self.roles):
            raise ValueError(f"{self.name}: undeclared or repeated roles {sorted(used - names)}")
        if len({step.name for step in self.steps}) != len(self.steps):
            raise ValueError(f"{self.name}: a step is declared twice")
        for step in self.steps:
            self._require_declared(step)

    def step(self, name: str) -> Step:
        """Find a step; "decide/2" is a repetition of "decide"."""
        for step in self.steps:
            if step.name == name.partition("/")[0]:
                return step
        raise KeyError(f"{self.name} declares no step {name}")

    def outputs(self, role: str) -> frozenset[str]:
        """Return the names of what a role learns."""
        return frozenset(name for leak in self.leakage if leak.role in self._kinds(role) for name in leak.outputs)

    def known(self, role: str) -> frozenset[str]:
        """Return the names of all that a role may use to say what it will see: public, own, learned."""
        own = frozenset(own.name for own in self.inputs if own.role in self._kinds(role))
        return frozenset(self.public) | own | self.outputs(role)

    def record(self) -> JsonValue:
        """Render for the evidence's leakage ledger."""
        return {
            "protocol": self.name,
            "version": self.version,
            "roles": [{"role": r.name, "title": r.title.record(), "kind": r.kind} for r in self.roles],
            "public": list(self.public),
            "inputs": [{"role": own.role, "name": own.name} for own in self.inputs],
            "steps": [step.record() for step in self.steps],
            "leakage": [leak.record() for leak in self.leakage],
            "assumptions": [text.record() for text in self.assumptions],
        }

    def sentences(self, language: Language) -> tuple[str, ...]:
        """Say in plain words who learns what, one sentence a leakage, then the assumptions."""
        return leakage.sentences(self.record(), language)

    def _kinds(self, role: str) -> frozenset[str]:
        return frozenset({role, *(found.kind for found in self.roles if found.name == role and found.kind)})

    def _players(self, role: str) -> tuple[str, ...]:
        """Return the roles that are of a kind, or the role itself if none is: the views that exist in a run."""
        return tuple(found.name for found in self.roles if found.kind == role) or (role,)

    def _require_declared(self, step: Step) -> None:
        tells = {name for part in step.parts for name in part.tells}
        for role in (step.sender, *step.receivers, COURIER):
            for player in self._players(role):
                missing = step.needs - self.known(player)
                missing |= tells - self.known(player) if role in step.receivers else frozenset()
                if missing:
                    raise ValueError(f"{self.name}: {player} sees {sorted(missing)} at {step.name}, undeclared")
