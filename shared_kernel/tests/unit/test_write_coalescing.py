"""Requests to Tarantool that are made in one turn of the event loop go out together."""

import asyncio
import weakref
from typing import Any

import pytest

from shared_kernel.infrastructure.write_coalescing import GatheringTransport, forget


class Socket(asyncio.Transport):
    """A transport that remembers what was written, write by write."""

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


async def test_what_is_written_in_one_turn_is_written_once_and_in_order() -> None:
    socket = Socket()
    transport = GatheringTransport(socket)
    for data in (b"a", b"bc", b"d"):
        transport.write(memoryview(data))
    assert socket.written == []
    await asyncio.sleep(0)
    assert socket.written == [b"abcd"]
    await asyncio.sleep(0)
    assert socket.written == [b"abcd"]


async def test_each_turn_has_its_own_write() -> None:
    socket = Socket()
    transport = GatheringTransport(socket)
    for data in (b"a", b"b"):
        transport.write(memoryview(data))
        await asyncio.sleep(0)
    assert socket.written == [b"a", b"b"]


async def test_nothing_is_written_to_a_closed_connection() -> None:
    socket = Socket()
    transport = GatheringTransport(socket)
    transport.write(memoryview(b"a"))
    transport.close()
    await asyncio.sleep(0)
    assert (socket.closed, socket.written) == (True, [])


async def test_the_driver_finds_the_socket() -> None:
    assert GatheringTransport(Socket()).get_extra_info("socket") == "the socket"


class Response:
    """What the driver's future refers to."""


@pytest.mark.parametrize("is_cancelled", [False, True])
async def test_an_answer_that_is_let_go_holds_nothing_and_takes_nothing(is_cancelled: bool) -> None:
    answer: Any = asyncio.get_running_loop().create_future()
    answer._response = response = Response()
    if is_cancelled:
        answer.cancel()
    else:
        answer.set_result(response)
        await answer
    kept = weakref.ref(response)
    forget(answer)
    del response
    assert kept() is None
    assert answer.done()  # the driver leaves alone what is done
