"""asynctnt with one system call for all requests of one iteration of the event loop, and without its reference cycles."""

import asyncio
import socket
from dataclasses import dataclass
from typing import Any

import asynctnt
from asynctnt.iproto.protocol import Protocol

# After a network that was cut, TCP waits for as long again as the cut has lasted before it sends once more on a connection. One
# that has had no acknowledgement for this time is opened anew instead.
UNACKNOWLEDGED_MILLISECONDS = 3000


@dataclass
class Coalesced:
    """What all connections of the process have sent."""

    batches: int = 0
    requests: int = 0


COALESCED = Coalesced()


class CoalescingTransport:
    """Writes once per iteration of the event loop, at its end, everything written to it meanwhile.

    uvloop writes immediately. Under load dozens of requests are made in one iteration, and a write to a socket costs as much
    as all other work for a small read.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._pending: list[memoryview] = []
        self.get_extra_info = transport.get_extra_info
        self.close = transport.close

    def write(self, data: memoryview) -> None:
        """Write at the end of this iteration of the event loop."""
        if not self._pending:
            self._loop.call_soon(self._flush)
        self._pending.append(data)

    def _flush(self) -> None:
        pending, self._pending = self._pending, []
        COALESCED.batches += 1
        COALESCED.requests += len(pending)
        if not self._transport.is_closing():
            self._transport.write(b"".join(pending))


def break_reference_cycle(response: asyncio.Future[Any]) -> None:
    """Free a response that has been awaited; `response` is the future that asynctnt returned.

    The future refers to the response, the response to the request with its arguments, and the request to the future. They
    would stay until the garbage collector runs, which counts objects and not megabytes, and which they keep busy. The future is
    left done, so that asynctnt ignores a response that comes later and the end of the connection.
    """
    del response._response  # type: ignore[attr-defined] # noqa: SLF001 - what asynctnt has added to it
    response.__init__(loop=response.get_loop())  # type: ignore[misc] # nothing else clears its result
    response.cancel()


class _CoalescingProtocol(Protocol):  # type: ignore[misc] # asynctnt is untyped
    def connection_made(self, transport: asyncio.Transport) -> None:
        connected = transport.get_extra_info("socket")
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MILLISECONDS)
        super().connection_made(CoalescingTransport(transport))


class CoalescingConnection(asynctnt.Connection):  # type: ignore[misc]
    """A connection that writes all requests of one iteration of the event loop together."""

    def protocol_factory(self, connected_fut: Any, loop: Any, cls: Any = _CoalescingProtocol) -> Any:
        """Return the protocol of a new connection; called by asynctnt."""
        return super().protocol_factory(connected_fut, loop, cls)
