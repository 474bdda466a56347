"""Content codings (RFC 9110, section 8.4) of streams."""

import asyncio
import re
import zlib
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import replace

from shared_kernel.presentation.http.answer import Chunks, StreamAnswer
from shared_kernel.presentation.http.problems import MalformedBodyError

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


async def decompress(chunks: Chunks) -> Chunks:
    """Yield what the chunks of gzip are, in pieces of at most PIECE_BYTES, however much comes of a few bytes.

    Raises MalformedBodyError where they are no gzip, or not all of it.
    """
    decompressor = zlib.decompressobj(_GZIP)
    async with aclosing(chunks):
        async for chunk in chunks:
            rest = chunk
            while rest:
                if decompressor.eof:  # another member follows (RFC 1952, section 2.2)
                    decompressor = zlib.decompressobj(_GZIP)
                try:
                    piece = decompressor.decompress(rest, PIECE_BYTES)
                except zlib.error:
                    raise MalformedBodyError("The body is not gzip.") from None
                rest = decompressor.unused_data if decompressor.eof else decompressor.unconsumed_tail
                if piece:
                    yield piece
                await asyncio.sleep(0)  # others have their turn
    if not decompressor.eof:
        raise MalformedBodyError("The body is not gzip, or not all of it.")


DECODERS: Mapping[bytes, Callable[[Chunks], Chunks]] = {b"gzip": decompress}
"""How bodies may be coded: a further coding of RFC 9110, section 8.4.1, has its place here."""
