"""Which certificates of the authorization service are accepted."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from key_value_service.infrastructure.security.remote_key_set import RemoteKeySet
from shared_kernel.infrastructure.background import in_background
from shared_kernel.presentation.http.server.tls import TlsFiles
from test_support.certificates import make_certificate
from test_support.key_value.key_server import KeyServer, eventually
from test_support.tokens import TokenMaker

KEY = TokenMaker("first")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    make_certificate(tmp_path / "certificate.pem")
    return tmp_path / "certificate.pem"


async def test_certificate_of_the_authority_is_accepted(certificate: Path) -> None:
    async with KeyServer(TlsFiles(certificate).load()) as server:
        server.publish(KEY)
        keys = RemoteKeySet(server.url, refresh_seconds=3600, pause_seconds=0.01, ca_file=str(certificate))
        async with in_background(keys.run()):
            await eventually(lambda: keys.size == 1)


@pytest.mark.parametrize("flaw", ["another authority", "browsers' authorities", "expired"])
async def test_other_certificate_is_refused_and_it_is_logged_why(certificate: Path, flaw: str) -> None:
    ca_file = str(certificate)
    if flaw == "another authority":
        other = certificate.with_name("other.pem")
        make_certificate(other)
        ca_file = str(other)
    elif flaw == "expired":
        make_certificate(certificate, has_expired=True)
    else:
        ca_file = ""
    async with KeyServer(TlsFiles(certificate).load()) as server:
        server.publish(KEY)
        keys = RemoteKeySet(server.url, refresh_seconds=3600, pause_seconds=0.01, ca_file=ca_file)
        with capture_logs() as logs:
            async with in_background(keys.run()):
                await eventually(lambda: logs != [])
    assert keys.size == 0
    (line,) = logs
    assert line["event"] == "cannot fetch the signing keys"
    assert "certificate verify failed" in line["reason"]
    assert server.requests == 0
