"""Files in the store."""

from key_value_client import AsyncNamespace, Binary
from microblog.repositories import keys


class StoredFiles:
    """Files as values of bytes, under `files/`."""

    def __init__(self, namespace: AsyncNamespace) -> None:
        self._namespace = namespace

    async def write(self, media_id: str, data: bytes, media_type: str) -> None:
        """Keep a file."""
        await self._namespace.put(keys.file(media_id), Binary(data, media_type))

    async def read(self, media_id: str) -> bytes | None:
        """Return a file, if it is there."""
        found: Binary | None = await self._namespace.get(keys.file(media_id), None)
        return None if found is None else found.data

    async def delete(self, media_id: str) -> None:
        """Delete a file; one that is gone is no error."""
        await self._namespace.delete(keys.file(media_id))
