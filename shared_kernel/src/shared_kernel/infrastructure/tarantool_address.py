"""Where the Tarantools of a service are."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

MAX_ADDRESSES = 16
MAX_PORT = 65535

_ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):(?P<port>[0-9]{1,5})")


class TarantoolAddress(NamedTuple):
    """Host and TCP port of a Tarantool."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the address of HOST:PORT; an IPv6 address stands in brackets. Raises ValueError if it is none."""
        found = _ADDRESS.fullmatch(text)
        if found is None or not 1 <= int(found["port"]) <= MAX_PORT:
            raise ValueError(f"each address must be HOST:PORT, with a port from 1 to {MAX_PORT}")
        return cls(found["host"].strip("[]"), int(found["port"]))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_addresses(text: str) -> tuple[TarantoolAddress, ...]:
    """Return the addresses of HOST:PORT,HOST:PORT,…; none if empty.

    Raises ValueError if one is no address, one is there twice, or there are more than MAX_ADDRESSES.
    """
    addresses = tuple(TarantoolAddress.parse(part.strip()) for part in text.split(",")) if text.strip() else ()
    if len(set(addresses)) < len(addresses):
        raise ValueError("no address may be there twice")
    if len(addresses) > MAX_ADDRESSES:
        raise ValueError(f"at most {MAX_ADDRESSES} addresses")
    return addresses


@dataclass(frozen=True, slots=True)
class TarantoolLogin:
    """The Tarantools of a service, and the user to log in as. The password file is read until a login succeeds.

    `wait_seconds`: how long a request waits for a Tarantool that executes it: for a connection, or for a leader.
    """

    addresses: tuple[TarantoolAddress, ...]
    user: str
    password_file: Path
    wait_seconds: float = 2.0
