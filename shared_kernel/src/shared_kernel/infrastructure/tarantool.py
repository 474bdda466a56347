"""The connection to Tarantool that all requests of a process share."""

import asyncio
import math
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asynctnt
import structlog
from asynctnt.exceptions import (
    ErrorCode,
    TarantoolDatabaseError,
    TarantoolError,
    TarantoolNotConnectedError,
)

from shared_kernel.application.availability import DiskFullError, StoreFullError, StoreUnavailableError
from shared_kernel.infrastructure.secret_files import read_secret
from shared_kernel.infrastructure.write_coalescing import CoalescingConnection, break_reference_cycle

RECONNECT_SECONDS = 0.1
# While Tarantool is away, a client gets its error within two seconds. A sweep fails the requests that wait for too long.
CONNECT_TIMEOUT_SECONDS = 1.5
RESPONSE_TIMEOUT_SECONDS = 1.5
SWEEP_SECONDS = 0.2

_UNAVAILABLE = "The database is unavailable; try again soon."
_UNKNOWN_OUTCOME = "The database did not respond in time; the request may or may not have been executed."
_FAILURES = (TarantoolError, TimeoutError, OSError)
_TEMPORARY_ERRORS = frozenset({ErrorCode.ER_LOADING, ErrorCode.ER_READONLY})
# The latter for what was written on top of a write that failed.
_DISK_ERRORS = frozenset({ErrorCode.ER_WAL_IO, ErrorCode.ER_CASCADE_ROLLBACK})

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class TarantoolAddress:
    """Host and port of a Tarantool, and the user to log in as. The password file is read until a login succeeds."""

    host: str
    port: int
    user: str
    password_file: Path


class TarantoolConnection:
    """Connects in the background and reconnects by itself; requests wait up to CONNECT_TIMEOUT_SECONDS for it.

    All methods raise StoreUnavailableError when Tarantool is unreachable or does not respond within RESPONSE_TIMEOUT_SECONDS,
    StoreFullError when it has no memory left, and DiskFullError when it cannot write to its disk.
    """

    name = "tarantool"

    def __init__(self, address: TarantoolAddress) -> None:
        self._address = address
        self._connection: asynctnt.Connection | None = None
        # Start of each request that waits for its response (time.monotonic()), oldest first.
        self._started_at: dict[asyncio.Future[Any], float] = {}
        self.disk_failed_at = -math.inf
        """When a request last failed because Tarantool could not write to its disk (time.monotonic())."""

    async def run(self) -> None:
        """Connect, and stay connected until cancelled; then disconnect: requests that still wait for a response fail.

        Requests may come before it has connected.
        """
        try:
            await self._connect()
            await self._time_out_requests()
        finally:
            if self._connection is not None:
                await self._connection.disconnect()

    async def is_available(self) -> bool:
        """Return whether Tarantool responds to a ping within a second."""
        connection = self._connection
        if connection is None or not connection.is_connected:
            return False
        try:
            await connection.ping(timeout=1.0)
        except _FAILURES:
            return False
        return True

    def call(self, function: str, arguments: list[Any]) -> Coroutine[Any, Any, Any]:
        """Call a stored function and return its first result. A call whose response is lost is not repeated.

        Empties the list of arguments: the driver would keep those of a call that is no longer awaited.
        """
        connection = self._connection
        if connection is not None and connection.is_connected:
            return self._await_response(connection.call(function, arguments), arguments)
        return self._call_later(function, arguments)

    async def _call_later(self, function: str, arguments: list[Any]) -> Any:
        connection = await self._wait_until_connected()
        return await self._await_response(connection.call(function, arguments), arguments)

    async def find(self, space: str, key: str, index: str | int = 0) -> Any | None:
        """Return the tuple with this key in a unique index, or None, by a SELECT of the binary protocol."""
        connection = self._connection
        if connection is None or not connection.is_connected:
            connection = await self._wait_until_connected()
        primary_key = [key]
        return await self._await_response(connection.select(space, primary_key, index=index), primary_key)

    async def _await_response(self, response: asyncio.Future[Any], arguments: list[Any]) -> Any:
        """Return a request's first result, or None. _time_out_requests ends the wait with TimeoutError."""
        self._started_at[response] = time.monotonic()
        try:
            results = (await response).body
            return results[0] if results else None
        except _FAILURES as error:
            explained = _explain(error)
            if isinstance(explained, DiskFullError):
                self.disk_failed_at = time.monotonic()
            raise explained from error
        finally:
            del self._started_at[response]
            break_reference_cycle(response)
            arguments.clear()

    async def _time_out_requests(self) -> None:
        # One timer for all requests: a timer per request would cost an eighth of a read.
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            deadline = time.monotonic() - RESPONSE_TIMEOUT_SECONDS
            for response, started_at in self._started_at.items():
                if started_at > deadline:
                    break
                if not response.done():
                    response.set_exception(TimeoutError())

    async def _wait_until_connected(self) -> asynctnt.Connection:
        deadline = time.monotonic() + CONNECT_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            if self._connection is not None and self._connection.is_connected:
                return self._connection
            await asyncio.sleep(RECONNECT_SECONDS / 4)
        raise StoreUnavailableError(_UNAVAILABLE)

    async def _connect(self) -> None:
        """Return once connected: retry until there is a password and Tarantool accepts it."""
        reported = ""
        while True:
            try:
                return await self._log_in()
            except (OSError, ValueError, TarantoolDatabaseError) as error:
                if str(error) != reported:
                    reported = str(error)
                    path = str(self._address.password_file)
                    _log.warning("cannot log in to Tarantool", user=self._address.user, path=path, reason=reported)
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _log_in(self) -> None:
        self._connection = CoalescingConnection(
            host=self._address.host,
            port=self._address.port,
            username=self._address.user,
            password=read_secret(self._address.password_file),
            connect_timeout=1.0,
            reconnect_timeout=RECONNECT_SECONDS,
            ping_timeout=1.0,
        )
        await self._connection.connect()  # retries by itself while nothing listens, or what listens is not ready


def _explain(error: Exception) -> Exception:
    """Return the exception to raise for a failed request: a database error that is not due to an outage stays as it is."""
    if isinstance(error, TarantoolNotConnectedError):
        return StoreUnavailableError(_UNAVAILABLE)
    code = error.code if isinstance(error, TarantoolDatabaseError) else None
    if code is None:
        return StoreUnavailableError(_UNKNOWN_OUTCOME)
    if code == ErrorCode.ER_MEMORY_ISSUE:
        return StoreFullError()
    if code in _DISK_ERRORS:
        return DiskFullError()
    return StoreUnavailableError(_UNAVAILABLE) if code in _TEMPORARY_ERRORS else error
