"""Content codings (RFC 9110, section 8.4) of streams: gzip (RFC 1952) and zstd (RFC 8878)."""

import asyncio
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Protocol

import zstandard
from zstandard import ZstdCompressor, ZstdDecompressor, ZstdError

from shared_kernel.presentation.http.routing.errors import MalformedBodyError
from shared_kernel.presentation.http.server.response import Chunks, StreamingResponse

# The lowest level already compresses JSON to a fifth, and other requests wait for the compression.
LEVEL = 1
PIECE_BYTES = 64 * 1024
MAX_WINDOW = 8 * 1024 * 1024  # RFC 9659
# Four bytes of zstd can decode to 128 KiB, and a slice is decoded at once.
SLICE_BYTES = 256

_GZIP = 16 + zlib.MAX_WBITS
_WEIGHT = re.compile(rb"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*")


class _Encoder(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self, mode: int = ..., /) -> bytes: ...


class _Decoder(Protocol):
    @property
    def is_whole(self) -> bool:
        """Whether what was decoded so far is complete."""
        ...

    def decode(self, data: bytes) -> Iterator[bytes]: ...


def choose_coding(accept_encoding: bytes) -> bytes:
    """Return the coding that Accept-Encoding (RFC 9110, section 12.5.3) prefers; of two equal ones zstd; else identity."""
    weights = {}
    for item in accept_encoding.lower().split(b","):
        coding, _, parameter = item.partition(b";")
        weight = _WEIGHT.fullmatch(parameter)
        weights[coding.strip()] = 1.0 if weight is None else float(weight[1])
    others = weights.get(b"*", 0.0)
    best = max(CODINGS, key=lambda coding: weights.get(coding, others))
    return best if weights.get(best, others) > 0 else b"identity"


def compress_if_accepted(answer: StreamingResponse, headers: Mapping[bytes, bytes]) -> StreamingResponse:
    """Return the response in the coding that a request with these headers prefers."""
    if not answer.may_be_compressed:
        return answer
    coding = choose_coding(headers.get(b"accept-encoding", b""))
    added: tuple[tuple[bytes, bytes], ...] = ((b"vary", b"Accept-Encoding"),)
    if coding == b"identity":
        return replace(answer, headers=answer.headers + added)
    added += ((b"content-encoding", coding),)
    return replace(answer, chunks=compress(answer.chunks, coding), headers=answer.headers + added, conclude=None)


async def compress(chunks: Chunks, coding: bytes) -> Chunks:
    """Yield the chunks in a content coding. A client can decode each chunk as soon as it has arrived."""
    encoder: _Encoder
    if coding == b"zstd":
        encoder, flush_mode = ZstdCompressor(LEVEL).compressobj(), zstandard.COMPRESSOBJ_FLUSH_BLOCK
    else:
        encoder, flush_mode = zlib.compressobj(LEVEL, zlib.DEFLATED, _GZIP), zlib.Z_SYNC_FLUSH
    async with aclosing(chunks):
        async for chunk in chunks:
            for start in range(0, len(chunk), PIECE_BYTES):
                yield encoder.compress(chunk[start : start + PIECE_BYTES])
            yield encoder.flush(flush_mode) if chunk else b""
    yield encoder.flush()


async def decompress(chunks: Chunks, coding: bytes) -> Chunks:
    """Yield the chunks decoded, in pieces of bounded size, however much a few bytes decode to.

    Raises MalformedBodyError if they are not in that coding, or not complete.
    """
    decoder: _Decoder = _ZstdDecoder() if coding == b"zstd" else _GzipDecoder()
    malformed = MalformedBodyError(f"The body is not {coding.decode()}, or not all of it.")
    async with aclosing(chunks):
        async for chunk in chunks:
            pieces = decoder.decode(chunk)
            while True:
                try:
                    piece = next(pieces, None)
                except (zlib.error, ZstdError):
                    raise malformed from None
                if piece is None:
                    break
                if piece:
                    yield piece
                await asyncio.sleep(0)  # other tasks run
    if not decoder.is_whole:
        raise malformed


class _GzipDecoder:
    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP)

    @property
    def is_whole(self) -> bool:
        return self._member.eof

    def decode(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._member.eof:  # another member follows (RFC 1952, section 2.2)
                self._member = zlib.decompressobj(_GZIP)
            yield self._member.decompress(data, PIECE_BYTES)
            data = self._member.unused_data if self._member.eof else self._member.unconsumed_tail


class _ZstdDecoder:
    def __init__(self) -> None:
        self._decompressor = ZstdDecompressor(max_window_size=MAX_WINDOW)
        self._frame = self._decompressor.decompressobj()

    @property
    def is_whole(self) -> bool:
        return self._frame.eof

    def decode(self, data: bytes) -> Iterator[bytes]:
        pieces, size = [], 0
        for start in range(0, len(data), SLICE_BYTES):
            rest = data[start : start + SLICE_BYTES]
            while rest:
                if self._frame.eof:  # another frame follows (RFC 8878, section 3)
                    self._frame = self._decompressor.decompressobj()
                piece = self._frame.decompress(rest)
                rest = self._frame.unused_data if self._frame.eof else b""
                pieces.append(piece)
                size += len(piece)
            if size >= PIECE_BYTES or start + SLICE_BYTES >= len(data):
                gathered = b"".join(pieces)
                for begin in range(0, size, PIECE_BYTES):
                    yield gathered[begin : begin + PIECE_BYTES]
                pieces, size = [], 0


CODINGS = (b"zstd", b"gzip")
"""Supported codings, the better one first."""
