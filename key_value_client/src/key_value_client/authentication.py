"""Authentication of the requests that a program of yours serves, by the authorization service."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from key_value_client.errors import KeyValueError

KEPT_SECONDS = 5.0
MAX_KEPT = 100_000


class NotAuthenticated(KeyValueError):
    """A token or an API key that is not valid, or no longer."""


class AuthenticationUnavailable(KeyValueError):
    """The authorization service cannot be asked."""


@dataclass(frozen=True)
class Caller:
    """Whoever sends a request.

    `subject`: the user's id (the claim `sub`), or the service account's. `username` and `name`: of a user; an account has its id
    there. `scope`: what the token allows.
    """

    subject: str
    username: str
    name: str
    scope: frozenset[str] = field(default=frozenset())
    is_account: bool = False

    @property
    def is_administrator(self) -> bool:
        """Whether this is an administrator of the authorization service."""
        return "administration" in self.scope


class AsyncAuthenticator:
    """Asks the authorization service what a token or an API key is worth (RFC 7662), and uses its answer for some seconds.

    A revoked token is refused after `kept_for` seconds at the latest. `client_id` and `client_secret`: of the service account of
    your program, without any right; if they are wrong, requests raise a KeyValueError.
    """

    def __init__(
        self, authorization_url: str, client_id: str, client_secret: str, *, kept_for: float = KEPT_SECONDS, timeout: float = 10.0
    ) -> None:
        self._own = httpx.BasicAuth(client_id, client_secret)
        self._kept_for = kept_for
        self._kept: dict[bytes, tuple[float, Caller]] = {}
        self._http = httpx.AsyncClient(base_url=authorization_url.rstrip("/"), timeout=timeout, trust_env=False)

    async def __aenter__(self) -> "AsyncAuthenticator":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def authenticate(self, token: str) -> Caller:
        """Return the caller with this access token. Raises NotAuthenticated, AuthenticationUnavailable."""
        return await self._keep(b"token " + token.encode(), token, None)

    async def authenticate_key(self, api_key: str) -> Caller:
        """Return the service account with this API key: its id, `:`, its secret. Raises as `authenticate` does."""
        client_id, _, secret = api_key.partition(":")
        return await self._keep(b"key " + api_key.encode(), None, httpx.BasicAuth(client_id, secret))

    async def post(self, path: str, members: Mapping[str, Any]) -> httpx.Response:
        """Send JSON to the authorization service for somebody who has no token yet; return its answer, also a refusal.

        Raises AuthenticationUnavailable.
        """
        return await self._send("POST", path, json=dict(members))

    async def _keep(self, credentials: bytes, token: str | None, account: httpx.BasicAuth | None) -> Caller:
        digest, now = hashlib.sha256(credentials).digest(), time.monotonic()
        until, caller = self._kept.get(digest, (0.0, None))
        if caller is None or now >= until:
            caller = await self._find(token or await self._get_token(account))
            self._kept.pop(digest, None)
            self._kept[digest] = (now + self._kept_for, caller)
            while len(self._kept) > MAX_KEPT:
                del self._kept[next(iter(self._kept))]
        return caller

    async def _get_token(self, account: httpx.BasicAuth | None) -> str:
        answer = await self._ask("POST", "/token", data={"grant_type": "client_credentials"}, auth=account)
        token: str = _accept(answer).json()["access_token"]
        return token

    async def _find(self, token: str) -> Caller:
        answer = await self._ask("POST", "/introspect", data={"token": token}, auth=self._own)
        if answer.is_client_error:
            raise KeyValueError(f"The authorization service refuses your own service account: {answer.text}")
        facts = answer.json()
        if not facts["active"] or facts.get("token_type") != "Bearer":
            raise NotAuthenticated("The access token is not valid, or no longer.")
        subject, scope = facts["sub"], frozenset(facts.get("scope", "").split())
        if facts.get("client_id") == subject:
            return Caller(subject, subject, subject, scope, is_account=True)
        user = _accept(await self._ask("GET", "/me", headers={"Authorization": f"Bearer {token}"})).json()
        name = " ".join(filter(None, (user["first_name"], user["last_name"])))
        return Caller(subject, user["username"], name, scope)

    async def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        answer = await self._send(method, path, **options)
        if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise AuthenticationUnavailable(f"The authorization service answers with {answer.status_code}.")
        return answer

    async def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            return await self._http.request(method, path, **options)
        except httpx.TransportError as error:
            raise AuthenticationUnavailable(f"The authorization service cannot be reached: {error}.") from error


def _accept(answer: httpx.Response) -> httpx.Response:
    if answer.is_client_error:
        raise NotAuthenticated("The credentials are not valid, or no longer.")
    return answer
