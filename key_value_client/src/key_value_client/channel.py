"""Requests with an access token."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from key_value_client.errors import InvalidToken, RuleBroken
from key_value_client.flows import Flow, Open, Request, Response
from key_value_client.retries import Retries, check
from key_value_client.tokens import Credentials

FIELD = "Idempotency-Key"


class IdempotencyKeys:
    """Makes idempotency keys, and finds out whether the service knows them: older ones would do a repeated change again."""

    def __init__(self, *, are_used: bool) -> None:
        self._are_used = are_used
        self._are_known: bool | None = None if are_used else False

    def add_key(self, request: Request) -> Request:
        """Return the request with a key of its own."""
        return replace(request, headers={**request.headers, FIELD: f'"{uuid4().hex}"'}) if self._are_used else request

    def are_known(self, channel: "Channel") -> Flow[bool]:
        """Return whether a request with a key may be repeated, as the answer to one that is refused in any case shows."""
        if self._are_known is None:
            headers = {"Content-Type": "application/json", FIELD: '"'}
            try:
                yield from channel.attempt(Request("POST", f"{channel.url}/write", {}, headers, b"{}"))
            except RuleBroken as refused:
                self._are_known = any(broken.get("field") == FIELD.lower() for broken in refused.errors)
        return bool(self._are_known)


@dataclass(frozen=True)
class Channel:
    """Sends requests to the key-value service, with an access token; a 401 is repaired once."""

    url: str
    credentials: Credentials
    retries: Retries
    keys: IdempotencyKeys

    def send(self, request: Request) -> Flow[Response]:
        """Return the answer. Raises KeyValueError."""
        if request.content is not None and not isinstance(request.content, bytes):
            return (yield from self._send_once(request))  # what has been sent cannot be sent again
        if request.once:
            request = self.keys.add_key(request)
        return (yield from self.retries.send(request, self._send, lambda: self.keys.are_known(self)))

    def open(self, request: Request, *, events: bool = False) -> Flow[None]:
        """Begin an answer that is fetched by `Next`. Raises KeyValueError."""
        yield from self.retries.send(request, lambda request: self._send(request, lambda request: Open(request, events)))

    def open_once(self, request: Request, *, events: bool = False) -> Flow[None]:
        """Begin an answer that is fetched by `Next`, in one attempt. Raises KeyValueError."""
        yield from self._send(request, lambda request: Open(request, events))

    def attempt(self, request: Request) -> Flow[Response]:
        """Return the answer to one attempt. Raises KeyValueError."""
        return (yield from self._send(request))

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
