"""Pushed authorization requests (RFC 9126): the client sends a request to the service, and the browser a reference to it."""

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode

from authorization_service.application.authorize.authorization_request import AuthorizationRequest, UntrustedRequestError
from authorization_service.application.authorize.pushed_request_repository import PushedRequestRepository
from authorization_service.application.clock import Now
from authorization_service.domain.entities.client import Client
from authorization_service.domain.exceptions import PushingRefusedError
from authorization_service.domain.value_objects.random_secret import RandomSecret

REFERENCE_PREFIX = "urn:ietf:params:oauth:request_uri:"
"""Of a `request_uri` (section 2.2)."""
PUSHED_LIFETIME = timedelta(minutes=1)
"""Until a browser presents the request."""
BEGUN_LIFETIME = timedelta(hours=1)
"""Of a request whose user signs in and consents."""
MAX_QUERY = 16 * 1024  # characters


class PushRequest:
    """Keep an authorization request for a client that has authenticated itself."""

    def __init__(self, requests: PushedRequestRepository) -> None:
        self._requests = requests

    async def __call__(self, client: Client, parameters: Mapping[str, str]) -> str:
        """Return the `request_uri` of a valid request, which works once and for PUSHED_LIFETIME.

        Raises PushingRefusedError for a public client, UntrustedRequestError, RefusedRequestError, StoreUnavailableError or
        StoreFullError.
        """
        if client.is_public:
            raise PushingRefusedError
        query = urlencode(parameters)
        if len(query) > MAX_QUERY or "request_uri" in parameters:  # section 2.1
            raise UntrustedRequestError("invalid_request")
        AuthorizationRequest.read(client, parameters, is_pushed=True)
        secret = RandomSecret.new()
        await self._requests.push(secret, client.id, query)
        return f"{REFERENCE_PREFIX}{secret.text}"


class BeginPushedRequest:
    """Take a reference to a pushed request from a browser, which goes on with another one: the first works once. Public."""

    def __init__(self, requests: PushedRequestRepository, now: Now) -> None:
        self._requests = requests
        self._now = now

    async def __call__(self, client_id: str, request_uri: str) -> RandomSecret:
        """Return what the browser goes on with.

        Raises UntrustedRequestError if the reference has expired, was used, or is another client's; StoreUnavailableError.
        """
        following = RandomSecret.new()
        secret = RandomSecret(request_uri.removeprefix(REFERENCE_PREFIX))
        if not await self._requests.begin(secret, client_id, following, self._now()):
            raise UntrustedRequestError("expired_request")
        return following
