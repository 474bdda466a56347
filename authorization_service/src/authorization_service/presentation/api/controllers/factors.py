"""Second factors of the caller."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from dishka import FromDishka
from fastapi import APIRouter
from pydantic import BaseModel, Field, SecretStr

from authorization_service.application.factor.enrol import EnrolledFactor
from authorization_service.application.factor.enrol_passkey import (
    BeginPasskeyEnrolment,
    ConfirmPasskeyEnrolment,
    ConfirmPasskeyRequest,
    PasskeyChallenge,
)
from authorization_service.application.factor.enrol_totp import BeginTotpEnrolment, ConfirmTotpEnrolment, ConfirmTotpRequest
from authorization_service.application.factor.manage_factors import (
    ListFactors,
    RemoveFactor,
    RemoveFactorRequest,
    ReplaceRecoveryCodes,
)
from authorization_service.domain.entities.factor import Factor, FactorKind
from authorization_service.domain.exceptions import (
    CodeNotConfirmedError,
    InvalidEnrolmentError,
    NoSuchFactorError,
    NoSuchUserError,
    PasskeysUnavailableError,
    PasskeyTakenError,
    TooManyFactorsError,
    WrongPasskeyError,
)
from authorization_service.domain.value_objects.factor_name import MAX_LENGTH
from authorization_service.presentation.api.controllers.confirmation import CONFIRMATION_ERRORS, ConfirmationBody
from authorization_service.presentation.api.problems import Operation
from shared_kernel.application.availability import StoreFullError, StoreUnavailableError
from shared_kernel.application.client_info import ClientInfo
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.body import Body
from shared_kernel.presentation.http.routing.direct_route import raises, sends
from shared_kernel.presentation.http.server.response import NO_STORE, Response

router = APIRouter(tags=["second factors"], route_class=Operation)


Name = Annotated[
    str,
    Field(
        description="Without control and formatting characters, and without white space at its ends; tells factors apart",
        json_schema_extra={"minLength": 1, "maxLength": MAX_LENGTH},
    ),
]


class FactorResponse(BaseModel):
    """A second factor."""

    id: UUID
    kind: FactorKind
    name: str
    created_at: datetime
    last_used_at: datetime | None

    @classmethod
    def of(cls, factor: Factor) -> Self:
        """Return the response for a factor."""
        return cls(
            id=factor.id,
            kind=factor.kind,
            name=factor.name.value,
            created_at=factor.created_at,
            last_used_at=factor.last_used_at,
        )


class FactorsResponse(BaseModel):
    """Second factors of a user, oldest first."""

    factors: list[FactorResponse]
    recovery_codes_left: int


class TotpEnrolmentResponse(BaseModel):
    """What an authenticator app needs."""

    enrolment: str = Field(description="Token with which a code of the app completes the enrolment")
    secret: str = Field(description="160 bits in base32, to be typed into the app")
    uri: str = Field(description="The same as an address `otpauth://totp/…`, for a QR code")
    expires_in: int = Field(description="Seconds for which the enrolment can be completed")


class ConfirmTotpBody(Body):
    """The first code of an authenticator app."""

    enrolment: SecretStr
    code: SecretStr = Field(examples=["492039"])
    name: Name = "Authenticator app"


class PasskeyChallengeResponse(BaseModel):
    """A challenge for a passkey, and the options for the browser."""

    challenge: str
    options: dict[str, Any] = Field(description="For `navigator.credentials`, in their JSON form (`publicKey`)")

    @classmethod
    def of(cls, challenge: PasskeyChallenge) -> Self:
        """Return the response for a challenge."""
        return cls(challenge=challenge.challenge, options=dict(challenge.options))


class ConfirmPasskeyBody(Body):
    """A new passkey."""

    challenge: str
    passkey: dict[str, Any] = Field(description="The browser's RegistrationResponseJSON for the options")
    name: Name = "Passkey"


class EnrolledFactorResponse(FactorResponse):
    """A new second factor."""

    recovery_codes: list[str] = Field(description="With the first factor: the recovery codes, shown this once. Otherwise empty")


class RecoveryCodesResponse(BaseModel):
    """New recovery codes, shown this once. Each is good for one use."""

    recovery_codes: list[str]


@router.get("/me/factors")
@raises(StoreUnavailableError)
async def list_factors(caller: Authenticated, use_case: FromDishka[ListFactors]) -> FactorsResponse:
    """List the caller's second factors."""
    found = await use_case(caller)
    return FactorsResponse(
        factors=[FactorResponse.of(factor) for factor in found.all], recovery_codes_left=found.recovery_codes_left
    )


@router.post("/me/factors/totp", response_model=TotpEnrolmentResponse)
@sends(NO_STORE)
@raises(*CONFIRMATION_ERRORS, TooManyFactorsError, StoreUnavailableError, StoreFullError)
async def begin_totp_enrolment(
    body: ConfirmationBody, caller: Authenticated, client: ClientInfo, use_case: FromDishka[BeginTotpEnrolment]
) -> Response:
    """Make a secret for an authenticator app (RFC 6238: SHA-1, 6 digits, 30 seconds). Nothing changes before it is confirmed."""
    made = await use_case(caller, body.confirm(client))
    return _answer(
        TotpEnrolmentResponse(enrolment=made.token, secret=made.secret.value, uri=made.uri, expires_in=made.expires_in)
    )


@router.post("/me/factors/totp/confirm", status_code=201, response_model=EnrolledFactorResponse)
@sends(NO_STORE)
@raises(InvalidEnrolmentError, CodeNotConfirmedError, TooManyFactorsError, NoSuchUserError, StoreUnavailableError, StoreFullError)
async def confirm_totp_enrolment(
    body: ConfirmTotpBody, caller: Authenticated, use_case: FromDishka[ConfirmTotpEnrolment]
) -> Response:
    """Enrol an authenticator app by its first code.

    The first factor of a user ends all its other sessions, and comes with recovery codes.
    """
    secrets = body.enrolment.get_secret_value(), body.code.get_secret_value()
    return _answer_enrolled(await use_case(ConfirmTotpRequest(caller, *secrets, body.name)))


@router.post("/me/factors/passkeys")
@raises(*CONFIRMATION_ERRORS, PasskeysUnavailableError, TooManyFactorsError, StoreUnavailableError, StoreFullError)
async def begin_passkey_enrolment(
    body: ConfirmationBody, caller: Authenticated, client: ClientInfo, use_case: FromDishka[BeginPasskeyEnrolment]
) -> PasskeyChallengeResponse:
    """Make a challenge for a new passkey (Web Authentication). Nothing changes before it is confirmed."""
    return PasskeyChallengeResponse.of(await use_case(caller, body.confirm(client)))


@router.post("/me/factors/passkeys/confirm", status_code=201, response_model=EnrolledFactorResponse)
@sends(NO_STORE)
@raises(
    InvalidEnrolmentError, WrongPasskeyError, PasskeyTakenError, TooManyFactorsError, NoSuchUserError, StoreUnavailableError,
    StoreFullError,
)  # fmt: skip
async def confirm_passkey_enrolment(
    body: ConfirmPasskeyBody, caller: Authenticated, use_case: FromDishka[ConfirmPasskeyEnrolment]
) -> Response:
    """Enrol a passkey by the browser's response to the challenge, which is good for one.

    The first factor of a user ends all its other sessions, and comes with recovery codes.
    """
    return _answer_enrolled(await use_case(ConfirmPasskeyRequest(caller, body.challenge, body.passkey, body.name)))


@router.delete("/me/factors/{factor_id}", status_code=204)
@raises(*CONFIRMATION_ERRORS, NoSuchFactorError, StoreUnavailableError, StoreFullError)
async def remove_factor(
    factor_id: str, body: ConfirmationBody, caller: Authenticated, client: ClientInfo, use_case: FromDishka[RemoveFactor]
) -> None:
    """Remove a second factor of the caller; with the last one, the recovery codes."""
    await use_case(RemoveFactorRequest(caller, factor_id, body.confirm(client)))


@router.post("/me/recovery-codes", response_model=RecoveryCodesResponse)
@sends(NO_STORE)
@raises(*CONFIRMATION_ERRORS, NoSuchFactorError, StoreUnavailableError, StoreFullError)
async def replace_recovery_codes(
    body: ConfirmationBody, caller: Authenticated, client: ClientInfo, use_case: FromDishka[ReplaceRecoveryCodes]
) -> Response:
    """Make new recovery codes. The earlier ones are not valid any more."""
    codes = await use_case(caller, body.confirm(client))
    return _answer(RecoveryCodesResponse(recovery_codes=[code.text for code in codes]))


def _answer_enrolled(enrolled: EnrolledFactor) -> Response:
    shown = FactorResponse.of(enrolled.factor).model_dump()
    return _answer(EnrolledFactorResponse(**shown, recovery_codes=[code.text for code in enrolled.recovery_codes]), 201)


def _answer(shown: BaseModel, status: int = 200) -> Response:
    return Response(shown.model_dump_json().encode(), status, headers=NO_STORE)
