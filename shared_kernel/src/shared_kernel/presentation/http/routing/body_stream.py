"""Bodies that are read while they arrive."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any, ClassVar

from shared_kernel.presentation.http.routing.content_coding import decompress
from shared_kernel.presentation.http.routing.problems import BodyTooLargeError
from shared_kernel.presentation.http.server.exchange import Exchange
from shared_kernel.presentation.http.server.response import Chunks

JsonSchema = Mapping[str, Any]


def describe_items(item: JsonSchema | None) -> JsonSchema:
    """Return what the OpenAPI document says of a stream: of each item, as OpenAPI 3.2 does, or that it is some text."""
    return {"schema": {"type": "string"}} if item is None else {"itemSchema": item}


class ClientGoneError(Exception):
    """The client has gone, or was too slow, before its body had arrived. Nobody is left to be told."""


class BodyStream:
    """The body of a request in chunks, as they arrive: for a controller's parameter `body`, of a subclass that says what it is.

    The client is let send more when what has arrived was taken, so that memory is bounded; one that asks before it sends
    (Expect: 100-continue) is asked for the body with the first chunk that is wanted. A body in gzip or zstd is decoded.

    Iteration, which is possible once, raises BodyTooLargeError, MalformedBodyError where the coding is broken, and
    ClientGoneError. A controller that returns before its end closes the connection behind its answer.
    """

    media_types: ClassVar[tuple[str, ...]]
    """What the body may be announced as."""
    max_bytes: ClassVar[int]
    """How long it may be, as sent and, if that is more, decoded."""
    item: ClassVar[JsonSchema | None] = None
    """What each item of it is, to the readers of the OpenAPI document."""

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
                chunk = exchange.body
                exchange.chunks, exchange.length = [], 0
                yield chunk
            elif not exchange.more_body:
                return
            elif exchange.disconnected:
                raise ClientGoneError
            else:
                exchange.arrival = asyncio.get_running_loop().create_future()
                exchange.connection.ask_for_body(exchange)
                try:
                    await exchange.arrival
                finally:
                    exchange.arrival = None
