"""One of the Tarantools of a service: the connection to it, and the role that it says it has."""

import asyncio
import math
import time
from typing import Any, NamedTuple

import asynctnt
import structlog
from asynctnt.exceptions import ErrorCode, TarantoolDatabaseError

from shared_kernel.infrastructure.secret_files import read_secret
from shared_kernel.infrastructure.tarantool_address import TarantoolAddress, TarantoolLogin
from shared_kernel.infrastructure.tarantool_errors import FAILURES
from shared_kernel.infrastructure.write_coalescing import CoalescingConnection, break_reference_cycle

RECONNECT_SECONDS = 0.1
ROLE_SECONDS = 1.0
SILENT_SECONDS = 0.5

# A Tarantool of an earlier version has no such function.
_UNKNOWN_FUNCTION = frozenset({ErrorCode.ER_NO_SUCH_PROC, ErrorCode.ER_ACCESS_DENIED})

_log = structlog.get_logger()


class Role(NamedTuple):
    """What an instance is among those that hold the same data. `term` counts their elections; 0 where there are none."""

    is_leader: bool
    term: int


class TarantoolInstance:
    """Connects in the background and reconnects by itself."""

    def __init__(self, address: TarantoolAddress, login: TarantoolLogin) -> None:
        self.address = address
        self.role: Role | None = None
        """Its role when it was last asked; None if it did not answer."""
        self.answered_at = -math.inf
        """When it last said its role (time.monotonic())."""
        self._login = login
        self._connection: asynctnt.Connection | None = None

    @property
    def connection(self) -> asynctnt.Connection | None:
        """The connection, or None while there is none."""
        connection = self._connection
        return connection if connection is not None and connection.is_connected else None

    @property
    def is_silent(self) -> bool:
        """Whether it has not said its role for SILENT_SECONDS, as one that is frozen."""
        return time.monotonic() - self.answered_at >= SILENT_SECONDS

    async def run(self) -> None:
        """Connect, and stay connected until cancelled; then disconnect: requests that still wait for a response fail."""
        try:
            await self._connect()
            await asyncio.Event().wait()  # the driver reconnects by itself
        finally:
            if self._connection is not None:
                await self._connection.disconnect()

    async def ask_role(self) -> None:
        """Ask the instance for its role, for ROLE_SECONDS at most."""
        self.role = await self._find_role()
        if self.role is not None:
            self.answered_at = time.monotonic()

    async def ask(self, function: str) -> Any:
        """Return what a stored function without arguments says within ROLE_SECONDS, or None: it fails, or there is none."""
        connection = self.connection
        if connection is None:
            return None
        try:
            return await self._call(connection, function)
        except FAILURES:
            return None

    async def _find_role(self) -> Role | None:
        connection = self.connection
        if connection is None:
            return None
        try:
            status = await self._call(connection, "cluster.status")
        except TarantoolDatabaseError as error:
            return Role(is_leader=True, term=0) if error.code in _UNKNOWN_FUNCTION else None
        except FAILURES:
            return None
        return Role(status["is_serving"], status["term"])

    @staticmethod
    async def _call(connection: asynctnt.Connection, function: str) -> Any:
        response = connection.call(function, [])
        try:
            async with asyncio.timeout(ROLE_SECONDS):
                [result] = (await response).body
        finally:
            break_reference_cycle(response)
        return result

    async def _connect(self) -> None:
        """Return once connected: retry until there is a password and Tarantool accepts it."""
        reported = ""
        while True:
            try:
                return await self._log_in()
            except (OSError, ValueError, TarantoolDatabaseError) as error:
                if str(error) != reported:
                    reported = str(error)
                    path = str(self._login.password_file)
                    _log.warning(
                        "cannot log in to Tarantool",
                        address=str(self.address),
                        user=self._login.user,
                        path=path,
                        reason=reported,
                    )
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _log_in(self) -> None:
        self._connection = CoalescingConnection(
            host=self.address.host,
            port=self.address.port,
            username=self._login.user,
            password=read_secret(self._login.password_file),
            connect_timeout=1.0,
            reconnect_timeout=RECONNECT_SECONDS,
            ping_timeout=0,  # it is asked for its role instead
        )
        await self._connection.connect()  # retries by itself while nothing listens, or what listens is not ready
