"""Requests to addresses that clients have registered, over real connections."""

import socket
import ssl
from pathlib import Path

import pytest

from authorization_service.application.logout.tell_client import NotToldError
from authorization_service.domain.value_objects.allowed_addresses import AllowedAddresses
from authorization_service.infrastructure.back_channel import HttpLogoutSender
from test_support.authorization.logout_receiver import LogoutReceiver
from test_support.certificates import make_certificate
from test_support.processes import reserve_port

LOOPBACK = AllowedAddresses.parse("127.0.0.0/8,::1/128")
TOKEN = "a token"


def make_sender(certificate: Path, allowed: AllowedAddresses = LOOPBACK) -> HttpLogoutSender:
    """Return a sender that trusts this certificate alone."""
    return HttpLogoutSender(allowed, lambda: _trust(certificate))


def _trust(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(certificate)
    return context


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    path = tmp_path / "certificate.pem"
    make_certificate(path)
    return path


async def test_certificate_must_be_that_of_the_name(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, *rest, **more: resolve("127.0.0.1", *rest, **more))
    with LogoutReceiver(context=server) as receiver:
        sender = make_sender(certificate)
        await sender.send(f"https://localhost:{receiver.port}/x?y=1", TOKEN)
        (told,) = receiver.told
        assert (told.path, told.host, told.token) == ("/x?y=1", f"localhost:{receiver.port}", TOKEN)
        with pytest.raises(NotToldError, match="no connection"):
            await sender.send(f"https://client.example:{receiver.port}/x", TOKEN)
        assert len(receiver.told) == 1


async def test_name_is_checked_by_the_addresses_that_it_leads_to(certificate: Path) -> None:
    with LogoutReceiver() as receiver:
        for host in ("localhost", "127.0.0.1", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "127.1"):
            with pytest.raises(NotToldError):
                await make_sender(certificate, AllowedAddresses()).send(f"http://{host}:{receiver.port}/x", TOKEN)
        assert receiver.told == []
        # localhost is ::1, too, where nobody listens: the other address is tried.
        await make_sender(certificate).send(f"http://localhost:{receiver.port}/x", TOKEN)
        assert len(receiver.told) == 1


@pytest.mark.parametrize(
    "uri", ["http://127.0.0.1:{port}/", "http://no-such-host.invalid/", "http://[::1]:{port}/", "http://x:99999/"]
)
async def test_client_that_cannot_be_reached_was_not_told(certificate: Path, uri: str) -> None:
    with pytest.raises(NotToldError):
        await make_sender(certificate).send(uri.format(port=reserve_port()), TOKEN)


async def test_what_is_no_response_is_no_confirmation(certificate: Path) -> None:
    with LogoutReceiver() as receiver, pytest.raises(NotToldError) as refused:  # plain HTTP where TLS is expected
        await make_sender(certificate).send(f"https://127.0.0.1:{receiver.port}/", TOKEN)
    assert TOKEN not in str(refused.value)
