"""Counters of attempts in Tarantool."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from authorization_service.application.auth.attempt_repository import Attempt, AttemptPolicy
from authorization_service.infrastructure.db.repositories.stored_events import EPOCH, MICROSECOND
from shared_kernel.application.availability import TooManyAttemptsError
from shared_kernel.infrastructure.tarantool import TarantoolConnection


class TarantoolAttemptRepository:
    """Implements AttemptRepository. The time is Tarantool's, one clock for all workers and instances, unless `now` tells it."""

    def __init__(self, tarantool: TarantoolConnection, policy: AttemptPolicy, now: Callable[[], datetime] | None = None) -> None:
        self._tarantool = tarantool
        self._now = now
        self._policy = [
            policy.free,
            policy.first_delay // MICROSECOND,
            policy.longest_delay // MICROSECOND,
            policy.per_account,
            policy.per_address,
            policy.familiar_for // MICROSECOND,
            policy.most_familiar,
            policy.most_counters,
        ]

    async def reserve(self, attempt: Attempt) -> None:
        """Count an attempt. Raises TooManyAttemptsError."""
        microseconds = await self._call("attempts.reserve", attempt)
        if microseconds:
            raise TooManyAttemptsError(timedelta(microseconds=microseconds))

    async def succeed(self, attempt: Attempt) -> None:
        """Take an attempt back: the password was right."""
        await self._call("attempts.succeed", attempt)

    async def release(self, attempt: Attempt) -> None:
        """Take an attempt back: it was not made."""
        await self._call("attempts.release", attempt)

    async def unlock(self, username: str) -> None:
        """Forget the failures at an account."""
        await self._tarantool.call("attempts.unlock", [Attempt.at(username, "").account])

    async def _call(self, function: str, attempt: Attempt) -> Any:
        # As an integer, a time this large would come to Lua as a 64-bit one.
        now = [] if self._now is None else [float((self._now() - EPOCH) // MICROSECOND)]
        return await self._tarantool.call(function, [*attempt, self._policy, *now])
