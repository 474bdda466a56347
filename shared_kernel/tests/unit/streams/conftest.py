"""The streaming stub service for these tests."""

from collections.abc import AsyncIterator

import pytest

from test_support.http.stream_stubs import BodyReader, ChunkSource
from test_support.http.stub_service import Errand, StubVerifier, run
from test_support.http.stub_streams import make_streaming_service
from test_support.http.wire import Server


@pytest.fixture
def source() -> ChunkSource:
    return ChunkSource()


@pytest.fixture
def reader() -> BodyReader:
    return BodyReader()


@pytest.fixture
def verifier() -> StubVerifier:
    return StubVerifier()


@pytest.fixture
async def server(source: ChunkSource, errand: Errand, verifier: StubVerifier, reader: BodyReader) -> AsyncIterator[Server]:
    service = make_streaming_service(source, errand, verifier, reader)
    async with run(service):
        yield Server(service)
