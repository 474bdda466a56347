"""A stand-in for the authorization service: a token endpoint and a feed of revocations, over real HTTP."""

import asyncio
import base64
import contextlib
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from test_support.key_value.local_server import LocalServer

CLIENT_ID, CLIENT_SECRET = "key_value_service", "the-client-secret"


class FeedServer(LocalServer):
    """Holds requests for the feed until there is news, and records what is requested."""

    def __init__(self) -> None:
        super().__init__()
        self.feed = "the-feed"
        self.revocations: list[dict[str, Any]] = []
        self.token_expires_in = 900
        self.tokens_issued = 0
        self.asked_after: list[int] = []
        """The `after` of each authorized request for the feed."""
        self.response: bytes | None = None
        """If set, the bytes sent to each request for the feed, instead of the feed."""
        self._news = asyncio.Event()

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.port}"

    def revoke(self, **revocation: Any) -> None:
        """Publish one more revocation."""
        self.revocations.append({"number": len(self.revocations) + 1, **revocation})
        self._news.set()

    def begin_another_feed(self) -> None:
        """Serve the feed of another database, without revocations."""
        self.feed += "'"
        self.revocations = []
        self._news.set()

    def invalidate_tokens(self) -> None:
        """Reject all tokens issued so far."""
        self.tokens_issued += 1
        self._news.set()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer requests until one is answered with `response`."""
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            method, target, _ = head.split(" ", 2)
            fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.splitlines()[1:])}
            body = await reader.readexactly(int(fields.get("content-length", "0")))
            if method == "POST":
                self._answer_token(writer, fields, body)
            elif self.response is not None:
                writer.write(self.response)
                return
            else:
                await self._answer_feed(writer, fields, parse_qs(urlsplit(target).query))
            await writer.drain()

    def _answer_token(self, writer: asyncio.StreamWriter, fields: dict[str, str], body: bytes) -> None:
        credentials = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if fields.get("authorization") != f"Basic {credentials}" or body != b"grant_type=client_credentials":
            write_json(writer, 401, {"error": "invalid_client"})
            return
        self.tokens_issued += 1
        token = f"token-{self.tokens_issued}"
        write_json(writer, 200, {"access_token": token, "token_type": "Bearer", "expires_in": self.token_expires_in})

    async def _answer_feed(self, writer: asyncio.StreamWriter, fields: dict[str, str], query: dict[str, list[str]]) -> None:
        if fields.get("authorization") != f"Bearer token-{self.tokens_issued}":
            write_json(writer, 401, {})
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
        write_json(writer, 200, {"feed": self.feed, "last": len(self.revocations), "revocations": news})


def write_json(writer: asyncio.StreamWriter, status: int, document: object) -> None:
    body = json.dumps(document).encode()
    writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\ncontent-type: application/json\r\n\r\n".encode() + body)
