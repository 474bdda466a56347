"""What an endpoint answers, before it becomes bytes on a connection."""

from typing import NamedTuple

Headers = tuple[tuple[bytes, bytes], ...]


class Answer(NamedTuple):
    """A whole response: the body's bytes, the status and the headers beside those that every answer carries."""

    body: bytes
    status: int = 200
    media_type: bytes = b"application/json"
    headers: Headers = ()


NO_STORE: Headers = ((b"cache-control", b"no-store"),)
