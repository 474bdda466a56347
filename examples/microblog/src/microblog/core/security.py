"""Authentication of requests: access tokens of people, and API keys, which are credentials of service accounts."""

import hashlib
from dataclasses import dataclass
from typing import Any

import httpx
from cachetools import TTLCache

from microblog.core.config import Settings

MODERATION_SCOPE = "administration"
_MAX_CACHED = 100_000


@dataclass(frozen=True)
class Caller:
    """Whoever makes a request. A service account has its id as `user_id`, the token's `sub`, and as both names."""

    user_id: str
    is_moderator: bool
    username: str
    name: str


class NotAuthenticatedError(Exception):
    """There are no credentials, or none that are valid."""


class AuthorizationUnavailableError(Exception):
    """The authorization service cannot be asked."""


class Authenticator:
    """Asks the authorization service what a token or an API key is worth, and uses its answer for some seconds."""

    def __init__(self, settings: Settings, http: httpx.AsyncClient) -> None:
        self._http = http
        self._url = settings.authorization_url.rstrip("/")
        self._own = httpx.BasicAuth(settings.client_id, settings.read_client_secret())
        self._callers: TTLCache[bytes, Caller] = TTLCache(_MAX_CACHED, settings.token_seconds)
        self._names: TTLCache[str, tuple[str, str]] = TTLCache(_MAX_CACHED, 3600)

    async def authenticate(self, token: str) -> Caller:
        """Return the caller with this access token. Raises NotAuthenticatedError, AuthorizationUnavailableError."""
        digest = hashlib.sha256(token.encode()).digest()
        found = self._callers.get(digest)
        if found is None:
            found = self._callers[digest] = await self._introspect(token)
        return found

    async def authenticate_key(self, api_key: str) -> Caller:
        """Return the caller with this API key: `<client id>:<client secret>`. Raises as `authenticate` does."""
        digest = hashlib.sha256(b"key " + api_key.encode()).digest()
        found = self._callers.get(digest)
        if found is None:
            client_id, _, secret = api_key.partition(":")
            answer = await self._post("/token", {"grant_type": "client_credentials"}, httpx.BasicAuth(client_id, secret))
            if answer.is_client_error:
                raise NotAuthenticatedError
            found = self._callers[digest] = await self._introspect(answer.json()["access_token"])
        return found

    async def _introspect(self, token: str) -> Caller:
        facts = (await self._post("/introspect", {"token": token}, self._own)).raise_for_status().json()
        if not facts["active"] or "sub" not in facts:
            raise NotAuthenticatedError
        user_id = facts["sub"]
        is_account = facts.get("client_id") == user_id
        names = (user_id, user_id) if is_account else await self._find_names(user_id, token)
        return Caller(user_id, MODERATION_SCOPE in facts.get("scope", "").split(), *names)

    async def _find_names(self, user_id: str, token: str) -> tuple[str, str]:
        if user_id not in self._names:
            headers = {"Authorization": f"Bearer {token}"}
            answer = await self._ask(self._http.get(f"{self._url}/me", headers=headers))
            if answer.is_client_error:
                raise NotAuthenticatedError  # revoked in between
            user = answer.raise_for_status().json()
            self._names[user_id] = (user["username"], " ".join(filter(None, (user["first_name"], user["last_name"]))))
        return self._names[user_id]

    async def _post(self, path: str, form: dict[str, str], auth: httpx.Auth) -> httpx.Response:
        return await self._ask(self._http.post(self._url + path, data=form, auth=auth))

    async def _ask(self, request: Any) -> httpx.Response:
        try:
            answer: httpx.Response = await request
        except httpx.TransportError as error:
            raise AuthorizationUnavailableError from error
        if answer.is_server_error:
            raise AuthorizationUnavailableError
        return answer
