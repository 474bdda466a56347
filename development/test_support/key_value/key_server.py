"""A tiny HTTP server that publishes whatever a test wants published."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from types import TracebackType
from typing import Self

from test_support.tokens import TokenMaker


def key_set_of(*makers: TokenMaker) -> bytes:
    """Return the document that publishes these keys."""
    return json.dumps({"keys": [maker.jwk for maker in makers]}).encode()


class KeyServer:
    """Listens on 127.0.0.1, answers every request alike and counts them."""

    def __init__(self) -> None:
        self.requests = 0
        self.bytes_sent = 0
        self._port = 0
        self._server: asyncio.Server | None = None
        self._answering: set[asyncio.Task[None]] = set()
        self._parts: list[bytes] = []
        self._pause = 0.0
        self.publish()

    @property
    def url(self) -> str:
        """Where the keys are."""
        return f"http://127.0.0.1:{self._port}/.well-known/jwks.json"

    def publish(self, *makers: TokenMaker) -> None:
        """Answer with these keys from now on."""
        self.answer(key_set_of(*makers))

    def answer(self, body: bytes, *, status: str = "200 OK", headers: tuple[str, ...] = ()) -> None:
        """Answer with this from now on."""
        head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""])
        self.answer_bytes(head.encode() + body)

    def answer_bytes(self, *parts: bytes) -> None:
        """Answer with these very bytes from now on, and hang up."""
        self._parts = list(parts)
        self._pause = 0.0

    def drip(self, *makers: TokenMaker, pause: float) -> None:
        """Answer with these keys from now on, a byte every `pause` seconds."""
        self.publish(*makers)
        self._parts = [bytes([byte]) for part in self._parts for byte in part]
        self._pause = pause

    async def start(self) -> None:
        """Listen; after a stop, on the same port again."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more, and hang up."""
        assert self._server is not None
        self._server.close()
        for task in self._answering:
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)
        await self._server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.stop()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            try:
                await reader.readuntil(b"\r\n\r\n")
                self.requests += 1
                for part in self._parts:
                    writer.write(part)
                    await writer.drain()
                    self.bytes_sent += len(part)
                    await asyncio.sleep(self._pause)
            finally:
                writer.close()
                await writer.wait_closed()


async def eventually(holds: Callable[[], bool]) -> None:
    """Return as soon as the condition holds."""
    for _ in range(1000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen")
