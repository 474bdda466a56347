"""Where attempts at passwords are counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from typing import NamedTuple, Protocol, Self

from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.domain.events.sessions import Refusal

_MAX_ADDRESS = 64  # characters; an address of no known kind is cut to them
_IPV6_NETWORK = 64  # bits: what one customer of a network has at the least, and may take any address of


@dataclass(frozen=True, slots=True)
class AttemptPolicy:
    """How many attempts are too many.

    1. An account and an address: `free` failures cost nothing. After the next ones the pair waits for `first_delay`, twice that,
       four times that and so on up to `longest_delay`. A pair with n failures is forgotten `longest_delay` times 2^(n-1), at most
       a day, after the last one: so nobody gains by waiting, and in the long run nobody has more than one attempt in
       `longest_delay`. The right password forgets the pair's failures.
    2. An account, from all addresses: at most `per_account` failures in any 60 minutes.
    3. An address, at all accounts: at most `per_address` failures in any 60 minutes. Logging in successfully does not reset this:
       who guesses may well have an account, too.

    An address from which an account was logged in to successfully is familiar to that account for `familiar_for`, the latest
    `most_familiar` of them. Rules 2 and 3 do not refuse a pair that is familiar: no number of strangers can lock the owner out,
    nor can a neighbour behind the same address. What a familiar address can guess, rule 1 bounds.
    """

    free: int = 10
    first_delay: timedelta = timedelta(seconds=10)
    longest_delay: timedelta = timedelta(minutes=15)
    per_account: int = 900
    per_address: int = 300
    familiar_for: timedelta = timedelta(days=90)
    most_familiar: int = 10
    most_counters: int = 100_000
    """Counters of a kind. Where there are more, the one that would be forgotten first is forgotten."""


class Attempt(NamedTuple):
    """Whose password is tried, and from where.

    Account and network are what is counted by: known and unknown names do not differ. Address and user are what is told of it.
    """

    account: str
    network: str
    address: str = ""
    user_id: str | None = None

    @classmethod
    def at(cls, username: str, address: str, user_id: str | None = None) -> Self:
        """Return an attempt at the password of whoever has this name, in any case of its letters; `user_id` is None: nobody."""
        account = sha256(username.lower().encode("utf-8", "surrogatepass")).hexdigest()[:32]
        return cls(account, find_network(address), address[:_MAX_ADDRESS], user_id)


class AttemptRepository(Protocol):
    """Counts as its AttemptPolicy says, atomically for all workers. All methods raise StoreUnavailableError."""

    async def reserve(self, attempt: Attempt) -> None:
        """Count an attempt as failed before it is made. Raises TooManyAttemptsError, and counts nothing, if it may not be.

        LoginRefused tells the first refusal of those that wait for the same: who goes on asking makes nothing be written.
        """
        ...

    async def succeed(self, attempt: Attempt) -> None:
        """Take a reserved attempt back because the password was right: the pair starts anew, the address is familiar."""
        ...

    async def fail(self, attempt: Attempt, reason: Refusal) -> None:
        """Let a reserved attempt be counted, and tell it by LoginRefused."""
        ...

    async def release(self, attempt: Attempt) -> None:
        """Take a reserved attempt back because the password has not been looked at."""
        ...

    async def unlock(self, username: str, events: Sequence[DomainEvent]) -> None:
        """Forget the failures at an account, from wherever they came, and tell it if there were any; those of addresses stay."""
        ...


def find_network(address: str) -> str:
    """Return what stands for an address: itself, or the /64 that it is in where it is an IPv6 address."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:_MAX_ADDRESS]
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ip_network((parsed, _IPV6_NETWORK), strict=False))
    return str(parsed)
