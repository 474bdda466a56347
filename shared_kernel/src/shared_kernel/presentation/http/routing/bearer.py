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
        return credentials[7:].decode("latin-1")
    scheme, _, token = credentials.partition(b" ")
    if scheme.lower() != b"bearer":
        raise AuthenticationRequiredError
    return token.decode("latin-1")
