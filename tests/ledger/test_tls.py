"""Party certificates: exactly the registered ones are admitted, exactly the pinned server is talked to."""

from __future__ import annotations

import hashlib
import socket
import ssl
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from ledger.chain.jsonrpc import JsonRpcClient
from ledger.crypto import tls
from ledger.crypto.tls import Identity, create_identity, load_identity
from ledger.embedded.serving.server import ChainServer, serve
from ledger.errors import BackendError, Conflict, InvalidRecord, NotAuthorized, NotFound
from ledger.serving import Register

NOW = datetime.now(UTC)


class OneBlockNode:
    """As much of a node as the server's health and version need."""

    chain_id = 7

    def head_number(self) -> int:
        return 1


def identity(directory: Path, name: str, *, now: datetime = NOW) -> Identity:
    return create_identity(directory / name, name, now=now)


@pytest.fixture
def builder(tmp_path: Path) -> Identity:
    return identity(tmp_path, "builder")


@pytest.fixture
def finance(tmp_path: Path) -> Identity:
    return identity(tmp_path, "finance")


@pytest.fixture
def register(builder: Identity, finance: Identity) -> Register:
    return Register(builder, {"finance": finance.pem})


@pytest.fixture
def server(register: Register) -> Iterator[ChainServer]:
    with serve(OneBlockNode(), "127.0.0.1", 0, register) as running:
        yield running


def ask(server: ChainServer, builder: Identity, own: Identity | None) -> object:
    client = JsonRpcClient(server.url, server_pem=builder.pem, identity=own, timeout_s=60)
    try:
        return client.call("eth_blockNumber")
    finally:
        client.close()


def test_a_registered_party_is_answered(server: ChainServer, builder: Identity, finance: Identity) -> None:
    assert ask(server, builder, finance) == "0x1"


def test_an_unregistered_certificate_is_refused(server: ChainServer, builder: Identity, tmp_path: Path) -> None:
    with pytest.raises((NotAuthorized, BackendError), match="not accept this party's certificate"):
        ask(server, builder, identity(tmp_path, "stranger"))


def test_no_certificate_is_refused(server: ChainServer, builder: Identity) -> None:
    with pytest.raises((NotAuthorized, BackendError), match="not accept this party's certificate"):
        ask(server, builder, None)


def test_a_registered_name_with_another_key_is_refused(server: ChainServer, builder: Identity, tmp_path: Path) -> None:
    impostor = create_identity(tmp_path / "impostor", "finance", now=NOW)
    with pytest.raises((NotAuthorized, BackendError), match="not accept this party's certificate"):
        ask(server, builder, impostor)


def test_a_certificate_signed_by_a_registered_party_is_refused(
    server: ChainServer, builder: Identity, finance: Identity, tmp_path: Path
) -> None:
    """A party must not be able to admit others: its certificate is no authority."""
    guest = identity(tmp_path, "guest")
    issuer = x509.load_pem_x509_certificate(finance.pem)
    plain = x509.load_pem_x509_certificate(guest.pem)
    key = serialization.load_pem_private_key(finance.key.read_bytes(), None)
    issued = (
        x509.CertificateBuilder()
        .subject_name(plain.subject)
        .issuer_name(issuer.subject)
        .public_key(plain.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    guest.certificate.write_bytes(issued.public_bytes(serialization.Encoding.PEM))
    with pytest.raises((NotAuthorized, BackendError), match="not accept this party's certificate"):
        ask(server, builder, guest)


def test_an_expired_certificate_is_refused(builder: Identity, tmp_path: Path) -> None:
    old = identity(tmp_path, "old", now=NOW - timedelta(days=4000))
    with (
        serve(OneBlockNode(), "127.0.0.1", 0, Register(builder, {"old": old.pem})) as running,
        pytest.raises((NotAuthorized, BackendError), match="not accept this party's certificate"),
    ):
        ask(running, builder, old)


def test_another_server_than_the_pinned_one_is_refused(server: ChainServer, finance: Identity, tmp_path: Path) -> None:
    with pytest.raises(NotAuthorized, match="does not present the registered server certificate"):
        ask(server, identity(tmp_path, "elsewhere"), finance)


def test_a_party_cannot_pose_as_the_server(
    server: ChainServer, builder: Identity, finance: Identity, tmp_path: Path
) -> None:
    impostor = create_identity(tmp_path / "impostor", "builder", now=NOW)
    with (
        serve(OneBlockNode(), "127.0.0.1", 0, Register(impostor, {"finance": finance.pem})) as running,
        pytest.raises(NotAuthorized, match="does not present the registered server certificate"),
    ):
        ask(running, builder, finance)


def test_a_removed_party_is_out_at_once_and_an_added_one_in(
    server: ChainServer, builder: Identity, finance: Identity, register: Register, tmp_path: Path
) -> None:
    tax = identity(tmp_path, "tax")
    client = JsonRpcClient(server.url, server_pem=builder.pem, identity=finance)
    assert client.call("eth_blockNumber") == "0x1"
    register.replace({"tax": tax.pem})
    with pytest.raises(NotAuthorized):  # on the connection that is open already
        client.call("eth_blockNumber")
    assert ask(server, builder, tax) == "0x1"
    client.close()


def test_a_party_that_changes_its_certificate_is_in_with_the_new_one_alone_without_a_restart(
    server: ChainServer, register: Register, builder: Identity, finance: Identity, tmp_path: Path
) -> None:
    """OpenSSL forgets no certificate, and both bear the party's name."""
    assert ask(server, builder, finance) is not None
    renewed = identity(tmp_path / "renewed", "finance", now=NOW + timedelta(hours=1))
    register.replace({"finance": renewed.pem})
    assert ask(server, builder, renewed) is not None
    with pytest.raises((NotAuthorized, BackendError)):
        ask(server, builder, finance)


def test_tls_1_2_is_refused(server: ChainServer, builder: Identity, finance: Identity) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cadata=builder.pem.decode())
    context.load_cert_chain(finance.certificate, finance.key)
    host, port = server.url.removeprefix("https://").split(":")
    with (
        socket.create_connection((host, int(port)), timeout=60) as plain,
        pytest.raises(ssl.SSLError),
        context.wrap_socket(plain, server_hostname="localhost"),
    ):
        pass


def test_an_unreachable_server_is_a_backend_error(builder: Identity, finance: Identity) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{unused.getsockname()[1]}"
    client = JsonRpcClient(url, server_pem=builder.pem, identity=finance)
    with pytest.raises(BackendError, match="cannot be reached"):
        client.call("eth_blockNumber")


@pytest.mark.parametrize(
    "url", ["http://example.org", "http://10.0.0.1:8545", "ftp://localhost", "localhost:8545", "http://", "http://["]
)
def test_plain_http_stays_on_this_machine(url: str) -> None:
    with pytest.raises(InvalidRecord):
        JsonRpcClient(url)


def test_https_needs_a_pin_and_http_takes_none(builder: Identity) -> None:
    with pytest.raises(InvalidRecord):
        JsonRpcClient("https://localhost:8545")
    with pytest.raises(InvalidRecord):
        JsonRpcClient("http://localhost:8545", server_pem=builder.pem)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.1", "example.org"])
def test_a_server_without_tls_refuses_to_face_the_network(host: str) -> None:
    with pytest.raises(InvalidRecord, match="this machine only"):
        ChainServer(OneBlockNode(), host, 0)


def test_the_fingerprint_is_the_hash_of_the_der_bytes(finance: Identity) -> None:
    der = ssl.PEM_cert_to_DER_cert(finance.pem.decode())
    assert finance.fingerprint == hashlib.sha256(der).digest()


def test_a_certificate_names_its_party_its_hosts_and_ten_years(tmp_path: Path) -> None:
    made = create_identity(tmp_path, "audit-office", now=NOW, hosts=["node.example.org", "10.1.2.3"])
    parsed = x509.load_pem_x509_certificate(made.pem)
    assert tls.party_of(made.pem) == "audit-office"
    assert parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "audit-office"
    names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "node.example.org"]
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1", "10.1.2.3"]
    assert parsed.not_valid_after_utc > NOW + timedelta(days=3650)
    assert not parsed.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_the_key_file_is_private_and_never_overwritten(tmp_path: Path) -> None:
    made = create_identity(tmp_path, "finance", now=NOW)
    assert stat.S_IMODE(made.key.stat().st_mode) == 0o600
    before = made.key.read_bytes()
    with pytest.raises(Conflict):
        create_identity(tmp_path, "finance", now=NOW)
    assert load_identity(tmp_path) == made
    assert made.key.read_bytes() == before


@pytest.mark.parametrize(("party", "hosts"), [("", ()), ("x" * 65, ()), ("a\nb", ()), ("finance", ["bücher.example"])])
def test_impossible_names_are_refused(tmp_path: Path, party: str, hosts: list[str]) -> None:
    with pytest.raises(InvalidRecord):
        create_identity(tmp_path, party, now=NOW, hosts=hosts)


def test_a_missing_identity_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        load_identity(tmp_path)


def test_a_key_that_does_not_fit_is_refused(builder: Identity, finance: Identity) -> None:
    mixed = Identity(builder.certificate, finance.key)
    with pytest.raises(InvalidRecord, match="do not fit"):
        Register(mixed, {})


def test_two_certificates_where_one_is_expected_are_refused(builder: Identity, finance: Identity) -> None:
    with pytest.raises(InvalidRecord):
        tls.fingerprint(builder.pem + finance.pem)


@given(st.binary(max_size=300))
def test_garbage_is_no_certificate(garbage: bytes) -> None:
    for pem in (garbage, b"-----BEGIN CERTIFICATE-----\n" + garbage + b"\n-----END CERTIFICATE-----\n"):
        with pytest.raises(InvalidRecord):
            tls.fingerprint(pem)
