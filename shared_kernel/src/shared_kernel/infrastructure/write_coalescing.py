"""asynctnt with one system call for all requests that are made in one turn of the event loop, and without its garbage."""

import asyncio
from typing import Any

import asynctnt
from asynctnt.iproto.protocol import Protocol


class GatheringTransport:
    """Writes at the end of a turn what was written to it meanwhile.

    uvloop writes at once. Under load dozens of requests are made in one turn, and a write to a socket costs as much as
    everything else that is done for a small read.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._gathered: list[memoryview] = []
        self.get_extra_info = transport.get_extra_info
        self.close = transport.close

    def write(self, data: memoryview) -> None:
        """Write soon."""
        if not self._gathered:
            self._loop.call_soon(self._flush)
        self._gathered.append(data)

    def _flush(self) -> None:
        gathered, self._gathered = self._gathered, []
        if not self._transport.is_closing():
            self._transport.write(b"".join(gathered))


def forget(answer: asyncio.Future[Any]) -> None:
    """Let go of a request's answer, which has been awaited: of the future that asynctnt gave.

    The future refers to the response, that to the request with its arguments, and that to the future. Left alone, they stay
    until the garbage collector comes by, which counts objects and not megabytes, and which they keep busy. An answer that comes
    late, or an end of the connection, finds the future done: nobody is told of it.
    """
    del answer._response  # type: ignore[attr-defined] # noqa: SLF001 - what asynctnt has added to it
    answer.__init__(loop=answer.get_loop())  # type: ignore[misc] # nothing else takes its result from it
    answer.cancel()


class _GatheringProtocol(Protocol):  # type: ignore[misc] # asynctnt is untyped
    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(GatheringTransport(transport))


class GatheringConnection(asynctnt.Connection):  # type: ignore[misc]
    """A connection that gathers its requests."""

    def protocol_factory(self, connected_fut: Any, loop: Any, cls: Any = _GatheringProtocol) -> Any:
        """Return the protocol of a new connection: asynctnt's hook."""
        return super().protocol_factory(connected_fut, loop, cls)
