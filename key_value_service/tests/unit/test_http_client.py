"""The client of the authorization service verifies certificates wherever TLS is used."""

import ssl

import httpx
import pytest

from key_value_service.infrastructure.security.http_client import make_client


def find_tls_context(client: httpx.AsyncClient) -> ssl.SSLContext:
    context = client._transport._pool._ssl_context  # type: ignore[attr-defined]
    assert isinstance(context, ssl.SSLContext)
    return context


@pytest.mark.parametrize("urls", [["https://a.example/jwks"], ["http://a.example/revocations", "https://a.example/token"]])
async def test_certificates_are_verified_if_any_url_needs_tls(urls: list[str]) -> None:
    async with make_client(*urls, timeout_seconds=5) as client:
        context = find_tls_context(client)
        assert context.verify_mode == ssl.CERT_REQUIRED
        assert context.check_hostname


async def test_no_redirect_leads_from_http_to_unverified_tls() -> None:
    async with make_client("http://a.example/jwks", timeout_seconds=5) as client:
        assert not client.follow_redirects
