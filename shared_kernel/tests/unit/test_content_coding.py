"""gzip of streams, for clients that accept it."""

import gzip
import zlib
from collections.abc import Sequence

import pytest

from shared_kernel.presentation.http.answer import Chunks, StreamAnswer
from shared_kernel.presentation.http.content_coding import PIECE_BYTES, accepts_gzip, compress, compress_if_accepted


class Source:
    """Chunks, and whether they were given back."""

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
    "accept_encoding",
    [b"gzip", b"GZIP", b"gzip, deflate, br", b"br;q=1.0,gzip;q=0.8", b"*", b"br, *;q=0.1", b"gzip ; q=0.001"],
)
def test_gzip_is_accepted(accept_encoding: bytes) -> None:
    assert accepts_gzip(accept_encoding)


@pytest.mark.parametrize(
    "accept_encoding",
    [b"", b"identity", b"br", b"gzip;q=0", b"gzip; Q=0.000", b"*;q=0", b"gzip;q=0, *", b"x-gzippy", b"gzip;q=0,br", b",", b";"],
)
def test_gzip_is_not_accepted(accept_encoding: bytes) -> None:
    assert not accepts_gzip(accept_encoding)


@pytest.mark.parametrize(
    "chunks",
    [[], [b""], [b"a"], [b"a", b"", b"b"], [b"x" * (PIECE_BYTES - 1), b"y" * PIECE_BYTES, b"z" * (3 * PIECE_BYTES + 1)]],
    ids=["none", "empty", "one", "three", "large"],
)
async def test_what_is_compressed_is_what_it_was(chunks: Sequence[bytes]) -> None:
    source = Source(*chunks)
    compressed = b"".join([chunk async for chunk in compress(source.flow())])
    assert gzip.decompress(compressed) == b"".join(chunks)
    assert source.is_closed


async def test_each_chunk_can_be_read_when_it_has_arrived() -> None:
    chunks = compress(Source(b"first", b"second").flow())
    reader = zlib.decompressobj(16 + zlib.MAX_WBITS)
    read = b""
    while not read:
        read = reader.decompress(await anext(chunks))
        read += reader.decompress(await anext(chunks))
    assert read == b"first"
    await chunks.aclose()


async def test_who_stops_reading_closes_the_source() -> None:
    source = Source(b"first", b"second")
    chunks = compress(source.flow())
    await anext(chunks)
    await chunks.aclose()
    assert source.is_closed


@pytest.mark.parametrize(
    ("may_be_compressed", "accepted", "added"),
    [(False, b"gzip", {}), (True, b"", {b"vary": b"Accept-Encoding"}),
     (True, b"gzip", {b"vary": b"Accept-Encoding", b"content-encoding": b"gzip"})],
)  # fmt: skip
async def test_an_answer_says_how_it_is_coded(may_be_compressed: bool, accepted: bytes, added: dict[bytes, bytes]) -> None:
    answer = StreamAnswer(Source(b"a").flow(), b"text/plain", 200, ((b"etag", b'"1"'),), may_be_compressed)
    coded = compress_if_accepted(answer, {b"accept-encoding": accepted})
    assert dict(coded.headers) == {b"etag": b'"1"'} | added
    body = b"".join([chunk async for chunk in coded.chunks])
    assert (gzip.decompress(body) if b"content-encoding" in added else body) == b"a"
