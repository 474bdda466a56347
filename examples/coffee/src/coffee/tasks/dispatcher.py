"""Queues a task for each event of the outbox: as soon as it is there, and again while no worker has handled it.

Events are written with the changes that they tell of, and deleted by the worker, so neither a killed application nor a Redis that
lost its data loses one.
"""

import asyncio
import logging
import time

from celery import Celery
from kombu.exceptions import OperationalError

from coffee.db import keys
from coffee.tasks.celery_app import NOTIFY
from key_value_client import AsyncLock, AsyncNamespace, KeyValueError

LOCK = "dispatching"
LOCK_SECONDS = 10.0
WAIT_SECONDS = 5.0
PAUSE_SECONDS = 0.5

logger = logging.getLogger(__name__)


class Dispatcher:
    """Queues tasks. Of several processes, the one that has the lock does."""

    def __init__(self, celery: Celery, namespace: AsyncNamespace, resend_seconds: float) -> None:
        self._celery = celery
        self._namespace = namespace
        self._resend_seconds = resend_seconds
        self.queued: dict[str, float] = {}
        """When each event that waits was queued: seconds of a clock that is never set."""

    async def run(self) -> None:
        """Queue tasks until it is cancelled; whatever is away is waited for."""
        while True:
            try:
                async with self._namespace.lock(LOCK, ttl=LOCK_SECONDS) as lock:
                    await self._follow_outbox(lock)
            except (KeyValueError, OperationalError, OSError) as error:
                logger.warning("events wait in the outbox: %s: %s", type(error).__name__, error)
                await asyncio.sleep(PAUSE_SECONDS)

    async def _follow_outbox(self, lock: AsyncLock) -> None:
        while True:
            lock.check()
            position = (await self._namespace.stats()).revision
            now = time.monotonic()
            waiting = [pair.key.removeprefix(keys.OUTBOX) async for pair in self._namespace.scan(keys.OUTBOX, values=False)]
            self.queued = {each: self.queued[each] for each in waiting if each in self.queued}
            for event_id in waiting:
                if now >= self.queued.get(event_id, 0.0) + self._resend_seconds:
                    await asyncio.to_thread(self._celery.send_task, NOTIFY, [event_id], retry=False)
                    self.queued[event_id] = now
            wait = min(WAIT_SECONDS, self._resend_seconds)
            await self._namespace.changes(prefix=keys.OUTBOX, after=position, limit=1, wait=wait)
