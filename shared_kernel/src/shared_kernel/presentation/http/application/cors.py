"""Cross-origin requests of browsers (Fetch standard, section 3.3)."""

import re
from collections.abc import Iterable, Mapping

from shared_kernel.presentation.http.server.response import Headers

ANY_ORIGIN = "*"
MAX_AGE_SECONDS = 7200
"""How long a browser remembers the response to a preflight; Chromium does so no longer."""

EXPOSED = ("ETag", "Idempotency-Replayed", "Link", "Location", "Retry-After", "WWW-Authenticate", "X-Request-ID")
"""Fields of responses that pages may read, beside those that the standard allows them."""

_TAKEN = ("authorization", "content-encoding", "content-type", "x-request-id", "x-requested-with")
# As browsers serialize it (RFC 6454, section 6.2): in lower case, without a path, not `null`.
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@\s,*A-Z]+")


def check_origins(text: str) -> str:
    """Return the text if it is `*` or origins separated by spaces. Raises ValueError for what no browser would send."""
    for origin in text.split():
        if text.strip() != ANY_ORIGIN and not _ORIGIN.fullmatch(origin):
            raise ValueError("each must be * alone, or scheme and host in lower case, as in https://example.com:8443")
    return text


class Cors:
    """Lets pages of some origins read responses. Never with credentials: what they call knows no cookies, only tokens."""

    def __init__(self, origins: Iterable[str], taken_headers: Iterable[str] = ()) -> None:
        """`taken_headers` are the fields that operations take, beside those that all of them do."""
        exposed = (b"access-control-expose-headers", ", ".join(EXPOSED).encode())
        self._fields: Mapping[bytes, Headers] = {
            origin.encode(): ((b"access-control-allow-origin", origin.encode()), exposed) for origin in origins
        }
        self._any = self._fields.get(ANY_ORIGIN.encode(), ())
        self._taken = ", ".join(sorted({*_TAKEN, *taken_headers})).encode()

    @property
    def common_fields(self) -> Headers:
        """The fields of all responses: a cache keeps one response for each origin, and one for requests without."""
        return ((b"vary", b"Origin"),) if self._fields else ()

    def allow(self, origin: bytes | None) -> Headers:
        """Return the fields that let pages of this origin read a response: none if it is not an allowed one."""
        return () if origin is None else self._fields.get(origin, self._any)

    def allow_request(self, headers: Mapping[bytes, bytes], methods: Iterable[str]) -> Headers:
        """Return what the response to a preflight request has beside `allow`: none if it is not one of an allowed origin."""
        if b"access-control-request-method" not in headers or not self.allow(headers.get(b"origin")):
            return ()
        return (
            (b"access-control-allow-methods", ", ".join(methods).encode()),
            (b"access-control-allow-headers", self._taken),
            (b"access-control-max-age", b"%d" % MAX_AGE_SECONDS),
        )
