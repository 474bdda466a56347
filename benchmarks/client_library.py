"""The client library beside plain httpx, and beside redis-py with Redis on the same cores."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from statistics import median
from typing import Any

import httpx
import redis
import redis.asyncio

from benchmarks.bench import Bench
from benchmarks.comparison import CLIENT, compare
from benchmarks.contestants import Contestant
from benchmarks.machine import running_on
from benchmarks.redis_server import PASSWORD, Redis
from benchmarks.report import at_least
from key_value_client import AsyncClient, Client

HTTPX, REDIS = "httpx", "redis-py"
FEW, MANY = 100, 1000
KEYS = [f"key-{number}" for number in range(MANY)]
KEY, VALUE = KEYS[0], b"0"
COALESCED = at_least(10, "×")
CONNECTIONS = 20  # as many as httpx keeps open; with more under way it is slower
MAX_REPETITIONS = 10

AsyncCall = Callable[[str], Awaitable[Any]]
"""What is done with a key."""


@dataclass(frozen=True)
class _Servers:
    """The key-value service and Redis, and how to reach them."""

    service: Contestant
    redis: Redis

    @property
    def of_client(self) -> dict[str, Any]:
        """Address and token, as our client takes them."""
        return {"url": f"http://{self.service.host}", "token": self.service.authorization.removeprefix("Bearer ")}

    @property
    def of_httpx(self) -> dict[str, Any]:
        """The same for httpx."""
        headers = {"Authorization": self.service.authorization, "Content-Type": "application/json"}
        return {
            "base_url": f"http://{self.service.host}",
            "headers": headers,
            "trust_env": False,
            "verify": False,  # there is no TLS, and certificates take long to load
            "timeout": None,
        }

    @property
    def of_redis(self) -> dict[str, Any]:
        """Address and password of Redis."""
        return {"host": "127.0.0.1", "port": self.redis.port, "password": PASSWORD}


def measure_client_library(bench: Bench) -> None:
    """Measure the blocking client, then the asynchronous one."""
    stage = replace(bench.stage, folder=bench.stage.folder / "client_library")
    with (
        stage.tarantool() as tarantool,
        stage.key_value_service(tarantool) as service,
        stage.redis(stage.layout.server | stage.layout.store) as redis_server,
        running_on(stage.layout.load),
    ):
        servers = _Servers(service, redis_server)
        _compare_blocking(bench, servers)
        _compare_async(bench, servers)


def _compare_blocking(bench: Bench, servers: _Servers) -> None:
    with (
        Client(**servers.of_client) as client,
        httpx.Client(**servers.of_httpx) as plain,
        redis.Redis(**servers.of_redis) as by_redis,
    ):
        store, cached = client.namespace("default"), client.namespace("default", cached=True)
        store.put_many(dict.fromkeys(KEYS, 0))
        by_redis.mset(dict.fromkeys(KEYS, VALUE))
        gets = {
            CLIENT: lambda: store.get(KEY),
            HTTPX: lambda: plain.post("/read", content=_read(KEY)).raise_for_status().json(),
            REDIS: lambda: json.loads(by_redis.get(KEY)),
        }
        puts = {
            CLIENT: lambda: store.put(KEY, 0),
            HTTPX: lambda: plain.put(_path(KEY), content=VALUE).raise_for_status().json(),
            REDIS: lambda: by_redis.set(KEY, VALUE),
        }
        compare(bench, "get, blocking", gets)
        compare(bench, "put, blocking", puts)
        _warm(lambda: cached.get(KEY))
        rates = compare(bench, "get from the cache", {CLIENT: lambda: cached.get(KEY)})  # redis-py's needs Redis 7.4
    bench.report.add(f"{CLIENT}: a get from the cache", result=f"{1e6 / median(rates[CLIENT]):.1f} µs")


def _warm(get: Callable[[], Any]) -> None:
    """Read until the cache hears of changes."""
    for _ in range(20):
        get()
        time.sleep(0.01)


def _compare_async(bench: Bench, servers: _Servers) -> None:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            for name, calls in runner.run(_open(stack, servers)).items():
                one_by_one = {client: partial(_run, runner, _do_one_by_one, call) for client, call in calls.items()}
                at_once = {client: partial(_run, runner, _do_at_once, call) for client, call in calls.items()}
                alone = compare(bench, f"{name}, asynchronous, one by one", one_by_one, operations=FEW)
                together = compare(bench, f"{name}, asynchronous, {MANY:,} at once", at_once, operations=MANY)
                gain = median(together[CLIENT]) / median(alone[CLIENT])
                what = f"{CLIENT}: {MANY:,} × {name} at once, against one by one over the same connection"
                if name == "get":
                    bench.report.hold(what, gain, COALESCED)
                else:
                    bench.report.add(what, result=COALESCED.write(gain))
        finally:
            runner.run(stack.aclose())


async def _open(stack: AsyncExitStack, servers: _Servers) -> dict[str, dict[str, AsyncCall]]:
    """Return what gets and puts the value of a key, by client."""
    one_connection = {"limits": httpx.Limits(max_connections=1)}
    client = await stack.enter_async_context(AsyncClient(**servers.of_client, http_options=one_connection))
    plain = await stack.enter_async_context(httpx.AsyncClient(**servers.of_httpx))
    pool = redis.asyncio.BlockingConnectionPool(**servers.of_redis, max_connections=CONNECTIONS, timeout=None)
    by_redis = await stack.enter_async_context(redis.asyncio.Redis.from_pool(pool))
    store = client.namespace("default", coalesce_puts=True)

    free = asyncio.Semaphore(CONNECTIONS)

    async def send(method: str, path: str, content: bytes) -> Any:
        # A slow machine may be too busy at times; a caller of httpx has to repeat by itself what our client repeats.
        for _ in range(MAX_REPETITIONS):
            async with free:
                answer = await plain.request(method, path, content=content)
            if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                break
            await asyncio.sleep(float(answer.headers.get("Retry-After", 1)))
        return answer.raise_for_status().json()

    async def get_by_redis(key: str) -> Any:
        return json.loads(await by_redis.get(key))

    return {
        "get": {CLIENT: store.get, HTTPX: lambda key: send("POST", "/read", _read(key)), REDIS: get_by_redis},
        "put": {
            CLIENT: lambda key: store.put(key, 0),
            HTTPX: lambda key: send("PUT", _path(key), VALUE),
            REDIS: lambda key: by_redis.set(key, VALUE),
        },
    }


def _run(runner: asyncio.Runner, way: Callable[[AsyncCall], Coroutine[Any, Any, None]], call: AsyncCall) -> None:
    runner.run(way(call))


async def _do_one_by_one(call: AsyncCall) -> None:
    for key in KEYS[:FEW]:
        await call(key)


async def _do_at_once(call: AsyncCall) -> None:
    await asyncio.gather(*map(call, KEYS))


def _read(key: str) -> bytes:
    return json.dumps({"keys": [key]}).encode()


def _path(key: str) -> str:
    return f"/namespaces/default/pair?key={key}"
