"""Access tokens: obtained, refreshed before they expire, revoked at the end. Nothing here shows a secret in its `repr`."""

import logging
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from key_value_client.errors import (
    InvalidRefreshToken,
    KeyValueError,
    SecondFactorRequired,
    TransportError,
    Unavailable,
    WrongCredentials,
)
from key_value_client.flows import Acquire, Flow, Request
from key_value_client.retries import Retries
from key_value_client.values import dump, load

logger = logging.getLogger("key_value_client")

MARGIN_SECONDS = 60.0
"""An access token is refreshed so long before it expires, or when a fifth of its time is left, whichever is later."""
PAUSE_SECONDS = 2.0
"""Between attempts to refresh a token that is good for a while."""
HURRY_SECONDS = 3.0
"""Nothing that has a good token waits for longer for the next one: least of all the renewal of a lock."""


@dataclass(frozen=True)
class Tokens:
    """Tokens as the authorization service issued them. `expires_at`: of the access token, in seconds since 1970."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: float
    refresh_at: float

    @classmethod
    def of(cls, members: dict[str, Any]) -> "Tokens":
        """Return the tokens of an answer."""
        now, lifetime = time.time(), float(members["expires_in"])
        margin = min(MARGIN_SECONDS, lifetime / 5)
        return cls(members["access_token"], members.get("refresh_token"), now + lifetime, now + lifetime - margin)


class TokenStore(Protocol):
    """Keeps the tokens of a session for later processes, as the command `kv` does in a file.

    A client that has one does not end the session when it is closed; `log_out` does.
    """

    def load(self) -> Tokens | None:
        """Return the kept tokens, if any."""

    def save(self, tokens: Tokens | None) -> None:
        """Keep tokens; None: keep none."""

    def lock(self) -> AbstractContextManager[Any]:
        """Return a lock among processes, held while one of them refreshes."""


class Credentials(Protocol):
    """Where access tokens come from."""

    def get_token(self) -> Flow[str]:
        """Return an access token that has not expired."""

    def renew_token(self, refused: str) -> Flow[str]:
        """Return another access token than one that was refused. Raises KeyValueError if there is none."""

    def end(self) -> Flow[None]:
        """Revoke what was issued."""


class StaticToken:
    """An access token that somebody else obtained."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self) -> Flow[str]:
        """Return the token."""
        yield from ()
        return self._token

    def renew_token(self, refused: str) -> Flow[str]:  # noqa: ARG002
        """Return the same: there is no other."""
        yield from ()
        return self._token

    def end(self) -> Flow[None]:
        """Leave it to its owner."""
        yield from ()


class Grant(Protocol):
    """How the first tokens are obtained."""

    def make_request(self, url: str) -> Request:
        """Return the request for tokens."""


class PasswordGrant:
    """A user that logs in; `code` returns a code of the second factor, where the user has one."""

    def __init__(self, username: str, password: str, code: Callable[[], str] | None = None) -> None:
        self._username, self._password, self._code = username, password, code

    def make_request(self, url: str) -> Request:
        """Return the login."""
        body = dump({"username": self._username, "password": self._password})
        return Request("POST", f"{url}/login", headers={"Content-Type": "application/json"}, content=body, safe=True)

    def make_second_request(self, url: str, required: SecondFactorRequired) -> Request:
        """Return the second step of the login. Raises SecondFactorRequired without a way to get a code."""
        if self._code is None:
            raise required
        body = dump({"mfa_token": required.members["mfa_token"], "code": self._code()})
        # Not to be repeated: a code is good for one use.
        return Request("POST", f"{url}/login/second-factor", headers={"Content-Type": "application/json"}, content=body)


class ClientGrant:
    """A service account (RFC 6749, section 4.4)."""

    def __init__(self, client_id: str, client_secret: str) -> None:
        self._client_id, self._client_secret = client_id, client_secret

    def make_request(self, url: str) -> Request:
        """Return the request for a token."""
        basic = b64encode(f"{quote(self._client_id, safe='')}:{quote(self._client_secret, safe='')}".encode()).decode()
        return _form(f"{url}/token", {"grant_type": "client_credentials"}, {"Authorization": f"Basic {basic}"})


class NoGrant:
    """Only tokens that are kept from before."""

    def make_request(self, url: str) -> Request:
        """Raise NotLoggedIn."""
        raise NotLoggedIn(f"There is no session at {url}, and neither a password nor a client secret to begin one.")


class NotLoggedIn(KeyValueError):
    """There are neither tokens nor what is needed to obtain some."""


class Session:
    """Tokens of a user or a service account: one refresh serves all threads or tasks that share it.

    `public_client`: the client without a secret that the user has signed in to, which the tokens are of.
    """

    def __init__(
        self,
        url: str,
        grant: Grant,
        retries: Retries,
        lock: Any,
        store: TokenStore | None = None,
        public_client: str | None = None,
    ) -> None:
        self._url = url
        self._grant = grant
        self._identity = {} if public_client is None else {"client_id": public_client}
        self._retries = retries
        self._lock = lock
        self._store = store
        self._tokens: Tokens | None = None

    def get_token(self) -> Flow[str]:
        """Return an access token; refresh it if it expires soon, which nobody waits for who can use the old one."""
        tokens, now = self._tokens, time.time()
        if tokens is not None and (now < tokens.refresh_at or (now < tokens.expires_at and self._lock.locked())):
            return tokens.access_token
        return (yield from self._replace(tokens, now))

    def renew_token(self, refused: str) -> Flow[str]:
        """Return another access token than one that was refused."""
        return (yield from self._replace(self._tokens, None, refused))

    def end(self) -> Flow[None]:
        """End the session, unless a store keeps it for later."""
        if self._store is None:
            yield from self.log_out()

    def log_out(self) -> Flow[None]:
        """End the session at the service, and forget its tokens. What fails is logged: the tokens expire by themselves."""
        tokens = self._tokens or (self._store.load() if self._store else None)
        self._tokens = None
        if self._store is not None:
            self._store.save(None)
        if tokens is not None and tokens.refresh_token is not None:
            try:
                yield from self._retries.attempt(_form(f"{self._url}/revoke", {"token": tokens.refresh_token, **self._identity}))
            except KeyValueError as error:
                logger.warning("the session could not be ended: %s", error)

    def _replace(self, old: Tokens | None, usable_at: float | None, refused: str | None = None) -> Flow[str]:
        yield Acquire(self._lock)
        try:
            if self._tokens is not old or (refused is not None and old is not None and old.access_token != refused):
                return self._tokens.access_token if self._tokens else ""  # somebody was faster
            with self._store.lock() if self._store else nullcontext():
                self._tokens = yield from self._obtain(old, usable_at, refused)
            return self._tokens.access_token
        finally:
            self._lock.release()

    def _obtain(self, old: Tokens | None, usable_at: float | None, refused: str | None) -> Flow[Tokens]:
        if self._store is not None and (kept := self._store.load()) is not None:
            if kept.access_token != refused and time.time() < kept.refresh_at:
                return kept  # another process was faster
            old = kept
        is_good = old is not None and usable_at is not None and usable_at < old.expires_at
        try:
            tokens = yield from self._refresh(old, hurry=is_good)
        except (TransportError, Unavailable):
            left = old.expires_at - time.time() if old is not None else 0.0
            if old is None or not is_good or left <= 0:
                raise
            return replace(old, refresh_at=time.time() + min(PAUSE_SECONDS, left / 4))
        if self._store is not None:
            self._store.save(tokens)
        return tokens

    def _refresh(self, old: Tokens | None, *, hurry: bool) -> Flow[Tokens]:
        """Return new tokens; in a hurry, since the old ones are good for a while, by one attempt that takes seconds at most."""
        send = self._retries.attempt if hurry else self._retries.send
        timeout = HURRY_SECONDS if hurry else None
        if old is not None and old.refresh_token is not None:
            request = replace(self._make_refresh(old.refresh_token), timeout=timeout)
            try:
                return Tokens.of(load((yield from send(request)).body))
            except (InvalidRefreshToken, WrongCredentials):
                if isinstance(self._grant, NoGrant):
                    raise
        try:
            answer = yield from send(replace(self._grant.make_request(self._url), timeout=timeout))
        except SecondFactorRequired as required:
            if not isinstance(self._grant, PasswordGrant):
                raise
            answer = yield from self._retries.send(self._grant.make_second_request(self._url, required))
        return Tokens.of(load(answer.body))

    def _make_refresh(self, token: str) -> Request:
        """Return the request for the next tokens. For some seconds, the service answers a used token with the same successor."""
        if self._identity:
            return _form(f"{self._url}/token", {"grant_type": "refresh_token", "refresh_token": token, **self._identity})
        body, headers = dump({"refresh_token": token}), {"Content-Type": "application/json"}
        return Request("POST", f"{self._url}/refresh", headers=headers, content=body, safe=True)


def _form(url: str, fields: dict[str, str], headers: Mapping[str, str] | None = None) -> Request:
    headers = {**(headers or {}), "Content-Type": "application/x-www-form-urlencoded"}
    return Request("POST", url, headers=headers, content=urlencode(fields).encode(), safe=True)
