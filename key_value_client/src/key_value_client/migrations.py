"""Versions of an application's data: a key-value store has a schema, too, in what its programs expect.

A version is a module `v0001_what_it_does` of a package, with `async def upgrade(namespace)` and `async def downgrade(namespace)`,
which may be run again after they were interrupted. Which ones were applied is recorded under `migrations/` in the namespace.
"""

import importlib
import pkgutil
import re
from datetime import datetime, timezone
from types import ModuleType

from key_value_client.client import AsyncClient, AsyncNamespace
from key_value_client.errors import KeyValueError, NamespaceMissing

RECORDS = "migrations/"
LOCK = "migrating"
LOCK_SECONDS = 30.0


class UnknownVersion(KeyValueError):
    """A version that the data have, or that was asked for, is none of this program's."""


def find_versions(package: ModuleType) -> dict[int, ModuleType]:
    """Return the versions of a package by number. Raises ValueError if a module is named otherwise, or a number is missing."""
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    found: dict[int, ModuleType] = {}
    for name in names:
        number = re.fullmatch(r"v(\d+)_\w+", name)
        if number is None or int(number[1]) != len(found) + 1:
            raise ValueError(f"{name}: versions are named v0001_…, v0002_… and so on, without a gap.")
        found[len(found) + 1] = importlib.import_module(f"{package.__name__}.{name}")
    return found


async def migrate(client: AsyncClient, namespace: str, package: ModuleType, to: int | None = None) -> int:
    """Bring the data of a namespace to a version, by default the newest; return it. Several processes may do so at once.

    The namespace is created if it is absent, for which the client needs `admin` rights. Raises UnknownVersion.
    """
    known = find_versions(package)
    wanted = len(known) if to is None else to
    if not 0 <= wanted <= len(known):
        raise UnknownVersion(f"There is no version {wanted} of the data; there are 0 to {len(known)}.")
    try:
        await client.show_namespace(namespace)
    except NamespaceMissing:
        await client.create_namespace(namespace)
    there = client.namespace(namespace)
    async with there.lock(LOCK, ttl=LOCK_SECONDS):
        await _migrate(there, known, wanted)
    return wanted


async def _migrate(namespace: AsyncNamespace, known: dict[int, ModuleType], wanted: int) -> None:
    applied = [int(pair.key[len(RECORDS) :]) async for pair in namespace.scan(RECORDS, values=False)]
    if applied and max(applied) > len(known):
        raise UnknownVersion(f"The data have version {max(applied)}; this program knows none above {len(known)}.")
    for number in range(1, wanted + 1):
        if number not in applied:
            await known[number].upgrade(namespace)
            name = known[number].__name__.rpartition(".")[2]
            await namespace.put(f"{RECORDS}{number:04}", {"name": name, "applied_at": datetime.now(timezone.utc).isoformat()})
    for number in sorted(applied, reverse=True):
        if number > wanted:
            await known[number].downgrade(namespace)
            await namespace.delete(f"{RECORDS}{number:04}")
