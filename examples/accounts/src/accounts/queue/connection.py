"""The connection to RabbitMQ."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractExchange

from accounts.settings import Settings

CONNECT_SECONDS = 5


@asynccontextmanager
async def open_exchange(settings: Settings) -> AsyncIterator[tuple[AbstractChannel, AbstractExchange]]:
    """Yield a channel whose publications are confirmed, and the durable topic exchange. Raises AMQPError, OSError."""
    connection = await aio_pika.connect(str(settings.rabbitmq_url), timeout=CONNECT_SECONDS)
    async with connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=False)
        exchange = await channel.declare_exchange(settings.exchange, aio_pika.ExchangeType.TOPIC, durable=True)
        yield channel, exchange
