"""Files on a disk."""

import asyncio
import os
from pathlib import Path
from uuid import UUID


class FilesOnDisk:
    """Files in one folder, which all processes of the application must share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def write(self, media_id: str, data: bytes, media_type: str) -> None:  # noqa: ARG002 - the record has the type
        """Keep a file: whole, or not at all, also if the power fails."""
        await asyncio.to_thread(self._write, self._find_path(media_id), data)

    async def read(self, media_id: str) -> bytes | None:
        """Return a file, if it is there."""
        try:
            return await asyncio.to_thread(self._find_path(media_id).read_bytes)
        except FileNotFoundError:
            return None

    async def delete(self, media_id: str) -> None:
        """Delete a file; one that is gone is no error."""
        await asyncio.to_thread(self._find_path(media_id).unlink, missing_ok=True)

    def _find_path(self, media_id: str) -> Path:
        return self._folder / str(UUID(media_id))  # nothing but an id ever names a file: it cannot leave the folder

    def _write(self, path: Path, data: bytes) -> None:
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            file.write(data)
            os.fsync(file.fileno())
        part.rename(path)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
