"""The way to Tarantool that all requests of a process share."""

import asyncio
import math
import random
import time
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import asynctnt
import structlog

from shared_kernel.application.availability import DiskFullError, StoreUnavailableError
from shared_kernel.infrastructure.tarantool_address import TarantoolLogin
from shared_kernel.infrastructure.tarantool_errors import FAILURES, NOT_LEADER, UNAVAILABLE, explain, is_not_executed
from shared_kernel.infrastructure.tarantool_instance import TarantoolInstance
from shared_kernel.infrastructure.tarantool_requests import PendingRequests
from shared_kernel.infrastructure.write_coalescing import break_reference_cycle

# How often each of several instances is asked for its role, and a single one.
ROLE_PAUSE_SECONDS, SINGLE_ROLE_PAUSE_SECONDS = 0.1, 1.0
PAUSE_SECONDS = 0.025

_log = structlog.get_logger()


class TarantoolConnection:
    """Sends requests to the only Tarantool of a service, or to that of several which says it is the leader.

    Connects in the background and reconnects by itself. A request waits up to `wait_seconds` of the login for a connection to the
    leader. One that was certainly not executed, because the instance is no longer the leader, is sent again within that time. One
    whose response is lost, with its connection or because its instance is frozen while another leads, is not repeated unless it
    calls one of the `readers`, stored functions that change nothing, and there are several instances.

    All methods raise StoreUnavailableError when there is no leader or it does not respond within RESPONSE_TIMEOUT_SECONDS,
    StoreFullError when it has no memory left, and DiskFullError when it cannot write to its disk.
    """

    def __init__(self, login: TarantoolLogin, readers: AbstractSet[str] = frozenset()) -> None:
        self._wait_seconds = login.wait_seconds
        self._instances = [TarantoolInstance(address, login) for address in login.addresses]
        self._leading: TarantoolInstance | None = None
        self._leader: asynctnt.Connection | None = None  # that of `_leading`, so that a request has one look
        self._readers = readers if len(self._instances) > 1 else frozenset()
        self._pending = PendingRequests()
        self._started_at = self._pending.started_at
        self.disk_failed_at = -math.inf
        """When a request last failed because Tarantool could not write to its disk (time.monotonic())."""
        self.leader_changes = 0
        """How often another instance was found to be the leader."""
        self.replica_reads = 0
        """How many calls other instances have answered."""

    async def run(self) -> None:
        """Connect, and stay connected until cancelled; then disconnect: requests that still wait for a response fail.

        Requests may come before it has connected.
        """
        async with asyncio.TaskGroup() as tasks:
            for instance in self._instances:
                tasks.create_task(instance.run())
                tasks.create_task(self._follow_role(instance))
            tasks.create_task(self._pending.time_out())

    @property
    def name(self) -> str:
        """What is missing when it is not available."""
        return "tarantool" if all(instance.role is None for instance in self._instances) else "tarantool leader"

    async def is_available(self) -> bool:
        """Return whether a leader says, within a second, that it is one."""
        await self._ask_roles()
        return any(instance.role is not None and instance.role.is_leader for instance in self._instances)

    async def has_all_instances(self) -> bool:
        """Return whether each instance says its role within a second."""
        await self._ask_roles()
        return all(instance.role is not None for instance in self._instances)

    def describe_instances(self) -> Mapping[tuple[str, ...], float]:
        """Return 1 for each instance, by its address and what it was when it was last asked: leader, replica or unreachable."""
        return {(str(instance.address), _describe(instance)): 1.0 for instance in self._instances}

    async def call(self, function: str, arguments: list[Any]) -> Any:
        """Call a stored function and return its first result, or None.

        Empties the list of arguments: the driver would keep those of a call that is no longer awaited.
        """
        deadline = 0.0
        try:
            while True:
                connection = self._leader
                if connection is None or not connection.is_connected:
                    deadline = deadline or time.monotonic() + self._wait_seconds
                    connection = await self._wait_for_leader(deadline)
                response = connection.call(function, arguments)
                self._started_at[response] = started_at = time.monotonic()
                try:
                    results = (await response).body  # PendingRequests ends the wait with TimeoutError
                    result = results[0] if results else None
                    if type(result) is not list or not result or result[0] != NOT_LEADER:
                        return result
                except FAILURES as error:
                    explained = self._explain(error)
                    deadline = deadline or started_at + self._wait_seconds
                    may_repeat = is_not_executed(error) or self._is_lost_read(function, explained, connection, deadline)
                    if not may_repeat:
                        raise explained from error
                finally:
                    del self._started_at[response]
                    break_reference_cycle(response)
                deadline = deadline or time.monotonic() + self._wait_seconds
                await self._turn_from(connection)
        finally:
            arguments.clear()

    async def call_replica(self, function: str, arguments: list[Any], max_age: float) -> tuple[Any, float]:
        """Call a stored function that reads at any instance that is behind the leader by `max_age` seconds at most.

        Return its first result, and by how many seconds that may be behind. Where there is no such instance, the leader is
        called, as by `call`, and that is 0.
        """
        replicas = [instance for instance in self._instances if instance.role is not None and not instance.role.is_leader]
        random.shuffle(replicas)
        for instance in replicas:
            connection = instance.connection
            answer = None if connection is None else await self._ask_replica(connection, [max_age, function, arguments])
            if answer is not None:
                self.replica_reads += 1
                age, result = answer
                return result, age
        return await self.call(function, arguments), 0.0

    async def _ask_replica(self, connection: asynctnt.Connection, arguments: list[Any]) -> Any:
        """Return [age, result], or None where the instance has failed or refused."""
        response = connection.call("stale.read", arguments)
        self._started_at[response] = time.monotonic()
        try:
            [answer] = (await response).body
        except FAILURES:
            return None
        finally:
            del self._started_at[response]
            break_reference_cycle(response)
        return answer

    async def ask_each(self, function: str) -> list[tuple[str, bool, Any]]:
        """Call a stored function that says something of an instance at each: its address, whether it leads, the first result.

        Those that do not answer, or are of an earlier version and have no such function, are left out.
        """
        answers = await asyncio.gather(*(instance.ask(function) for instance in self._instances))
        return [
            (str(instance.address), instance.role is not None and instance.role.is_leader, answer)
            for instance, answer in zip(self._instances, answers, strict=True)
            if answer is not None
        ]

    async def find(self, space: str, key: str, index: str | int = 0) -> Any:
        """Return the tuple with this key in a unique index, or None."""
        found = await self.call("lookup.find", [space, index, key])
        return found[0] if found else None

    def _explain(self, error: Exception) -> Exception:
        explained = explain(error)
        if isinstance(explained, DiskFullError):
            self.disk_failed_at = time.monotonic()
        return explained

    def _is_lost_read(self, function: str, error: Exception, connection: asynctnt.Connection, deadline: float) -> bool:
        """Return whether a request that changes nothing was lost with its leader, and there is time to ask the next one."""
        if function not in self._readers or not isinstance(error, StoreUnavailableError) or time.monotonic() >= deadline:
            return False
        return not connection.is_connected or self._leader is not connection

    async def _turn_from(self, refusing: asynctnt.Connection) -> None:
        """Take an instance that has refused a request for no leader until it says that it is one; of several, ask them again."""
        for instance in self._instances:
            if instance.connection is refusing:
                instance.role = None
        if self._leader is refusing:
            self._leader = None
        await asyncio.sleep(PAUSE_SECONDS)

    async def _wait_for_leader(self, deadline: float) -> asynctnt.Connection:
        while True:
            if time.monotonic() >= deadline:
                raise StoreUnavailableError(UNAVAILABLE)
            self._choose_leader()
            if self._leader is not None:
                return self._leader
            await asyncio.sleep(PAUSE_SECONDS)

    async def _follow_role(self, instance: TarantoolInstance) -> None:
        while True:
            await instance.ask_role()
            self._choose_leader()
            await asyncio.sleep(ROLE_PAUSE_SECONDS if len(self._instances) > 1 else SINGLE_ROLE_PAUSE_SECONDS)

    async def _ask_roles(self) -> None:
        await asyncio.gather(*(instance.ask_role() for instance in self._instances))
        self._choose_leader()

    def _choose_leader(self) -> None:
        """Find the leader: of several, that of the latest term. A single instance is asked whatever its role: it refuses."""
        leader = self._instances[0] if len(self._instances) == 1 else self._find_leader()
        self._leader = None if leader is None else leader.connection
        if leader is None or self._leader is None or leader is self._leading:
            return
        if self._leading is not None:
            self.leader_changes += 1
            self._pending.leave(self._leading)
            _log.warning("Tarantool has another leader", address=str(leader.address), before=str(self._leading.address))
        self._leading = leader

    def _find_leader(self) -> TarantoolInstance | None:
        # One that has said so lately is preferred to one that has not, such as one that is frozen.
        ranks = {
            instance: (instance.role.term, not instance.is_silent, instance is self._leading)
            for instance in self._instances
            if instance.role is not None and instance.role.is_leader
        }
        return max(ranks, key=lambda leader: ranks[leader], default=None)


def _describe(instance: TarantoolInstance) -> str:
    if instance.role is None:
        return "unreachable"
    return "leader" if instance.role.is_leader else "replica"
