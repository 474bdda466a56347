"""Request bodies that are read while they arrive."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any, ClassVar

from shared_kernel.presentation.http.routing.content_coding import decompress
from shared_kernel.presentation.http.server.errors import BodyTooLargeError
from shared_kernel.presentation.http.server.exchange import Exchange
from shared_kernel.presentation.http.server.response import Chunks

JsonSchema = Mapping[str, Any]


class ClientGoneError(Exception):
    """The client has disconnected, or was too slow, before its body had arrived. No response can be sent."""


class BodyStream:
    """The body of a request in chunks, as they arrive: for a controller's parameter `body`, of a subclass that describes it.

    The client may send more once what has arrived was taken, so memory is bounded; one that sends `Expect: 100-continue` is asked
    for the body with the first chunk that is wanted. A body in gzip or zstd is decoded.

    It can be iterated over once, which raises BodyTooLargeError, MalformedBodyError where the coding is broken, and
    ClientGoneError. When a controller returns before the end of the body, the connection is closed behind the response.
    """

    media_types: ClassVar[tuple[str, ...]]
    """What the body may be announced as."""
    max_bytes: ClassVar[int]
    """Longest body, both as sent and decoded."""
    item: ClassVar[JsonSchema | None] = None
    """JSON schema of each item of it, for the OpenAPI document."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def __aiter__(self) -> Chunks:
        """Return the chunks; none is empty."""
        return self._bound(self._decode())

    async def _bound(self, chunks: Chunks) -> Chunks:
        length = 0
        async with aclosing(chunks):
            async for chunk in chunks:
                length += len(chunk)
                if length > self.max_bytes:
                    raise BodyTooLargeError(f"The body is longer than {self.max_bytes} bytes.")
                yield chunk

    def _decode(self) -> Chunks:
        coding = self._exchange.headers.get(b"content-encoding", b"identity").lower()
        received = self._receive()
        return received if coding == b"identity" else decompress(self._bound(received), coding)

    async def _receive(self) -> Chunks:
        exchange = self._exchange
        while True:
            if exchange.length:
                yield exchange.take_body()
            elif not exchange.more_body:
                return
            elif exchange.is_abandoned:
                raise ClientGoneError
            else:
                exchange.arrival = asyncio.get_running_loop().create_future()
                exchange.connection.ask_for_body(exchange)
                try:
                    await exchange.arrival
                finally:
                    exchange.arrival = None
