"""Addresses that the service may send requests to."""

from ipaddress import ip_address

import pytest

from authorization_service.domain.value_objects.allowed_addresses import AllowedAddresses

PUBLIC = ("93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e", "::ffff:93.184.215.14")
OWN = (
    "127.0.0.1", "127.255.0.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",  # mapped
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",  # translated (NAT64)
    "2002:7f00:1::", "2002:c0a8:101::1",  # 6to4
    "2001:0:4136:e378:8000:63bf:80ff:fffe",  # Teredo, of 127.0.0.1
)  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public_address_is_allowed(address: str) -> None:
    assert ip_address(address) in AllowedAddresses()


@pytest.mark.parametrize("address", OWN)
def test_address_that_is_not_public_is_refused(address: str) -> None:
    assert ip_address(address) not in AllowedAddresses()


def test_networks_of_the_setting_are_allowed() -> None:
    allowed = AllowedAddresses.parse("10.0.0.0/8, ::1/128,192.0.2.7")
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "::1", "192.0.2.7", *PUBLIC):
        assert ip_address(address) in allowed
    for address in ("192.0.2.8", "172.16.0.1", "127.0.0.1", "64:ff9b::7f00:1", "fe80::1"):
        assert ip_address(address) not in allowed


@pytest.mark.parametrize("text", ["x", "10.0.0.1/8", "10.0.0.0/33", "localhost"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"network|address|host bits|appear"):
        AllowedAddresses.parse(text)
