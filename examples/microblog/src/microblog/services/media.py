"""Uploaded files."""

import asyncio
from uuid import uuid4

from key_value_client.authentication import Caller
from microblog.models.tweet import Media
from microblog.repositories.media import MediaRepository
from microblog.storage import Files
from microblog.utils.images import detect_media_type


class MediaMissingError(Exception):
    """There is no such file."""


class FileTooLargeError(Exception):
    """A file with more bytes than the setting allows."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"A file may have {max_bytes:,} bytes.")


class MediaService:
    """What may be done with files."""

    def __init__(self, media: MediaRepository, files: Files, max_bytes: int) -> None:
        self._media = media
        self._files = files
        self._max_bytes = max_bytes

    async def upload(self, caller: Caller, data: bytes) -> Media:
        """Keep an image, whatever its name and type were said to be. Raises FileTooLargeError, NotAnImageError."""
        if len(data) > self._max_bytes:
            raise FileTooLargeError(self._max_bytes)
        media_type = await asyncio.to_thread(detect_media_type, data)
        media = Media(id=str(uuid4()), owner=caller.subject, media_type=media_type)
        await self._files.write(media.id, data, media.media_type)
        await self._media.add(media)  # after its bytes: a record never stands for nothing
        return media

    async def download(self, media_id: str) -> tuple[Media, bytes]:
        """Return a file with its record. Raises MediaMissingError."""
        media = await self._media.find(media_id)
        data = await self._files.read(media_id) if media else None
        if media is None or data is None:
            raise MediaMissingError
        return media, data
