"""Requests to Tarantool of one iteration of the event loop are written together."""

import asyncio
import weakref
from typing import Any

import pytest

from shared_kernel.infrastructure.write_coalescing import CoalescingTransport, break_reference_cycle


class Socket(asyncio.Transport):
    """A transport that records each write."""

    def __init__(self) -> None:
        super().__init__({"socket": "the socket"})
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


async def test_writes_of_one_iteration_are_sent_together_in_order() -> None:
    socket = Socket()
    transport = CoalescingTransport(socket)
    for data in (b"a", b"bc", b"d"):
        transport.write(memoryview(data))
    assert socket.written == []
    await asyncio.sleep(0)
    assert socket.written == [b"abcd"]
    await asyncio.sleep(0)
    assert socket.written == [b"abcd"]


async def test_each_iteration_has_its_own_write() -> None:
    socket = Socket()
    transport = CoalescingTransport(socket)
    for data in (b"a", b"b"):
        transport.write(memoryview(data))
        await asyncio.sleep(0)
    assert socket.written == [b"a", b"b"]


async def test_closed_connection_is_not_written_to() -> None:
    socket = Socket()
    transport = CoalescingTransport(socket)
    transport.write(memoryview(b"a"))
    transport.close()
    await asyncio.sleep(0)
    assert (socket.closed, socket.written) == (True, [])


async def test_driver_can_access_the_socket() -> None:
    assert CoalescingTransport(Socket()).get_extra_info("socket") == "the socket"


class Response:
    """What the driver's future refers to."""


@pytest.mark.parametrize("is_cancelled", [False, True])
async def test_released_response_is_freed_and_its_future_is_done(is_cancelled: bool) -> None:
    future: Any = asyncio.get_running_loop().create_future()
    future._response = response = Response()
    if is_cancelled:
        future.cancel()
    else:
        future.set_result(response)
        await future
    reference = weakref.ref(response)
    break_reference_cycle(future)
    del response
    assert reference() is None
    assert future.done()  # the driver ignores futures that are done
