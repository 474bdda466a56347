"""Versions of the data: numbered modules under `versions/`, applied in order, recorded, and reversible.

Each has `async def upgrade(namespace)` and `async def downgrade(namespace)`, which may be run again after they were interrupted.
"""

import importlib
import pkgutil
from datetime import UTC, datetime
from types import ModuleType

from key_value_client import AsyncClient, AsyncNamespace, NamespaceMissing
from microblog.migrations import versions
from microblog.repositories import keys


class UnknownVersionError(ValueError):
    """A version that the data have, or that was asked for, is none of this application's."""


def find_versions() -> dict[int, ModuleType]:
    """Return the migrations by number: 1, 2, …"""
    names = sorted(module.name for module in pkgutil.iter_modules(versions.__path__))
    return {int(name.split("_")[0].removeprefix("v")): importlib.import_module(f"{versions.__name__}.{name}") for name in names}


async def migrate(client: AsyncClient, namespace: str, version: int | None = None) -> int:
    """Bring the data of a namespace to a version, by default the newest; return it. Several processes may do so at once.

    The namespace is created if it is absent. Raises UnknownVersionError.
    """
    known = find_versions()
    wanted = max(known) if version is None else version
    if wanted not in (0, *known):
        raise UnknownVersionError(f"There is no version {wanted} of the data; there are 0 to {max(known)}.")
    try:
        await client.show_namespace(namespace)
    except NamespaceMissing:
        await client.create_namespace(namespace, description="The microblog's data")
    there = client.namespace(namespace)
    async with there.lock("migrating", ttl=30):
        return await _migrate(there, known, wanted)


async def _migrate(namespace: AsyncNamespace, known: dict[int, ModuleType], wanted: int) -> int:
    applied = [int(pair.key.removeprefix(keys.MIGRATIONS)) async for pair in namespace.scan(keys.MIGRATIONS, values=False)]
    if set(applied) - set(known):
        raise UnknownVersionError(f"The data have version {max(applied)}; this application knows none above {max(known)}.")
    for number in sorted(set(known) - set(applied)):
        if number <= wanted:
            await known[number].upgrade(namespace)
            record = {"name": known[number].__name__.rpartition(".")[2], "applied_at": datetime.now(UTC).isoformat()}
            await namespace.put(f"{keys.MIGRATIONS}{number:04}", record)
    for number in sorted(applied, reverse=True):
        if number > wanted:
            await known[number].downgrade(namespace)
            await namespace.delete(f"{keys.MIGRATIONS}{number:04}")
    return wanted
