"""What the Tarantools of a service tell of themselves, for its metrics."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from shared_kernel.infrastructure.tarantool import TarantoolConnection

PERIOD_SECONDS = 5.0


class Statistics(NamedTuple):
    """Of one instance: numbers by name, what the service's own spaces hold, and replication lag by the other member's number."""

    numbers: Mapping[str, float]
    data: Any
    lags: Mapping[str, float]


class TarantoolStatistics:
    """Asks each instance every PERIOD_SECONDS. Of one that does not answer, nothing is known."""

    def __init__(self, tarantool: TarantoolConnection) -> None:
        self._tarantool = tarantool
        self._of_leader: Statistics | None = None
        self._by_address: dict[str, Statistics] = {}
        self.measured_at = 0.0
        """Seconds since 1970 when the leader last answered; 0: never."""

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            answers = await self._tarantool.ask_each("statistics.describe")
            self._by_address = {address: Statistics(*answer) for address, _, answer in answers}
            self._of_leader = next((Statistics(*answer) for _, is_leader, answer in answers if is_leader), None)
            if self._of_leader is not None:
                self.measured_at = time.time()
            await asyncio.sleep(PERIOD_SECONDS)

    def read(self, name: str) -> Mapping[tuple[str, ...], float]:
        """Return a number of each instance, by its address."""
        return {
            (address,): found.numbers[name] for address, found in self._by_address.items() if found.numbers.get(name) is not None
        }

    def read_lags(self) -> Mapping[tuple[str, ...], float]:
        """Return by how many seconds an instance is behind another, by the address of the one and the number of the other."""
        return {(address, member): lag for address, found in self._by_address.items() for member, lag in found.lags.items()}

    @property
    def data(self) -> Any:
        """What the spaces of the leader hold, or None if that is not known."""
        return None if self._of_leader is None else self._of_leader.data
