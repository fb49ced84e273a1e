"""The node's configuration file (TOML), read once at start; relative paths are relative to the file.

A worked example stands in ``docs/node.md``. Secrets are never in it: it names a directory of encrypted keys and the
file that holds their passphrase.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ledger.errors import InvalidRecord, NotFound
from mpc.node import assets
from mpc.node.assets import AssetConfig
from mpc.node.engine import EngineConfig
from mpc.node.engine import read as read_engine
from mpc.node.guarding.limits import NoiseLimits
from mpc.node.guarding.probing import ProbingLimits
from mpc.node.messages.sealed_channel import MIB, Bounds
from mpc.node.messages.transcripts import Retention
from mpc.section import Section
from mpc.spec.parts import MAX_MINIMUM, MAX_SOURCES, MIN_CONTRIBUTORS

DEFAULT_MINIMUM = 10


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An HTTPS service and the PEM certificate it must show (None: plain HTTP to this machine only)."""

    url: str
    certificate: Path | None

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise InvalidRecord(f"config: {self.url}: plain http is for this machine only; use https and a certificate")
        if parts.scheme not in ("http", "https") or (parts.scheme == "https") != (self.certificate is not None):
            raise InvalidRecord(f"config: {self.url}: https needs the server's certificate, http has none")


@dataclass(frozen=True, slots=True)
class RetiredKeys:
    """Names of a seal key and a statement key that were in use together, before one of them or both were replaced."""

    seal: str
    statement: str


@dataclass(frozen=True, slots=True)
class KeyNames:
    """Names in the key store; validator is None for a node that seals no blocks.

    retired: what opens records of before, for an opened audit; nothing else uses them.
    """

    agent: str
    statement: str
    seal: str
    validator: str | None
    retired: tuple[RetiredKeys, ...] = ()

    def __post_init__(self) -> None:
        if RetiredKeys(self.seal, self.statement) in self.retired:
            raise InvalidRecord("config: [[keys.retired]] names the keys in use; a retired one has another name")


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """Everything a node is started with; times in seconds.

    tls: the directory of this party's certificate and key. terms: one terms document per authorization.
    parties: the certificates of all parties, ``<code>.pem``; only their fingerprints on chain make them count.
    genesis: the chain's first block as a document, for a node that seals.
    """

    party: str
    state: Path
    chain: Endpoint
    relay: Endpoint | None
    trust: Path
    keys: Path
    passphrase: Path
    key_names: KeyNames
    tls: Path
    terms: Path
    parties: Path
    genesis: Path | None
    assets: Mapping[str, AssetConfig]
    minimum: int
    contributors: int
    noise: NoiseLimits
    probing: ProbingLimits
    bounds: Bounds
    message_timeout_s: float
    step_timeout_s: float
    retention: Retention = field(default_factory=Retention)
    engine: EngineConfig | None = None

    @property
    def entries(self) -> Path:
        """The directory of what this party has stated of its assets, one file an asset."""
        return self.state / "entries"


def load(path: Path) -> NodeConfig:
    """Read a configuration file.

    Raises:
        NotFound: no such file.
        InvalidRecord: not TOML, or a field missing, unknown or of the wrong type; the message names it.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as fault:
        raise NotFound(f"{path}: no such configuration") from fault
    except (ValueError, OSError) as fault:  # not TOML, not UTF-8, or an integer of thousands of digits
        said = fault.strerror if isinstance(fault, OSError) else fault
        raise InvalidRecord(f"{path}: {said}") from fault
    root = Section(document, path.name, path.parent)
    config = _node(root)
    root.done()
    return config


def _node(root: Section) -> NodeConfig:
    chain, relay = root.section("chain"), root.optional("relay")
    keys = root.section("keys")
    names = _key_names(keys)
    limits, audit, engine = root.optional("limits"), root.optional("audit"), root.optional("engine")
    party, state = root.text("party"), root.path("state")
    config = NodeConfig(
        party=party,
        state=state,
        chain=_endpoint(chain),
        relay=_endpoint(relay) if relay else None,
        trust=chain.path("trust"),
        keys=keys.path("directory"),
        passphrase=keys.path("passphrase_file"),
        key_names=names,
        tls=keys.path("tls"),
        terms=root.path("terms"),
        parties=chain.path("parties"),
        genesis=chain.base / name if (name := chain.text("genesis", "")) else None,
        assets=assets.read(root, state),
        minimum=_minimum(limits) if limits else DEFAULT_MINIMUM,
        contributors=_contributors(limits) if limits else MIN_CONTRIBUTORS,
        noise=_noise(limits) if limits else NoiseLimits(),
        probing=_probing(limits) if limits else ProbingLimits(),
        bounds=_held(limits) if limits else Bounds(),
        message_timeout_s=float(limits.integer("message_timeout_s", 120)) if limits else 120.0,
        step_timeout_s=float(limits.integer("step_timeout_s", 120)) if limits else 120.0,
        retention=_retention(audit) if audit else Retention(),
        engine=read_engine(engine) if engine else None,
    )
    for section in (chain, relay, keys, limits, audit, engine):
        if section:
            section.done()
    return config


def _key_names(section: Section) -> KeyNames:
    statement, seal = section.text("statement", "statement"), section.text("seal", "seal")
    retired = []
    for pair in section.sections("retired"):
        retired.append(RetiredKeys(pair.text("seal", seal), pair.text("statement", statement)))
        pair.done()
    return KeyNames(
        section.text("agent", "agent"), statement, seal, section.text("validator", "") or None, tuple(retired)
    )


def _endpoint(section: Section) -> Endpoint:
    certificate = section.text("certificate", "")
    return Endpoint(section.text("url"), section.base / certificate if certificate else None)


def _probing(section: Section) -> ProbingLimits:
    plain = ProbingLimits()
    return ProbingLimits(
        section.integer("daily_jobs", plain.daily),
        section.integer("daily_jobs_all", plain.daily_all),
        section.integer("joins_of_pair", plain.joins),
        section.integer("sizes_of_pair", plain.sizes),
        section.integer("scores_daily", plain.scores_daily),
        section.integer("scores_of_person", plain.scores_of_person),
    )


def _held(section: Section) -> Bounds:
    plain = Bounds()
    return Bounds(
        body_bytes=section.integer("message_mib", plain.body_bytes // MIB) * MIB,
        unread_bytes=section.integer("unread_mib", plain.unread_bytes // MIB) * MIB,
        messages=section.integer("messages", plain.messages),
    )


def _minimum(section: Section) -> int:
    minimum = section.integer("minimum", DEFAULT_MINIMUM)
    if not 2 <= minimum <= MAX_MINIMUM:
        raise InvalidRecord(f"{section.where}: minimum must be in 2..{MAX_MINIMUM}, got {minimum}")
    return minimum


def _contributors(section: Section) -> int:
    contributors = section.integer("contributors", MIN_CONTRIBUTORS)
    if not MIN_CONTRIBUTORS <= contributors <= MAX_SOURCES:
        where = f"{section.where}: contributors"
        raise InvalidRecord(f"{where} must be in {MIN_CONTRIBUTORS}..{MAX_SOURCES}, got {contributors}")
    return contributors


def _retention(section: Section) -> Retention:
    plain = Retention()
    return Retention(section.integer("keep_days", plain.days), section.integer("keep_mib", plain.mebibytes))


def _noise(section: Section) -> NoiseLimits:
    plain = NoiseLimits()
    return NoiseLimits(
        section.integer("epsilon_milli", plain.epsilon_milli),
        section.integer("delta_log2", plain.delta_log2),
        section.texts("additive") or plain.additive,
        section.texts("apart"),
    )
