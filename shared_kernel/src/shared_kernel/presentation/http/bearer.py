"""Bearer tokens (RFC 6750) in the Authorization header."""

from typing import Annotated

from fastapi import Security
from fastapi.security import HTTPBearer

from shared_kernel.application.authentication import AuthenticationRequiredError, Caller, InvalidAccessTokenError

Authenticated = Annotated[
    Caller,
    Security(HTTPBearer(scheme_name="access_token", bearerFormat="JWT", description="`access_token` of `POST /login`.")),
]
"""A controller's parameter of this type makes its operation one for callers with a valid access token."""


def extract_token(headers: dict[bytes, bytes]) -> str:
    """Return the token. Raises AuthenticationRequiredError or InvalidAccessTokenError."""
    credentials = headers.get(b"authorization")
    if credentials is None:
        raise AuthenticationRequiredError
    # Header values are bytes; a token has ASCII alone (RFC 6750, section 2.1), which its verification finds out.
    scheme, _, token = credentials.decode("latin-1").partition(" ")
    if scheme.lower() != "bearer":
        raise AuthenticationRequiredError
    if not token:
        raise InvalidAccessTokenError("The access token is empty.")
    return token
