"""How a gateway is started: a TOML file, and variables that begin with SHUXIN_GATEWAY_ above it.

Relative paths are relative to the file. Secrets are not in it: a database's password belongs into the variable
SHUXIN_GATEWAY_DATABASE or into the database's own password file.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from gateway.accounts.edge.shield import BURST, PER_S
from ledger.errors import InvalidRecord, NotFound

PREFIX: Final = "SHUXIN_GATEWAY_"
_PATHS: Final = ("node", "state", "register_directory", "evidence", "verifier")


class GatewaySettings(BaseSettings):
    """Everything the gateway is started with.

    Attributes:
        node: the department's node.toml: chain, trust file, what it knows by name. No signing key is read.
        state: where index, accounts and imports are kept.
        database: of the index; SQLite under state if left out.
        register_directory: a registrar's book; rights queries are answered only with one.
        registrar: code of the party whose book that is, the node's own if left out; its clerks state who asks.
        streams: directories of streams whose records are proven here.
        evidence: a directory of evidence files that may be fetched.
        is_forwarded: a proxy on this machine puts the visitor's address into X-Forwarded-For; not believed otherwise.
        workers: processes that answer; more than one where one processor does not do.
        follow_s: how often new blocks are looked for.
        pages_port: of the pages' own process; public_url: as browsers reach them, which a sign-in by a provider needs.
        verifier: the file shuxin-verify.pyz that the pages offer.
        oidc_issuer, oidc_client, oidc_title, oidc_person: the provider, this client's name there, what the button says,
            and the claim with an established name; oidc_secret belongs into its variable.
        per_s, burst: requests of one address a second, and how many at once before that counts.
        telemetry: where traces are sent (OTLP over HTTP); none are made without it.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid")
    node: Path
    state: Path = Path("gateway")
    database: str = ""
    host: str = "127.0.0.1"
    port: int = Field(8700, ge=0, le=65535)
    accounts: bool = True
    register_directory: Path | None = None
    registrar: str = ""
    streams: tuple[Path, ...] = ()
    evidence: Path | None = None
    imports: bool = False
    workers: int = Field(1, ge=1, le=64)
    follow_s: float = Field(2.0, ge=0.1, le=3600)
    max_body: int = Field(16 << 20, ge=1024, le=1 << 30)
    is_secure: bool = False
    is_forwarded: bool = False
    per_s: float = Field(PER_S, gt=0, le=1e6)
    burst: int = Field(BURST, ge=1, le=1_000_000)
    grace_s: int = Field(10, ge=1, le=300)
    telemetry: str = ""
    pages_port: int = Field(8701, ge=0, le=65535)
    public_url: str = ""
    verifier: Path | None = None
    oidc_issuer: str = ""
    oidc_client: str = ""
    oidc_secret: str = ""
    oidc_title: str = ""
    oidc_person: str = ""

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings],  # noqa: ARG003 - as the library calls it
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:  # fmt: skip
        """Variables stand above the file."""
        return env_settings, init_settings

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.database:
            self.database = f"sqlite:///{self.state.absolute()}/index.sqlite"
        return self


def load(path: Path) -> GatewaySettings:
    """Read a file and the variables above it.

    Raises:
        NotFound: no such file. InvalidRecord: not TOML, or a member that is missing, unknown or of the wrong type.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as fault:
        raise NotFound(f"{path}: no such configuration") from fault
    except (ValueError, OSError) as fault:
        raise InvalidRecord(f"{path}: {fault}") from fault
    try:
        return GatewaySettings(**_placed(document, path.absolute().parent))
    except ValidationError as fault:
        first = fault.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InvalidRecord(f"{path}: {where}: {first['msg']}") from fault


def _placed(document: dict[str, Any], base: Path) -> dict[str, Any]:
    """Put relative paths beside the file."""
    document.setdefault("state", "gateway")
    for name in _PATHS:
        if isinstance(document.get(name), str):
            document[name] = base / document[name]
    if isinstance(document.get("streams"), list):
        document["streams"] = [base / str(one) for one in document["streams"]]
    return document
