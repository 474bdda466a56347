"""Reads that may be stale, with both clients; that replicas answer them is shown with the service."""

from typing import Any

import httpx
import pytest

from key_value_client import AsyncClient, Client
from test_support.store import Store

from .conftest import as_administrator, open_client

FIELD = "read-consistency"


@pytest.fixture(params=["blocking", "asynchronous"])
def kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


async def test_reads_of_a_stale_namespace_say_so(kind: str, store: Store) -> None:
    sent: list[tuple[str, str | None]] = []

    def record(request: httpx.Request) -> None:
        sent.append((request.url.path, request.headers.get(FIELD)))

    async def record_awaited(request: httpx.Request) -> None:
        record(request)

    hooks: Any = {"request": [record if kind == "blocking" else record_awaited]}
    async with open_client(kind, **as_administrator(store), http_options={"event_hooks": hooks}) as client:
        pairs = client.namespace("default", consistency="stale")
        revision = (await pairs.put("stale", 1)).revision
        sent.clear()
        assert await pairs.get("stale") == 1
        assert await pairs.get_many(["stale"]) == {"stale": 1}
        assert (await pairs.find("stale")).value == 1
        assert [pair.value async for pair in pairs.scan("stale")] == [1]
        assert [change.value async for change in pairs.history("stale", limit=1)] == [1]
        assert [pair.value async for pair in pairs.export("stale")] == [1]
        assert [change.value for change in (await pairs.changes(after=revision - 1)).changes][:1] == [1]
        assert (await anext(pairs.watch(after=revision - 1))).value == 1
        assert {field for path, field in sent if path not in {"/login", "/refresh"}} == {"stale"}
        sent.clear()
        assert await client.namespace("default").get("stale") == 1
        assert {field for _, field in sent} == {None}


def test_cached_namespace_cannot_be_stale_besides(store: Store) -> None:
    with Client(**as_administrator(store)) as client, pytest.raises(ValueError, match="cached"):
        client.namespace("default", cached=True, consistency="stale")


async def test_unknown_consistency_is_refused(store: Store) -> None:
    unknown: Any = "fast"
    async with AsyncClient(**as_administrator(store)) as client:
        with pytest.raises(ValueError, match="linearizable, stale"):
            client.namespace("default", consistency=unknown)
