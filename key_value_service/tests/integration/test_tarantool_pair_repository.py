"""The contracts about pairs, kept by Tarantool."""

from collections.abc import AsyncIterator

import pytest
from key_value_service.tests.pair_ranges_contract import PairRangesContract, collect
from key_value_service.tests.pair_repository_contract import PairRepositoryContract, unused_key
from key_value_service.tests.single_pair_contract import SinglePairContract

from key_value_service.application.access import DEFAULT_NAMESPACE
from key_value_service.application.pair_repository import PairRepository
from key_value_service.domain.value_objects.batch import WriteBatch
from key_value_service.domain.value_objects.key_range import KeyRange
from key_value_service.domain.value_objects.value import JsonText
from key_value_service.infrastructure.db.repositories.tarantool_pair_ranges import LARGEST_PAGE_BYTES, TarantoolPairRanges
from key_value_service.infrastructure.db.repositories.tarantool_pair_repository import TarantoolPairRepository
from shared_kernel.infrastructure.tarantool import TarantoolAddress, TarantoolConnection
from testing.processes import Tarantool


@pytest.fixture
async def connection(key_value_tarantool: Tarantool) -> AsyncIterator[TarantoolConnection]:
    server = key_value_tarantool
    connection = TarantoolConnection(TarantoolAddress("127.0.0.1", server.port, server.user, server.password_file))
    connection.start()
    yield connection
    await connection.close()


@pytest.fixture
def pairs(connection: TarantoolConnection) -> TarantoolPairRepository:
    return TarantoolPairRepository(connection)


@pytest.fixture
def ranges(connection: TarantoolConnection) -> TarantoolPairRanges:
    return TarantoolPairRanges(connection)


class TestTarantoolPairRepository(PairRepositoryContract):
    pass


class TestSinglePairs(SinglePairContract):
    pass


class TestTarantoolPairRanges(PairRangesContract):
    @pytest.mark.parametrize("reverse", [False, True])
    async def test_a_page_ends_where_it_is_large_enough(
        self, pairs: PairRepository, ranges: TarantoolPairRanges, reverse: bool
    ) -> None:
        home = unused_key()
        text = JsonText('"' + "x" * (LARGEST_PAGE_BYTES // 8) + '"')
        keys = [f"{home}{number:02}" for number in range(20)]
        for key in keys:
            await pairs.write(DEFAULT_NAMESPACE, WriteBatch([(key, text)]))
        page = await ranges.read_page(DEFAULT_NAMESPACE, KeyRange.of(home), 1000, reverse=reverse)
        assert len(page.pairs) == 8
        assert await collect(ranges, KeyRange.of(home), 1000, reverse=reverse) == sorted(keys, reverse=reverse)
        assert len((await ranges.read_page(DEFAULT_NAMESPACE, KeyRange.of(home), 1000, keys_only=True)).pairs) == 20
        await ranges.delete_range(DEFAULT_NAMESPACE, KeyRange.of(home), 20)
