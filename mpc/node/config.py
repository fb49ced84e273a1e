"""The node's configuration file (TOML), read once at start; relative paths are relative to the file.

A worked example stands in ``docs/node.md``. Secrets are never in it: it names a directory of encrypted keys and the
file that holds their passphrase.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ledger.errors import InvalidRecord, NotFound
from mpc.budget import DEFAULT_PERIOD
from mpc.disclosure.sensitivity import Dominance, Percent, Rule, Sensitivity
from mpc.node.limits import NoiseLimits
from mpc.node.probing import ProbingLimits
from mpc.node.sealed_channel import MIB, Bounds
from mpc.node.transcripts import Retention
from mpc.privacy.declaration import Declaration, Neighbours, Nulls
from mpc.schema import DEFAULT_ROWS, Column, Integer, Schema, Text
from mpc.spec import MAX_MINIMUM

DEFAULT_MINIMUM = 10
_PERIOD = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An HTTPS service and the PEM certificate it must show (None: plain HTTP to this machine only)."""

    url: str
    certificate: Path | None

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise InvalidRecord(
                f"config: {self.url}: plain http is for this machine only; use https and a certificate"
            )
        if parts.scheme not in ("http", "https") or (parts.scheme == "https") != (
            self.certificate is not None
        ):
            raise InvalidRecord(f"config: {self.url}: https needs the server's certificate, http has none")


@dataclass(frozen=True, slots=True)
class AssetConfig:
    """A table this party is the source of.

    period: the data period it holds, whose pot on chain its releases empty. privacy: how it may be asked privately,
    None if it may not.
    """

    code: str
    file: Path
    schema: Schema
    period: str = DEFAULT_PERIOD
    privacy: Declaration | None = None

    def __post_init__(self) -> None:
        if not _PERIOD.fullmatch(self.period):
            raise InvalidRecord(f"config: data period {self.period!r} is not a code: a-z, 0-9 and '-'")
        if self.privacy is not None and self.privacy.period != self.period:
            raise InvalidRecord(f"config: asset {self.code} has one data period, for its budget and its declaration")


@dataclass(frozen=True, slots=True)
class KeyNames:
    """Names in the key store; validator is None for a node that seals no blocks."""

    agent: str
    statement: str
    seal: str
    validator: str | None


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
    noise: NoiseLimits
    probing: ProbingLimits
    bounds: Bounds
    message_timeout_s: float
    step_timeout_s: float
    retention: Retention = field(default_factory=Retention)


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
    root = _Section(document, path.name, path.parent)
    config = _node(root)
    root.done()
    return config


def _node(root: _Section) -> NodeConfig:
    chain, relay = root.section("chain"), root.optional("relay")
    keys = root.section("keys")
    limits, audit = root.optional("limits"), root.optional("audit")
    config = NodeConfig(
        party=root.text("party"),
        state=root.path("state"),
        chain=_endpoint(chain),
        relay=_endpoint(relay) if relay else None,
        trust=chain.path("trust"),
        keys=keys.path("directory"),
        passphrase=keys.path("passphrase_file"),
        key_names=KeyNames(
            keys.text("agent", "agent"),
            keys.text("statement", "statement"),
            keys.text("seal", "seal"),
            keys.text("validator", "") or None,
        ),
        tls=keys.path("tls"),
        terms=root.path("terms"),
        parties=chain.path("parties"),
        genesis=chain.base / name if (name := chain.text("genesis", "")) else None,
        assets=_assets(root),
        minimum=_minimum(limits) if limits else DEFAULT_MINIMUM,
        noise=_noise(limits) if limits else NoiseLimits(),
        probing=_probing(limits) if limits else ProbingLimits(),
        bounds=_held(limits) if limits else Bounds(),
        message_timeout_s=float(limits.integer("message_timeout_s", 120)) if limits else 120.0,
        step_timeout_s=float(limits.integer("step_timeout_s", 120)) if limits else 120.0,
        retention=_retention(audit) if audit else Retention(),
    )
    for section in (chain, relay, keys, limits, audit):
        if section:
            section.done()
    return config


def _endpoint(section: _Section) -> Endpoint:
    certificate = section.text("certificate", "")
    return Endpoint(section.text("url"), section.base / certificate if certificate else None)


def _probing(section: _Section) -> ProbingLimits:
    plain = ProbingLimits()
    return ProbingLimits(
        section.integer("daily_jobs", plain.daily),
        section.integer("daily_jobs_all", plain.daily_all),
        section.integer("joins_of_pair", plain.joins),
        section.integer("sizes_of_pair", plain.sizes),
    )


def _held(section: _Section) -> Bounds:
    plain = Bounds()
    return Bounds(
        body_bytes=section.integer("message_mib", plain.body_bytes // MIB) * MIB,
        unread_bytes=section.integer("unread_mib", plain.unread_bytes // MIB) * MIB,
        messages=section.integer("messages", plain.messages),
    )


def _minimum(section: _Section) -> int:
    minimum = section.integer("minimum", DEFAULT_MINIMUM)
    if not 2 <= minimum <= MAX_MINIMUM:
        raise InvalidRecord(f"{section.where}: minimum must be in 2..{MAX_MINIMUM}, got {minimum}")
    return minimum


def _retention(section: _Section) -> Retention:
    plain = Retention()
    return Retention(section.integer("keep_days", plain.days), section.integer("keep_mib", plain.mebibytes))


def _noise(section: _Section) -> NoiseLimits:
    plain = NoiseLimits()
    return NoiseLimits(
        section.integer("epsilon_milli", plain.epsilon_milli),
        section.integer("delta_log2", plain.delta_log2),
    )


def _assets(root: _Section) -> dict[str, AssetConfig]:
    """Read all assets; one table under two codes would be two unrelated things to every disclosure rule."""
    found: dict[str, AssetConfig] = {}
    for asset in map(_asset, root.sections("assets")):
        for other in found.values():
            if asset.code == other.code or _is_same_file(asset.file, other.file):
                raise InvalidRecord(f"{root.where}: assets {other.code} and {asset.code}: one code and one file each")
        found[asset.code] = asset
    return found


def _is_same_file(one: Path, other: Path) -> bool:
    if one.exists() and other.exists():
        return one.samefile(other)
    return one.resolve() == other.resolve()


def _asset(section: _Section) -> AssetConfig:
    columns = section.section("columns")
    schema = Schema(
        {name: _column(columns.section(name)) for name in columns.names()},
        unique=section.text("unique", "") or None,
        key=section.text("key", "") or None,
        groups=section.texts("groups"),
        rows=section.integer("rows", DEFAULT_ROWS),
        sensitivity=_sensitivity(sensitive) if (sensitive := section.optional("sensitivity")) else None,
    )
    private = section.optional("privacy")
    period = section.text("period", None if private else DEFAULT_PERIOD)
    privacy = None if private is None else _privacy(private, schema, period)
    asset = AssetConfig(section.text("code"), section.path("file"), schema, period, privacy)
    section.done()
    return asset


def _sensitivity(section: _Section) -> Sensitivity:
    rules: list[Rule] = []
    if percent := section.integer("percent", 0):
        rules.append(Percent(percent))
    largest, share = section.integer("largest", 0), section.integer("share", 0)
    if largest or share:
        rules.append(Dominance(largest, share))
    declared = Sensitivity(section.text("respondent", "") or None, tuple(rules))
    section.done()
    return declared


def _privacy(section: _Section, schema: Schema, period: str) -> Declaration:
    """Read a declaration; nothing in it has a default, and all its columns must be the asset's."""
    bounds, groups = section.section("bounds"), section.section("groups")
    declared = Declaration(
        unit=section.text("unit"),
        neighbours=Neighbours(section.choice("neighbours", tuple(Neighbours))),
        max_rows=section.integer("max_rows"),
        max_groups=section.integer("max_groups"),
        bounds={name: _bounds(bounds.section(name)) for name in bounds.names()},
        groups={name: groups.texts(name) for name in groups.names()},
        spans_owners=section.boolean("spans_owners"),
        colluders=section.integer("colluders"),
        nulls=Nulls(section.choice("nulls", tuple(Nulls))),
        period=period,
        delta_log2=section.integer("delta_log2"),
    )
    section.done()
    for name, column in schema.columns.items():
        if name in declared.bounds and isinstance(column, Integer):
            declared.protection(name, column.scale, None)  # raises for bounds that cannot be
    texts = {declared.unit, *declared.groups} - {n for n, column in schema.columns.items() if isinstance(column, Text)}
    numbers = set(declared.bounds) - {n for n, column in schema.columns.items() if isinstance(column, Integer)}
    if wrong := sorted(texts | numbers):
        raise InvalidRecord(f"{section.where}: {wrong[0]!r} is not a column of the right type of this asset")
    return declared


def _bounds(section: _Section) -> tuple[int, int]:
    bounds = section.integer("low"), section.integer("high")
    section.done()
    return bounds


def _column(section: _Section) -> Column:
    kind = section.text("type")
    column: Column
    if kind == "integer":
        column = Integer(section.integer("minimum"), section.integer("maximum"), section.integer("scale", 0))
    elif kind == "text":
        column = Text(section.text("pattern"))
    else:
        raise InvalidRecord(f"{section.where}: type must be integer or text, got {kind!r}")
    section.done()
    return column


class _Section:
    """One TOML table whose fields are taken one by one; what is left over is refused."""

    def __init__(self, values: Mapping[str, object], where: str, base: Path) -> None:
        self._left = dict(values)
        self.where, self.base = where, base

    def names(self) -> list[str]:
        return list(self._left)

    def text(self, name: str, default: str | None = None) -> str:
        value = self._take(name, default)
        if not isinstance(value, str):
            raise InvalidRecord(f"{self.where}: {name} must be a text")
        return value

    def integer(self, name: str, default: int | None = None) -> int:
        value = self._take(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise InvalidRecord(f"{self.where}: {name} must be an integer")
        return value

    def boolean(self, name: str) -> bool:
        value = self._take(name, None)
        if not isinstance(value, bool):
            raise InvalidRecord(f"{self.where}: {name} must be true or false")
        return value

    def choice(self, name: str, values: Sequence[str]) -> str:
        value = self.text(name)
        if value not in values:
            raise InvalidRecord(f"{self.where}: {name} must be one of {', '.join(values)}")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts, empty if it is left out."""
        value = self._left.pop(name, [])
        if not isinstance(value, list):
            raise InvalidRecord(f"{self.where}: {name} must be a list of texts")
        texts = tuple(item for item in value if isinstance(item, str))
        if len(texts) != len(value):
            raise InvalidRecord(f"{self.where}: {name} must be a list of texts")
        return texts

    def path(self, name: str) -> Path:
        return self.base / self.text(name)

    def section(self, name: str) -> _Section:
        value = self._take(name, None)
        if not isinstance(value, dict):
            raise InvalidRecord(f"{self.where}: [{name}] must be a table")
        return _Section(value, f"{self.where} [{name}]", self.base)

    def optional(self, name: str) -> _Section | None:
        return self.section(name) if name in self._left else None

    def sections(self, name: str) -> list[_Section]:
        value = self._left.pop(name, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise InvalidRecord(f"{self.where}: [[{name}]] must be a list of tables")
        return [_Section(item, f"{self.where} [[{name}]] {i + 1}", self.base) for i, item in enumerate(value)]

    def done(self) -> None:
        if self._left:
            raise InvalidRecord(f"{self.where}: unknown fields {', '.join(sorted(self._left))}")

    def _take(self, name: str, default: object) -> object:
        if name not in self._left and default is None:
            raise InvalidRecord(f"{self.where}: {name} is missing")
        return self._left.pop(name, default)
