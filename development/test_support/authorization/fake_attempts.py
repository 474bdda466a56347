"""The fake of AttemptRepository, in memory."""

import asyncio
import collections
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NoReturn

from authorization_service.domain.attempts import Attempt, AttemptPolicy
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.domain.events.sessions import LoginRefused, Refusal
from shared_kernel.application.availability import TooManyAttemptsError
from test_support.authorization.fakes import NOON

NONE, HOUR = timedelta(0), timedelta(hours=1)


class Clock:
    """A clock that stands still until moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def go_on(self, duration: timedelta) -> None:
        """Move the clock."""
        self.now += duration


@dataclass
class Counter:
    expires_at: datetime
    failures: int = 0
    allowed_at: datetime = NOON
    changed_at: datetime = NOON

    def follow_clock(self, now: datetime) -> None:
        """Shift the counter by as much as the clock was set back since it was changed."""
        ahead = max(self.changed_at - now, NONE)
        self.expires_at -= ahead
        self.allowed_at -= ahead
        self.changed_at -= ahead


@dataclass
class Counters:
    most: int
    kept: dict[object, Counter] = field(default_factory=dict)

    def find(self, key: object, now: datetime) -> Counter | None:
        found = self.kept.get(key)
        if found is not None:
            found.follow_clock(now)
        return found if found is not None and found.expires_at > now else None

    def put(self, key: object, counter: Counter, now: datetime) -> None:
        counter.changed_at = now
        if len(self.kept) >= self.most and key not in self.kept:
            del self.kept[min(self.kept, key=lambda other: self.kept[other].expires_at)]
        self.kept[key] = counter


class InMemoryAttemptRepository:
    """Implements AttemptRepository, and appends to the given events."""

    def __init__(
        self, policy: AttemptPolicy | None = None, clock: Clock | None = None, events: list[DomainEvent] | None = None
    ) -> None:
        self.events = [] if events is None else events
        self._policy = policy or AttemptPolicy()
        self._clock = clock or Clock()
        self._pairs, self._accounts, self._networks, self._familiar, self._recorded = (
            Counters(self._policy.max_counters) for _ in range(5)
        )
        self._under_way: collections.Counter[object] = collections.Counter()
        self._ended = asyncio.Event()  # replaced when set

    async def reserve(self, attempt: Attempt) -> None:
        """Count an attempt."""
        while exceeded := self._find_exceeded(attempt):
            wait, waiting_for = max(((wait, str(key)) for key, wait, least in exceeded if least > NONE), default=(NONE, ""))
            if wait > NONE:
                self._refuse(attempt, wait, waiting_for)
            await self._ended.wait()
        self._under_way.update((attempt[:2], attempt.account, attempt.network))
        self._count(attempt)

    def _find_exceeded(self, attempt: Attempt) -> list[tuple[object, timedelta, timedelta]]:
        """Return the key of each exceeded limit, how long it applies, and how long if no attempt under way fails."""
        now = self._clock()
        pair = self._pairs.find(attempt[:2], now)
        wait = pair.allowed_at - now if pair else NONE
        limits: list[tuple[object, timedelta, timedelta]] = [(attempt[:2], wait, NONE if self._under_way[attempt[:2]] else wait)]
        if self._familiar.find(attempt[:2], now) is None:
            for counters, key, per_hour in self._buckets(attempt):
                wait = self._pour(counters, key, per_hour) - now - HOUR
                limits.append((key, wait, wait - self._under_way[key] * 2 * HOUR / per_hour))
        return [limit for limit in limits if limit[1] > NONE]

    def _refuse(self, attempt: Attempt, wait: timedelta, waiting_for: str) -> NoReturn:
        if self._recorded.find(waiting_for, self._clock()) is None:
            self._recorded.put(waiting_for, Counter(self._clock() + wait), self._clock())
            self._record(attempt, Refusal.TOO_MANY_ATTEMPTS)
        raise TooManyAttemptsError(wait)

    def _end(self, attempt: Attempt) -> None:
        self._under_way.subtract((attempt[:2], attempt.account, attempt.network))
        self._ended.set()
        self._ended = asyncio.Event()

    def _count(self, attempt: Attempt) -> None:
        now, policy = self._clock(), self._policy
        pair = self._pairs.find(attempt[:2], now)
        buckets = [(counters, key, self._pour(counters, key, per_hour)) for counters, key, per_hour in self._buckets(attempt)]
        failures = (pair.failures if pair else 0) + 1
        doubled = policy.first_delay * 2 ** max(0, min(failures - policy.free, 20))
        delay = timedelta(0) if failures < policy.free else min(policy.max_delay, doubled)
        kept = min(timedelta(days=1), policy.max_delay * 2 ** min(failures - 1, 20))
        self._pairs.put(attempt[:2], Counter(now + kept, failures, now + delay), now)
        for counters, key, until in buckets:
            counters.put(key, Counter(min(until, now + HOUR)), now)

    async def succeed(self, attempt: Attempt) -> None:
        """Undo the reservation after the right password."""
        self._pairs.kept.pop(attempt[:2], None)
        self._take_back(attempt)
        self._familiar.put(attempt[:2], Counter(self._clock() + self._policy.familiar_for), self._clock())
        own = [key for key in self._familiar.kept if isinstance(key, tuple) and key[0] == attempt.account]
        if len(own) > self._policy.max_familiar:
            del self._familiar.kept[min(own, key=lambda key: self._familiar.kept[key].expires_at)]
        self._end(attempt)

    async def fail(self, attempt: Attempt, reason: Refusal) -> None:
        """Record that an attempt failed."""
        self._record(attempt, reason)
        self._end(attempt)

    async def release(self, attempt: Attempt) -> None:
        """Undo the reservation."""
        pair = self._pairs.find(attempt[:2], self._clock())
        if pair is not None:
            pair.failures -= 1
            pair.allowed_at = self._clock()
        self._take_back(attempt)
        self._end(attempt)

    async def unlock(self, username: str, events: Sequence[DomainEvent]) -> None:
        """Reset the failures of an account."""
        account = Attempt.at(username, "").account
        pairs = [key for key in self._pairs.kept if isinstance(key, tuple) and key[0] == account]
        if self._accounts.kept.pop(account, None) is not None or pairs:
            self.events += events
        for key in pairs:
            del self._pairs.kept[key]

    def _record(self, attempt: Attempt, reason: Refusal) -> None:
        refused = LoginRefused(user_id=attempt.user_id, occurred_at=self._clock(), reason=reason, address=attempt.address)
        self.events.append(refused)

    def _buckets(self, attempt: Attempt) -> tuple[tuple[Counters, str, int], ...]:
        return (
            (self._accounts, attempt.account, self._policy.per_account),
            (self._networks, attempt.network, self._policy.per_address),
        )

    def _pour(self, counters: Counters, key: str, per_hour: int) -> datetime:
        found = counters.find(key, self._clock())
        return (found.expires_at if found else self._clock()) + 2 * HOUR / per_hour

    def _take_back(self, attempt: Attempt) -> None:
        for counters, key, per_hour in self._buckets(attempt):
            found = counters.find(key, self._clock())
            if found is not None:
                found.expires_at = max(found.expires_at - 2 * HOUR / per_hour, self._clock())
