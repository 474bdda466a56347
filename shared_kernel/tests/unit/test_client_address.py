"""The client's address behind trusted proxies."""

import pytest

from shared_kernel.application.client_info import ClientInfo
from shared_kernel.presentation.http.routing.client_address import TrustedProxies

PROXY = "10.0.0.1"
PROXIES = TrustedProxies.parse("10.0.0.0/8, 2001:db8:ffff::/48,192.0.2.77")


def find_address(peer: str, forwarded: str | None, proxies: TrustedProxies = PROXIES) -> str:
    headers = {} if forwarded is None else {b"x-forwarded-for": forwarded.encode("latin-1")}
    return proxies.find_client(peer, headers).address


def test_no_proxy_is_trusted_by_default() -> None:
    for proxies in (TrustedProxies(), TrustedProxies.parse(""), TrustedProxies.parse(" , ")):
        assert find_address(PROXY, "198.51.100.7", proxies) == PROXY


def test_field_of_an_untrusted_peer_is_ignored() -> None:
    assert find_address("198.51.100.1", "198.51.100.7") == "198.51.100.1"


@pytest.mark.parametrize("peer", [PROXY, "10.255.255.255", "192.0.2.77", "2001:db8:ffff::1", "::ffff:10.0.0.1"])
def test_field_of_a_trusted_proxy_counts(peer: str) -> None:
    assert find_address(peer, "198.51.100.7") == "198.51.100.7"


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("1.1.1.1, 198.51.100.7", "198.51.100.7"),
        ("1.1.1.1,198.51.100.7,10.0.0.2,192.0.2.77", "198.51.100.7"),
        ("10.0.0.9, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("<script>, unknown, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.8, 10.0.0.2", "10.0.0.8"),
    ],
)
def test_rightmost_untrusted_address_counts(forwarded: str, address: str) -> None:
    assert find_address(PROXY, forwarded) == address


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("198.51.100.7:51234", "198.51.100.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("2001:DB8:0::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("  198.51.100.7\t", "198.51.100.7"),
    ],
)
def test_ports_brackets_and_spellings_are_parsed(forwarded: str, address: str) -> None:
    assert find_address(PROXY, forwarded) == address


@pytest.mark.parametrize(
    "forwarded",
    [
        "", ",", "unknown", "_hidden", "localhost", "198.51.100.7.", "198.51.100.256", "198.51.100.7:x", "198.51.100.7, ",
        "[2001:db8::7", "[2001:db8::7]x", "[2001:db8::7]:", "0x7f.1", "\xff", "198.51.100.7, unknown",
        "unknown, 10.0.0.2", "a" * 60_000,
    ],
)  # fmt: skip
def test_malformed_address_is_replaced_by_the_peer(forwarded: str) -> None:
    assert find_address(PROXY, forwarded) == PROXY


def test_peer_is_the_client_without_the_header() -> None:
    assert find_address(PROXY, None) == PROXY


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("for=198.51.100.7", "198.51.100.7"),
        ('For="198.51.100.7:4711"; proto=https ;by=203.0.113.43', "198.51.100.7"),
        ('for=1.1.1.1, for="[2001:db8::7]:4711";host=example.org, for=10.0.0.2', "2001:db8::7"),
        ('for="forged, for=198.51.100.7', "198.51.100.7"),
        ('for=198.51.100.7;host="forged", for=10.0.0.2', "198.51.100.7"),
        ("for=unknown", PROXY),
        ("for=_hidden, for=10.0.0.2", PROXY),
        ("proto=https", PROXY),
        ("for=198.51.100.7; nonsense", PROXY),
        ('for="198.51.100.7', PROXY),
        ("", PROXY),
    ],
)
def test_forwarded_is_read_like_x_forwarded_for(forwarded: str, address: str) -> None:
    headers = {b"forwarded": forwarded.encode()}
    assert PROXIES.find_client(PROXY, headers).address == address
    assert PROXIES.find_client("198.51.100.1", headers).address == "198.51.100.1"
    assert PROXIES.find_client(PROXY, headers | {b"x-forwarded-for": b"198.51.100.9"}).address == "198.51.100.9"


def test_peer_without_an_address_is_not_trusted() -> None:
    assert find_address("", "198.51.100.7") == ""


def test_user_agent_is_returned() -> None:
    assert PROXIES.find_client(PROXY, {b"user-agent": b"curl/8"}) == ClientInfo(PROXY, "curl/8")


@pytest.mark.parametrize("text", ["10.0.0.1/8", "proxy.example", "10.0.0.0/33", "*"])
def test_invalid_network_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match=r"host bits|does not appear"):
        TrustedProxies.parse(text)
