"""The client library beside plain httpx: gets and puts of one process, concurrent gets, gets of a cached namespace."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any

import httpx

from benchmarks.bench import Bench
from benchmarks.contestants import Contestant
from benchmarks.machine import running_on
from benchmarks.report import at_least
from key_value_client import AsyncClient, AsyncNamespace, Client

CONCURRENT = 1000
COALESCED = at_least(10, "x")
BODY = json.dumps({"keys": ["key-0"]}).encode()


def measure_client_library(bench: Bench) -> None:
    """Measure the blocking client, then the asynchronous one."""
    with (
        bench.stage.tarantool("tarantool_client") as tarantool,
        bench.stage.key_value_service(tarantool, "service_client") as contestant,
        running_on(bench.stage.layout.load),
    ):
        url, token = f"http://{contestant.host}", contestant.authorization.removeprefix("Bearer ")
        with Client(url, token=token) as client, _plain(contestant) as plain:
            store = client.namespace("default")
            store.put_many({f"key-{number}": number for number in range(CONCURRENT)})
            put = "/namespaces/default/pair?key=key-0"
            rates = {
                "get": (
                    _rate(bench, lambda: plain.post("/read", content=BODY).raise_for_status().json()),
                    _rate(bench, lambda: store.get("key-0")),
                ),
                "put": (
                    _rate(bench, lambda: plain.put(put, content=b"0").raise_for_status().json()),
                    _rate(bench, lambda: store.put("key-0", 0)),
                ),
            }
            for name, (by_httpx, by_client) in rates.items():
                bench.report.add(
                    f"Client.{name} one by one: requests/s (plain httpx {by_httpx:,.0f})",
                    [f"{by_client:,.0f}"],
                    f"{by_client / by_httpx:.2f} x httpx",
                )
            cached = client.namespace("default", cached=True)
            _warm(cached.get)
            rate_cached = _rate(bench, lambda: cached.get("key-0"))
            bench.report.add(
                "Client.get of a cached namespace: gets/s", [f"{rate_cached:,.0f}"], f"{1e6 / rate_cached:.1f} µs each"
            )
        one_by_one, together = asyncio.run(_measure_concurrent(bench, url, token))
    bench.report.hold(
        f"AsyncClient: {CONCURRENT:,} concurrent gets ({together * 1000:.1f} ms) against one by one ({one_by_one * 1000:.0f} ms)",
        one_by_one / together,
        COALESCED,
    )
    bench.report.series["client_library"] = {
        "rates": rates,
        "cached_rate": rate_cached,
        "one_by_one_seconds": one_by_one,
        "concurrent_seconds": together,
    }


def _plain(contestant: Contestant) -> httpx.Client:
    headers = {"Authorization": contestant.authorization, "Content-Type": "application/json"}
    return httpx.Client(base_url=f"http://{contestant.host}", headers=headers, trust_env=False, verify=False)  # noqa: S501 - no TLS


def _rate(bench: Bench, call: Callable[[], Any]) -> float:
    """Return the calls a second, the median of the rounds."""
    rates = []
    for _ in range(bench.durations.rounds):
        count, began = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - began) < bench.durations.seconds:
            call()
            count += 1
        rates.append(count / elapsed)
    return median(rates)


def _warm(get: Callable[[str], Any]) -> None:
    """Read until the cache hears of changes."""
    for _ in range(20):
        get("key-0")
        time.sleep(0.01)


async def _measure_concurrent(bench: Bench, url: str, token: str) -> tuple[float, float]:
    """Return the seconds that the gets take one by one, over one connection, and together: medians of the rounds."""
    async with AsyncClient(url, token=token, http_options={"limits": httpx.Limits(max_connections=1)}) as client:
        store = client.namespace("default")
        rounds = range(bench.durations.rounds)
        one_by_one = [await _time(_get_one_by_one, store) for _ in rounds]
        together = [await _time(_get_together, store) for _ in rounds]
    return median(one_by_one), median(together)


async def _time(gets: Callable[[AsyncNamespace[Any]], Awaitable[None]], store: AsyncNamespace[Any]) -> float:
    began = time.perf_counter()
    await gets(store)
    return time.perf_counter() - began


async def _get_one_by_one(store: AsyncNamespace[Any]) -> None:
    for number in range(CONCURRENT):
        await store.get(f"key-{number}")


async def _get_together(store: AsyncNamespace[Any]) -> None:
    await asyncio.gather(*(store.get(f"key-{number}") for number in range(CONCURRENT)))
