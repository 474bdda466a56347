"""Counters of password attempts in Tarantool."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from authorization_service.domain.attempts import Attempt, AttemptPolicy
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.domain.events.sessions import Refusal
from authorization_service.infrastructure.db.repositories.refusals import REFUSALS, AttemptsUnderWayError
from authorization_service.infrastructure.db.repositories.stored_events import EPOCH, MICROSECOND, to_stored
from shared_kernel.application.availability import BusyError
from shared_kernel.infrastructure.stored_functions import unwrap
from shared_kernel.infrastructure.tarantool import TarantoolConnection

CALL_SECONDS = 1.0  # less than the timeout of a call to Tarantool
MAX_CALLS = 10


class TarantoolAttemptRepository:
    """Implements AttemptRepository by Tarantool's clock, one for all workers and instances; `now` replaces it in tests.

    At most `queue` attempts wait in this process for others that are under way.
    """

    def __init__(
        self,
        tarantool: TarantoolConnection,
        policy: AttemptPolicy,
        *,
        queue: int = 64,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self._tarantool = tarantool
        self._queue = queue
        self._waiting = 0
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
        """Count an attempt. Raises TooManyAttemptsError or BusyError."""
        if await self._try_to_reserve(attempt, 0.0):
            return
        if self._waiting >= self._queue:
            raise BusyError
        self._waiting += 1
        try:
            for _ in range(MAX_CALLS):
                if await self._try_to_reserve(attempt, CALL_SECONDS):
                    return
        finally:
            self._waiting -= 1
        raise BusyError

    async def succeed(self, attempt: Attempt) -> None:
        """Take an attempt back, since the password was right."""
        await self._call("attempts.succeed", attempt)

    async def fail(self, attempt: Attempt, reason: Refusal) -> None:
        """Record the event of a failed attempt."""
        await self._tarantool.call("attempts.fail", [attempt.account, attempt.network, _to_stored_subject(attempt), reason])

    async def release(self, attempt: Attempt) -> None:
        """Take an attempt back, since it was not made."""
        await self._call("attempts.release", attempt)

    async def unlock(self, username: str, events: Sequence[DomainEvent]) -> None:
        """Reset the failures at an account, and record the events where there were any."""
        accounts = [Attempt.at(username, "").account, Attempt.at_second_factor(username, "").account]
        await self._tarantool.call("attempts.unlock", [accounts, to_stored(events)])

    async def _try_to_reserve(self, attempt: Attempt, seconds: float) -> bool:
        """Count an attempt; return False if others that are under way still stand against it after so many seconds."""
        try:
            unwrap(await self._call("attempts.reserve", attempt, _to_stored_subject(attempt), seconds), REFUSALS)
        except AttemptsUnderWayError:
            return False
        return True

    async def _call(self, function: str, attempt: Attempt, *more: object) -> Any:
        # An integer this large would become a 64-bit cdata in Lua.
        now = [] if self._now is None else [float((self._now() - EPOCH) // MICROSECOND)]
        return await self._tarantool.call(function, [attempt.account, attempt.network, self._policy, *more, *now])


def _to_stored_subject(attempt: Attempt) -> list[str]:
    return [attempt.user_id or "", attempt.address]
