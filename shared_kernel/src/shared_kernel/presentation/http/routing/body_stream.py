"""Request bodies that are read while they arrive."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any, ClassVar

from shared_kernel.presentation.http.routing.content_coding import decompress, read_coding
from shared_kernel.presentation.http.routing.turns import take_turn
from shared_kernel.presentation.http.server.errors import BodyTooLargeError
from shared_kernel.presentation.http.server.exchange import Exchange
from shared_kernel.presentation.http.server.response import Chunks

MAX_RATIO = 1100
"""How many times as long as sent a body may become: gzip can do 1,032, zstd 32,768."""
FREE_DECODED_BYTES = 256 * 1024 * 1024
"""What a body may decode to whatever its ratio."""

JsonSchema = Mapping[str, Any]


class ClientGoneError(Exception):
    """The client has disconnected, or was too slow, before its body was processed. No response can be sent."""


class BodyStream:
    """The body of a request in chunks, as they arrive: for a controller's parameter `body`, of a subclass that describes it.

    The client may send more once what has arrived was taken, so memory is bounded; one that sends `Expect: 100-continue` is asked
    for the body with the first chunk that is wanted. A body in gzip or zstd is decoded; a few bytes may decode to gigabytes, so
    beyond FREE_DECODED_BYTES it may be MAX_RATIO times as long as what was sent, and bodies that are decoded take turns.

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
        self._received = 0

    def __aiter__(self) -> Chunks:
        """Return the chunks; none is empty."""
        coding = read_coding(self._exchange.headers)
        return self._receive() if coding is None else self._bound(decompress(self._receive(), coding, self.pause))

    async def pause(self) -> None:
        """Let other requests have their turn: to be called at least every millisecond. Raises ClientGoneError."""
        await take_turn()
        self._check_client()

    def _check_client(self) -> None:
        if self._exchange.is_abandoned:
            raise ClientGoneError

    async def _bound(self, chunks: Chunks) -> Chunks:
        length = 0
        async with aclosing(chunks):
            async for chunk in chunks:
                length += len(chunk)
                if length > self.max_bytes:
                    raise BodyTooLargeError(f"The body is longer than {self.max_bytes} bytes.")
                if length > FREE_DECODED_BYTES + MAX_RATIO * self._received:
                    raise BodyTooLargeError(f"The body decodes to more than {MAX_RATIO} times what was sent.")
                yield chunk

    async def _receive(self) -> Chunks:
        exchange = self._exchange
        while True:
            if exchange.length:
                self._check_client()
                chunk = exchange.take_body()
                self._received += len(chunk)
                if self._received > self.max_bytes:
                    raise BodyTooLargeError(f"The body is longer than {self.max_bytes} bytes.")
                yield chunk
            elif not exchange.more_body:
                return
            else:
                self._check_client()
                exchange.arrival = asyncio.get_running_loop().create_future()
                exchange.connection.ask_for_body(exchange)
                try:
                    await exchange.arrival
                finally:
                    exchange.arrival = None
