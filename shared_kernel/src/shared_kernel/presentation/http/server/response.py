"""What an endpoint answers, before it becomes bytes on a connection."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import NamedTuple

Headers = tuple[tuple[bytes, bytes], ...]

Chunks = AsyncGenerator[bytes, None]
"""Parts of a body. A generator, because it can be closed: what it holds is given back in its own `finally`."""


class Response(NamedTuple):
    """A whole response: the body's bytes, the status and the headers beside those that every answer carries.

    Where the status has no content (204, 304) the body is left out, and its type and length are. An answer to HEAD has the type
    and the length without the body.
    """

    body: bytes
    status: int = 200
    media_type: bytes = b"application/json"
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class StreamingResponse:
    """A response whose body is made while it is sent. For operations that are declared with `@streams`.

    The head goes out with the first chunk, be it empty: until then an error is answered as it would be anywhere. After that, an
    error ends the connection without the end of the body, so that the client can tell (RFC 9112, section 8). The next chunk is
    asked for when the client has fetched enough of those before. `chunks` is closed, by cancellation where it waits, when the
    client has gone or fetches nothing for long, and as soon as the service ends.

    `may_be_compressed`: whether a client that accepts zstd or gzip gets that, which costs about a
    megabyte as long as the stream lasts. `ends_with_token`: whether the stream is cut off within a
    second after its caller's access token has expired or been revoked.
    """

    chunks: Chunks
    media_type: bytes
    status: int = 200
    headers: Headers = ()
    may_be_compressed: bool = False
    ends_with_token: bool = False


NO_STORE: Headers = ((b"cache-control", b"no-store"),)
