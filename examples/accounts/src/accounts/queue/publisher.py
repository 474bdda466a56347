"""The outbox: events are written with the changes that they tell of, and published from there, each at least once and in order.

A service that is killed, or a broker that is away, loses none: what is not confirmed stays in the outbox, and is published again.
"""

import asyncio
import json

import aio_pika
from aio_pika.abc import AbstractExchange
from aio_pika.exceptions import AMQPError
from loguru import logger

from accounts.db import keys
from accounts.queue.connection import open_exchange
from accounts.settings import Settings
from key_value_client import AsyncNamespace, KeyValueError

LOCK = "publishing"
LOCK_SECONDS = 10.0
WAIT_SECONDS = 5.0
PAUSE_SECONDS = 0.5
MAX_EVENTS = 1000


class Publisher:
    """Publishes the outbox. Of several processes, the one that has the lock does."""

    def __init__(self, settings: Settings, namespace: AsyncNamespace) -> None:
        self._settings = settings
        self._namespace = namespace

    async def run(self) -> None:
        """Publish until it is cancelled; whatever is away is waited for."""
        while True:
            try:
                async with self._namespace.lock(LOCK, ttl=LOCK_SECONDS) as lock, open_exchange(self._settings) as (_, exchange):
                    logger.info("publishing events")
                    while True:
                        lock.check()
                        await self._publish_all(exchange)
            except (AMQPError, KeyValueError, OSError, TimeoutError) as error:
                logger.warning("events wait in the outbox", reason=f"{type(error).__name__}: {error}")
                await asyncio.sleep(PAUSE_SECONDS)

    async def _publish_all(self, exchange: AbstractExchange) -> None:
        position = (await self._namespace.stats()).revision
        page = await self._namespace.page(keys.OUTBOX, limit=MAX_EVENTS)
        # One page shows one moment, in which a subject's events sort by their numbers.
        for pair in page.pairs:
            message = aio_pika.Message(
                json.dumps(pair.value).encode(),
                content_type="application/json",
                delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                message_id=pair.value["id"],
                type=pair.value["type"],
            )
            await exchange.publish(message, routing_key=pair.value["type"])  # returns when the broker has confirmed it
        await self._namespace.delete_many([pair.key for pair in page.pairs])
        if not page.pairs:
            await self._namespace.changes(prefix=keys.OUTBOX, after=position, limit=1, wait=WAIT_SECONDS)
