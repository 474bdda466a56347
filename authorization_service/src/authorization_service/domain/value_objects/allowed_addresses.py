"""Addresses that the service may send requests to."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

_NAT64 = ip_network("64:ff9b::/96")

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class AllowedAddresses:
    """Public addresses, and those in networks that are allowed although they are not public."""

    def __init__(self, networks: Sequence[Network] = ()) -> None:
        self._networks = networks

    @classmethod
    def parse(cls, text: str) -> "AllowedAddresses":
        """Return the addresses with these networks, separated by commas. Raises ValueError."""
        return cls([ip_network(part.strip()) for part in text.split(",") if part.strip()])

    def __contains__(self, address: Address) -> bool:
        """Return whether requests may be sent to an address, also where it leads to another one by a translator."""
        if any(address in network for network in self._networks):
            return True
        inner = _find_inner(address)
        if inner is not None:
            return inner in self
        return address.is_global and not address.is_multicast


def _find_inner(address: Address) -> Address | None:
    """Return the IPv4 address that an IPv6 address stands for."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
