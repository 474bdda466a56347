"""A room for everything that is not about one coffee."""

from datetime import UTC, datetime

from coffee.db import keys
from coffee.db.models.chat import Room
from key_value_client import AsyncNamespace

COMMON = Room(
    id="00000000-0000-7000-8000-000000000001",
    topic="The counter",
    created_by="coffee",
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)


async def upgrade(namespace: AsyncNamespace) -> None:
    """Add the room; one that is there keeps its messages."""
    await namespace.put_many({keys.room(COMMON.id): COMMON.model_dump(mode="json"), keys.chat_head(COMMON.id): 0}, if_absent=True)


async def downgrade(namespace: AsyncNamespace) -> None:
    """Remove the room with all that it has."""
    await namespace.delete(keys.room(COMMON.id))
    for prefix in (keys.chat_head(COMMON.id).removesuffix("head"), keys.follower(COMMON.id)):
        await namespace.delete_prefix(prefix)
