"""The one connection to Tarantool that all requests of a process share."""

import asyncio
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

from shared_kernel.application.availability import StoreFullError, StoreUnavailableError
from shared_kernel.infrastructure.secret_files import read_secret
from shared_kernel.infrastructure.write_coalescing import GatheringConnection, forget

RECONNECT_SECONDS = 0.1
# A client in the gap between two Tarantools hears within two seconds. An answer is waited for until a sweep finds it overdue.
CONNECTION_SECONDS = 1.5
ANSWER_SECONDS = 1.5
SWEEP_SECONDS = 0.2

_UNAVAILABLE = "The database is out of reach; try again soon."
_UNKNOWN_OUTCOME = "The database did not answer in time; what was asked may or may not have been done."
_FAILURES = (TarantoolError, TimeoutError, OSError)
_REFUSES_WORK_NOW = frozenset({ErrorCode.ER_LOADING, ErrorCode.ER_READONLY, ErrorCode.ER_WAL_IO})

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class TarantoolAddress:
    """Where a Tarantool listens and whom the service logs in as. The file is read at each attempt to connect."""

    host: str
    port: int
    user: str
    password_file: Path


class TarantoolConnection:
    """Connects in the background, reconnects by itself and lets requests wait briefly for it.

    All methods raise StoreUnavailableError when Tarantool is away or does not answer within ANSWER_SECONDS, and
    StoreFullError when it has no memory left.
    """

    name = "tarantool"

    def __init__(self, address: TarantoolAddress) -> None:
        self._address = address
        self._connection: asynctnt.Connection | None = None
        # Requests under way and when they began (time.monotonic()), the oldest first.
        self._waiting: dict[asyncio.Future[Any], float] = {}

    async def run(self) -> None:
        """Connect, and stay connected until cancelled; then disconnect: requests that still wait for a response fail.

        Requests may come before it has connected.
        """
        connection = self._connection = await self._make_connection()
        try:
            await connection.connect()
            await self._time_out_requests()
        finally:
            await connection.disconnect()

    async def is_available(self) -> bool:
        """Tell whether Tarantool answers a ping within a second."""
        connection = self._connection
        if connection is None or not connection.is_connected:
            return False
        try:
            await connection.ping(timeout=1.0)
        except _FAILURES:
            return False
        return True

    def call(self, function: str, arguments: list[Any]) -> Coroutine[Any, Any, Any]:
        """Call a stored function and return its first result. A call whose answer is lost is not repeated.

        The list of arguments is emptied: the driver would hold those of a call that nobody waits for any longer.
        """
        connection = self._connection
        if connection is not None and connection.is_connected:
            return self._wait_for(connection.call(function, arguments), arguments)
        return self._call_later(function, arguments)

    async def _call_later(self, function: str, arguments: list[Any]) -> Any:
        connection = await self._wait_until_connected()
        return await self._wait_for(connection.call(function, arguments), arguments)

    async def find(self, space: str, key: str, index: str | int = 0) -> Any | None:
        """Return the tuple with this key in a unique index, by the binary protocol's SELECT, or None."""
        connection = self._connection
        if connection is None or not connection.is_connected:
            connection = await self._wait_until_connected()
        primary_key = [key]
        return await self._wait_for(connection.select(space, primary_key, index=index), primary_key)

    async def _wait_for(self, answer: asyncio.Future[Any], arguments: list[Any]) -> Any:
        """Return a request's first result, or None.

        It fails with TimeoutError when _time_out_requests finds it overdue.
        """
        self._waiting[answer] = time.monotonic()
        try:
            results = (await answer).body
            return results[0] if results else None
        except _FAILURES as error:
            raise _explain(error) from error
        finally:
            del self._waiting[answer]
            forget(answer)
            arguments.clear()

    async def _time_out_requests(self) -> None:
        # One timer for all requests: a timer a request costs an eighth of a read.
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            overdue = time.monotonic() - ANSWER_SECONDS
            for answer, began in self._waiting.items():
                if began > overdue:
                    break
                if not answer.done():
                    answer.set_exception(TimeoutError())

    async def _wait_until_connected(self) -> asynctnt.Connection:
        deadline = time.monotonic() + CONNECTION_SECONDS
        while time.monotonic() < deadline:
            if self._connection is not None and self._connection.is_connected:
                return self._connection
            await asyncio.sleep(RECONNECT_SECONDS / 4)
        raise StoreUnavailableError(_UNAVAILABLE)

    async def _make_connection(self) -> asynctnt.Connection:
        """Return a connection that has not connected yet, as soon as the password can be read."""
        address = self._address
        is_reported = False
        while True:
            try:
                password = read_secret(address.password_file)
                break
            except (OSError, ValueError) as error:
                if not is_reported:
                    _log.warning("waiting for the password file", path=str(address.password_file), reason=str(error))
                    is_reported = True
            await asyncio.sleep(RECONNECT_SECONDS)
        return GatheringConnection(
            host=address.host,
            port=address.port,
            username=address.user,
            password=password,
            connect_timeout=1.0,
            reconnect_timeout=RECONNECT_SECONDS,
            ping_timeout=1.0,
        )


def _explain(error: Exception) -> Exception:
    """Return what a failed request means to whoever asked; a database error that no outage explains is returned as it is."""
    if isinstance(error, TarantoolNotConnectedError):
        return StoreUnavailableError(_UNAVAILABLE)
    code = error.code if isinstance(error, TarantoolDatabaseError) else None
    if code is None:
        return StoreUnavailableError(_UNKNOWN_OUTCOME)
    if code == ErrorCode.ER_MEMORY_ISSUE:
        return StoreFullError()
    return StoreUnavailableError(_UNAVAILABLE) if code in _REFUSES_WORK_NOW else error
