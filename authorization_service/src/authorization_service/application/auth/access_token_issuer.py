"""The port for issuing access tokens."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NewType, Protocol

from authorization_service.domain.entities.revocation import ReadAt
from authorization_service.domain.value_objects.authentication import Authentication
from shared_kernel.application.authentication import FIRST_PARTY_CLIENT

AccessTokenLifetime = NewType("AccessTokenLifetime", timedelta)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A signed token, the seconds for which it is valid, and its scopes, separated by spaces."""

    token: str = field(repr=False)
    expires_in: int
    scope: str


class AccessTokenIssuer(Protocol):
    """Signs access tokens."""

    def issue(
        self,
        subject: str,
        scopes: Iterable[str],
        read_at: ReadAt,
        *,
        session_id: str = "",
        client_id: str = FIRST_PARTY_CLIENT,
        authentication: Authentication | None = None,
    ) -> AccessToken:
        """Return a new token for a subject: a user's id, or a client's, which acts on its own behalf and outside any session.

        It says how the user has authenticated, where that is known.

        `read_at` must be before the subject and its scopes were read, so that later changes revoke the token.
        """
        ...
