"""An authorization service as its followers see it: a token endpoint and a feed of revocations, over real HTTP."""

import asyncio
import base64
import contextlib
import json
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

CLIENT_ID, CLIENT_SECRET = "key_value_service", "the-client-secret"


class FeedServer:
    """Listens on 127.0.0.1, holds requests that wait for news, and counts what it is asked."""

    def __init__(self) -> None:
        self.feed = "the-feed"
        self.revocations: list[dict[str, Any]] = []
        self.token_expires_in = 900
        self.tokens_issued = 0
        self.asked_after: list[int] = []
        self.answer: bytes | None = None
        """What is answered to each request for the feed, byte for byte, instead of the feed."""
        self._news = asyncio.Event()
        self._port = 0
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._port}"

    def revoke(self, **revocation: Any) -> None:
        """Publish one more revocation."""
        self.revocations.append({"number": len(self.revocations) + 1, **revocation})
        self._news.set()

    def begin_another_feed(self) -> None:
        """Be the feed of another database, without revocations."""
        self.feed += "'"
        self.revocations = []
        self._news.set()

    def forget_tokens(self) -> None:
        """Believe no token that was issued so far."""
        self.tokens_issued += 1
        self._news.set()

    async def start(self) -> None:
        """Listen; after a stop, on the same port again."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more, and hang up."""
        assert self._server is not None
        self._server.close()
        for writer in list(self._connections):
            writer.close()
        await self._server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                method, target, _ = head.split(" ", 2)
                fields = {
                    name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.splitlines()[1:])
                }
                body = await reader.readexactly(int(fields.get("content-length", "0")))
                if method == "POST":
                    await self._answer_token(writer, fields, body)
                elif self.answer is not None:
                    writer.write(self.answer)
                    break
                else:
                    await self._answer_feed(writer, fields, parse_qs(urlsplit(target).query))
                await writer.drain()
        self._connections.discard(writer)
        writer.close()

    async def _answer_token(self, writer: asyncio.StreamWriter, fields: dict[str, str], body: bytes) -> None:
        credentials = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if fields.get("authorization") != f"Basic {credentials}" or body != b"grant_type=client_credentials":
            write(writer, 401, {"error": "invalid_client"})
            return
        self.tokens_issued += 1
        token = f"token-{self.tokens_issued}"
        write(writer, 200, {"access_token": token, "token_type": "Bearer", "expires_in": self.token_expires_in})

    async def _answer_feed(self, writer: asyncio.StreamWriter, fields: dict[str, str], query: dict[str, list[str]]) -> None:
        if fields.get("authorization") != f"Bearer token-{self.tokens_issued}":
            write(writer, 401, {})
            return
        after = int(query["after"][0])
        self.asked_after.append(after)
        if after > len(self.revocations):
            after = 0
        if after == len(self.revocations):
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(float(query["wait"][0])):
                    await self._news.wait()
        news = [one for one in self.revocations if one["number"] > after]
        write(writer, 200, {"feed": self.feed, "last": len(self.revocations), "revocations": news})


def write(writer: asyncio.StreamWriter, status: int, document: object) -> None:
    body = json.dumps(document).encode()
    writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\ncontent-type: application/json\r\n\r\n".encode() + body)
