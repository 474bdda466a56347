"""The types of contacts that everybody needs."""

from key_value_client import AsyncNamespace

TYPES = {
    "email": {"code": "email", "name": "E-mail", "kind": "email"},
    "phone": {"code": "phone", "name": "Telephone", "kind": "phone"},
    "telegram": {"code": "telegram", "name": "Telegram", "kind": "messenger"},
}


async def upgrade(namespace: AsyncNamespace) -> None:
    """Add them; those that are there stay."""
    await namespace.put_many({f"contact_types/{code}": members for code, members in TYPES.items()}, if_absent=True)


async def downgrade(namespace: AsyncNamespace) -> None:
    """Remove them."""
    await namespace.delete_many([f"contact_types/{code}" for code in TYPES])
