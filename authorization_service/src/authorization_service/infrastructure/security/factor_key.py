"""The key that secrets of authenticator apps are encrypted with."""

import secrets
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Self

import structlog
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from authorization_service.domain.value_objects.totp_secret import TotpSecret
from authorization_service.infrastructure.security.secret_errors import as_secret_errors
from shared_kernel.infrastructure.secret_files import read_secret, write_secret_once

KEY_BYTES = 32

_log = structlog.get_logger()


class FernetSealer:
    """Implements SecretSealer with Fernet (AES-128 in CBC mode, HMAC-SHA-256).

    The first key seals, all open: so a key is replaced by writing the new one before it. What is sealed names its user, so that
    nobody who can write to the database gives one user's secret to another.
    """

    def __init__(self, keys: MultiFernet) -> None:
        self._keys = keys

    @classmethod
    def load(cls, path: Path) -> Self:
        """Return a sealer with the keys of a file, one a line; a missing file is created with mode 0600.

        Raises SecretUnusableError.
        """
        with as_secret_errors():
            if not path.exists():
                write_secret_once(path, urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
            try:
                return cls(MultiFernet([Fernet(line) for line in read_secret(path).split()]))
            except ValueError:
                raise ValueError(f"{path} does not have keys of {KEY_BYTES} bytes in base64url, one a line") from None

    def seal(self, secret: TotpSecret, user_id: str) -> str:
        """Return the encrypted secret."""
        return self._keys.encrypt(f"{user_id} {secret.value}".encode()).decode()

    def open(self, sealed: str, user_id: str) -> TotpSecret | None:
        """Return the secret of a user."""
        try:
            owner, _, value = self._keys.decrypt(sealed.encode()).decode().partition(" ")
        except InvalidToken:
            owner, value = "", ""
        if owner != user_id:
            _log.error("cannot decrypt the secret of an authenticator app", user_id=user_id)
            return None
        return TotpSecret(value)
