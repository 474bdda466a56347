"""argon2id, off the event loop and bounded."""

import asyncio
import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from argon2.low_level import ARGON2_VERSION, Type

from authorization_service.infrastructure.security.freed_memory import keep_freed_memory, trim_freed_memory
from shared_kernel.application.availability import BusyError

T = TypeVar("T")

# OWASP Password Storage Cheat Sheet: argon2id with 19 MiB of memory, 2 iterations and 1 lane.
ARGON2ID = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
# Idle time after which the memory of hashes, 19 MiB per thread, is returned to the system. Reusing it until then saves a quarter
# of the time of a hash.
IDLE_SECONDS = 1.0


class Argon2PasswordHasher:
    """Hashes in `threads` threads. At most `queue` passwords more wait; beyond that, BusyError is raised immediately."""

    def __init__(self, *, threads: int, queue: int) -> None:
        keep_freed_memory()
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._threads = threads
        self._limit = threads + queue
        self._admitted = 0
        self._idle: asyncio.TimerHandle | None = None
        # Compared with the passwords of logins with unknown names: the same work, never a match.
        self._dummy_hash = _compose_hash(salt=bytes(ARGON2ID.salt_len), digest=bytes(ARGON2ID.hash_len))

    @property
    def waiting(self) -> int:
        """Number of passwords that wait for a thread."""
        return max(0, self._admitted - self._threads)

    async def hash(self, password: str) -> str:
        """Return the password's hash in the PHC string format, with a new salt. Raises BusyError."""
        return await self._run(lambda: ARGON2ID.hash(password))

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Return whether the password has this hash; without a hash, False after the same work. Raises BusyError."""
        matches = await self._run(lambda: _matches(password, password_hash or self._dummy_hash))
        return matches and password_hash is not None

    def close(self) -> None:
        """Wait for running hashes and cancel waiting ones."""
        if self._idle is not None:
            self._idle.cancel()
        self._executor.shutdown(cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._admitted >= self._limit:
            raise BusyError("Too many passwords are being hashed; try again soon.")
        self._admitted += 1
        if self._idle is not None:
            self._idle.cancel()
        # The slot is free when the work has ended, which may be after the request was cancelled.
        future = asyncio.get_running_loop().run_in_executor(self._executor, work)
        future.add_done_callback(self._release)
        return await asyncio.shield(future)

    def _release(self, future: asyncio.Future[T]) -> None:
        self._admitted -= 1
        if self._admitted == 0:
            self._idle = future.get_loop().call_later(IDLE_SECONDS, self._executor.submit, trim_freed_memory)


def _compose_hash(salt: bytes, digest: bytes) -> str:
    """Return a hash in the PHC string format with the parameters of ARGON2ID, without hashing: that would slow each start."""
    parameters = f"m={ARGON2ID.memory_cost},t={ARGON2ID.time_cost},p={ARGON2ID.parallelism}"
    return "$".join(["", "argon2id", f"v={ARGON2_VERSION}", parameters, *(_encode(part) for part in (salt, digest))])


def _encode(data: bytes) -> str:
    return base64.b64encode(data).rstrip(b"=").decode()


def _matches(password: str, password_hash: str) -> bool:
    try:
        return ARGON2ID.verify(password_hash, password)
    except VerifyMismatchError:
        return False
