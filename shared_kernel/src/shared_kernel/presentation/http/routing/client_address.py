"""The client's address behind proxies."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from shared_kernel.application.client_info import ClientInfo

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class TrustedProxies:
    """The proxies in front of the service: only their X-Forwarded-For is trusted."""

    def __init__(self, networks: Sequence[Network] = ()) -> None:
        self._networks = networks

    @classmethod
    def parse(cls, text: str) -> "TrustedProxies":
        """Return the proxies in these networks (or at these addresses), separated by commas. Raises ValueError."""
        return cls([ip_network(part.strip()) for part in text.split(",") if part.strip()])

    def find_client(self, peer: str, headers: Mapping[bytes, bytes]) -> ClientInfo:
        """Return the client of a request that was received from `peer`.

        If the peer is a trusted proxy, X-Forwarded-For is read from its right end, where each proxy appends the address that it
        received the request from: the first address that is not a trusted proxy's is the client's. Anything to the left of it may
        be forged. If that address cannot be parsed, the result is the peer's.
        """
        user_agent = headers.get(b"user-agent", b"").decode("latin-1")
        forwarded = headers.get(b"x-forwarded-for") if self._networks else None
        address = peer if forwarded is None else self._find_client(peer, forwarded)
        return ClientInfo(address, user_agent)

    def _find_client(self, peer: str, forwarded: bytes) -> str:
        client = _read_address(peer)
        if client is None or not self._trusts(client):
            return peer
        for part in reversed(forwarded.decode("latin-1").split(",")):
            client = _read_address(part.strip())
            if client is None:
                return peer
            if not self._trusts(client):
                break
        return str(client)

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
