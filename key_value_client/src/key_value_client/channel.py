"""Requests with an access token."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from key_value_client.errors import InvalidToken
from key_value_client.flows import Flow, Open, Request, Response
from key_value_client.retries import Retries, check
from key_value_client.tokens import Credentials


@dataclass(frozen=True)
class Channel:
    """Sends requests to the key-value service, with an access token; a 401 is repaired once."""

    url: str
    credentials: Credentials
    retries: Retries

    def send(self, request: Request) -> Flow[Response]:
        """Return the answer. Raises KeyValueError."""
        if request.content is not None and not isinstance(request.content, bytes):
            return (yield from self._send_once(request))  # what has been sent cannot be sent again
        return (yield from self.retries.send(request, self._send))

    def open(self, request: Request, *, events: bool = False) -> Flow[None]:
        """Begin an answer that is fetched by `Next`. Raises KeyValueError."""
        yield from self.retries.send(request, lambda request: self._send(request, lambda request: Open(request, events)))

    def open_once(self, request: Request, *, events: bool = False) -> Flow[None]:
        """Begin an answer that is fetched by `Next`, in one attempt. Raises KeyValueError."""
        yield from self._send(request, lambda request: Open(request, events))

    def _send_once(self, request: Request) -> Flow[Response]:
        token = yield from self.credentials.get_token()
        return (yield from check(_authorize(request, token)))

    def _send(self, request: Request, wrap: Callable[[Request], Any] | None = None) -> Flow[Response]:
        token = yield from self.credentials.get_token()
        try:
            return (yield from check(_authorize(request, token), wrap))
        except InvalidToken:
            renewed = yield from self.credentials.renew_token(token)
            if renewed == token:
                raise
        return (yield from check(_authorize(request, renewed), wrap))


def _authorize(request: Request, token: str) -> Request:
    return replace(request, headers={**request.headers, "Authorization": f"Bearer {token}"})
