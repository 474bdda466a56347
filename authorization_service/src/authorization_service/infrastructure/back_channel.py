"""Requests to addresses that clients have registered: never to the service's own network, unless a setting allows it."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from functools import cached_property
from ipaddress import ip_address
from typing import Any

import httpx

from authorization_service.application.logout.tell_client import NotToldError
from authorization_service.domain.value_objects.allowed_addresses import Address, AllowedAddresses

TIMEOUT_SECONDS = 5.0  # for everything, however slowly the client answers


def _leave_untraced(transport: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
    return transport


class HttpLogoutSender:
    """Implements LogoutSender by POST (OpenID Connect Back-Channel Logout 1.0, section 2.5).

    The name in the address is resolved here, and the request goes to an address that was checked: a name that is resolved to
    another one afterwards (DNS rebinding) gains nothing. Redirects are not followed, and nothing of the response is read but its
    status.
    """

    def __init__(
        self,
        allowed: AllowedAddresses,
        make_context: Callable[[], ssl.SSLContext] = ssl.create_default_context,
        trace: Callable[[Any], Any] = _leave_untraced,
    ) -> None:
        self._allowed = allowed
        self._make_context = make_context  # it loads the system's certificates, which takes long: not before it is needed
        self._trace = trace

    @cached_property
    def _client(self) -> httpx.AsyncClient:
        # No connection is kept: the next request to the same address may be for another name.
        limits = httpx.Limits(max_keepalive_connections=0)
        transport = self._trace(httpx.AsyncHTTPTransport(trust_env=False, limits=limits, verify=self._make_context()))
        return httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False, transport=transport)

    async def send(self, uri: str, token: str) -> None:
        """Send a token. Raises NotToldError unless the status is one of success."""
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                status = await self._send(httpx.URL(uri), token)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise NotToldError(type(error).__name__) from None
        if not httpx.codes.is_success(status):
            raise NotToldError(f"status {status}")

    async def _send(self, uri: httpx.URL, token: str) -> int:
        for address in await self._resolve(uri):
            request = self._client.build_request(
                "POST",
                uri.copy_with(host=str(address)),
                data={"logout_token": token},
                headers={"host": uri.netloc.decode()},
                extensions={"sni_hostname": uri.host},
            )
            try:
                response = await self._client.send(request, stream=True)
            except httpx.ConnectError:
                continue
            await response.aclose()
            return response.status_code
        raise NotToldError("no connection")

    async def _resolve(self, uri: httpx.URL) -> list[Address]:
        port = uri.port or (443 if uri.scheme == "https" else 80)
        found = await asyncio.get_running_loop().getaddrinfo(uri.host, port, type=socket.SOCK_STREAM)
        addresses = [address for *_, peer in found if (address := ip_address(peer[0])) in self._allowed]
        if not addresses:
            raise NotToldError("the address is not public, and not in AUTHORIZATION_LOGOUT_NETWORKS")
        return addresses
