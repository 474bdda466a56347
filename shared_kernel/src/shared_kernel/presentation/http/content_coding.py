"""Content codings (RFC 9110, section 8.4) of streams."""

import re
import zlib
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import replace

from shared_kernel.presentation.http.answer import Chunks, StreamAnswer

# JSON becomes a fifth of its size at the lowest level, too, and other requests wait for it.
LEVEL = 1
PIECE_BYTES = 64 * 1024

_GZIP = 16 + zlib.MAX_WBITS
_NEVER = re.compile(rb"\s*q\s*=\s*0(\.0*)?\s*")


def accepts_gzip(accept_encoding: bytes) -> bool:
    """Tell whether a client that sends this (RFC 9110, section 12.5.3) takes gzip."""
    accepted = {}
    for item in accept_encoding.lower().split(b","):
        coding, _, weight = item.partition(b";")
        accepted[coding.strip()] = _NEVER.fullmatch(weight) is None
    return accepted.get(b"gzip", accepted.get(b"*", False))


def compress_if_accepted(answer: StreamAnswer, headers: Mapping[bytes, bytes]) -> StreamAnswer:
    """Return the answer as the client who sent these headers gets it."""
    if not answer.may_be_compressed:
        return answer
    added: tuple[tuple[bytes, bytes], ...] = ((b"vary", b"Accept-Encoding"),)
    if not accepts_gzip(headers.get(b"accept-encoding", b"")):
        return replace(answer, headers=answer.headers + added)
    added += ((b"content-encoding", b"gzip"),)
    return replace(answer, chunks=compress(answer.chunks), headers=answer.headers + added)


async def compress(chunks: Chunks) -> Chunks:
    """Yield what the chunks are in gzip (RFC 1952). Each of them can be read when it has arrived."""
    compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, _GZIP)
    async with aclosing(chunks):
        async for chunk in chunks:
            for start in range(0, len(chunk), PIECE_BYTES):
                yield compressor.compress(chunk[start : start + PIECE_BYTES])
            yield compressor.flush(zlib.Z_SYNC_FLUSH) if chunk else b""
    yield compressor.flush()
