"""The disk of a Tarantool's write-ahead log."""

import asyncio
import time

from asynctnt.exceptions import TarantoolDatabaseError

from shared_kernel.application.availability import DiskFullError, StoreUnavailableError
from shared_kernel.infrastructure.tarantool import TarantoolConnection

PROBE_SECONDS = 1.5
# A probe is small, and may fit where what clients write does not.
FAILURE_SECONDS = 5.0


class TarantoolDisk:
    """Implements OptionalDependency: without it the service can only read, which Tarantool itself goes on doing."""

    name = "disk"

    def __init__(self, tarantool: TarantoolConnection) -> None:
        self._tarantool = tarantool

    async def is_available(self) -> bool:
        """Return whether no write of this process has failed lately, and Tarantool can write, within PROBE_SECONDS."""
        if time.monotonic() < self._tarantool.disk_failed_at + FAILURE_SECONDS:
            return False
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                return bool(await self._tarantool.call("disk.is_writable", []))
        except (TimeoutError, StoreUnavailableError, DiskFullError):
            return False
        except TarantoolDatabaseError:
            return True  # a Tarantool of an earlier version has no such function

    async def settle(self) -> None:
        """Return at once: starting does not depend on it."""
