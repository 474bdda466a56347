"""Versions of an application's data."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from uuid import uuid4

import pytest

from key_value_client import AsyncClient
from key_value_client.migrations import UnknownVersion, find_versions, migrate
from test_support.store import Store

from .conftest import as_administrator

MODULE = """
async def upgrade(namespace):
    await namespace.increment("runs/{number}")
    await namespace.put("{number}", True)


async def downgrade(namespace):
    await namespace.delete("{number}")
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A package with three versions."""
    name = f"versions_{uuid4().hex}"
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").touch()
    for number in (1, 2, 3):
        (tmp_path / name / f"v000{number}_add_{number}.py").write_text(MODULE.format(number=number))
    monkeypatch.syspath_prepend(tmp_path)
    yield import_module(name)
    for each in [each for each in sys.modules if each.startswith(name)]:
        del sys.modules[each]


@pytest.fixture
async def client(store: Store) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(**as_administrator(store)) as client:
        yield client


async def find_numbers(client: AsyncClient, namespace: str) -> list[str]:
    return [pair.key async for pair in client.namespace(namespace).scan(values=False) if len(pair.key) == 1]


async def test_versions_are_applied_in_order_and_taken_back(client: AsyncClient, package: ModuleType) -> None:
    name = f"test-{uuid4().hex}"
    for to, expected in ((2, ["1", "2"]), (None, ["1", "2", "3"]), (1, ["1"]), (0, []), (None, ["1", "2", "3"])):
        assert await migrate(client, name, package, to) == len(expected)
        assert await find_numbers(client, name) == expected
    records = [pair async for pair in client.namespace(name).scan("migrations/")]
    assert [pair.value["name"] for pair in records] == ["v0001_add_1", "v0002_add_2", "v0003_add_3"]
    with pytest.raises(UnknownVersion, match="There is no version 4 of the data; there are 0 to 3"):
        await migrate(client, name, package, 4)
    await client.delete_namespace(name, force=True)


async def test_several_at_once_apply_each_version_once(client: AsyncClient, package: ModuleType) -> None:
    name = f"test-{uuid4().hex}"
    await asyncio.gather(*(migrate(client, name, package) for _ in range(5)))
    assert await client.namespace(name).get_many([f"runs/{number}" for number in (1, 2, 3)]) == dict.fromkeys(
        ["runs/1", "runs/2", "runs/3"], 1
    )
    await client.delete_namespace(name, force=True)


async def test_data_of_a_later_program_are_left_alone(client: AsyncClient, package: ModuleType) -> None:
    name = f"test-{uuid4().hex}"
    await migrate(client, name, package)
    await client.namespace(name).put("migrations/0004", {})
    with pytest.raises(UnknownVersion, match="The data have version 4; this program knows none above 3"):
        await migrate(client, name, package)
    await client.delete_namespace(name, force=True)


def test_a_gap_is_refused(package: ModuleType) -> None:
    (Path(package.__path__[0]) / "v0002_add_2.py").unlink()
    with pytest.raises(ValueError, match="without a gap"):
        find_versions(package)
