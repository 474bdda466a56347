"""A TCP proxy that cuts connections, as a bad network does."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

SLICE_BYTES = 4096


@contextmanager
def aborting(writer: asyncio.StreamWriter) -> Iterator[None]:
    """Abort a connection in the end, also where the event loop ends first and cancels the task that has it."""
    try:
        yield
    finally:
        writer.transport.abort()


class CuttingProxy:
    """Forwards connections to a port of this machine, and cuts each after a random number of bytes, in either direction.

    So requests are lost before, while and after they are forwarded, and responses are. `mean_bytes` are forwarded on average in
    each direction.
    """

    def __init__(self, port: int, mean_bytes: float) -> None:
        self.port = 0
        """Where it listens, once it is entered."""
        self.cuts = 0
        self._target = port
        self._mean_bytes = mean_bytes
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1")
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError), aborting(writer):
            target_reader, target_writer = await asyncio.open_connection("127.0.0.1", self._target)
            with aborting(target_writer):
                both = [
                    asyncio.ensure_future(self._forward(reader, target_writer)),
                    asyncio.ensure_future(self._forward(target_reader, writer)),
                ]
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                for one in both:
                    one.cancel()
                await asyncio.gather(*both, return_exceptions=True)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = int(random.expovariate(1 / self._mean_bytes))
        while data := await reader.read(SLICE_BYTES):
            writer.write(data[:left])
            await writer.drain()
            left -= len(data)
            if left < 0:
                self.cuts += 1
                await asyncio.sleep(0)  # what was forwarded leaves before the connection is reset
                return
