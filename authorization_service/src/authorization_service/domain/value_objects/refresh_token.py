"""Refresh tokens of sessions."""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Self

from authorization_service.domain.exceptions import InvalidRefreshTokenError

PART_BYTES = 32
LENGTH = 86  # characters: base64url of two parts, without padding


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """Two random parts of 256 bits: the family, which all refresh tokens of a session share, and a secret of its own.

    Only their hashes are stored. A token with a known family but not its latest secret was used before: so reuse is detected
    however late, without storing all tokens (RFC 9700, section 4.14.2).

    A secret after the first is derived from the previous one and a stored random salt. So whoever presents the previous token
    can be given its successor again, while neither the store nor an earlier token alone suffices to find the latest one.
    """

    family: bytes = field(repr=False)
    secret: bytes = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """Return the first refresh token of a session."""
        return cls(secrets.token_bytes(PART_BYTES), secrets.token_bytes(PART_BYTES))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the token that a client sent. Raises InvalidRefreshTokenError for a malformed one."""
        if len(text) != LENGTH:
            raise InvalidRefreshTokenError
        try:
            parts = base64.b64decode(f"{text}==", altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):  # ValueError: characters beyond ASCII
            raise InvalidRefreshTokenError from None
        token = cls(parts[:PART_BYTES], parts[PART_BYTES:])
        if token.text != text:  # base64 has several texts for the same bytes
            raise InvalidRefreshTokenError
        return token

    def make_successor(self, salt: bytes) -> Self:
        """Return the next token of the same session: always the same one for the same salt, which must be 256 random bits."""
        return type(self)(self.family, hmac.digest(salt, self.secret, "sha256"))

    @property
    def text(self) -> str:
        """The token as clients know it."""
        return base64.urlsafe_b64encode(self.family + self.secret).rstrip(b"=").decode()

    @property
    def family_hash(self) -> str:
        """The SHA-256 of the family, in hexadecimal."""
        return hashlib.sha256(self.family).hexdigest()

    @property
    def secret_hash(self) -> str:
        """The SHA-256 of the secret, in hexadecimal."""
        return hashlib.sha256(self.secret).hexdigest()
