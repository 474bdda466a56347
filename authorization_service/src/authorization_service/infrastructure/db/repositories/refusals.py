"""Refusals of the stored functions of authorization_service, and the errors that they stand for."""

from datetime import timedelta
from typing import Any

from authorization_service.application.authorize.authorization_request import UntrustedRequestError
from authorization_service.domain.entities.group import MAX_GROUPS_OF_A_USER, MAX_MEMBERS
from authorization_service.domain.exceptions import (
    AccessDeniedError,
    AuthorizationPendingError,
    CodeExpiredError,
    CodeReusedError,
    InvalidCodeError,
    InvalidRefreshTokenError,
    LastAdministratorError,
    LimitReachedError,
    NoSuchFactorError,
    NoSuchGroupError,
    NoSuchSessionError,
    NoSuchUserError,
    PasskeyTakenError,
    RefreshTokenReusedError,
    SecondFactorMissingError,
    SlowDownError,
    TooManyFactorsError,
    UsernameTakenError,
    WrongCredentialsError,
)
from authorization_service.domain.value_objects.rights import MAX_GRANTS, MAX_SCOPE
from shared_kernel.application.availability import TooManyAttemptsError
from shared_kernel.infrastructure.stored_functions import Refusals, unwrap

BOUNDS = {"grants": MAX_GRANTS, "bytes": MAX_SCOPE, "members": MAX_MEMBERS, "groups": MAX_GROUPS_OF_A_USER}
"""What stored functions must not let a change exceed."""


class AttemptsUnderWayError(Exception):
    """Whether an attempt at a password is allowed depends on others that are being checked. For AttemptRepository alone."""


REFUSALS: Refusals = {
    "access denied": AccessDeniedError,
    "attempts under way": AttemptsUnderWayError,
    "authorization pending": AuthorizationPendingError,
    "code expired": CodeExpiredError,
    "code reused": lambda _session_id: CodeReusedError(),
    "invalid code": InvalidCodeError,
    "invalid refresh token": InvalidRefreshTokenError,
    "last administrator": LastAdministratorError,
    "no factor": NoSuchFactorError,
    "no group": NoSuchGroupError,
    "no request": lambda: UntrustedRequestError("expired_request"),
    "no session": NoSuchSessionError,
    "no user": NoSuchUserError,
    "passkey taken": PasskeyTakenError,
    "refresh token reused": lambda _session_id: RefreshTokenReusedError(),
    "second factor missing": SecondFactorMissingError,
    "slow down": SlowDownError,
    "too many attempts": lambda microseconds: TooManyAttemptsError(timedelta(microseconds=microseconds)),
    "too many factors": TooManyFactorsError,
    "too many grants": lambda: LimitReachedError(
        f"A user may hold at most {MAX_GRANTS} grants of {MAX_SCOPE} characters in all, its groups' included: tokens"
        " carry them. One that ends in `*` can say what several do."
    ),
    "too many groups": lambda: LimitReachedError(f"A user may be in at most {MAX_GROUPS_OF_A_USER} groups."),
    "too many members": lambda: LimitReachedError(f"A group may have at most {MAX_MEMBERS} members."),
    "username taken": UsernameTakenError,
    "wrong credentials": WrongCredentialsError,
}


def is_changed(answer: Any) -> bool:
    """Return whether a stored function that answers [bool] has changed something. Raises what `unwrap` raises."""
    [changed] = unwrap(answer, REFUSALS)
    return bool(changed)
