"""Requests that are served by ASGI, by uvicorn's request cycle: documentation, unknown paths, other methods."""

from typing import Any
from urllib.parse import unquote

from httptools import HttpParserInvalidURLError, parse_url
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from shared_kernel.presentation.http.server.errors import MalformedRequestError


def make_scope(method: bytes, target: bytes, fields: dict[bytes, bytes], **connection: Any) -> Any:
    """Return the ASGI scope of a request; `connection` are the members that depend on it alone. Raises MalformedRequestError."""
    try:
        url = parse_url(target)
    except HttpParserInvalidURLError:
        raise MalformedRequestError("The request's target is not a URL.") from None
    if url.path is None or not url.path.isascii():
        raise MalformedRequestError("The request's target has no path, or one that is not percent-encoded.")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "method": method.decode("ascii"),
        "path": unquote(url.path.decode("ascii")),
        "raw_path": url.path,
        "query_string": url.query or b"",
        "root_path": "",
        "headers": list(fields.items()),
        **connection,
    }


class AsgiCycle(RequestResponseCycle):
    """One request and its response, by ASGI messages."""

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
