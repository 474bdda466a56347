"""The ports for the secrets of authenticator apps."""

from datetime import datetime
from typing import Protocol

from authorization_service.domain.value_objects.totp_secret import TotpSecret


class TotpVerifier(Protocol):
    """Compares codes with secrets (RFC 6238)."""

    def find_step(self, secret: TotpSecret, code: str, now: datetime) -> int | None:
        """Return the time step at which this is the secret's code: the current one, the one before or the next one; or None."""
        ...


class SecretSealer(Protocol):
    """Encrypts secrets that the service needs in the clear, so that a copy of the database does not have them."""

    def seal(self, secret: TotpSecret, user_id: str) -> str:
        """Return the encrypted secret of a user."""
        ...

    def open(self, sealed: str, user_id: str) -> TotpSecret | None:
        """Return the secret; None, and log it, if it was sealed with another key or for another user."""
        ...
