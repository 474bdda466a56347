"""The service for the tests over TCP."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from test_support.http.streaming_service import StreamingService
from test_support.processes import wait_until


@pytest.fixture
def service(tmp_path: Path) -> Iterator[StreamingService]:
    with StreamingService(tmp_path) as service:
        wait_until(service.listens, "the service's start")
        yield service
