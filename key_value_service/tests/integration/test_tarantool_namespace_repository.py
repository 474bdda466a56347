"""The contract of NamespaceRepository, in Tarantool."""

import asyncio
from uuid import uuid4

import pytest

from key_value_service.application.namespaces.namespace_repository import Put
from key_value_service.domain.entities.namespace import NamespaceSettings
from key_value_service.domain.exceptions import TooManyNamespacesError
from key_value_service.domain.value_objects.batch import WriteBatch
from key_value_service.domain.value_objects.value import JsonText
from key_value_service.infrastructure.db.repositories import tarantool_namespace_repository
from key_value_service.infrastructure.db.repositories.tarantool_namespace_repository import TarantoolNamespaceRepository
from key_value_service.infrastructure.db.repositories.tarantool_pair_repository import TarantoolPairRepository
from shared_kernel.infrastructure.tarantool import TarantoolConnection
from test_support.key_value.namespace_repository_contract import NamespaceRepositoryContract, unused_name


class TestTarantoolNamespaceRepository(NamespaceRepositoryContract):
    @pytest.fixture
    def namespaces(self, connection: TarantoolConnection) -> TarantoolNamespaceRepository:
        self.pairs = TarantoolPairRepository(connection)
        return TarantoolNamespaceRepository(connection)

    async def fill(self, name: str, pairs: int) -> None:
        batch = WriteBatch([(uuid4().hex, JsonText("1")) for _ in range(pairs)])
        await self.pairs.write(name, batch)


async def test_change_without_effect_does_not_expose_an_earlier_one_before_it_is_durable(connection: TarantoolConnection) -> None:
    namespaces = TarantoolNamespaceRepository(connection)
    for _ in range(20):
        name = unused_name()
        # Sent together: the removal without effect completes while the put before it is still being written to disk.
        put, _, found, listed = await asyncio.gather(
            namespaces.put(name, NamespaceSettings()),
            namespaces.remove(unused_name(), is_forced=True),
            namespaces.find(name),
            namespaces.find_matching([name], "", 10),
            return_exceptions=True,
        )
        assert isinstance(put, Put)
        assert found == put.namespace
        assert listed == [put.namespace]


async def test_number_of_namespaces_is_limited(connection: TarantoolConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    namespaces = TarantoolNamespaceRepository(connection)
    name = unused_name()
    await namespaces.put(name, NamespaceSettings())
    count = len(await namespaces.find_matching(["*"], "", 10_000))
    monkeypatch.setattr(tarantool_namespace_repository, "MAX_NAMESPACES", count)
    with pytest.raises(TooManyNamespacesError):
        await namespaces.put(unused_name(), NamespaceSettings())
    assert not (await namespaces.put(name, NamespaceSettings("changed"))).is_new
    await namespaces.remove(name, is_forced=False)
    assert (await namespaces.put(name, NamespaceSettings())).is_new
