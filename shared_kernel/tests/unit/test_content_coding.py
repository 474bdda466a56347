"""gzip and zstd of streams, for clients that accept them."""

import asyncio
import gzip
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import zstandard
from zstandard import ZstdCompressionParameters, ZstdCompressor, ZstdDecompressor

from shared_kernel.presentation.http.routing.content_coding import (
    CODINGS,
    PIECE_BYTES,
    choose_coding,
    compress,
    compress_if_accepted,
    decompress,
)
from shared_kernel.presentation.http.routing.errors import MalformedBodyError
from shared_kernel.presentation.http.routing.turns import take_turn
from shared_kernel.presentation.http.server.response import Chunks, StreamingResponse

COMPRESS: dict[bytes, Callable[[bytes], bytes]] = {b"gzip": gzip.compress, b"zstd": zstandard.compress}


def _decompress_zstd(data: bytes) -> bytes:
    return ZstdDecompressor().decompressobj(read_across_frames=True).decompress(data)


DECOMPRESS: dict[bytes, Callable[[bytes], bytes]] = {b"gzip": gzip.decompress, b"zstd": _decompress_zstd}


class Source:
    """Chunks, and whether their generator was closed."""

    def __init__(self, *chunks: bytes) -> None:
        self._chunks = chunks
        self.is_closed = False

    async def flow(self) -> Chunks:
        try:
            for chunk in self._chunks:
                yield chunk
        finally:
            self.is_closed = True


@pytest.mark.parametrize(
    ("accept_encoding", "chosen"),
    [
        *((text, b"gzip") for text in (
            b"gzip", b"GZIP", b"gzip, deflate, br", b"br;q=1.0,gzip;q=0.8", b"gzip ; q=0.001", b"zstd;q=0, *",
            b"gzip, zstd;q=0.9", b"gzip;q=x",
        )),
        *((text, b"zstd") for text in (b"zstd", b"gzip, zstd", b"*", b"br, *;q=0.1", b"gzip;q=0.5, ZSTD;q=0.5", b"gzip;q=0, *")),
        *((text, b"identity") for text in (
            b"", b"identity", b"br", b"gzip;q=0", b"gzip; Q=0.000", b"*;q=0", b"x-gzippy", b"gzip;q=0,br", b",", b";",
        )),
    ],
)  # fmt: skip
def test_coding_with_the_highest_weight_is_chosen(accept_encoding: bytes, chosen: bytes) -> None:
    assert choose_coding(accept_encoding) == chosen


@pytest.mark.parametrize(
    "chunks",
    [[], [b""], [b"a"], [b"a", b"", b"b"], [b"x" * (PIECE_BYTES - 1), b"y" * PIECE_BYTES, b"z" * (3 * PIECE_BYTES + 1)]],
    ids=["none", "empty", "one", "three", "large"],
)
@pytest.mark.parametrize("coding", CODINGS)
async def test_decompression_restores_what_was_compressed(chunks: Sequence[bytes], coding: bytes) -> None:
    source = Source(*chunks)
    compressed = b"".join([chunk async for chunk in compress(source.flow(), coding)])
    assert DECOMPRESS[coding](compressed) == b"".join(chunks)
    assert source.is_closed
    assert b"".join([chunk async for chunk in decompress(Source(compressed).flow(), coding)]) == b"".join(chunks)


@pytest.mark.parametrize(
    ("coding", "reader"), [(b"gzip", zlib.decompressobj(16 + zlib.MAX_WBITS)), (b"zstd", ZstdDecompressor().decompressobj())]
)
async def test_each_chunk_can_be_decompressed_on_arrival(coding: bytes, reader: Any) -> None:
    chunks = compress(Source(b"first", b"second").flow(), coding)
    read = b""
    while not read:
        read = reader.decompress(await anext(chunks))
        read += reader.decompress(await anext(chunks))
    assert read == b"first"
    await chunks.aclose()


async def test_source_is_closed_when_reading_stops() -> None:
    source = Source(b"first", b"second")
    chunks = compress(source.flow(), b"gzip")
    await anext(chunks)
    await chunks.aclose()
    assert source.is_closed


@pytest.mark.parametrize(
    ("may_be_compressed", "accepted", "added"),
    [(False, b"gzip", {}), (True, b"", {b"vary": b"Accept-Encoding"}),
     (True, b"gzip", {b"vary": b"Accept-Encoding", b"content-encoding": b"gzip"}),
     (True, b"zstd", {b"vary": b"Accept-Encoding", b"content-encoding": b"zstd"})],
)  # fmt: skip
async def test_response_has_the_fields_of_its_coding(may_be_compressed: bool, accepted: bytes, added: dict[bytes, bytes]) -> None:
    answer = StreamingResponse(Source(b"a").flow(), b"text/plain", 200, ((b"etag", b'"1"'),), may_be_compressed)
    coded = compress_if_accepted(answer, {b"accept-encoding": accepted})
    assert dict(coded.headers) == {b"etag": b'"1"'} | added
    body = b"".join([chunk async for chunk in coded.chunks])
    assert (DECOMPRESS[added[b"content-encoding"]](body) if b"content-encoding" in added else body) == b"a"


@pytest.mark.parametrize("sizes", [[1], [255, 256, 257], [100_000]])
@pytest.mark.parametrize("coding", CODINGS)
async def test_several_compressed_members_are_one_body(coding: bytes, sizes: list[int]) -> None:
    lines = b"".join(b"%d\n" % number for number in range(50_000))
    whole = b"".join(COMPRESS[coding](lines[start : start + 60_000]) for start in range(0, len(lines), 60_000))
    chunks: list[bytes] = []
    start = 0
    while start < len(whole):
        size = sizes[len(chunks) % len(sizes)]
        chunks.append(whole[start : start + size])
        start += size
    assert b"".join([chunk async for chunk in decompress(Source(*chunks).flow(), coding)]) == lines


@pytest.mark.parametrize("coding", CODINGS)
async def test_decompression_bomb_is_read_in_pieces(coding: bytes) -> None:
    bomb = COMPRESS[coding](bytes(100_000_000))
    length = 0
    async for piece in decompress(Source(bomb).flow(), coding):
        length += len(piece)
        assert len(piece) <= PIECE_BYTES
    assert length == 100_000_000


def make_frame_of_large_window() -> bytes:
    compressor = ZstdCompressor(compression_params=ZstdCompressionParameters(window_log=24)).compressobj()
    return compressor.compress(b"x" * 1000) + compressor.flush()


@pytest.mark.parametrize(
    ("coding", "body"),
    [*((coding, body) for coding in CODINGS for body in (b"", b"rubbish", COMPRESS[coding](b"x" * 1000)[:-1],
                                                         COMPRESS[coding](b"x") + b"rubbish")),
     (b"gzip", COMPRESS[b"zstd"](b"x")), (b"zstd", COMPRESS[b"gzip"](b"x")),
     (b"zstd", make_frame_of_large_window())],
    ids=[*(f"{coding.decode()} {what}" for coding in CODINGS for what in ("empty", "rubbish", "cut short", "rubbish behind")),
         "zstd as gzip", "gzip as zstd", "large window"],
)  # fmt: skip
async def test_invalid_compressed_body_is_rejected(coding: bytes, body: bytes) -> None:
    chunks = decompress(Source(body).flow(), coding)
    with pytest.raises(MalformedBodyError, match=coding.decode()):
        assert [chunk async for chunk in chunks]


@pytest.mark.parametrize("coding", CODINGS)
async def test_bodies_that_decode_to_nothing_pause_as_others_do(coding: bytes) -> None:
    pauses = 0

    async def pause() -> None:
        nonlocal pauses
        pauses += 1

    empty = COMPRESS[coding](b"")
    assert [piece async for piece in decompress(Source(empty * 100_000).flow(), coding, pause)] == []
    assert pauses > 300


async def test_one_of_those_that_wait_has_its_turn_in_each_iteration() -> None:
    loop = asyncio.get_running_loop()
    turns: list[tuple[str, int]] = []
    iteration = 0

    def count() -> None:
        nonlocal iteration
        iteration += 1
        if len(turns) < 9:
            loop.call_soon(count)

    async def work(name: str) -> None:
        for _ in range(3):
            await take_turn()
            turns.append((name, iteration))

    count()
    cancelled = asyncio.create_task(work("cancelled"))
    workers = [asyncio.create_task(work(name)) for name in "abc"]
    await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.gather(*workers)
    assert [name for name, _ in turns] == list("abcabcabc")
    assert len({number for _, number in turns}) == 9
