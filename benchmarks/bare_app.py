"""The ceiling: the same work for the client on the same stack (uvicorn, asynctnt, orjson) with nothing between.

It checks a token's signature once and its expiry each time, parses the body, makes the same calls to the same Tarantool and
responds with the same bytes. It has no limits, no validation, no error responses, no request ids, no log and no handling of
outages: a program to measure against, not to use. Its settings are those of key_value_service.
"""

import gc
import time
from json.encoder import encode_basestring
from typing import Any
from urllib.parse import unquote

import httpx
import jwt
import orjson
import uvicorn

from key_value_service.config import Settings
from shared_kernel.infrastructure.write_coalescing import CoalescingConnection, break_reference_cycle

PAIRS = "/namespaces/default/pairs/"

loads, dumps = orjson.loads, orjson.dumps


class BareApp:
    """POST /read and POST /write, GET and PUT of a pair, for valid requests only."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._expiries: dict[bytes, float] = {}
        self._tarantool: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one ASGI connection."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        for name, value in scope["headers"]:
            if name == b"authorization":
                token = value
                break
        expiry = self._expiries.get(token)
        if expiry is None:
            expiry = self._expiries[token] = self._verify(token)
        if time.time() >= expiry:
            raise ValueError("expired")
        message = await receive()
        body = message["body"]
        while message["more_body"]:
            message = await receive()
            body += message["body"]
        path = scope["path"]
        headers = [(b"content-type", b"application/json")]
        if path.startswith(PAIRS):
            key = unquote(path[len(PAIRS) :])
            answer, revision = await (self._get(key) if scope["method"] == "GET" else self._put(key, body))
            headers.append((b"etag", b'"%d"' % revision))
        else:
            answer = await (self._read(body) if path == "/read" else self._write(body))
        headers.append((b"content-length", b"%d" % len(answer)))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def _read(self, body: bytes) -> bytes:
        keys = loads(body)["keys"]
        values, revision = await self._call("key_value.read", ["default", keys, 1 << 25])
        pairs = zip(keys, values, strict=True)
        # A long value is returned as its pair's tuple.
        data = ",".join(
            [f"{encode_basestring(key)}:{text if type(text) is str else text[2]}" for key, text in pairs if text is not None]
        )
        if None not in values:
            return f'{{"data":{{{data}}},"missing":[],"revision":{revision}}}'.encode()
        missing = dumps([key for key, value in zip(keys, values, strict=True) if value is None]).decode()
        return f'{{"data":{{{data}}},"missing":{missing},"revision":{revision}}}'.encode()

    async def _write(self, body: bytes) -> bytes:
        pairs = [(key, dumps(value).decode()) for key, value in loads(body)["data"].items()]
        revision, *_ = await self._call("key_value.write", ["default", pairs, None, False, {}])
        return b'{"status":"success","written":%d,"revision":%d,"skipped":[]}' % (len(pairs), revision)

    async def _get(self, key: str) -> tuple[bytes, int]:
        [pair], _ = await self._call("key_value.find", ["default", [key], 1 << 25])
        return pair[2].encode(), pair[3]

    async def _put(self, key: str, body: bytes) -> tuple[bytes, int]:
        text = dumps(loads(body)).decode()
        revision, *_ = await self._call("key_value.write", ["default", [(key, text)], None, False, {}])
        return b'{"revision":%d}' % revision, revision

    async def _call(self, function: str, arguments: list[Any]) -> Any:
        answer = self._tarantool.call(function, arguments)
        result = (await answer).body[0]
        break_reference_cycle(answer)
        return result

    def _verify(self, authorization: bytes) -> float:
        token = authorization.removeprefix(b"Bearer ").decode()
        key = self._keys[jwt.get_unverified_header(token)["kid"]]
        settings = self._settings
        expiry: float = jwt.decode(token, key, ["RS256"], audience=settings.audience, issuer=settings.issuer)["exp"]
        return expiry

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        settings = self._settings
        self._keys = jwt.PyJWKSet.from_dict(httpx.get(settings.jwks_url, trust_env=False).json())  # noqa: ASYNC210 - once
        self._tarantool = CoalescingConnection(
            host=settings.tarantool_host,
            port=settings.tarantool_port,
            username="key_value_service",
            password=settings.tarantool_password_file.read_text().strip(),
        )
        await self._tarantool.connect()
        gc.collect()
        gc.freeze()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._tarantool.disconnect()
        await send({"type": "lifespan.shutdown.complete"})


def main() -> None:
    """Serve."""
    settings = Settings()
    uvicorn.run(
        BareApp(settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        ws="none",
    )


if __name__ == "__main__":
    main()
