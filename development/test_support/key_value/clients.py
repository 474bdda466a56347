"""HTTP clients of the service under test."""

import httpx

from test_support.processes import Service


def client_of(service: Service, token: str, *, timeout: float | httpx.Timeout = 10) -> httpx.Client:
    """Return a client that sends this access token with each request."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=service.url, headers=headers, trust_env=False, timeout=timeout)
