"""Replica sets of real Tarantools."""

import secrets
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import tarantool
from tarantool.error import Error

from test_support.administration import administer, run_cluster_command
from test_support.processes import ProcessUnderTest, Tarantool, wait_until

MEMBERS = 3


class NewTarantool(Tarantool):
    """An instance on the newer Tarantool that `make test-raft` is given."""

    def connect(self) -> tarantool.Connection:
        """Return a connection as the service has it, which is not opened again when it breaks."""
        connection = tarantool.Connection(
            self.host,
            self.port,
            user=self.user,
            password=self.password,
            connection_timeout=1,
            socket_timeout=5,
            reconnect_max_attempts=0,
            connect_now=False,
        )
        try:
            connection.connect()
        except Error:
            connection.close()  # the driver keeps its socket
            raise
        return connection

    def call(self, function: str, *arguments: Any) -> Any:
        """Call a stored function as the service does; return its result. Raises tarantool.error.Error."""
        with closing(self.connect()) as connection:
            return connection.call(function, *arguments)[0]

    def write(self, *keys: str, value: str = "1") -> Any:
        """Write pairs of the namespace `default`; return what the stored function does."""
        return self.call("key_value.write", "default", [[key, value] for key in keys], None, False, {})

    def read(self, *keys: str) -> Any:
        """Read pairs of the namespace `default`; return what the stored function does."""
        return self.call("key_value.read", "default", list(keys), 1000)


class Member(NewTarantool):
    """A member of a replica set; it is started without waiting for the others."""

    def join(self, passwords: dict[str, Path], peers: str, environment: dict[str, str]) -> None:
        """Configure it as a member, before its start."""
        self.password_file = passwords["password"]
        self._environment |= {
            "TARANTOOL_PEERS": peers,
            "TARANTOOL_PASSWORD_FILE": str(passwords["password"]),
            "TARANTOOL_REPLICATION_PASSWORD_FILE": str(passwords["replication_password"]),
            **environment,
        }

    @property
    def address(self) -> str:
        """HOST:PORT, as the other members know it."""
        return f"{self.host}:{self.port}"

    def start(self) -> Self:
        """Start Tarantool."""
        ProcessUnderTest.start(self)
        return self

    def status(self) -> dict[str, Any] | None:
        """Return what `cluster.status` returns, or None where it does not answer."""
        try:
            answer: dict[str, Any] = self.call("cluster.status")
        except (Error, OSError):
            return None
        return answer

    def is_serving(self) -> bool:
        """Return whether it is the leader and says that it answers."""
        status = self.status()
        return status is not None and status["is_serving"]

    def promote(self) -> None:
        """Make it the leader."""
        wait_until(lambda: run_cluster_command(self, "promote").returncode == 0, f"the promotion of {self.address}")

    def vclock(self) -> str:
        """Return how far it has each member's log."""
        return administer(self, "local v = box.info.vclock v[0] = nil return require('json').encode(v)")


@contextmanager
def frozen(member: Member) -> Iterator[None]:
    """Stop a member, which goes on with the end of the context."""
    member.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        member.signal(signal.SIGCONT)


@contextmanager
def killed(member: Member) -> Iterator[None]:
    """Kill a member, which is started with the end of the context."""
    member.kill()
    try:
        yield
    finally:
        member.start()


class ReplicaSet:
    """Three members on this machine."""

    def __init__(
        self,
        instance: str,
        folder: Path,
        make: Callable[..., Member] = Member,
        **environment: str,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._passwords = {name: folder / name for name in ("password", "replication_password")}
        for path in self._passwords.values():
            if not path.exists():
                path.write_text(secrets.token_hex(16) + "\n")
        self.members = [make(instance, folder / str(number)) for number in range(1, MEMBERS + 1)]
        for member in self.members:
            member.join(self._passwords, self.addresses, environment)

    def __enter__(self) -> Self:
        for member in self.members:
            member.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for member in self.members:
            if member.is_running():
                member.kill()
        if error is not None:
            for member in self.members:
                print(member.output[-4000:])

    @property
    def addresses(self) -> str:
        """HOST:PORT of all members, as settings have them."""
        return ",".join(member.address for member in self.members)

    def leader(self, seconds: float = 60.0, among: Iterable[Member] | None = None) -> Member:
        """Wait for a member that serves, and return it."""
        found: list[Member] = []

        def finds() -> bool:
            found[:] = [member for member in among or self.members if member.is_running() and member.is_serving()]
            return bool(found)

        wait_until(finds, "a leader", seconds)
        return found[0]

    def others(self, leader: Member) -> list[Member]:
        """Return the members but this one."""
        return [member for member in self.members if member is not leader]

    def wait_until_alike(self) -> None:
        """Wait until all members have written the same to their logs."""
        wait_until(lambda: len({member.vclock() for member in self.members}) == 1, "all members having the same")

    def wait_until_whole(self, seconds: float = 60.0) -> Member:
        """Wait until all members hear one another, and return the leader."""
        deadline = time.monotonic() + seconds
        leader = self.leader(seconds)
        wait_until(
            lambda: all((member.status() or {}).get("connected") == MEMBERS for member in self.members),
            "a whole replica set",
            deadline - time.monotonic(),
        )
        return leader
