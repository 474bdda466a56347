"""The contract of PairRanges, for the implementations in memory and in Tarantool."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from key_value_service.application.pairs.pair_ranges import DeletedSlice, PageQuery, PairRanges
from key_value_service.application.pairs.pair_repository import PairRepository
from key_value_service.domain.exceptions import NoSuchNamespaceError
from key_value_service.domain.value_objects.batch import KeyBatch, WriteBatch
from key_value_service.domain.value_objects.key_range import KeyRange
from key_value_service.domain.value_objects.namespace_name import DEFAULT_NAMESPACE
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.value import JsonText
from test_support.key_value.pair_repository_contract import unused_key, write
from test_support.key_value.single_pair_contract import SHARED

# At the boundaries of UTF-8 lengths, of the surrogates and of Unicode.
CHARACTERS = st.sampled_from("aAbz~\x7f\x80\xff\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010fffe\U0010ffff/%")
TEXTS = st.text(CHARACTERS, max_size=4)


async def put(pairs: PairRepository, keys: Sequence[str], ttl: TimeToLive | None = None) -> int:
    batch = WriteBatch([(key, JsonText(f'"{number}"')) for number, key in enumerate(keys)], ttl)
    return (await write(pairs, batch)).revision


async def collect(ranges: PairRanges, query: PageQuery) -> list[str]:
    """Return the keys of all pages, in their order."""
    found: list[str] = []
    while True:
        page = await ranges.read_page(DEFAULT_NAMESPACE, query)
        assert len(page.pairs) <= query.limit
        found += [pair.key for pair in page.pairs]
        if page.position is None:
            return found
        query = query._replace(keys=query.keys.rest_from(page.position, reverse=query.reverse))


class PairRangesContract:
    """Subclass it as `Test…` and define the fixtures `pairs` and `ranges` on one store."""

    async def test_pairs_are_listed_with_metadata_in_the_order_of_their_keys(
        self, pairs: PairRepository, ranges: PairRanges
    ) -> None:
        start = unused_key()
        revision = await put(pairs, [start + "b", start + "a", start])
        page = await ranges.read_page(DEFAULT_NAMESPACE, PageQuery(KeyRange.of(start), 10))
        found = await pairs.read_pairs(DEFAULT_NAMESPACE, KeyBatch([start, start + "a", start + "b"]))
        assert list(page.pairs) == [found.pairs[key] for key in (start, start + "a", start + "b")]
        assert (page.revision, page.position) == (revision, None)

    async def test_keys_only_leaves_values_empty(self, pairs: PairRepository, ranges: PairRanges) -> None:
        key = unused_key()
        revision = await put(pairs, [key], TimeToLive(3600))
        [pair] = (await ranges.read_page(DEFAULT_NAMESPACE, PageQuery(KeyRange.of(key), 10, keys_only=True))).pairs
        assert (pair.key, pair.value, pair.revision) == (key, "", revision)
        assert pair.expires_at is not None

    @pytest.mark.parametrize("reverse", [False, True])
    @pytest.mark.parametrize("count", [0, 1, 4, 5, 6, 10])
    async def test_page_has_a_position_if_and_only_if_more_pairs_follow(
        self, pairs: PairRepository, ranges: PairRanges, count: int, reverse: bool
    ) -> None:
        start = unused_key()
        keys = [f"{start}{number}" for number in range(count)]
        if keys:
            await put(pairs, keys)
        page = await ranges.read_page(DEFAULT_NAMESPACE, PageQuery(KeyRange.of(start), 5, reverse=reverse))
        assert [pair.key for pair in page.pairs] == (keys[::-1] if reverse else keys)[:5]
        assert (page.position is not None) == (count > 5)

    @pytest.mark.parametrize("reverse", [False, True])
    async def test_page_ends_with_the_pair_that_reaches_max_bytes(
        self, pairs: PairRepository, ranges: PairRanges, reverse: bool
    ) -> None:
        start = unused_key()
        keys = [f"{start}{number}" for number in range(5)]
        await write(pairs, WriteBatch([(key, JsonText(f'"{"x" * 10_000}"')) for key in keys]))
        for max_bytes, count in ((1, 1), (25_000, 3), (1_000_000, 5)):
            query = PageQuery(KeyRange.of(start), 10, max_bytes, reverse)
            page = await ranges.read_page(DEFAULT_NAMESPACE, query)
            assert [pair.key for pair in page.pairs] == sorted(keys, reverse=reverse)[:count]
            assert (page.position is None) == (count == 5)
            assert await collect(ranges, query) == sorted(keys, reverse=reverse)
        page = await ranges.read_page(DEFAULT_NAMESPACE, PageQuery(KeyRange.of(start), 10, 10_000, keys_only=True))
        assert len(page.pairs) == 5

    @settings(max_examples=50, suppress_health_check=SHARED)
    @given(
        names=st.sets(TEXTS, min_size=1, max_size=20),
        prefix=TEXTS,
        start=TEXTS,
        end=st.none() | TEXTS,
        contains=st.none() | TEXTS.filter(bool),
        limit=st.integers(1, 7),
        max_searched=st.integers(1, 7),
        reverse=st.booleans(),
    )
    async def test_pages_together_equal_a_sorted_list(
        self,
        pairs: PairRepository,
        ranges: PairRanges,
        names: set[str],
        prefix: str,
        start: str,
        end: str | None,
        contains: str | None,
        limit: int,
        max_searched: int,
        reverse: bool,
    ) -> None:
        home = unused_key()
        await put(pairs, [home + name for name in names])
        keys = KeyRange.of(home + prefix, home + start, None if end is None else home + end)
        expected = sorted(
            home + name for name in names if name.startswith(prefix) and name >= start and (end is None or name < end)
        )
        expected = [key for key in expected if contains is None or contains in key]
        query = PageQuery(keys, limit, reverse=reverse, contains=contains, max_searched=max_searched)
        assert await collect(ranges, query) == (expected[::-1] if reverse else expected)

    @pytest.mark.parametrize("keys_only", [False, True])
    @pytest.mark.parametrize("reverse", [False, True])
    async def test_search_looks_at_max_searched_keys_for_a_page(
        self, pairs: PairRepository, ranges: PairRanges, reverse: bool, keys_only: bool
    ) -> None:
        start = unused_key()
        await put(pairs, [f"{start}x{number}" for number in range(10)])
        found = await pairs.read_pairs(DEFAULT_NAMESPACE, KeyBatch([start + "x4"]))
        pair = found.pairs[start + "x4"]
        wanted = pair._replace(value=JsonText("")) if keys_only else pair
        query = PageQuery(KeyRange.of(start), 5, reverse=reverse, keys_only=keys_only, contains="x4", max_searched=3)
        pages = []
        while True:
            page = await ranges.read_page(DEFAULT_NAMESPACE, query)
            pages.append((list(page.pairs), page.searched))
            if page.position is None:
                break
            query = query._replace(keys=query.keys.rest_from(page.position, reverse=reverse))
        assert pages == [([], 3), ([wanted], 3), ([], 3), ([], 1)]

    async def test_search_takes_its_text_literally(self, pairs: PairRepository, ranges: PairRanges) -> None:
        home = unused_key()
        names = ["a.b", "a%b", "a*b", "aXb", "A.B", "é.ü", "a", ".", "ab.", "%d+"]
        await put(pairs, [home + name for name in names])
        for text in (".", "a.b", "%", "*", "a*b", "^", "b$", "%d+", "é", "\u0301", "[a]", "", home + "a", home + "ab.c"):
            expected = sorted(home + name for name in names if text in home + name)
            assert await collect(ranges, PageQuery(KeyRange.of(home), 3, contains=text)) == expected

    @pytest.mark.parametrize("reverse", [False, True])
    async def test_page_of_a_search_ends_with_the_pair_that_reaches_max_bytes(
        self, pairs: PairRepository, ranges: PairRanges, reverse: bool
    ) -> None:
        start = unused_key()
        keys = [f"{start}{number}" for number in range(5)]
        await write(pairs, WriteBatch([(key, JsonText(f'"{"x" * 10_000}"')) for key in keys]))
        query = PageQuery(KeyRange.of(start), 10, 25_000, reverse, contains=start)
        page = await ranges.read_page(DEFAULT_NAMESPACE, query)
        assert [pair.key for pair in page.pairs] == sorted(keys, reverse=reverse)[:3]
        assert await collect(ranges, query) == sorted(keys, reverse=reverse)
        assert len((await ranges.read_page(DEFAULT_NAMESPACE, query._replace(keys_only=True))).pairs) == 5

    async def test_range_may_be_unbounded(self, pairs: PairRepository, ranges: PairRanges) -> None:
        home = unused_key()
        keys = ["\U0010ffff" + home, "\U0010ffff\U0010ffff" + home, "\U0010ffff" * 100 + home]
        await put(pairs, keys)
        for keys_range in (KeyRange.of("\U0010ffff"), KeyRange.of("", "\U0010ffff"), KeyRange()):
            listed = [key for key in await collect(ranges, PageQuery(keys_range, 1000)) if key in keys]
            assert listed == sorted(keys)
            assert [key for key in await collect(ranges, PageQuery(keys_range, 1000, reverse=True)) if key in keys] == listed[
                ::-1
            ]
            for reverse in (False, True):
                query = PageQuery(keys_range, 1000, reverse=reverse, contains=home)
                assert await collect(ranges, query) == sorted(keys, reverse=reverse)
        await pairs.delete(DEFAULT_NAMESPACE, KeyBatch(keys), {})

    @pytest.mark.parametrize("reverse", [False, True])
    async def test_pairs_that_remain_are_listed_once_during_concurrent_writes(
        self, pairs: PairRepository, ranges: PairRanges, reverse: bool
    ) -> None:
        home = unused_key()
        staying = [f"{home}{number:03}" for number in range(0, 200, 2)]
        going = [f"{home}{number:03}" for number in range(1, 200, 2)]
        await put(pairs, staying)

        async def come_and_go() -> None:
            for key in going + going[::-1]:
                await put(pairs, [key])
                await put(pairs, staying[::10])
                await pairs.delete(DEFAULT_NAMESPACE, KeyBatch([key]), {})

        others = asyncio.create_task(come_and_go())
        try:
            for _ in range(3):
                listed = await collect(ranges, PageQuery(KeyRange.of(home), 7, reverse=reverse))
                assert listed == sorted(set(listed), reverse=reverse)
                assert [key for key in listed if key in staying] == (staying[::-1] if reverse else staying)
        finally:
            await others

    async def test_expired_pairs_are_not_listed(self, pairs: PairRepository, ranges: PairRanges) -> None:
        home = unused_key()
        await put(pairs, [home + "b", home + "d"])
        await put(pairs, [home + "a", home + "c", home + "e"], TimeToLive(0.02))
        await asyncio.sleep(0.03)
        assert await collect(ranges, PageQuery(KeyRange.of(home), 1)) == [home + "b", home + "d"]
        assert await collect(ranges, PageQuery(KeyRange.of(home), 1, reverse=True)) == [home + "d", home + "b"]
        assert await collect(ranges, PageQuery(KeyRange.of(home), 1, contains=home)) == [home + "b", home + "d"]
        # Otherwise their expiries would take revisions while another test counts.
        await ranges.delete_range(DEFAULT_NAMESPACE, KeyRange.of(home), 10)

    async def test_range_is_deleted_in_slices(self, pairs: PairRepository, ranges: PairRanges) -> None:
        home = unused_key()
        revision = await put(pairs, [f"{home}{number}" for number in range(5)] + [home[:-1], home[:-1] + "~"])
        keys = KeyRange.of(home)
        first = await ranges.delete_range(DEFAULT_NAMESPACE, keys, 3)
        assert (first.revision, first.deleted) == (revision + 3, 3)
        assert first.position is not None
        rest = keys.rest_from(first.position, reverse=False)
        assert await ranges.delete_range(DEFAULT_NAMESPACE, rest, 3) == DeletedSlice(revision + 5, 2, None)
        assert await ranges.delete_range(DEFAULT_NAMESPACE, keys, 3) == DeletedSlice(revision + 5, 0, None)
        assert await collect(ranges, PageQuery(KeyRange.of(home[:-1]), 10)) == [home[:-1], home[:-1] + "~"]

    async def test_missing_namespace_of_a_range_is_reported(self, ranges: PairRanges) -> None:
        with pytest.raises(NoSuchNamespaceError):
            await ranges.read_page("absent", PageQuery(KeyRange(), 1))
        with pytest.raises(NoSuchNamespaceError):
            await ranges.delete_range("absent", KeyRange(), 1)
