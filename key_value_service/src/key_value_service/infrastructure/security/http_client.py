"""Requests to the authorization service, with a bound on what is read of the response."""

import contextlib
import ssl
from collections.abc import Callable
from typing import Any

import httpx

Trace = Callable[[Any], Any]
"""Makes of a transport one whose requests are traced."""


def leave_untraced(transport: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
    """Return the transport as it is."""
    return transport


class StatusError(ValueError):
    """The response has another status than 200."""

    def __init__(self, status: int, url: str) -> None:
        super().__init__(f"status {status} from {url}")
        self.status = status


async def fetch(client: httpx.AsyncClient, request: httpx.Request, max_bytes: int, auth: httpx.Auth | None = None) -> bytes:
    """Return the body of the response. Raises StatusError, ValueError for a body beyond `max_bytes`, or httpx.HTTPError."""
    response = await client.send(request, stream=True, auth=auth)
    async with contextlib.aclosing(response):
        if response.status_code != httpx.codes.OK:
            raise StatusError(response.status_code, str(request.url.copy_with(query=None)))
        body = b""
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > max_bytes:
                raise ValueError(f"more than {max_bytes} bytes")
    return body


def make_client(*urls: str, timeout_seconds: float, ca_file: str = "", trace: Trace = leave_untraced) -> httpx.AsyncClient:
    """Return a client for these URLs, which follows no redirects and uses no proxy.

    Certificates must be from an authority in the PEM file or, without one, from one that browsers know.
    """
    # Without TLS the certificates, which are a tenth of the service's start, need not be loaded.
    verify: bool | ssl.SSLContext = any(url.startswith("https:") for url in urls)
    if verify and ca_file:
        verify = ssl.create_default_context(cafile=ca_file)
    transport = trace(httpx.AsyncHTTPTransport(verify=verify, trust_env=False))
    return httpx.AsyncClient(timeout=timeout_seconds, follow_redirects=False, trust_env=False, transport=transport)
