"""What a request says of the browser that has sent it, and what keeps other sites from sending one in its name."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from authorization_service.domain.value_objects.random_secret import RandomSecret
from authorization_service.presentation.pages.messages import choose_language
from shared_kernel.presentation.http.routing.forwarded import PublicUrl

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
# What a browser says of a request by the user itself, or of one from the service's own pages (Fetch Metadata).
_OWN_SITES = (b"same-origin", b"none")
_CSRF = "csrf"


class ForgedRequestError(Exception):
    """The form was not sent from a page that this browser got from the service."""


class NotSignedInError(Exception):
    """Nobody has signed in to this browser, or no longer."""


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser: its cookie's secret, new for one that has none, its language, and under which path it knows the service.

    Signing in replaces the secret. The token of forms depends on it: one from another browser, or from before, is refused.
    """

    secret: RandomSecret
    is_new: bool
    is_secure: bool
    language: str
    path: str
    site: bytes

    @classmethod
    def read(cls, headers: Mapping[bytes, bytes], url: PublicUrl, issuer: str) -> Self:
        """Return the browser of a request. Where the issuer is https, so are the browser's connections."""
        is_secure = issuer.startswith("https://")
        text = _read_cookie(headers.get(b"cookie", b""), _cookie_name(is_secure=is_secure))
        return cls(
            secret=RandomSecret.new() if text is None else RandomSecret(text),
            is_new=text is None,
            is_secure=is_secure,
            language=choose_language(headers.get(b"accept-language", b"").decode("latin-1")),
            path=url.path,
            site=headers.get(b"sec-fetch-site", b""),
        )

    @property
    def known_secret(self) -> RandomSecret | None:
        """The secret that the browser has sent, or None."""
        return None if self.is_new else self.secret

    @property
    def csrf_token(self) -> str:
        """What a form of this browser must contain."""
        return self.secret.derive(_CSRF)

    def refuse_forged(self, csrf_token: str) -> None:
        """Raise ForgedRequestError unless a form with this token was sent by a page that this browser got."""
        is_own = not self.site or self.site in _OWN_SITES
        if self.is_new or not is_own or not hmac.compare_digest(csrf_token.encode(), self.csrf_token.encode()):
            raise ForgedRequestError

    def set_cookie(self, secret: RandomSecret) -> tuple[bytes, bytes]:
        """Return the field that gives the browser a secret, until it is closed (RFC 6265bis: `__Host-` where TLS is)."""
        name = _cookie_name(is_secure=self.is_secure)
        secure = "; Secure" if self.is_secure else ""
        return b"set-cookie", f"{name}={secret.text}; Path=/; HttpOnly; SameSite=Lax{secure}".encode()


def _cookie_name(*, is_secure: bool) -> str:
    return "__Host-session" if is_secure else "session"


def _read_cookie(field: bytes, name: str) -> str | None:
    for part in field.decode("latin-1").split(";"):
        key, _, value = part.strip().partition("=")
        if key == name and _SECRET.fullmatch(value):
            return value
    return None
