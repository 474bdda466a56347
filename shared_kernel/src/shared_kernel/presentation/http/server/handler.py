"""All that the server knows of what is above it."""

from collections.abc import Mapping
from typing import Any, Protocol

from shared_kernel.presentation.http.server.exchange import Exchange
from shared_kernel.presentation.http.server.response import Headers, Response


class Operation(Protocol):
    """What requests are for."""

    @property
    def takes_body(self) -> bool:
        """Whether the body is kept; otherwise it is read and ignored."""
        ...

    @property
    def takes_stream(self) -> bool:
        """Whether the request is handled while its body arrives."""
        ...

    @property
    def waits(self) -> bool:
        """Whether it waits for an event; a client that disconnects or closes its half ends that."""
        ...

    @property
    def sends_body(self) -> bool:
        """Whether responses have a body: not for HEAD."""
        ...

    @property
    def max_body_bytes(self) -> int:
        """The longest body that is kept, unless it is a stream."""
        ...


Found = tuple[Operation, Mapping[str, str], bytes]
"""An operation, the values of the parameters in its path, still percent-encoded, and the query."""


class Handler(Protocol):
    """Handles requests. For each exchange: `check`, then `begin`, then one call of Connection.respond or begin_stream."""

    @property
    def common_fields(self) -> Headers:
        """The fields of all responses that are not served by ASGI. They do not change."""
        ...

    def find(self, method: bytes, target: bytes) -> Found | None:
        """Return what the method and the target (RFC 9112, section 3.2) name; None where the request is served by ASGI."""
        ...

    def identify(self, headers: Mapping[bytes, bytes]) -> str:
        """Return the request's id."""
        ...

    def check(self, exchange: Exchange) -> bool:
        """Return whether the head is acceptable. If not, the request has been answered."""
        ...

    def begin(self, exchange: Exchange) -> None:
        """Begin to handle a request that has arrived whole or whose body is a stream."""
        ...

    def refuse(self, exchange: Exchange, error: Exception) -> None:
        """Answer with an error."""
        ...

    def client_disconnected(self, exchange: Exchange) -> None:
        """Note that the connection was lost before the request had arrived."""
        ...

    def stop_waiting(self, exchange: Exchange) -> None:
        """Cancel a request that waits for an event, and no other."""
        ...

    def await_arrival(self, exchange: Exchange) -> None:
        """Let the server, which is shutting down, wait for the rest of the request."""
        ...

    def render_error(self, error: Exception, request_id: str, headers: Mapping[bytes, bytes]) -> Response:
        """Return the response to what the server rejects without an exchange; `headers` are those that were understood."""
        ...

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve by ASGI the process's lifespan and the requests that `find` knows no operation for."""
        ...
