"""What the streams of the stub service read from and write to, for a test to control."""

import asyncio
from contextlib import aclosing

from pydantic import BaseModel

from shared_kernel.presentation.http.routing.body_stream import BodyStream
from shared_kernel.presentation.http.server.response import Chunks


class ChunkSource:
    """The chunks of all streaming responses, as a test sends them."""

    def __init__(self) -> None:
        self.opened = 0
        self.closed = 0
        self.taken = 0
        self.closings: asyncio.Queue[None] = asyncio.Queue()
        self._queue: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()

    def send(self, *chunks: bytes | Exception | None) -> None:
        """Let the streams yield these: chunks, an error, or None for the end."""
        for chunk in chunks:
            self._queue.put_nowait(chunk)

    async def stream(self) -> Chunks:
        """Yield what is sent."""
        self.opened += 1
        try:
            while (chunk := await self._queue.get()) is not None:
                self.taken += 1
                if isinstance(chunk, Exception):
                    raise chunk
                yield chunk
        finally:
            self.closed += 1
            self.closings.put_nowait(None)


class LinesResponse(BaseModel):
    """How much was read."""

    length: int
    chunks: int


class BodyReader:
    """Reads the bodies that are streamed. A test may make it wait."""

    def __init__(self) -> None:
        self.begun = 0
        self.content = b""
        self.errors: list[Exception] = []
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.keeps_content = False

    async def read(self, body: BodyStream, at_most: int) -> LinesResponse:
        """Read the body's chunks until that many bytes have been read."""
        self.begun += 1
        length = chunks = 0
        try:
            async with aclosing(aiter(body)) as arriving:
                async for chunk in arriving:
                    length += len(chunk)
                    chunks += 1
                    if self.keeps_content:
                        self.content += chunk
                    await self.may_go_on.wait()
                    if length >= at_most:
                        break
        except Exception as error:
            self.errors.append(error)
            raise
        return LinesResponse(length=length, chunks=chunks)


class JoinCounter:
    """Number of requests for /join."""

    def __init__(self) -> None:
        self.joined = 0
