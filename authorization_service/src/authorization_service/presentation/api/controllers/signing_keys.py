"""Administration of the keys that access tokens are signed with."""

from datetime import datetime

from dishka import FromDishka
from fastapi import APIRouter
from pydantic import BaseModel, Field

from authorization_service.application.key.manage_keys import ListKeys, RotateKeys
from authorization_service.domain.entities.signing_key import KeyState, SigningKey
from authorization_service.domain.exceptions import AdministratorRequiredError, RotationUnderWayError
from authorization_service.presentation.api.problems import Operation
from shared_kernel.application.availability import StoreFullError, StoreUnavailableError
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.body import Body
from shared_kernel.presentation.http.routing.direct_route import raises

router = APIRouter(prefix="/signing-keys", tags=["keys"], route_class=Operation)


class SigningKeyResponse(BaseModel):
    """A signing key, without its private half."""

    key_id: str = Field(description="`kid` of the tokens that it signs")
    state: KeyState = Field(
        description="waiting: published, and signs later; signing; retired: published until the last token that it signed has"
        " expired; expired: no longer published"
    )
    created_at: datetime
    signs_from: datetime
    published_until: datetime | None = Field(description="null until another key replaces it")


class SigningKeysResponse(BaseModel):
    """All signing keys, in the order in which they sign."""

    keys: list[SigningKeyResponse]


class RotationBody(Body):
    """How to rotate."""

    compromised: bool = Field(
        False,
        description="Sign with the new key immediately and withdraw all others: users whose tokens they signed log in again",
    )


class NewKeyResponse(BaseModel):
    """A new signing key."""

    key_id: str
    signs_from: datetime


@router.get("")
@raises(AdministratorRequiredError, StoreUnavailableError)
async def list_signing_keys(caller: Authenticated, use_case: FromDishka[ListKeys]) -> SigningKeysResponse:
    """List the signing keys. Requires an administrator."""
    return SigningKeysResponse(keys=[_describe(key, state) for key, state in await use_case(caller)])


@router.post("", status_code=201)
@raises(AdministratorRequiredError, RotationUnderWayError, StoreUnavailableError, StoreFullError)
async def rotate_signing_key(body: RotationBody, caller: Authenticated, use_case: FromDishka[RotateKeys]) -> NewKeyResponse:
    """Create a key that replaces the signing key once all verifiers know it. Requires an administrator."""
    key = await use_case(caller, compromised=body.compromised)
    return NewKeyResponse(key_id=key.id, signs_from=key.signs_from)


def _describe(key: SigningKey, state: KeyState) -> SigningKeyResponse:
    return SigningKeyResponse(
        key_id=key.id, state=state, created_at=key.created_at, signs_from=key.signs_from, published_until=key.published_until
    )
