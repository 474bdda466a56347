"""The HTTP client for the authorization service."""

import httpx


def make_client(*urls: str, timeout_seconds: float) -> httpx.AsyncClient:
    """Return a client for these URLs, which follows no redirects and uses no proxy."""
    # Without TLS the certificates, which are a tenth of the service's start, need not be loaded.
    needs_certificates = any(url.startswith("https:") for url in urls)
    return httpx.AsyncClient(timeout=timeout_seconds, follow_redirects=False, trust_env=False, verify=needs_certificates)
