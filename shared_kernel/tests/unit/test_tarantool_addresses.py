"""The addresses of a service's Tarantools, as a setting has them."""

import pytest

from shared_kernel.infrastructure.tarantool_address import MAX_ADDRESSES, TarantoolAddress, parse_addresses


def test_addresses_are_separated_by_commas() -> None:
    assert parse_addresses("a.example:3302, 10.0.0.2:3302,[2001:db8::1]:65535") == (
        TarantoolAddress("a.example", 3302),
        TarantoolAddress("10.0.0.2", 3302),
        TarantoolAddress("2001:db8::1", 65535),
    )


def test_address_is_written_as_it_is_read() -> None:
    for text in ("a-b_c.example:1", "[::1]:3302"):
        assert str(TarantoolAddress.parse(text)) == text


@pytest.mark.parametrize("text", ["", "  "])
def test_there_may_be_none(text: str) -> None:
    assert parse_addresses(text) == ()


@pytest.mark.parametrize(
    "text", ["a", ":3302", "a:", "a:0", "a:65536", "a:123456", "a b:1", "a:1,", ",", "::1:3302", "http://a:1"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        parse_addresses(text)


def test_address_may_not_be_there_twice() -> None:
    with pytest.raises(ValueError, match="twice"):
        parse_addresses("a:1, b:1,a:1")


def test_number_of_addresses_is_limited() -> None:
    addresses = [f"a:{port}" for port in range(1, MAX_ADDRESSES + 2)]
    assert len(parse_addresses(",".join(addresses[:-1]))) == MAX_ADDRESSES
    with pytest.raises(ValueError, match="at most 16"):
        parse_addresses(",".join(addresses))
