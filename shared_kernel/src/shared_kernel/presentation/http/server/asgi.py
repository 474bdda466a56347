"""Requests that are served by ASGI, by uvicorn's request cycle: documentation, unknown paths, other methods."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle


def make_scope(method: bytes, target: bytes, fields: dict[bytes, bytes], **connection: Any) -> Any:
    """Return the ASGI scope of a request; `connection` are the members that depend on it alone."""
    path, _, query = target.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "method": method.decode("ascii"),
        "path": unquote(path.decode("ascii")),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": list(fields.items()),
        **connection,
    }


class AsgiCycle(RequestResponseCycle):
    """One request and its response, by ASGI messages. Calls `on_start` when the head of the response has been sent."""

    def __init__(self, *args: Any, on_start: Callable[[], None], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on_start = on_start

    async def run_asgi(self, app: Any) -> None:
        """Let the application answer; close the connection where that is cancelled: the server has waited for long enough."""

        async def answer(scope: Any, receive: Any, send: Any) -> None:
            try:
                await app(scope, receive, send)
            except asyncio.CancelledError:
                self.response_started = self.response_complete = True
                self.transport.close()

        await super().run_asgi(answer)

    async def send(self, message: Any) -> None:
        """Send a part of the response. Called by the application."""
        is_start = not self.response_started
        await super().send(message)
        if is_start and self.response_started:
            self.on_start()

    @property
    def keep_alive(self) -> bool:
        """Whether the cycle leaves the connection open: also behind a response that ends early, for `on_response` to close."""
        return self._keep_alive or self.ends_early

    @keep_alive.setter
    def keep_alive(self, value: bool) -> None:
        self._keep_alive = value

    @property
    def ends_early(self) -> bool:
        """Whether the connection is to be closed behind the response although the client is still sending the body."""
        return self.response_complete and self.more_body and not self._keep_alive

    def take_body(self, data: bytes) -> None:
        """Keep a part of the body; let no more arrive when that is much."""
        if not self.response_complete:
            self.body += data
            if len(self.body) > HIGH_WATER_LIMIT:
                self.flow.pause_reading()
            self.message_event.set()

    def end_body(self) -> None:
        """Note that the body is whole."""
        if not self.response_complete:
            self.more_body = False
            self.message_event.set()

    def disconnect(self) -> None:
        """Note that the connection is lost."""
        self.disconnected = self.disconnected or not self.response_complete
        self.message_event.set()
