"""Sign-in by an OpenID Connect provider: authorization code with PKCE (S256), state, nonce, and a checked ID token.

Each try is a row of its own (``pending``), good once and for ten minutes; its secret is the state, which only the
browser that began has in a cookie. Endpoints come from the provider's discovery document, which must name the issuer
asked for. What it does NOT do: keep the provider's tokens, or take roles from it: the chain has those.
Source: OpenID Connect Core 1.0 section 3.1, RFC 7636 (PKCE), RFC 9700 section 2.1; the code flow is authlib's,
signatures are joserfc's. Trust assumption: the provider says truly who signed in.
"""

from __future__ import annotations

import asyncio
import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import httpx
from authlib.integrations.base_client.errors import OAuthError
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from gateway.accounts.book import AccountBook
from gateway.accounts.signin import drawing
from gateway.accounts.signin.gate import Gate
from ledger.errors import BackendError, InvalidRecord, NotAuthorized

if TYPE_CHECKING:
    from authlib.integrations.httpx_client import AsyncOAuth2Client

PENDING_S: Final = 600
TIMEOUT_S: Final = 10.0
LARGEST: Final = 1 << 18
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
_LEEWAY_S: Final = 60
_KIND: Final = "state"


@dataclass(frozen=True, slots=True)
class Provider:
    """A configured provider. person: the claim with the name that it has established; "" if it establishes none."""

    issuer: str
    client_id: str
    client_secret: str
    redirect: str
    title: str
    person: str = ""

    def __post_init__(self) -> None:
        parts = urlsplit(self.issuer)
        if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise InvalidRecord("oidc: the issuer is an https address")


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes, and the state that its cookie keeps."""

    url: str
    state: str


@dataclass(frozen=True, slots=True)
class Claims:
    """Who the provider says signed in."""

    subject: str
    name: str
    person: str


class Oidc:
    """Sign-in at one provider."""

    def __init__(self, provider: Provider, gate: Gate) -> None:
        self.provider, self._gate, self._book = provider, gate, gate.book
        self._known: dict[str, str] | None = None

    async def begin(self, back: str) -> Begun:
        """Begin a try; raises BackendError if the provider cannot be reached. back: where the browser goes after."""
        state, nonce, verifier = drawing.drawn(), drawing.drawn(), drawing.drawn()
        place = await self._endpoint("authorization_endpoint")
        async with self._client() as client:
            url, _ = client.create_authorization_url(place, state=state, nonce=nonce, code_verifier=verifier)
        await asyncio.to_thread(_keep, self._book, state, (nonce, verifier, back), self._gate.now)
        return Begun(str(url), state)

    async def finish(self, state: str, cookie: str, code: str) -> tuple[str, str]:
        """End a try: return the secret of the session begun, and where the browser goes.

        Raises:
            NotAuthorized: another browser's try, one that is over, or the provider or its token says no.
            BackendError: the provider cannot be reached.
        """
        if not state or not hmac.compare_digest(state.encode(), cookie.encode()):
            raise NotAuthorized("oidc: this sign-in was begun by another browser, or too long ago")
        nonce, verifier, back = await asyncio.to_thread(_take, self._book, state, self._gate.now)
        place = await self._endpoint("token_endpoint")
        try:
            async with self._client() as client:
                answer = await client.fetch_token(place, code=code, code_verifier=verifier)
        except OAuthError as fault:
            raise NotAuthorized(f"oidc: the provider refuses: {str(fault)[:120]}") from fault
        except httpx.HTTPError as fault:
            raise BackendError("oidc: the provider does not answer") from fault
        claims = await self._claims(answer.get("id_token"), nonce)
        return await asyncio.to_thread(self._session, claims), back

    def _session(self, claims: Claims) -> str:
        found = self._book.of_subject(self.provider.issuer, claims.subject)
        if found is None:
            found = _account_name(claims, urlsplit(self.provider.issuer).hostname or "provider")
            self._book.add(found, claims.person, self._gate.now, issuer=self.provider.issuer, subject=claims.subject)
        self._gate.caller(found)  # raises for a locked one
        return self._gate.sessions.begin(found, self._gate.now)

    async def _claims(self, token: object, nonce: str) -> Claims:
        if not isinstance(token, str) or len(token) > LARGEST:
            raise NotAuthorized("oidc: the provider gave no ID token")
        keys = await self._get(await self._endpoint("jwks_uri"))
        checks = jwt.JWTClaimsRegistry(
            now=self._gate.now, leeway=_LEEWAY_S,
            iss={"essential": True, "value": self.provider.issuer},
            aud={"essential": True, "value": self.provider.client_id},
            exp={"essential": True}, sub={"essential": True}, nonce={"essential": True, "value": nonce},
        )  # fmt: skip
        try:
            found = jwt.decode(token, KeySet.import_key_set(keys), algorithms=list(ALGORITHMS)).claims  # type: ignore[arg-type]
            checks.validate(found)
        except (JoseError, ValueError, KeyError, TypeError) as fault:
            raise NotAuthorized(f"oidc: the ID token does not hold ({type(fault).__name__})") from fault
        if found.get("azp", self.provider.client_id) != self.provider.client_id:
            raise NotAuthorized("oidc: the ID token is another client's")
        name, person = found.get("preferred_username"), found.get(self.provider.person, "")
        subject = str(found["sub"])
        if not 0 < len(subject) <= 255:
            raise NotAuthorized("oidc: the ID token's subject is not of a form that can be kept")
        return Claims(subject, name if isinstance(name, str) else "", person if isinstance(person, str) else "")

    async def _endpoint(self, name: str) -> str:
        if self._known is None:
            found = await self._get(self.provider.issuer.rstrip("/") + "/.well-known/openid-configuration")
            if found.get("issuer") != self.provider.issuer:
                raise BackendError("oidc: the provider's own description names another issuer")
            self._known = {key: value for key, value in found.items() if isinstance(value, str)}
        place = self._known.get(name, "")
        parts = urlsplit(place)
        known = urlsplit(self.provider.issuer)
        if parts.scheme != "https" and (parts.scheme, parts.hostname) != (known.scheme, known.hostname):
            raise BackendError(f"oidc: the provider has no safe {name}")
        return place

    async def _get(self, url: str) -> dict[str, object]:
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_S) as client, client.stream("GET", url) as answer:
                answer.raise_for_status()
                body = b""
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > LARGEST:
                        raise BackendError("oidc: the provider's answer is too long")
                found = httpx.Response(200, content=body).json()
        except (httpx.HTTPError, ValueError) as fault:
            raise BackendError("oidc: the provider does not answer") from fault
        if not isinstance(found, dict):
            raise BackendError("oidc: the provider's answer is no object")
        return found

    def _client(self) -> AsyncOAuth2Client:
        from authlib.integrations.httpx_client import AsyncOAuth2Client  # it warns everybody who imports it

        return AsyncOAuth2Client(
            self.provider.client_id, self.provider.client_secret or None, scope="openid profile",
            redirect_uri=self.provider.redirect, code_challenge_method="S256", timeout=TIMEOUT_S,
            token_endpoint_auth_method="client_secret_basic" if self.provider.client_secret else "none",
        )  # fmt: skip


def safe_return(path: str) -> str:
    """Return a path of this site, or the start page: nobody is sent elsewhere after a sign-in.

    >>> safe_return("/zh/inbox"), safe_return("//evil.example"), safe_return("https://evil.example")
    ('/zh/inbox', '/', '/')
    """
    return path if re.fullmatch(r"/(?!/)[A-Za-z0-9/_-]{0,200}", path) else "/"


def _account_name(claims: Claims, host: str) -> str:
    plain = re.sub(r"[^a-z0-9._-]", "", claims.name.lower())[:40].lstrip("._-") or "user"
    return f"{plain}-{drawing.digest('subject', claims.subject).hex()[:8]}@{host}"[:80]


def _keep(book: AccountBook, state: str, values: tuple[str, str, str], now: int) -> None:
    with book.database.transaction() as db:
        db.execute("DELETE FROM pending WHERE until <= ?", (now,))
        row = (drawing.digest(_KIND, state), *values, now + PENDING_S)
        db.execute("INSERT INTO pending VALUES (?, ?, ?, ?, ?)", row)


def _take(book: AccountBook, state: str, now: int) -> tuple[str, str, str]:
    key = (drawing.digest(_KIND, state),)
    with book.database.transaction() as db:
        row = db.execute("SELECT nonce, verifier, back, until FROM pending WHERE digest = ?", key).fetchone()
        db.execute("DELETE FROM pending WHERE digest = ?", key)
    if row is None or row[3] <= now:
        raise NotAuthorized("oidc: this sign-in is over; begin again")
    return str(row[0]), str(row[1]), str(row[2])
