"""The service that the tests over TCP speak to."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from shared_kernel.tests.streaming_service import StreamingService

from testing.processes import wait_until


@pytest.fixture
def service(tmp_path: Path) -> Iterator[StreamingService]:
    with StreamingService(tmp_path) as service:
        wait_until(service.listens, "the service's start")
        yield service
