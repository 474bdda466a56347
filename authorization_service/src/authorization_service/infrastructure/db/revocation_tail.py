"""The feed of revocations in one process: one call to Tarantool waits for all waiting requests."""

import asyncio
import contextlib
import time
from bisect import bisect_right
from operator import attrgetter
from typing import Any

import structlog

from authorization_service.application.revocation.follow_revocations import RevocationPage
from authorization_service.domain.entities.revocation import Revocation, SessionRevocation, SubjectRevocation
from shared_kernel.application.availability import StoreUnavailableError
from shared_kernel.infrastructure.clocks import make_earliest_clock
from shared_kernel.infrastructure.revocations import Revocations
from shared_kernel.infrastructure.tarantool import TarantoolConnection

CALL_SECONDS = 1.0  # less than the timeout of a call to Tarantool
RETRY_SECONDS = 0.1
FRESH_SECONDS = 3.0
SWEEP_SECONDS = 10.0
MAX_AT_ONCE = 1000

_log = structlog.get_logger()
_number = attrgetter("number")


class RevocationTail:
    """Implements RevocationFeed, and fills the process's Revocations. A Dependency: available once the whole feed was read."""

    name = "revocations"

    def __init__(self, tarantool: TarantoolConnection, revocations: Revocations) -> None:
        self._tarantool = tarantool
        self._revocations = revocations
        self._feed = ""
        self._last = 0
        self._known: list[Revocation] = []  # ordered by number
        self._arrival = asyncio.Event()  # replaced when set: each waiting request is woken once
        self._read_at = 0.0  # time.monotonic() of the last response that reached the end of the feed
        self._swept_at = time.monotonic()
        self._clock = make_earliest_clock()

    async def run(self) -> None:
        """Follow the feed until cancelled."""
        while True:
            try:
                wait = CALL_SECONDS if self._is_fresh() else 0.0
                page = await self._tarantool.call("revocations.follow", [self._last, wait])
            except StoreUnavailableError:
                if not self._is_fresh():
                    self._wake()
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:  # noqa: BLE001 - logged with its traceback; the feed stays stale until it is repaired
                _log.exception("cannot follow the revocations")
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self._apply(*page)

    async def is_available(self) -> bool:
        """Return whether the whole feed was read."""
        return self._read_at > 0

    async def read(self, after: int, wait: float) -> RevocationPage:
        """Return a page as soon as it has revocations, at the latest after `wait` seconds. Raises StoreUnavailableError."""
        # Another process may have read further than this one, by less than a call to Tarantool takes.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(wait, CALL_SECONDS) if after > self._last else wait):
                while after >= self._last and self._is_fresh():
                    await self._arrival.wait()
        if not self._is_fresh():
            raise StoreUnavailableError("Recent revocations are not known; try again soon.")
        start = bisect_right(self._known, after if after <= self._last else 0, key=_number)
        page = self._known[start : start + MAX_AT_ONCE]
        is_last = start + len(page) == len(self._known)
        return RevocationPage(self._feed, self._last if is_last else page[-1].number, page)

    def _is_fresh(self) -> bool:
        return self._read_at > 0 and time.monotonic() - self._read_at < FRESH_SECONDS

    def _apply(self, feed: str, last: int, revocations: list[Any]) -> None:
        previous = self._last
        if feed != self._feed or last < previous:
            self._reset(feed)
            if 0 < previous <= last:  # the revocations are those after a number of the previous feed
                return
        for stored in revocations:
            self._remember(stored)
        if last != self._last:
            self._last = last
            self._wake()
        if len(revocations) < MAX_AT_ONCE:
            self._read_at = time.monotonic()
        self._sweep()

    def _reset(self, feed: str) -> None:
        self._feed = feed
        self._last = 0
        self._known = []
        self._revocations.clear()

    def _remember(self, stored: Any) -> None:
        number, kind, revoked, issued_before, expires_at = stored
        if kind == "session":
            self._known.append(SessionRevocation(number, revoked, expires_at))
            self._revocations.revoke_session(revoked, expires_at)
        else:
            self._known.append(SubjectRevocation(number, revoked, issued_before, expires_at))
            self._revocations.revoke_subject(revoked, number, issued_before, expires_at)

    def _wake(self) -> None:
        self._arrival.set()
        self._arrival = asyncio.Event()

    def _sweep(self) -> None:
        if time.monotonic() - self._swept_at < SWEEP_SECONDS:
            return
        self._swept_at = time.monotonic()
        now = self._clock()
        self._known = [revocation for revocation in self._known if revocation.expires_at > now]
        self._revocations.forget_expired()
