"""A consumer, as another service of the company has one: each event counts once, however often it comes."""

import asyncio
import json
from typing import Any

from aio_pika.abc import AbstractIncomingMessage
from aio_pika.exceptions import AMQPError
from loguru import logger

from accounts.db import keys
from accounts.queue.connection import open_exchange
from accounts.settings import Settings
from key_value_client import AsyncNamespace, KeyValueError

PAUSE_SECONDS = 0.5


class Consumer:
    """Keeps an audit trail: `audit/{name}/{subject}/{number}` has each event, written with the number of the last one."""

    def __init__(self, settings: Settings, namespace: AsyncNamespace, name: str) -> None:
        self._settings = settings
        self._namespace = namespace
        self._name = name

    async def run(self) -> None:
        """Consume until it is cancelled; whatever is away is waited for."""
        while True:
            try:
                async with open_exchange(self._settings) as (channel, exchange):
                    await channel.set_qos(prefetch_count=100)
                    queue = await channel.declare_queue(f"{self._settings.exchange}.{self._name}", durable=True)
                    await queue.bind(exchange, "#")
                    logger.info("consuming events", queue=queue.name)
                    async with queue.iterator() as messages:
                        async for message in messages:
                            await self._take(message)
            except (AMQPError, KeyValueError, OSError, TimeoutError) as error:
                logger.warning("events wait in the queue", reason=f"{type(error).__name__}: {error}")
            await asyncio.sleep(PAUSE_SECONDS)

    async def _take(self, message: AbstractIncomingMessage) -> None:
        event = json.loads(message.body)
        if await self._handle(event):
            logger.info("{} {}", event["type"], event["subject"], number=event["number"])
        else:
            logger.debug("event {} again", event["id"])
        await message.ack()  # after it was handled: one that is not acknowledged comes again

    async def _handle(self, event: dict[str, Any]) -> bool:
        """Handle an event unless that was done; return whether it is new."""
        position = keys.consumed(self._name, event["subject"])
        while True:
            last = await self._namespace.find(position)
            if last is not None and event["number"] <= last.value:
                return False
            async with self._namespace.transaction() as tx:
                tx.when(position, revision=last.revision if last else 0)
                tx.write(position, event["number"])
                tx.write(f"audit/{self._name}/{event['subject']}/{event['number']:012}", event)
            if tx.succeeded:
                return True
