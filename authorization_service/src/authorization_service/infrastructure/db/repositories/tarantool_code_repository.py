"""Authorization codes in Tarantool's space `authorization_codes`."""

from datetime import timedelta
from uuid import uuid4

from authorization_service.application.authorize.authorization_request import AuthorizationRequest
from authorization_service.application.authorize.code_repository import IssuedCode, RedeemedCode
from authorization_service.domain.entities.session import SessionPolicy
from authorization_service.domain.exceptions import CodeReusedError
from authorization_service.domain.value_objects.random_secret import RandomSecret
from authorization_service.domain.value_objects.refresh_token import RefreshToken
from authorization_service.infrastructure.db.repositories.refusals import REFUSALS
from authorization_service.infrastructure.db.repositories.revoked_sessions import RevokedSessions
from authorization_service.infrastructure.db.repositories.stored_sessions import (
    to_microseconds,
    to_stored_client,
    to_stored_lifetimes,
    to_used,
)
from shared_kernel.application.client_info import ClientInfo
from shared_kernel.infrastructure.stored_functions import unwrap
from shared_kernel.infrastructure.tarantool import TarantoolConnection

LIFETIME = timedelta(minutes=1)
"""Of a code: it is exchanged at once (RFC 6749, section 4.1.2, recommends at most ten minutes)."""


class TarantoolCodeRepository:
    """Implements CodeRepository."""

    def __init__(self, tarantool: TarantoolConnection, revoked: RevokedSessions, policy: SessionPolicy) -> None:
        self._tarantool = tarantool
        self._revoked = revoked
        self._lifetimes = to_stored_lifetimes(policy)
        self._limit = policy.max_sessions

    async def issue(self, code: RandomSecret, browser: RandomSecret, request: AuthorizationRequest) -> None:
        """Insert a code. Raises NoSuchSessionError or UntrustedRequestError."""
        stored = [request.client.id, request.redirect_uri, request.challenge, request.scope, request.nonce]
        pushed = None if request.begun is None else request.begun.reference.hash
        arguments = [code.hash, browser.hash, stored, to_microseconds(LIFETIME), pushed]
        unwrap(await self._tarantool.call("codes.issue", arguments), REFUSALS)

    async def find(self, code: RandomSecret) -> IssuedCode | None:
        """Return what a code was issued for."""
        stored = await self._tarantool.call("codes.find", [code.hash])
        return None if stored is None else IssuedCode(*stored)

    async def redeem(self, code: RandomSecret, token: RefreshToken, client: ClientInfo, *, is_right: bool) -> RedeemedCode:
        """Use up a code. Raises InvalidCodeError or CodeReusedError."""
        hashes = [token.family_hash, token.secret_hash]
        arguments = [
            code.hash, is_right, str(uuid4()), hashes, self._lifetimes, to_stored_client(client), self._limit,
        ]  # fmt: skip
        answer = await self._tarantool.call("codes.redeem", arguments)
        try:
            *used, nonce = unwrap(answer, REFUSALS)
        except CodeReusedError:
            _, session_id = answer
            self._revoked.add([session_id])
            raise
        return RedeemedCode(to_used(token, *used), nonce)
