"""The server with a certificate of its own: real TLS over TCP."""

import signal
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives import serialization

from shared_kernel.presentation.http.server.tls import CertificateUnusableError, TlsFiles
from test_support.certificates import make_certificate, trust
from test_support.http.tls_service import HEALTH, TlsService, ask
from test_support.processes import wait_until

ENDLESS = b"GET /endless HTTP/1.1\r\nhost: service\r\naccept-encoding: identity\r\n\r\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsService]:
    with TlsService(tmp_path_factory.mktemp("tls")) as service:
        wait_until(service.is_live, "the service's start")
        yield service


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_response_arrives_by_http_1_1(service: TlsService, version: ssl.TLSVersion) -> None:
    context = trust(service.certificate)
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2", "http/1.1"])
    with service.connect_by_tls(context) as client:
        assert client.selected_alpn_protocol() == "http/1.1"
        for _ in range(3):
            assert ask(client).startswith(b"HTTP/1.1 200 ")


def test_older_tls_is_refused(service: TlsService) -> None:
    context = trust(service.certificate)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(OSError, match=r"alert|EOF|reset"):
        service.connect_by_tls(context)


def test_client_that_speaks_without_tls_is_cut(service: TlsService) -> None:
    with service.connect() as client:
        client.sendall(HEALTH)
        try:
            assert b"HTTP" not in client.recv(65536)
            assert client.recv(65536) == b""
        except ConnectionResetError:
            pass
    assert service.is_live()


def test_client_that_trusts_another_certificate_gets_nothing(service: TlsService, tmp_path: Path) -> None:
    make_certificate(tmp_path / "other.pem")
    with pytest.raises(ssl.SSLCertVerificationError):
        service.connect_by_tls(trust(tmp_path / "other.pem"))
    assert service.is_live()


def test_session_is_resumed(service: TlsService) -> None:
    context = trust(service.certificate)
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # which has the session ready behind the handshake
    with service.connect_by_tls(context) as first:
        assert ask(first).startswith(b"HTTP/1.1 200 ")
        session = first.session
    with service.connect_by_tls(context, session) as second:
        assert second.session_reused
        assert ask(second).startswith(b"HTTP/1.1 200 ")


def test_body_that_is_too_long_is_answered_while_it_is_sent(service: TlsService) -> None:
    head = b"POST /notes HTTP/1.1\r\nhost: service\r\ncontent-type: application/json\r\ncontent-length: 3000000\r\n\r\n"
    with service.connect_by_tls() as client:
        client.sendall(head)
        for _ in range(100):
            client.sendall(b"x" * 30_000)  # nothing resets the connection
        assert client.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_client_that_fetches_nothing_is_sent_no_more_than_the_buffers_hold(service: TlsService) -> None:
    before, seen = service.memory, len(service.find_lines("/endless"))
    with service.connect_by_tls() as client, httpx.Client(verify=trust(service.certificate), trust_env=False) as other:
        client.sendall(ENDLESS)
        for _ in range(100):  # the stream had its turn in each of them
            assert other.get(f"{service.url}/health/live").is_success
        assert service.memory - before < 20_000_000
    wait_until(lambda: len(service.find_lines("/endless")) == seen + 1, "the stream's end")
    assert int(str(service.find_lines("/endless")[-1]["bytes"])) < 2_000_000


@pytest.mark.parametrize("ends_tls", [True, False])
def test_stream_ends_with_its_client(service: TlsService, *, ends_tls: bool) -> None:
    seen = len(service.find_lines("/silent"))
    client = service.connect_by_tls()
    assert b"hello" in ask(client, b"GET /silent HTTP/1.1\r\nhost: service\r\n\r\n") + client.recv(65536)
    if ends_tls:
        client.settimeout(10)
        client.unwrap().close()
    else:
        client.shutdown(socket.SHUT_WR)
        client.close()
    wait_until(lambda: len(service.find_lines("/silent")) == seen + 1, "the stream's end")
    assert "has no effect when using ssl" not in service.output


def test_client_that_does_not_end_its_handshake_is_cut(tmp_path: Path) -> None:
    before = "from shared_kernel.presentation.http.server import tls; tls.HANDSHAKE_SECONDS = 0.5"
    with TlsService(tmp_path, before=before) as service:
        wait_until(service.listens, "the service's start")
        for sent in (b"", b"\x16\x03\x01\x02\x00\x01"):
            with service.connect() as client:
                client.sendall(sent)
                client.settimeout(60)
                assert client.recv(65536) == b""


def test_service_ends_although_idle_clients_do_not_answer(tmp_path: Path) -> None:
    with TlsService(tmp_path) as service:
        wait_until(service.is_live, "the service's start")
        with service.connect_by_tls() as idle:
            assert ask(idle).startswith(b"HTTP/1.1 200 ")
            assert service.stop() == 0
            assert idle.recv(65536) == b""
        assert "graceful shutdown exceeded" not in service.output


@pytest.mark.parametrize(
    ("certificate", "key", "reason"),
    [
        (b"", None, "in PEM"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", None, "."),
        (None, b"", "in PEM"),
        (None, b"encrypted", "the key is encrypted"),
        (None, b"other", "the key is not the certificate's"),
    ],
)
def test_broken_pair_is_refused(tmp_path: Path, certificate: bytes | None, key: bytes | None, reason: str) -> None:
    files = TlsFiles(tmp_path / "certificate.pem", tmp_path / "key.pem")
    assert files.key is not None
    make_certificate(files.certificate, files.key)
    files.load()
    if certificate is not None:
        files.certificate.write_bytes(certificate)
    if key == b"other":
        make_certificate(tmp_path / "other.pem", files.key)
    elif key == b"encrypted":
        encrypt(files.key)
    elif key is not None:
        files.key.write_bytes(key)
    with pytest.raises(CertificateUnusableError, match=reason):
        files.load()


def encrypt(key: Path) -> None:
    """Encrypt a key's file."""
    loaded = serialization.load_pem_private_key(key.read_bytes(), None)
    encryption = serialization.BestAvailableEncryption(b"a passphrase")
    key.write_bytes(loaded.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption))


def test_missing_file_is_named_as_missing(tmp_path: Path) -> None:
    with pytest.raises(CertificateUnusableError, match="No such file"):
        TlsFiles(tmp_path / "absent.pem").load()


def test_supervisor_of_several_workers_lets_them_look(tmp_path: Path) -> None:
    with TlsService(tmp_path, workers=2) as service:
        wait_until(service.is_live, "the service's start")
        old = service.read_certificate()
        make_certificate(service.certificate, service.key)
        service.signal(signal.SIGHUP)
        new = service.read_certificate()
        wait_until(lambda: {service.show_certificate() for _ in range(8)} == {new}, "all workers showing the new certificate")
        assert new != old
        assert "restarting" not in service.output
        assert service.stop() == 0
