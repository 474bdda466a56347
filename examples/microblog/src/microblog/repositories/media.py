"""Records of uploaded files."""

from key_value_client import AsyncNamespace
from microblog.models.tweet import Media
from microblog.repositories import keys


class MediaRepository:
    """Pairs under `media/`."""

    def __init__(self, namespace: AsyncNamespace) -> None:
        self._namespace = namespace

    async def find(self, media_id: str) -> Media | None:
        """Return the record of a file, if there is one."""
        members = await self._namespace.get(keys.media(media_id), None)
        return None if members is None else Media.model_validate(members)

    async def add(self, media: Media) -> None:
        """Add the record of a file that is stored already."""
        await self._namespace.put(keys.media(media.id), media.model_dump())
