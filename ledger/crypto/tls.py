"""Party certificates and mutual TLS pinned to them.

Every party makes one self-signed P-256 certificate and registers its fingerprint, the SHA-256 of the DER bytes.
A server admits exactly the certificates it was given, a client exactly the one server certificate it was given.
There is no certificate authority, so host names decide nothing and a stolen CA opens nothing.

It does NOT decide who is a party (the Parties contract does), nor replace signatures on what is sent.

Source: RFC 8446 (TLS 1.3 only), RFC 5280. Trust assumption: the given certificates belong to their parties.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import NewType

import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ledger.errors import BackendError, Conflict, InvalidRecord, NotAuthorized, NotFound, TrustError

Fingerprint = NewType("Fingerprint", bytes)
"""SHA-256 of a certificate's DER bytes."""

VALIDITY = timedelta(days=3653)
CLOCK_SLACK = timedelta(days=1)  # for a peer whose clock is behind
MAX_PEM_BYTES = 16 * 1024
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Identity:
    """A party's certificate and private key, as files because OpenSSL reads keys from nowhere else."""

    certificate: Path
    key: Path

    def __post_init__(self) -> None:
        for path in (self.certificate, self.key):
            if not path.is_file():
                raise NotFound(f"tls: no file {path.name} in {path.parent}")

    @property
    def pem(self) -> bytes:
        return self.certificate.read_bytes()

    @property
    def fingerprint(self) -> Fingerprint:
        return fingerprint(self.pem)


def create_identity(directory: Path, party: str, *, now: datetime, hosts: Iterable[str] = ()) -> Identity:
    """Make a key and certificate named after the party in the directory; none is ever overwritten.

    Raises: Conflict if there is one; InvalidRecord for an impossible party code or host name.
    """
    directory.mkdir(parents=True, exist_ok=True)
    certificate, key = directory / "tls.crt", directory / "tls.key"
    if certificate.exists() or key.exists():
        raise Conflict(f"tls: {directory} already holds an identity")
    private = ec.generate_private_key(ec.SECP256R1())
    pem = _self_signed(private, party, now, hosts).public_bytes(serialization.Encoding.PEM)
    secret = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write_private(key, secret)
    draft = certificate.with_suffix(".new")  # so that a certificate is there whole or not at all
    with draft.open("wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(certificate)
    return Identity(certificate, key)


def succeed(present: Identity, directory: Path, *, now: datetime) -> Identity:
    """Make, in a directory of its own, the identity that is to follow one: of the same party, for the same hosts.

    One that was made already is kept. One that was broken off, of which nobody has the certificate, is made anew.
    """
    if not (directory / "tls.crt").is_file():
        (directory / "tls.key").unlink(missing_ok=True)
        create_identity(directory, party_of(present.pem), now=now, hosts=hosts_of(present.pem))
    return load_identity(directory)


def load_identity(directory: Path) -> Identity:
    """Open the identity that `create_identity` left in the directory."""
    return Identity(directory / "tls.crt", directory / "tls.key")


def fingerprint(pem: bytes) -> Fingerprint:
    """Give the SHA-256 of the certificate's DER bytes."""
    return fingerprint_der(_parse(pem).public_bytes(serialization.Encoding.DER))


def fingerprint_der(der: bytes) -> Fingerprint:
    return Fingerprint(hashlib.sha256(der).digest())


def party_of(pem: bytes) -> str:
    """Give the party code a certificate names; the name is a label, only the fingerprint identifies."""
    names = _parse(pem).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if len(names) != 1 or not isinstance(names[0].value, str):
        raise InvalidRecord("tls: expected one common name in the certificate")
    return names[0].value


def is_for(pem: bytes, host: str) -> bool:
    """Tell whether a certificate names a host, by name or address."""
    names = _parse(pem).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return _host(host) in names


def hosts_of(pem: bytes) -> tuple[str, ...]:
    """List the hosts that a certificate names, as `create_identity` takes them."""
    names = _parse(pem).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return tuple(str(name.value) for name in names)


def validity(pem: bytes) -> tuple[datetime, datetime]:
    """Give when a certificate begins and when it ends, both aware; raises InvalidRecord."""
    found = _parse(pem)
    return found.not_valid_before_utc, found.not_valid_after_utc


def server_context(identity: Identity, trusted: Iterable[bytes]) -> ssl.SSLContext:
    """Build a TLS 1.3 server context that demands a client certificate and accepts only the given ones."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.num_tickets = 0  # a resumed session would not show the certificate again
    try:
        context.load_cert_chain(identity.certificate, identity.key)
    except (ssl.SSLError, OSError) as exc:
        raise InvalidRecord(f"tls: certificate and key in {identity.certificate.parent} do not fit") from exc
    for pem in trusted:
        trust(context, pem)
    return context


def trust(context: ssl.SSLContext, pem: bytes) -> None:
    """Let new connections present this certificate; OpenSSL forgets none, so servers also check each request."""
    context.load_verify_locations(cadata=_parse(pem).public_bytes(serialization.Encoding.DER))


def client_pool(server_pem: bytes | None, identity: Identity | None, *, connections: int = 4) -> urllib3.PoolManager:
    """Build an HTTP client; with a server certificate it speaks TLS 1.3 to exactly that server.

    Args: server_pem: None means plain http, for loopback only (the caller checks the address).
    """
    if server_pem is None:
        return urllib3.PoolManager(maxsize=connections, retries=False)
    return urllib3.PoolManager(
        maxsize=connections,
        retries=False,
        cert_reqs="CERT_REQUIRED",
        ssl_minimum_version=ssl.TLSVersion.TLSv1_3,
        ca_cert_data=_parse(server_pem).public_bytes(serialization.Encoding.PEM).decode(),
        assert_fingerprint=fingerprint(server_pem).hex(),
        cert_file=str(identity.certificate) if identity else None,
        key_file=str(identity.key) if identity else None,
    )


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine, the only one that plain http is for."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


_SERVER_UNKNOWN = ("certificate verify failed", "certificate_verify_failed", "fingerprints did not match")
_CLIENT_UNKNOWN = (
    "unknown_ca", "unknown ca", "certificate required", "certificate_required", "bad certificate",
    "bad_certificate", "certificate_unknown", "certificate unknown", "certificate expired",
    "certificate_expired",
)  # fmt: skip

_CUT_OFF = ("eof occurred", "connection reset", "connection aborted", "broken pipe")


def network_error(exc: Exception, peer: str) -> TrustError:
    """Translate an HTTP client's failure: who refused whom, or that the peer cannot be reached."""
    text = str(exc).lower()
    if any(word in text for word in _SERVER_UNKNOWN):
        return NotAuthorized(f"tls: {peer} does not present the registered server certificate")
    if any(word in text for word in _CLIENT_UNKNOWN):
        return NotAuthorized(f"tls: {peer} does not accept this party's certificate")
    if any(word in text for word in _CUT_OFF):
        # many servers drop a client whose certificate they do not know without a word, as asyncio's do
        return BackendError(f"network: {peer} closed the connection; it may not accept this party's certificate")
    return BackendError(f"network: {peer} cannot be reached ({type(exc).__name__})")


def _self_signed(
    private: ec.EllipticCurvePrivateKey, party: str, now: datetime, hosts: Iterable[str]
) -> x509.Certificate:
    name = _name(party)
    public = private.public_key()
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    alternatives = [_host(host) for host in dict.fromkeys((*LOCAL_HOSTS, *hosts))]
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SLACK)
        .not_valid_after(now + VALIDITY)
        # ca=False: otherwise each admitted party could sign further certificates that servers would admit
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=False)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        # who issued it is known by key, not by name: else OpenSSL takes a party's certificate of before for the issuer
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
    )
    return builder.sign(private, hashes.SHA256())


def _name(party: str) -> x509.Name:
    if not party or len(party) > 64 or not party.isprintable():
        raise InvalidRecord("tls: a party code has 1 to 64 printable characters")
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, party)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass  # not an address, so it must be a name
    try:
        return x509.DNSName(host)
    except ValueError as exc:
        raise InvalidRecord(f"tls: {host!r} is neither an address nor an ASCII host name") from exc


def _parse(pem: bytes) -> x509.Certificate:
    if len(pem) > MAX_PEM_BYTES:
        raise InvalidRecord(f"tls: certificate longer than {MAX_PEM_BYTES} bytes")
    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError as exc:
        raise InvalidRecord("tls: not a PEM certificate") from exc
    if len(found) != 1:
        raise InvalidRecord(f"tls: expected one certificate, got {len(found)}")
    return found[0]


def _write_private(path: Path, secret: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secret)
