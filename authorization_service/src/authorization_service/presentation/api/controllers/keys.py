"""The public keys that access tokens are verified with."""

from typing import Literal, NewType

from dishka import FromDishka
from fastapi import APIRouter
from pydantic import BaseModel, Field

from authorization_service.presentation.api.problems import Operation
from shared_kernel.presentation.http.answer import Answer

router = APIRouter(tags=["keys"], route_class=Operation)

PublicKeySet = NewType("PublicKeySet", bytes)
"""The key set's JSON text, made once."""


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


@router.get("/.well-known/jwks.json", response_model=KeySet)
async def show_public_keys(key_set: FromDishka[PublicKeySet]) -> Answer:
    """Return the public keys. They may be cached for five minutes."""
    return Answer(key_set, headers=((b"cache-control", b"public, max-age=300"),))
