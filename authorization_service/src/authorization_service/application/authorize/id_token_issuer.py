"""The ports for issuing and reading ID tokens (OpenID Connect Core 1.0, section 2)."""

from collections.abc import Mapping
from typing import Any, Protocol

from authorization_service.domain.entities.session import Session


class IdTokenIssuer(Protocol):
    """Signs ID tokens."""

    def issue(self, session: Session, access_token: str, nonce: str | None) -> str:
        """Return an ID token for the client of a session, to be sent with this access token."""
        ...


class IdTokenReader(Protocol):
    """Reads ID tokens that clients send back."""

    def read_subject(self, id_token: str) -> str | None:
        """Return the user's id in an ID token of this service, whether or not it has expired; None for any other text."""
        ...

    def read_claims(self, id_token: str) -> Mapping[str, Any] | None:
        """Return the claims of an ID token of this service, whether or not it has expired; None for any other text."""
        ...
