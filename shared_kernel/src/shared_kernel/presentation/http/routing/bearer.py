"""Bearer tokens (RFC 6750) in the Authorization header."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Security
from fastapi.security import HTTPBearer

from shared_kernel.application.authentication import AuthenticationRequiredError, Caller

SCHEME = "access_token"

Authenticated = Annotated[
    Caller,
    Security(HTTPBearer(scheme_name=SCHEME, bearerFormat="JWT", description="`access_token` of `POST /login`.")),
]
"""A controller's parameter of this type restricts its operation to callers with a valid access token."""


def extract_token(headers: Mapping[bytes, bytes]) -> str:
    """Return the token that is sent. Raises AuthenticationRequiredError if there is none."""
    credentials = headers.get(b"authorization", b"")
    if credentials.startswith(b"Bearer "):  # the usual spelling
        return credentials[7:].lstrip(b" ").decode("latin-1")
    scheme, token = split_credentials(credentials.decode("latin-1"))
    if scheme != "bearer":
        raise AuthenticationRequiredError
    return token


def split_credentials(credentials: str) -> tuple[str, str]:
    """Return the scheme in lower case and what follows it after one or more spaces (RFC 9110, section 11.4)."""
    scheme, _, rest = credentials.partition(" ")
    return scheme.lower(), rest.lstrip(" ")
