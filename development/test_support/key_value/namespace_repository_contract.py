"""The contract of NamespaceRepository, for the implementations in memory and in Tarantool."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from key_value_service.application.namespaces.namespace_repository import NamespaceRepository
from key_value_service.domain.entities.namespace import (
    MAX_CHANGES_KEPT,
    MAX_DESCRIPTION,
    MAX_QUOTA,
    MIN_CHANGES_KEPT,
    NamespaceSettings,
)
from key_value_service.domain.exceptions import NamespaceNotEmptyError, NoSuchNamespaceError
from key_value_service.domain.value_objects.namespace_name import DEFAULT_NAMESPACE, NamespaceName
from key_value_service.domain.value_objects.time_to_live import MAX_SECONDS

STANDARD = NamespaceSettings()


def unused_name() -> NamespaceName:
    """Return a name that no other test uses: tests may share one store."""
    return NamespaceName(f"n{uuid4().hex}")


class NamespaceRepositoryContract:
    """Subclass it as `Test…`, with the fixture `namespaces` and an implementation of `fill`."""

    async def fill(self, name: str, pairs: int) -> None:
        """Write this number of new pairs into the namespace, and change nothing else."""
        raise NotImplementedError

    async def test_default_namespace_exists(self, namespaces: NamespaceRepository) -> None:
        assert (await namespaces.find(DEFAULT_NAMESPACE)).settings == STANDARD

    @pytest.mark.parametrize(
        "settings",
        [
            STANDARD,
            NamespaceSettings("🔑" * MAX_DESCRIPTION, 0, 0, 0.001, MIN_CHANGES_KEPT),
            NamespaceSettings("what it is for", MAX_QUOTA, MAX_QUOTA, MAX_SECONDS, MAX_CHANGES_KEPT),
            NamespaceSettings(quota_bytes=5),
            NamespaceSettings(default_ttl=0.25),
        ],
    )
    async def test_namespace_is_found_as_created(self, namespaces: NamespaceRepository, settings: NamespaceSettings) -> None:
        name = unused_name()
        before = datetime.now(UTC) - timedelta(seconds=1)
        made = await namespaces.put(name, settings)
        assert made.is_new
        assert (made.namespace.name, made.namespace.settings) == (name, settings)
        assert before < made.namespace.created_at < datetime.now(UTC) + timedelta(seconds=1)
        assert await namespaces.find(name) == made.namespace

    async def test_put_replaces_all_settings_and_nothing_else(self, namespaces: NamespaceRepository) -> None:
        name = unused_name()
        made = await namespaces.put(name, NamespaceSettings("old", 1, 100, 100, 1))
        await self.fill(name, 1)
        held = await namespaces.measure(name)
        for settings in (NamespaceSettings("new", quota_bytes=2), STANDARD, NamespaceSettings("full", 1, 2, 3, 4)):
            changed = await namespaces.put(name, settings)
            assert not changed.is_new
            assert changed.namespace == await namespaces.find(name)
            assert (changed.namespace.settings, changed.namespace.created_at) == (settings, made.namespace.created_at)
        assert await namespaces.measure(name) == held

    async def test_one_of_fifty_concurrent_creations_creates_the_namespace(self, namespaces: NamespaceRepository) -> None:
        name = unused_name()
        puts = await asyncio.gather(*(namespaces.put(name, NamespaceSettings(str(number))) for number in range(50)))
        assert sum(put.is_new for put in puts) == 1
        assert (await namespaces.find(name)).settings in [put.namespace.settings for put in puts]

    async def test_missing_namespace_is_reported(self, namespaces: NamespaceRepository) -> None:
        for operation in (
            namespaces.find("absent"),
            namespaces.measure("absent"),
            namespaces.remove("absent", is_forced=False),
            namespaces.remove("absent", is_forced=True),
        ):
            with pytest.raises(NoSuchNamespaceError):
                await operation

    async def test_namespaces_are_found_by_patterns_in_sorted_pages(self, namespaces: NamespaceRepository) -> None:
        start = unused_name()
        ends = ["", "-a", "-a-1", "-a-2", "-b", "-b-1", "-z", ".z", "0"]
        for end in reversed(ends):
            await namespaces.put(NamespaceName(start + end), STANDARD)

        async def find(patterns: list[str], after: str = "", limit: int = 100) -> list[str]:
            return [found.name for found in await namespaces.find_matching(patterns, after, limit)]

        everything = sorted(start + end for end in ends)
        assert await find([f"{start}*"]) == everything
        assert await find([f"{start}-a*", f"{start}-b", f"{start}-c", f"{start}.z"]) == [
            start + end for end in ("-a", "-a-1", "-a-2", "-b", ".z")
        ]
        assert await find([start, f"{start}-a-*"]) == [start, f"{start}-a-1", f"{start}-a-2"]
        assert await find([f"{start}-y", f"{start}/*"]) == []
        assert await find([]) == []
        assert set(everything) | {DEFAULT_NAMESPACE} <= set(await find(["*"], limit=10_000))
        pages = [await find([f"{start}*"], limit=4)]
        while len(pages[-1]) == 4:
            pages.append(await find([f"{start}*"], after=pages[-1][-1], limit=4))
        assert [name for page in pages for name in page] == everything
        assert await find([f"{start}-a", f"{start}-b*"], after=f"{start}-a") == [f"{start}-b", f"{start}-b-1"]

    async def test_empty_namespace_is_deleted(self, namespaces: NamespaceRepository) -> None:
        name = unused_name()
        await namespaces.put(name, STANDARD)
        await namespaces.remove(name, is_forced=False)
        with pytest.raises(NoSuchNamespaceError):
            await namespaces.find(name)
        assert await namespaces.find_matching([name], "", 10) == []

    async def test_namespace_with_pairs_is_deleted_only_by_force(self, namespaces: NamespaceRepository) -> None:
        name = unused_name()
        await namespaces.put(name, STANDARD)
        await self.fill(name, 3)
        with pytest.raises(NamespaceNotEmptyError):
            await namespaces.remove(name, is_forced=False)
        assert (await namespaces.measure(name)).pairs == 3
        await namespaces.remove(name, is_forced=True)
        with pytest.raises(NoSuchNamespaceError):
            await namespaces.measure(name)

    async def test_statistics_count_what_a_namespace_holds(self, namespaces: NamespaceRepository) -> None:
        name = unused_name()
        await namespaces.put(name, STANDARD)
        empty = await namespaces.measure(name)
        assert (empty.pairs, empty.bytes, empty.oldest_change) == (0, 0, empty.revision + 1)
        await self.fill(name, 5)
        held = await namespaces.measure(name)
        assert (held.pairs, held.revision, held.oldest_change) == (5, empty.revision + 5, empty.oldest_change)
        assert held.bytes > 0

    async def test_recreated_namespace_is_empty_and_continues_the_revisions(self, namespaces: NamespaceRepository) -> None:
        name = unused_name()
        await namespaces.put(name, NamespaceSettings("old", changes_kept=5))
        for _ in range(3):
            await self.fill(name, 4)
            before = await namespaces.measure(name)
            await namespaces.remove(name, is_forced=True)
            assert (await namespaces.put(name, STANDARD)).is_new
            after = await namespaces.measure(name)
            assert (after.pairs, after.bytes, after.oldest_change) == (0, 0, after.revision + 1)
            assert after.revision > before.revision
            assert (await namespaces.find(name)).settings == STANDARD
