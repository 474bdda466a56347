"""Namespaces: administration, exports and imports, and the mapping."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from key_value_client import (
    AnswerLost,
    Client,
    DefaultNamespace,
    ExportedPair,
    ImportRefused,
    KeyMissing,
    NamespaceMissing,
    NamespaceNotEmpty,
    RuleBroken,
)
from test_support.relay import Relay
from test_support.store import Store

from .conftest import as_administrator, open_client


async def test_namespaces_are_administered(client: Any) -> None:
    name = f"test-{uuid4().hex}"
    with pytest.raises(NamespaceMissing):
        await client.show_namespace(name)
    made = await client.create_namespace(name, description="Orders", quota_pairs=10, default_ttl=60)
    assert (made.name, made.description, made.quota_pairs, made.quota_bytes, made.default_ttl) == (name, "Orders", 10, None, 60)
    changed = await client.set_namespace(name, quota_pairs=None, changes_kept=5, history_kept=3)
    assert (changed.description, changed.quota_pairs, changed.default_ttl) == ("Orders", None, 60)
    assert (made.changes_kept, made.history_kept, changed.changes_kept, changed.history_kept) == (10_000, 0, 5, 3)
    assert (await client.set_namespace(name, description="")).history_kept == 3
    changed = await client.set_namespace(name, description="Orders")
    assert await client.show_namespace(name) == changed
    assert changed in [each async for each in client.list_namespaces()]
    await client.namespace(name).put("a", 1)
    with pytest.raises(NamespaceNotEmpty):
        await client.delete_namespace(name)
    await client.delete_namespace(name, force=True)
    with pytest.raises(NamespaceMissing):
        await client.delete_namespace(name)
    with pytest.raises(DefaultNamespace):
        await client.delete_namespace("default", force=True)
    for refused in (client.create_namespace("No Name"), client.set_namespace("default", quota_pairs=-1)):
        with pytest.raises(RuleBroken):
            await refused


async def test_an_export_is_imported_elsewhere(pairs: Any) -> None:
    await pairs.put_many({f"key-{number:05}": {"\u2028": number} for number in range(1000)})
    await pairs.put("expiring", b"\x00", ttl=3600)
    lines = [line async for line in pairs.export_lines()]
    exported = [pair async for pair in pairs.export()]
    assert len(lines) == len(exported) + 1 == 1002
    assert exported[0] == ExportedPair("expiring", b"\x00", (await pairs.find("expiring")).expires_at)
    assert [pair.key async for pair in pairs.export("key-0099")] == [f"key-{number:05}" for number in range(990, 1000)]
    await pairs.delete_prefix("")
    summary = await pairs.import_lines(lines)
    assert (summary.written, summary.refused) == (1001, 0)
    assert [pair async for pair in pairs.export()] == exported
    assert (await pairs.import_lines(lines, mode="if_absent")).skipped == 1001


async def test_an_import_says_what_was_refused(pairs: Any) -> None:
    lines = ['{"key": "a", "value": 1}', b"nonsense\n", '{"key": "b", "value": 2}']
    summary = await pairs.import_lines(lines)
    assert (summary.written, summary.refused, summary.errors[0]["line"]) == (2, 1, 2)
    with pytest.raises(ImportRefused) as caught:
        await pairs.import_lines(lines, strict=True)
    assert (caught.value.errors[0]["line"], caught.value.written) == (2, 1)


async def test_an_import_may_come_from_an_asynchronous_source(pairs: Any) -> None:
    async def produce() -> AsyncIterator[str]:
        for number in range(3):
            yield f'{{"key": "{number}", "value": {number}}}'

    if hasattr(pairs, "blocking"):
        with pytest.raises(RuntimeError, match="async"):
            await pairs.import_lines(produce())
    else:
        assert (await pairs.import_lines(produce())).written == 3


async def test_an_export_that_is_cut_off_is_no_export(store: Store, pairs: Any, kind: str) -> None:
    for number in range(20):
        await pairs.put(f"{number}", "x" * 1_000_000)
    with Relay(store.key_value.port) as relay:
        async with open_client(kind, **as_administrator(store) | {"url": relay.url}) as client:
            lines = client.namespace(pairs.name).export_lines()
            assert b"revision" in await anext(lines)
            relay.cut()
            with pytest.raises(AnswerLost):
                _ = [line async for line in lines]


def test_a_namespace_is_a_mapping(store: Store) -> None:
    with Client(**as_administrator(store)) as client:
        name = f"test-{uuid4().hex}"
        client.create_namespace(name)
        pairs = client.namespace(name)
        assert len(pairs) == 0
        pairs["b"] = {"x": 1}
        pairs["a"] = None
        assert pairs["b"] == {"x": 1}
        assert ("a" in pairs, "c" in pairs, 7 in pairs) == (True, False, False)
        assert list(pairs) == ["a", "b"]
        assert len(pairs) == 2
        del pairs["a"]
        with pytest.raises(KeyMissing):
            del pairs["a"]
        with pytest.raises(KeyError):
            _ = pairs["a"]
        client.delete_namespace(name, force=True)
