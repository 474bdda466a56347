"""The one connection to Tarantool that all requests of a process share."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asynctnt
import structlog
from asynctnt.exceptions import (
    ErrorCode,
    TarantoolDatabaseError,
    TarantoolError,
    TarantoolNetworkError,
    TarantoolNotConnectedError,
)

from shared_kernel.application.availability import StoreFullError, StoreUnavailableError
from shared_kernel.infrastructure.secret_files import read_secret

RECONNECT_SECONDS = 0.1
# A client in the gap between two Tarantools hears within two seconds; what the network needs is left of them.
ANSWER_SECONDS = 1.7

_UNAVAILABLE = "The database is out of reach; try again soon."
_UNKNOWN_OUTCOME = "The database did not answer in time; what was asked may or may not have been done."
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
        self._connecting: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to connect; requests may come before that succeeds."""
        self._connecting = asyncio.create_task(self._connect())

    async def close(self) -> None:
        """Close the connection; what still waits for an answer fails."""
        if self._connecting is not None:
            self._connecting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._connecting
        if self._connection is not None:
            await self._connection.disconnect()

    async def is_available(self) -> bool:
        """Tell whether Tarantool answers a ping within a second."""
        connection = self._connection
        if connection is None or not connection.is_connected:
            return False
        try:
            await connection.ping(timeout=1.0)
        except (TarantoolError, TimeoutError, OSError):
            return False
        return True

    async def call(self, function: str, arguments: list[Any]) -> Any:
        """Call a stored function and return its first result. A call whose answer is lost is not repeated."""
        response = await self._ask(lambda connection, seconds: connection.call(function, arguments, timeout=seconds))
        return response.body[0]

    async def find(self, space: str, key: str, index: str | int = 0) -> Any | None:
        """Return the tuple with this key in a unique index, by the binary protocol's SELECT, or None."""
        response = await self._ask(
            lambda connection, seconds: connection.select(space, [key], index=index, limit=1, timeout=seconds)
        )
        return response.body[0] if response.body else None

    async def _ask(self, ask: Callable[[asynctnt.Connection, float], Awaitable[Any]]) -> Any:
        connection = self._connection
        seconds = ANSWER_SECONDS
        if connection is None or not connection.is_connected:
            began = time.monotonic()
            connection = await self._wait_until_connected()
            seconds -= time.monotonic() - began
        try:
            return await ask(connection, seconds)
        except TarantoolNotConnectedError as error:
            raise StoreUnavailableError(_UNAVAILABLE) from error
        except (TarantoolNetworkError, TimeoutError, OSError) as error:
            raise StoreUnavailableError(_UNKNOWN_OUTCOME) from error
        except TarantoolDatabaseError as error:
            if error.code == ErrorCode.ER_MEMORY_ISSUE:
                raise StoreFullError from error
            if error.code in _REFUSES_WORK_NOW:
                raise StoreUnavailableError(_UNAVAILABLE) from error
            raise

    async def _wait_until_connected(self) -> asynctnt.Connection:
        # Leaves enough of ANSWER_SECONDS for the request itself.
        deadline = time.monotonic() + ANSWER_SECONDS - 0.5
        while time.monotonic() < deadline:
            if self._connection is not None and self._connection.is_connected:
                return self._connection
            await asyncio.sleep(RECONNECT_SECONDS / 4)
        raise StoreUnavailableError(_UNAVAILABLE)

    async def _connect(self) -> None:
        address = self._address
        waiting = False
        while self._connection is None:
            try:
                password = read_secret(address.password_file)
            except (OSError, ValueError) as error:
                if not waiting:
                    _log.warning("waiting for the password file", path=str(address.password_file), reason=str(error))
                    waiting = True
                await asyncio.sleep(RECONNECT_SECONDS)
                continue
            self._connection = asynctnt.Connection(
                host=address.host,
                port=address.port,
                username=address.user,
                password=password,
                connect_timeout=1.0,
                reconnect_timeout=RECONNECT_SECONDS,
                ping_timeout=1.0,
            )
        await self._connection.connect()
