"""An HTTP server that publishes signing keys, or whatever a test wants in their place."""

import asyncio
import json
import ssl
from collections.abc import Callable

from test_support.key_value.local_server import LocalServer
from test_support.tokens import TokenMaker


def key_set_of(*makers: TokenMaker) -> bytes:
    """Return the document that publishes these keys."""
    return json.dumps({"keys": [maker.jwk for maker in makers]}).encode()


class KeyServer(LocalServer):
    """Sends every request the same response, and counts requests and bytes."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        super().__init__(context)
        self.requests = 0
        self.bytes_sent = 0
        self._parts: list[bytes] = []
        self._pause = 0.0
        self.publish()

    @property
    def url(self) -> str:
        """The URL of the key set."""
        return f"{'https' if self.context else 'http'}://127.0.0.1:{self.port}/.well-known/jwks.json"

    def publish(self, *makers: TokenMaker) -> None:
        """Respond with these keys from now on."""
        self.respond(key_set_of(*makers))

    def respond(self, body: bytes, *, status: str = "200 OK", headers: tuple[str, ...] = ()) -> None:
        """Respond with this body from now on."""
        head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""])
        self.respond_bytes(head.encode() + body)

    def respond_bytes(self, *parts: bytes) -> None:
        """Send exactly these bytes from now on, and close the connection."""
        self._parts = list(parts)
        self._pause = 0.0

    def drip(self, *makers: TokenMaker, pause: float) -> None:
        """Respond with these keys from now on, a byte every `pause` seconds."""
        self.publish(*makers)
        self._parts = [bytes([byte]) for part in self._parts for byte in part]
        self._pause = pause

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        await reader.readuntil(b"\r\n\r\n")
        self.requests += 1
        for part in self._parts:
            writer.write(part)
            await writer.drain()
            self.bytes_sent += len(part)
            await asyncio.sleep(self._pause)


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait until the condition holds; fail after ten seconds."""
    for _ in range(1000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the condition has not become true")
