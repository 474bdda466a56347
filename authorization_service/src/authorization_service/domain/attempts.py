"""Limits on failed attempts at passwords, and how attempts are counted."""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from typing import NamedTuple, Self

_MAX_ADDRESS = 64  # characters; an address of an unknown kind is cut to them
_IPV6_NETWORK = 64  # bits: the least that one customer of a network gets, with all addresses in it


_SECOND_FACTOR = "second factor of "  # no username has a space in it


@dataclass(frozen=True, slots=True)
class AttemptPolicy:
    """Limits on failed attempts.

    1. Account and address: the first `free` failures have no consequence. After each further one the pair has to wait:
       `first_delay`, twice that, four times that and so on up to `max_delay`. A pair with n failures is forgotten `max_delay`
       times 2^(n-1), at most a day, after the last one: waiting does not help, and in the long run there is at most one attempt
       in `max_delay`. The right password resets the pair's failures.
    2. Account, from all addresses: at most `per_account` failures in any 60 minutes.
    3. Address, to all accounts: at most `per_address` failures in any 60 minutes. A successful login does not reset this: an
       attacker may well have an account, too.

    An address from which an account was logged in to successfully is familiar to that account for `familiar_for`; the latest
    `max_familiar` of them are. Rules 2 and 3 do not apply to familiar pairs: no number of strangers can lock the owner out, nor
    can a neighbour behind the same address. Guesses from a familiar address are limited by rule 1.
    """

    free: int = 10
    first_delay: timedelta = timedelta(seconds=10)
    max_delay: timedelta = timedelta(minutes=15)
    per_account: int = 900
    per_address: int = 300
    familiar_for: timedelta = timedelta(days=90)
    max_familiar: int = 10
    max_counters: int = 100_000
    """Counters of each kind. Beyond them, the one that would expire first is dropped."""


SECOND_FACTOR_POLICY = AttemptPolicy(free=5, per_account=20)
"""Of codes of a million, three are right at a time: 20 an hour find one in a year with a probability of two in five, for somebody
who has the password all the while."""


class Attempt(NamedTuple):
    """An attempt at an account's password, or at its second factor.

    Counted by `account`, a hash of the name, and `network`: existing and unknown names do not differ. `address` and `user_id` are
    for the event.
    """

    account: str
    network: str
    address: str = ""
    user_id: str | None = None

    @classmethod
    def at(cls, username: str, address: str, user_id: str | None = None) -> Self:
        """Return an attempt for a name, in any case of its letters, from an address; `user_id` is None for an unknown name."""
        account = sha256(username.lower().encode("utf-8", "surrogatepass")).hexdigest()[:32]
        return cls(account, find_network(address), address[:_MAX_ADDRESS], user_id)

    @classmethod
    def at_second_factor(cls, username: str, address: str, user_id: str | None = None) -> Self:
        """Return an attempt at a second factor. It is counted apart: the right password must not reset the count."""
        return cls.at(f"{_SECOND_FACTOR}{username}", address, user_id)


def find_network(address: str) -> str:
    """Return the address itself, or, of an IPv6 address, its /64 network."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:_MAX_ADDRESS]
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ip_network((parsed, _IPV6_NETWORK), strict=False))
    return str(parsed)
