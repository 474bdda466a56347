"""What is trusted of what proxies report: the client's address, and the service's public URL."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from shared_kernel.application.client_info import ClientInfo
from shared_kernel.presentation.http.routing.forwarded import PublicUrl, read_clients, read_public_url

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class TrustedProxies:
    """The proxies in front of the service: only what they report about a request is trusted.

    They report it in X-Forwarded-For, -Proto, -Host and -Prefix, or in Forwarded (RFC 7239). `root_path` is the path that they
    publish the service under.
    """

    def __init__(self, networks: Sequence[Network] = (), root_path: str = "") -> None:
        self._networks = networks
        self.root_path = root_path

    @classmethod
    def parse(cls, text: str, root_path: str = "") -> "TrustedProxies":
        """Return the proxies in these networks (or at these addresses), separated by commas. Raises ValueError."""
        return cls([ip_network(part.strip()) for part in text.split(",") if part.strip()], root_path)

    def find_client(self, peer: str, headers: Mapping[bytes, bytes]) -> ClientInfo:
        """Return the client of a request that was received from `peer`.

        If the peer is a trusted proxy, X-Forwarded-For (without it, Forwarded) is read from its right end, where each proxy
        appends the address that it received the request from: the first address that is not a trusted proxy's is the client's.
        Anything to the left of it may be forged. If that address cannot be parsed, the result is the peer's.
        """
        user_agent = headers.get(b"user-agent", b"").decode("latin-1")
        address, _ = self._find_client(peer, headers) if self._networks else (peer, 0)
        return ClientInfo(address, user_agent)

    def find_public_url(self, peer: str, headers: Mapping[bytes, bytes]) -> PublicUrl:
        """Return the service's URL as the client knows it, as far as the proxies report it.

        Where several proxies have reported, what counts is the report of the one that the client reached.
        """
        if not self._networks:
            return PublicUrl("", self.root_path)
        _, hops = self._find_client(peer, headers)
        if hops == 0:
            return PublicUrl("", self.root_path)
        return read_public_url(headers, hops, self.root_path)

    def _find_client(self, peer: str, headers: Mapping[bytes, bytes]) -> tuple[str, int]:
        """Return the client's address, and how many trusted proxies the request came through."""
        client = _read_address(peer)
        if client is None or not self._trusts(client):
            return peer, 0
        hops = 0
        for hops, part in enumerate(reversed(read_clients(headers)), 1):
            client = _read_address(part)
            if client is None:
                return peer, hops
            if not self._trusts(client):
                break
        return (str(client), hops) if hops else (peer, 1)

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def _read_address(text: str) -> Address | None:
    """Return the address in `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:443`."""
    if text.startswith("["):
        text, closed, port = text[1:].partition("]")
        if not closed or not _is_port(port):
            return None
    elif text.count(":") == 1:
        text, _, port = text.partition(":")
        if not _is_port(":" + port):
            return None
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _is_port(text: str) -> bool:
    return not text or (text[0] == ":" and text[1:].isascii() and text[1:].isdigit())
