"""Requests with an access token."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from key_value_client.errors import AccessRefused, InvalidToken, RuleBroken
from key_value_client.flows import Flow, Open, Request, Response
from key_value_client.retries import Retries, check
from key_value_client.tokens import Credentials
from key_value_client.values import JSON

FIELD = "Idempotency-Key"


class IdempotencyKeys:
    """Makes idempotency keys, and finds out whether the service knows them: older ones would do a repeated change again."""

    def __init__(self, *, are_used: bool) -> None:
        self._are_known: bool | None = None if are_used else False
        self._pause_ends = 0.0

    def make(self) -> str | None:
        """Return a new key; None if there should be none."""
        return None if self._are_known is False or time.monotonic() < self._pause_ends else f'"{uuid4().hex}"'

    def pause(self, seconds: float) -> None:
        """Make none for so long: the service has no room for more answers."""
        self._pause_ends = time.monotonic() + seconds

    def find_out(self, channel: "Channel") -> Flow[bool]:
        """Return whether a request with a key may be repeated, as the answer to one that is refused in any case shows."""
        if self._are_known is None:
            headers = JSON | {FIELD: '"'}
            try:
                yield from channel.attempt(Request("POST", f"{channel.url}/write", {}, headers, b"{}"))
            except RuleBroken as refused:
                self._are_known = any(broken.get("field") == FIELD.lower() for broken in refused.errors)
            except AccessRefused:
                return False
        return bool(self._are_known)


@dataclass(frozen=True)
class Channel:
    """Sends requests to the key-value service, with an access token; a 401 is repaired once."""

    url: str
    credentials: Credentials
    retries: Retries
    keys: IdempotencyKeys
    consistency: str | None = None
    """Of reads, if it is not the service's default."""

    def send(self, request: Request) -> Flow[Response]:
        """Return the answer. Raises KeyValueError."""
        if request.content is not None and not isinstance(request.content, bytes):
            return (yield from self._send_once(request))  # what has been sent cannot be sent again
        return (yield from self.retries.send(request, self._send, self))

    def add_key(self, request: Request) -> Request:
        """Return the request with an idempotency key, if it is a change and there may be one."""
        key = self.keys.make() if request.once else None
        return request if key is None else replace(request, headers={**request.headers, FIELD: key})

    def are_known(self) -> Flow[bool]:
        """Return whether the service does a request with a key once, however often it is sent."""
        return self.keys.find_out(self)

    def are_too_many(self, seconds: float) -> None:
        """Use no keys for so long."""
        self.keys.pause(seconds)

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
        return (yield from check(self._complete(request, token)))

    def _send(self, request: Request, wrap: Callable[[Request], Any] | None = None) -> Flow[Response]:
        token = yield from self.credentials.get_token()
        try:
            return (yield from check(self._complete(request, token), wrap))
        except InvalidToken:
            renewed = yield from self.credentials.renew_token(token)
            if renewed == token:
                raise
        return (yield from check(self._complete(request, renewed), wrap))

    def _complete(self, request: Request, token: str) -> Request:
        headers = {**request.headers, "Authorization": f"Bearer {token}"}
        if self.consistency is not None:
            headers["Read-Consistency"] = self.consistency  # which what is no read ignores
        return replace(request, headers=headers)
