"""Whether the other end of a connection is still there, although nothing is read from it."""

import asyncio
import socket

_CLOSE, _CLOSE_WAIT = 7, 8  # linux/include/net/tcp_states.h


def is_reset(transport: asyncio.BaseTransport) -> bool:
    """Return whether the connection has been reset: nobody receives what is sent."""
    return _find_state(transport) == _CLOSE


def is_half_closed(transport: asyncio.BaseTransport) -> bool:
    """Return whether the other end sends no more. It has closed its half or all of the connection: to send something tells."""
    return _find_state(transport) == _CLOSE_WAIT


def _find_state(transport: asyncio.BaseTransport) -> int:
    connection = transport.get_extra_info("socket")
    if connection is None or connection.family not in (socket.AF_INET, socket.AF_INET6):
        return 0
    state: int = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
    return state
