"""Locks and elections."""

import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, Generic, TypeVar

from typing_extensions import Self

from key_value_client.caching import Cache
from key_value_client.channel import Channel
from key_value_client.errors import LockLost, LockTaken, RevisionGone
from key_value_client.flows import Awaiting, Blocking, Emit, Flow, Stream, operation, stream
from key_value_client.leases import Holder, Lease, LeasedPair, to_holder
from key_value_client.transactions import TransactionOperations
from key_value_client.values import KEEP, to_seconds
from key_value_client.watching import Watch

X = TypeVar("X", bound=TransactionOperations[Any])

LOCK_SECONDS = 30.0

OnLost = Callable[[], object] | None


class Leased:
    """What locks and elections have in common: whether you hold it, and since which revision."""

    def __init__(self, pair: LeasedPair, name: str | None, timeout: float | None, on_lost: OnLost) -> None:
        self.key = pair.key
        self.name = name or f"{socket.gethostname()}:{os.getpid()}"
        """By which others know you."""
        self._pair = pair
        self._driver = pair.driver
        self._timeout = timeout
        self._on_lost = on_lost
        self._lease: Lease | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.key!r}, {self.name!r})"

    @property
    def is_held(self) -> bool:
        """Whether you hold it: by your own clocks, and with some room, so that nobody else does. This asks nobody."""
        return self._lease is not None and self._lease.is_held

    @property
    def token(self) -> int:
        """The fencing token: the revision at which you have got it, greater than that of everybody before.

        Send it to what is protected, and let that refuse a smaller one than it has seen. Raises LockLost if you do not have it.
        """
        return self._get_lease().token

    def check(self) -> None:
        """Raise LockLost if you do not hold it, as `is_held` tells."""
        self._get_lease().check()

    def guard(self, transaction: X) -> X:
        """Let a transaction of the same namespace be done only if you still hold it; return the transaction."""
        return transaction.when(self.key, revision=self._get_lease().revision)

    def _get_lease(self) -> Lease:
        if self._lease is None:
            raise LockLost(f"{self.key!r} is not held.")
        return self._lease

    def _take(self, timeout: float | None) -> Flow[bool]:
        if self.is_held:
            raise RuntimeError(f"{self.key!r} is held already, by this object. Make one for each holder.")
        lease = yield from self._pair.obtain(self.name, self._timeout if timeout is KEEP else timeout)
        if lease is None:
            return False
        self._lease = lease
        self._driver.start(lease.keep())
        self._driver.start(lease.watch_over(self._on_lost))
        return True

    def _give_back(self) -> Flow[None]:
        lease, self._lease = self._get_lease(), None
        yield from lease.give_back()

    def _take_or_raise(self) -> Flow[None]:
        if not (yield from self._take(KEEP)):
            raise LockTaken(f"Somebody else has held {self.key!r} for longer than {self._timeout} s.")

    def _end(self, error: BaseException | None) -> Flow[None]:
        """End a `with` block. A lock that was lost is its own error only if there is no other."""
        if self._lease is not None:
            try:
                yield from self._give_back()
            except LockLost:
                if error is None:
                    raise


class LockOperations(Leased):
    """A lock that one holder at a time has, among all processes and machines that use the namespace.

    It is a pair with a time to live, which is renewed in the background until `release`, without a change that others hear of.
    If it cannot be renewed in time, or somebody deletes it, it is **lost**: `is_held` is False, `check` and the end of the `with`
    block raise LockLost, and `on_lost` is called, from the background. Others can get it a moment later, when its time to live
    has passed by the clock of the database. One object is one holder.
    """

    @operation
    def acquire(self, timeout: float | None = KEEP) -> Flow[bool]:
        """Take the lock; return whether you have it. Others are waited for by watching: so many seconds, 0: not at all, None: for
        ever; not given: as the lock was made.
        """
        return (yield from self._take(timeout))

    @operation
    def release(self) -> Flow[None]:
        """Give the lock back. Raises LockLost if it was lost before. If that cannot be sent, it ends with its time to live."""
        yield from self._give_back()

    @operation
    def holder(self) -> Flow[Holder | None]:
        """Return who holds the lock; None if nobody does."""
        return (yield from self._pair.find_holder())[0]


class ElectionOperations(Leased):
    """An election, in which one candidate at a time leads. All that is said of locks holds."""

    @property
    def is_leader(self) -> bool:
        """Whether you lead, as `is_held`."""
        return self.is_held

    @operation
    def campaign(self, timeout: float | None = KEEP) -> Flow[bool]:
        """Lead as soon as nobody else does; return whether you lead. `timeout` as for the `acquire` of a lock."""
        return (yield from self._take(timeout))

    @operation
    def resign(self) -> Flow[None]:
        """Lead no longer. Raises LockLost if you do not. If that cannot be sent, it ends with its time to live."""
        yield from self._give_back()

    @operation
    def leader(self) -> Flow[Holder | None]:
        """Return who leads; None if nobody does."""
        return (yield from self._pair.find_holder())[0]

    @stream
    def observe(self) -> Stream[Holder | None]:
        """Yield who leads now, and then each time that this changes; None while nobody does. It goes on as `watch` does."""
        while True:
            leader, seen = yield from self._pair.find_holder()
            yield Emit(leader)
            watch = Watch(self._pair.channel, self._pair.url, {"prefix": self.key}, seen, key=self.key)
            with suppress(RevisionGone):
                yield from watch.follow(_parse_holder)


def _parse_holder(members: Mapping[str, Any]) -> Holder | None:
    return to_holder(members.get("value"), members["revision"]) if members["kind"] == "written" else None


class _ForWith(Leased):
    """What a `with` block needs."""

    def __enter__(self) -> Self:
        self._driver.run(self._take_or_raise())
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._driver.run(self._end(error))


class _ForAsyncWith(Leased):
    """What an `async with` block needs."""

    async def __aenter__(self) -> Self:
        await self._driver.run(self._take_or_raise())
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        await self._driver.run(self._end(error))


class Lock(LockOperations, _ForWith, Blocking):
    """A lock of a `Client`, for `with`."""


class Election(ElectionOperations, _ForWith, Blocking):
    """An election of a `Client`, for `with`: the block begins when you lead."""


class AsyncLock(LockOperations, _ForAsyncWith, Awaiting):
    """A lock of an `AsyncClient`, for `async with`."""


class AsyncElection(ElectionOperations, _ForAsyncWith, Awaiting):
    """An election of an `AsyncClient`, for `async with`: the block begins when you lead."""


L = TypeVar("L", bound=Leased)
E = TypeVar("E", bound=Leased)


class Locking(Generic[L, E]):
    """The locks and elections of a namespace."""

    name: str
    _channel: Channel
    _driver: Any
    _url: str
    _cache: Cache | None
    _lock_type: Callable[..., L]
    _election_type: Callable[..., E]

    def lock(
        self,
        key: str,
        ttl: float | timedelta = LOCK_SECONDS,
        *,
        timeout: float | None = None,
        name: str | None = None,
        margin: float | None = None,
        on_lost: OnLost = None,
    ) -> L:
        """Return the lock of a key, which is taken by `with` or `acquire`, renewed in the background, and given back at the end.

        `ttl`: after so many seconds (1 at least) without a renewal others get it. `timeout`: so many seconds `with` waits for it,
        then it raises LockTaken; None: for ever. `name`: by which others know you; else host and process. `margin`: without a
        renewal it counts as lost so many seconds before the `ttl` has passed (a twentieth of it, if not given). `on_lost` is
        called then, in a background thread or in the event loop.

        >>> with store.lock("jobs/import", ttl=30) as lock:
        ...     other = store.lock("jobs/import").acquire(timeout=0)
        ...     with store.transaction() as tx:
        ...         done = lock.guard(tx).write("report", {"token": lock.token})
        >>> other, tx.succeeded, lock.is_held
        (False, True, False)
        """
        return self._lock_type(self._leased(key, ttl, margin), name, timeout, on_lost)

    def elect(
        self,
        key: str,
        name: str,
        ttl: float | timedelta = LOCK_SECONDS,
        *,
        timeout: float | None = None,
        margin: float | None = None,
        on_lost: OnLost = None,
    ) -> E:
        """Return the election of a key, in which you are a candidate by a name. The arguments are those of `lock`.

        >>> with store.elect("leader", "node-1", ttl=10) as election:
        ...     election.is_leader, store.elect("leader", "node-2").leader().name
        (True, 'node-1')
        """
        return self._election_type(self._leased(key, ttl, margin), name, timeout, on_lost)

    def _leased(self, key: str, ttl: float | timedelta, margin: float | None) -> LeasedPair:
        """Return the pair of a lock or an election. Raises ValueError."""
        seconds = to_seconds(ttl) or 0.0
        room = seconds / 20 if margin is None else margin
        if seconds < 1 or not 0 <= room <= seconds / 2:
            raise ValueError("A ttl has at least one second, and a margin at most half of it.")
        return LeasedPair(self._channel, self._driver, self.name, self._url, key, seconds, room, self._cache)
