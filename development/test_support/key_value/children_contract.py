"""The contract of PairRanges for the levels of a tree of keys, for the implementations in memory and in Tarantool."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from key_value_service.application.pairs.pair_ranges import LevelQuery, PairRanges
from key_value_service.application.pairs.pair_repository import PairRepository
from key_value_service.domain.exceptions import NoSuchNamespaceError
from key_value_service.domain.value_objects.batch import KeyBatch
from key_value_service.domain.value_objects.key_range import KeyRange
from key_value_service.domain.value_objects.namespace_name import DEFAULT_NAMESPACE
from key_value_service.domain.value_objects.pair import Pair
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.value import JsonText
from test_support.key_value.pair_ranges_contract import put
from test_support.key_value.pair_repository_contract import unused_key
from test_support.key_value.single_pair_contract import SHARED

NAMES = st.text(st.sampled_from("ab//\x00~\ud7ff\U0010ffff"), max_size=5)


def query(prefix: str, limit: int = 10, *, start: str = "", delimiter: str = "/", reverse: bool = False) -> LevelQuery:
    return LevelQuery(KeyRange.of(prefix, start), prefix, delimiter, limit, reverse)


async def collect(ranges: PairRanges, asked: LevelQuery) -> list[str]:
    """Return the texts of all children, in their order."""
    found: list[str] = []
    while True:
        page = await ranges.read_level(DEFAULT_NAMESPACE, asked)
        assert len(page.children) <= asked.limit
        found += map(text_of, page.children)
        if page.position is None:
            return found
        asked = asked._replace(keys=asked.keys.rest_from(page.position, reverse=asked.reverse))


def text_of(child: Pair | str) -> str:
    return child if isinstance(child, str) else child.key


def expect(keys: Sequence[str], prefix: str, delimiter: str) -> list[str]:
    parts = [key[len(prefix) :].partition(delimiter) for key in keys if key.startswith(prefix)]
    return sorted({prefix + name + end for name, end, _ in parts})


class ChildrenContract:
    """Subclass it as `Test…` and define the fixtures `pairs` and `ranges` on one store."""

    async def test_level_has_pairs_with_metadata_and_branches(self, pairs: PairRepository, ranges: PairRanges) -> None:
        home = unused_key() + "/"
        keys = [home + name for name in ("a", "a/1", "a/2/3", "a0", "b/", "c")]
        revision = await put(pairs, keys)
        page = await ranges.read_level(DEFAULT_NAMESPACE, query(home))
        found = await pairs.read_pairs(DEFAULT_NAMESPACE, KeyBatch(keys))
        leaves = {key: found.pairs[key]._replace(value=JsonText("")) for key in keys}
        assert list(page.children) == [leaves[home + "a"], home + "a/", leaves[home + "a0"], home + "b/", leaves[home + "c"]]
        assert (page.revision, page.position) == (revision, None)

    @pytest.mark.parametrize("reverse", [False, True])
    async def test_page_has_a_position_if_and_only_if_more_children_follow(
        self, pairs: PairRepository, ranges: PairRanges, reverse: bool
    ) -> None:
        home = unused_key()
        await put(pairs, [f"{home}{name}" for name in ("a/1", "a/2", "b", "c/1", "c/2", "d")])
        for limit in range(1, 6):
            page = await ranges.read_level(DEFAULT_NAMESPACE, query(home, limit, reverse=reverse))
            assert len(page.children) == min(limit, 4)
            assert (page.position is None) == (limit >= 4)

    @settings(max_examples=50, suppress_health_check=SHARED)
    @given(
        names=st.sets(NAMES, min_size=1, max_size=20),
        prefix=NAMES,
        start=NAMES,
        delimiter=st.sampled_from(["/", "//", "a", "\U0010ffff"]),
        limit=st.integers(1, 4),
        reverse=st.booleans(),
    )
    async def test_pages_together_equal_the_divided_keys(
        self,
        pairs: PairRepository,
        ranges: PairRanges,
        names: set[str],
        prefix: str,
        start: str,
        delimiter: str,
        limit: int,
        reverse: bool,
    ) -> None:
        home = unused_key()
        await put(pairs, [home + name for name in names])
        expected = expect([home + name for name in names if name >= start], home + prefix, delimiter)
        asked = query(home + prefix, limit, start=home + start, delimiter=delimiter, reverse=reverse)
        assert await collect(ranges, asked) == (expected[::-1] if reverse else expected)

    @pytest.mark.parametrize("reverse", [False, True])
    async def test_child_that_remains_is_listed_once_during_concurrent_writes(
        self, pairs: PairRepository, ranges: PairRanges, reverse: bool
    ) -> None:
        home = unused_key()
        await put(pairs, [f"{home}{number:02}/{name}" for number in range(20) for name in "ab"])

        async def come_and_go() -> None:
            for number in [*range(20), *reversed(range(20))]:
                for name, other in ("ab", "ba"):
                    await pairs.delete(DEFAULT_NAMESPACE, KeyBatch([f"{home}{number:02}/{name}"]), {})
                    await put(pairs, [f"{home}{number:02}/{name}", f"{home}{number:02}/{other}"])

        others = asyncio.create_task(come_and_go())
        try:
            for _ in range(3):
                listed = await collect(ranges, query(home, 3, reverse=reverse))
                assert listed == sorted((f"{home}{number:02}/" for number in range(20)), reverse=reverse)
        finally:
            await others

    async def test_expired_pairs_are_no_children(self, pairs: PairRepository, ranges: PairRanges) -> None:
        home = unused_key()
        await put(pairs, [home + "b/2", home + "d"])
        await put(pairs, [home + "a/1", home + "b/1", home + "c", home + "e/1"], TimeToLive(0.02))
        await asyncio.sleep(0.03)
        for limit in (1, 10):
            assert await collect(ranges, query(home, limit)) == [home + "b/", home + "d"]
            assert await collect(ranges, query(home, limit, reverse=True)) == [home + "d", home + "b/"]
        # Otherwise their expiries would take revisions while another test counts.
        await ranges.delete_range(DEFAULT_NAMESPACE, KeyRange.of(home), 10)

    async def test_missing_namespace_of_a_level_is_reported(self, ranges: PairRanges) -> None:
        with pytest.raises(NoSuchNamespaceError):
            await ranges.read_level("absent", query(""))
