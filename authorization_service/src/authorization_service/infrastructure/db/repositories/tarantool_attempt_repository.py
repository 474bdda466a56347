"""Counters of attempts in Tarantool."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from authorization_service.domain.attempts import Attempt, AttemptPolicy
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.domain.events.sessions import Refusal
from authorization_service.infrastructure.db.repositories.stored_events import EPOCH, MICROSECOND, to_stored
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
            policy.max_delay // MICROSECOND,
            policy.per_account,
            policy.per_address,
            policy.familiar_for // MICROSECOND,
            policy.max_familiar,
            policy.max_counters,
        ]

    async def reserve(self, attempt: Attempt) -> None:
        """Count an attempt. Raises TooManyAttemptsError."""
        microseconds = await self._call("attempts.reserve", attempt, _to_stored_whom(attempt))
        if microseconds:
            raise TooManyAttemptsError(timedelta(microseconds=microseconds))

    async def succeed(self, attempt: Attempt) -> None:
        """Take an attempt back: the password was right."""
        await self._call("attempts.succeed", attempt)

    async def fail(self, attempt: Attempt, reason: Refusal) -> None:
        """Keep the event of an attempt that failed."""
        await self._tarantool.call("attempts.fail", [_to_stored_whom(attempt), reason])

    async def release(self, attempt: Attempt) -> None:
        """Take an attempt back: it was not made."""
        await self._call("attempts.release", attempt)

    async def unlock(self, username: str, events: Sequence[DomainEvent]) -> None:
        """Forget the failures at an account."""
        await self._tarantool.call("attempts.unlock", [Attempt.at(username, "").account, to_stored(events)])

    async def _call(self, function: str, attempt: Attempt, *more: object) -> Any:
        # As an integer, a time this large would come to Lua as a 64-bit one.
        now = [] if self._now is None else [float((self._now() - EPOCH) // MICROSECOND)]
        return await self._tarantool.call(function, [attempt.account, attempt.network, self._policy, *more, *now])


def _to_stored_whom(attempt: Attempt) -> list[str]:
    return [attempt.user_id or "", attempt.address]
