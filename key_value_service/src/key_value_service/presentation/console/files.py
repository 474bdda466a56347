"""The files of the console, as its build has left them, in memory."""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PAGE = "index.html"
ASSETS = "-/assets/"
"""Below it, names have a hash of the content in them."""
_OF_TEXT = ("text/", "image/svg", "application/json")


@dataclass(frozen=True, slots=True)
class ConsoleFile:
    """A file as it is sent. `compressed`: in gzip; None where that is not worth it."""

    body: bytes
    media_type: str
    compressed: bytes | None
    etag: str

    @classmethod
    def of(cls, body: bytes, media_type: str, compressed: bytes | None = None) -> "ConsoleFile":
        """Return a file with an entity tag of its content, which is the same in gzip (RFC 9110, section 8.8.1: weak)."""
        text_type = f"{media_type}; charset=utf-8" if media_type.startswith(_OF_TEXT) else media_type
        return cls(body, text_type, compressed, f'W/"{hashlib.sha256(body).hexdigest()[:32]}"')

    def in_gzip(self) -> "ConsoleFile":
        """Return the file with its content in gzip, too."""
        return ConsoleFile(self.body, self.media_type, gzip.compress(self.body), self.etag)


def load_files(directory: Path) -> Mapping[str, ConsoleFile]:
    """Return the files of a built console by their paths in it, with slashes; none if it is not built.

    What is not among them is never looked for on the disk, whatever a request names.
    """
    if not (directory / PAGE).is_file():
        return {}
    paths = [path for path in directory.rglob("*") if path.is_file()]
    return {
        path.relative_to(directory).as_posix(): ConsoleFile.of(
            path.read_bytes(), mimetypes.guess_type(path.name)[0] or "application/octet-stream", _read_compressed(path)
        )
        for path in paths
        if path.suffix != ".gz"
    }


def _read_compressed(path: Path) -> bytes | None:
    beside = path.with_name(f"{path.name}.gz")
    return beside.read_bytes() if beside.is_file() else None
