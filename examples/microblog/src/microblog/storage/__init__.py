"""Where the bytes of uploaded files are kept."""

from typing import Protocol


class Files(Protocol):
    """Files by the id of their record."""

    async def write(self, media_id: str, data: bytes, media_type: str) -> None:
        """Keep a file."""

    async def read(self, media_id: str) -> bytes | None:
        """Return a file, if it is there."""

    async def delete(self, media_id: str) -> None:
        """Delete a file; one that is gone is no error."""
