"""Streaming responses of a real server to real clients."""

import asyncio
import gzip
import signal

import httpx
import pytest

from test_support.http.streaming_service import StreamingService
from test_support.http.stub_streams import LINE
from test_support.processes import wait_until

SILENT = b"GET /silent HTTP/1.1\r\nhost: service\r\n\r\n"


def test_memory_is_bounded_however_much_is_sent(service: StreamingService) -> None:
    before = service.memory
    received = 0
    with httpx.stream("GET", f"{service.url}/endless", trust_env=False, headers={"accept-encoding": "identity"}) as response:
        for chunk in response.iter_raw():
            received += len(chunk)
            if received > 200_000_000:
                break
    assert service.memory - before < 20_000_000
    wait_until(lambda: len(service.find_lines("/endless")) == 1, "the stream's end")
    (line,) = service.find_lines("/endless")
    assert line["status"] == 200
    assert int(str(line["bytes"])) >= received - received % len(LINE)


def test_client_that_reads_nothing_is_sent_no_more_than_the_buffers_hold(service: StreamingService) -> None:
    before = service.memory
    with service.connect() as client:
        client.sendall(b"GET /endless HTTP/1.1\r\nhost: service\r\n\r\n")
        for _ in range(100):  # the stream had its turn in each of them
            assert httpx.get(f"{service.url}/health/live", trust_env=False).is_success
        assert service.memory - before < 20_000_000
    wait_until(lambda: len(service.find_lines("/endless")) == 1, "the stream's end")
    (line,) = service.find_lines("/endless")
    assert int(str(line["bytes"])) < 2_000_000  # the kernel would take more by default


def test_shutdown_ends_a_thousand_streams_immediately(service: StreamingService) -> None:
    async def open_and_end() -> None:
        connections = [await asyncio.open_connection("127.0.0.1", service.port) for _ in range(1000)]
        for reader, writer in connections:
            writer.write(SILENT)
            assert b"data: hello" in await reader.readuntil(b"hello\n\n\r\n")
        response = await asyncio.to_thread(httpx.get, f"{service.url}/health/live", trust_env=False)
        assert response.is_success
        service.signal(signal.SIGTERM)
        assert [await reader.read() for reader, _ in connections] == [b""] * 1000  # no end of the body
        for _, writer in connections:
            writer.close()

    asyncio.run(open_and_end())
    assert service.wait() == 0
    assert "graceful shutdown exceeded" not in service.output  # unlike for other requests, it does not wait for streams
    assert "Traceback" not in service.output
    assert len(service.find_lines("/silent")) == 1000


def test_http_1_0_client_notices_an_aborted_stream(service: StreamingService) -> None:
    with service.connect() as client:
        client.sendall(SILENT.replace(b"1.1", b"1.0"))
        received = b""
        while b"hello" not in received:
            received += client.recv(4096)
        assert b"chunked" not in received
        service.signal(signal.SIGTERM)
        with pytest.raises(ConnectionResetError):
            client.recv(4096)


def test_client_that_accepts_gzip_receives_it(service: StreamingService) -> None:
    headers = {"accept-encoding": "gzip"}
    received = b""
    with httpx.stream("GET", f"{service.url}/endless", headers=headers, trust_env=False) as response:
        assert response.headers["content-encoding"] == "gzip"
        for chunk in response.iter_bytes():
            received += chunk
            if len(received) > 1_000_000:
                break
    assert received[: len(LINE) * 100] == LINE * 100
    assert len(gzip.compress(LINE * 60)) < len(LINE)


def test_service_goes_on_after_streams_closed_by_their_clients(service: StreamingService) -> None:
    for _ in range(50):
        with service.connect() as client:
            client.sendall(SILENT)
            client.recv(10)
    wait_until(lambda: len(service.find_lines("/silent")) == 50, "the streams' ends")
    assert httpx.get(f"{service.url}/health/live", trust_env=False).is_success
