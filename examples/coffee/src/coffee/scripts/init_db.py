"""Bring the data to the newest version, or to another one."""

from coffee.core.config import Settings
from coffee.db.migrations import versions
from coffee.db.session import make_client
from key_value_client.migrations import migrate


async def init_db(settings: Settings, version: int | None = None) -> int:
    """Create the namespace if it is absent, apply what is missing, and return the version of the data. 0 takes all back."""
    async with make_client(settings) as client:
        return await migrate(client, settings.namespace, versions, version)
