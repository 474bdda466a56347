"""Responses, before they become bytes on a connection."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import NamedTuple

Headers = tuple[tuple[bytes, bytes], ...]

Chunks = AsyncGenerator[bytes, None]
"""Parts of a body. A generator, because it can be closed: what it holds is released in its `finally`."""


class Response(NamedTuple):
    """A whole response: body, status, and the header fields beside those that every response has.

    Where the status has no content (204, 304), the body and the fields for its type and length are left out. A response to HEAD
    has type and length, and no body.
    """

    body: bytes
    status: int = 200
    media_type: bytes = b"application/json"
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class StreamingResponse:
    """A response whose body is made while it is sent. For operations that are declared with `@streams`.

    The head is sent with the first chunk, even if that is empty: until then an error is answered as anywhere. After that, an
    error closes the connection without the end of the body, so that the client notices (RFC 9112, section 8). The next chunk is
    asked for when the client has fetched enough of the earlier ones. `chunks` is closed, by cancellation where it waits, when the
    client has disconnected or fetches nothing for long, and as soon as the service shuts down.

    `may_be_compressed`: whether a client that accepts zstd or gzip receives that, which takes about a megabyte of memory as long
    as the stream lasts. `ends_with_token`: whether the stream is cut within a second after the caller's access token has expired
    or been revoked. `conclude` makes the last chunk from the error that ends the stream, and the body then has an end; where that
    is empty, or there is no `conclude`, the stream is cut. Not for responses that may be compressed.
    """

    chunks: Chunks
    media_type: bytes
    status: int = 200
    headers: Headers = ()
    may_be_compressed: bool = False
    ends_with_token: bool = False
    conclude: Callable[[Exception], bytes] | None = None


NO_STORE: Headers = ((b"cache-control", b"no-store"),)
