"""Content codings (RFC 9110, section 8.4) of bodies: gzip (RFC 1952) and zstd (RFC 8878)."""

import re
import zlib
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import ClassVar, Protocol

import zstandard
from zstandard import ZstdCompressor, ZstdDecompressor, ZstdError

from shared_kernel.presentation.http.routing.errors import MalformedBodyError
from shared_kernel.presentation.http.routing.turns import take_turn
from shared_kernel.presentation.http.server.errors import BodyTooLargeError
from shared_kernel.presentation.http.server.exchange import Exchange
from shared_kernel.presentation.http.server.response import Chunks, Headers, Response, StreamingResponse

# The lowest level already compresses JSON to a fifth, and other requests wait for the compression.
LEVEL = 1
PIECE_BYTES = 64 * 1024
MIN_COMPRESSED_BYTES = 4096
"""Shorter responses are sent as they are. One of this length takes some 30 µs and saves 2.6 kB, so that it arrives sooner on a
network slower than 700 Mbit/s. One of 1 KiB takes 20 µs and saves half a packet."""
MAX_WINDOW = 8 * 1024 * 1024  # RFC 9659
MAX_PARTS = 256
"""How many slices, members and frames are decoded in one turn, however little they decode to."""

CODINGS = (b"zstd", b"gzip")
"""Supported codings, the better one first."""

_COMPRESSED = re.compile(
    rb"image/(?!svg)|audio/|video/|font/woff|application/(gzip|zip|zstd|x-7z|x-bzip|x-gzip|x-xz|x-zip)", re.IGNORECASE
)
"""How the media types of formats begin that are compressed already."""

VARIES: Headers = ((b"vary", b"Accept-Encoding"),)
"""The field of responses that are compressed for the clients that accept it (RFC 9110, section 12.5.5)."""
ENCODED: Headers = (*VARIES, (b"content-encoding", CODINGS[0]))
"""The fields of responses that are compressed."""

_GZIP = 16 + zlib.MAX_WBITS
_WEIGHT = re.compile(rb"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*")


class _Encoder(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self, mode: int = ..., /) -> bytes: ...


def read_coding(headers: Mapping[bytes, bytes]) -> bytes | None:
    """Return the coding that a body is announced with, None if with none. It may be one that is not supported."""
    coding = headers.get(b"content-encoding", b"identity").lower()
    return {b"identity": None, b"x-gzip": b"gzip"}.get(coding, coding)  # RFC 9110, section 8.4.1.3


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
    if coding == b"identity":
        return replace(answer, headers=answer.headers + VARIES)
    added = (*VARIES, (b"content-encoding", coding))
    return replace(answer, chunks=compress(answer.chunks, coding), headers=answer.headers + added, conclude=None)


async def compress_whole_if_accepted(response: Response, headers: Mapping[bytes, bytes]) -> Response:
    """Return a response of MIN_COMPRESSED_BYTES or more in the coding that a request with these headers prefers."""
    if _COMPRESSED.match(response.media_type):
        return response
    coding = choose_coding(headers.get(b"accept-encoding", b""))
    if coding == b"identity":
        return response._replace(headers=response.headers + VARIES)
    encoder = _make_encoder(coding)
    pieces = []
    for start in range(0, len(response.body), PIECE_BYTES):
        if start:
            await take_turn()
        pieces.append(encoder.compress(response.body[start : start + PIECE_BYTES]))
    body = b"".join([*pieces, encoder.flush()])
    return response._replace(body=body, headers=(*response.headers, *VARIES, (b"content-encoding", coding)))


def _make_encoder(coding: bytes) -> _Encoder:
    return ZstdCompressor(LEVEL).compressobj() if coding == b"zstd" else zlib.compressobj(LEVEL, zlib.DEFLATED, _GZIP)


async def compress(chunks: Chunks, coding: bytes) -> Chunks:
    """Yield the chunks in a content coding. A client can decode each chunk as soon as it has arrived."""
    encoder = _make_encoder(coding)
    flush_mode = zstandard.COMPRESSOBJ_FLUSH_BLOCK if coding == b"zstd" else zlib.Z_SYNC_FLUSH
    async with aclosing(chunks):
        async for chunk in chunks:
            for start in range(0, len(chunk), PIECE_BYTES):
                yield encoder.compress(chunk[start : start + PIECE_BYTES])
            yield encoder.flush(flush_mode) if chunk else b""
    yield encoder.flush()


async def decompress(chunks: Chunks, coding: bytes, pause: Callable[[], Awaitable[None]] = take_turn) -> Chunks:
    """Yield the chunks decoded, in pieces of bounded size, however much a few bytes decode to, with a pause before each.

    Raises MalformedBodyError if they are not in that coding, or not complete.
    """
    decoder: _Decoder = _ZstdDecoder() if coding == b"zstd" else _GzipDecoder()
    malformed = MalformedBodyError(f"The body is not {coding.decode()}, or not all of it.")
    async with aclosing(chunks):
        async for chunk in chunks:
            pieces = decoder.decode(chunk)
            while True:
                await pause()
                try:
                    piece = next(pieces, None)
                except (zlib.error, ZstdError):
                    raise malformed from None
                if piece is None:
                    break
                if piece:
                    yield piece
    if not decoder.is_whole:
        raise malformed


async def decode_whole(exchange: Exchange, limit: int) -> None:
    """Replace the body of a request, which has arrived, by what it decodes to.

    Raises MalformedBodyError if it is not in the coding that is announced, BodyTooLargeError if it decodes to more than `limit`.
    """

    async def flow() -> Chunks:
        yield exchange.take_body()

    body = bytearray()
    async with aclosing(decompress(flow(), read_coding(exchange.headers) or b"")) as decoded:
        async for piece in decoded:
            body += piece
            if len(body) > limit:
                raise BodyTooLargeError(f"The body decodes to more than {limit} bytes.")
    exchange.body, exchange.length = body, len(body)


class _Decoder(ABC):
    slice_bytes: ClassVar[int]
    """What is decoded at once, at most."""

    @property
    @abstractmethod
    def is_whole(self) -> bool:
        """Whether what was decoded so far is complete."""

    @abstractmethod
    def _decode(self, data: bytes) -> tuple[bytes, bytes]:
        """Return what the beginning of a slice decodes to, and the rest of the slice."""

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield pieces of at most PIECE_BYTES, and an empty one where MAX_PARTS have decoded to nothing."""
        parts, size = [], 0
        for start in range(0, len(data), self.slice_bytes):
            rest = data[start : start + self.slice_bytes]
            while rest:
                part, rest = self._decode(rest)
                parts.append(part)
                size += len(part)
                if size >= PIECE_BYTES or len(parts) >= MAX_PARTS:
                    yield from _cut(b"".join(parts))
                    parts, size = [], 0
        if size:
            yield from _cut(b"".join(parts))


class _GzipDecoder(_Decoder):
    # What is left of a slice is copied for each member and each piece.
    slice_bytes = 4096

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP)

    @property
    def is_whole(self) -> bool:
        return self._member.eof

    def _decode(self, data: bytes) -> tuple[bytes, bytes]:
        if self._member.eof:  # another member follows (RFC 1952, section 2.2)
            self._member = zlib.decompressobj(_GZIP)
        part = self._member.decompress(data, PIECE_BYTES)
        return part, self._member.unused_data if self._member.eof else self._member.unconsumed_tail


class _ZstdDecoder(_Decoder):
    # Four bytes of zstd can decode to 128 KiB, and what a slice decodes to is not bounded otherwise.
    slice_bytes = 64

    def __init__(self) -> None:
        self._decompressor = ZstdDecompressor(max_window_size=MAX_WINDOW)
        self._frame = self._decompressor.decompressobj()

    @property
    def is_whole(self) -> bool:
        return self._frame.eof

    def _decode(self, data: bytes) -> tuple[bytes, bytes]:
        if self._frame.eof:  # another frame follows (RFC 8878, section 3)
            self._frame = self._decompressor.decompressobj()
        part = self._frame.decompress(data)
        return part, self._frame.unused_data if self._frame.eof else b""


def _cut(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data) or 1, PIECE_BYTES):
        yield data[start : start + PIECE_BYTES]
