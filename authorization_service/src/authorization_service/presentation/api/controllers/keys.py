"""The public keys for the verification of access tokens."""

from typing import Literal, NewType, Protocol

from dishka import FromDishka
from fastapi import APIRouter
from pydantic import BaseModel, Field

from authorization_service.presentation.api.problems import Operation
from shared_kernel.presentation.http.routing.direct_route import sends
from shared_kernel.presentation.http.server.response import Headers, Response

router = APIRouter(tags=["keys"], route_class=Operation)


class PublishedKeys(Protocol):
    """The current key set."""

    @property
    def key_set(self) -> bytes:
        """The key set as JSON text. Raises SigningKeysUnknownError."""
        ...


Cacheable = NewType("Cacheable", int)
"""Seconds for which the key set may be cached: less than a new key is published before it signs."""


class PublicKey(BaseModel):
    """An RSA public key (RFC 7517; RFC 7518, section 6.3.1)."""

    kty: Literal["RSA"]
    kid: str = Field(description="The key's thumbprint (RFC 7638)")
    alg: Literal["RS256"]
    use: Literal["sig"]
    n: str = Field(description="The modulus, base64url")
    e: str = Field(description="The exponent, base64url")


class KeySet(BaseModel):
    """A JSON Web Key Set (RFC 7517, section 5)."""

    keys: list[PublicKey]


def _cached(seconds: int) -> Headers:
    return ((b"cache-control", b"public, max-age=%d" % seconds),)


@router.get("/.well-known/jwks.json", response_model=KeySet)
@sends(_cached(600))
async def show_public_keys(keys: FromDishka[PublishedKeys], cacheable: FromDishka[Cacheable]) -> Response:
    """Return the public keys: of the signing key, of a key about to sign, and of retired keys with unexpired tokens."""
    return Response(keys.key_set, headers=_cached(cacheable))
