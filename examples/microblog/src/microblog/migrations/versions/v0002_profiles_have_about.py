"""Each profile has a member `about`, also those that were made before there was one."""

from key_value_client import AsyncNamespace

PROFILES = "profiles/"


async def upgrade(namespace: AsyncNamespace) -> None:
    """Add the member where it is absent."""
    async for pair in namespace.scan(PROFILES):
        if "about" not in pair.value:
            await namespace.patch(pair.key, {"about": ""})


async def downgrade(namespace: AsyncNamespace) -> None:
    """Remove the member where it says nothing; nothing that somebody wrote is lost."""
    async for pair in namespace.scan(PROFILES):
        if pair.value.get("about") == "":
            await namespace.patch(pair.key, {"about": None})
