"""The problem (RFC 9457) that a client receives for each exception of this service."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from authorization_service.domain.exceptions import (
    AdministratorRequiredError,
    ClientIdTakenError,
    CodeNotConfirmedError,
    CodeRequiredError,
    GrantNotHeldError,
    InvalidEnrolmentError,
    InvalidMfaTokenError,
    InvalidRefreshTokenError,
    LastAdministratorError,
    LimitReachedError,
    NoSuchClientError,
    NoSuchFactorError,
    NoSuchGroupError,
    NoSuchSessionError,
    NoSuchUserError,
    NotAMemberError,
    PasskeysUnavailableError,
    PasskeyTakenError,
    RegistrationClosedError,
    RotationUnderWayError,
    SecondFactorMissingError,
    SecondFactorOfAdministratorRequiredError,
    SecondFactorRequiredError,
    UsernameTakenError,
    WrongCodeError,
    WrongCredentialsError,
    WrongPasskeyError,
    WrongPasswordError,
)
from authorization_service.domain.value_objects.authentication import ContextClass
from shared_kernel.domain.rules import RulesBrokenError
from shared_kernel.presentation.http.routing import problems as shared
from shared_kernel.presentation.http.routing.direct_route import DirectRoute
from shared_kernel.presentation.http.routing.problems import ProblemKind

_CHALLENGE = ((b"www-authenticate", b"Bearer"),)  # RFC 9110, section 15.5.2: a 401 always has one
# RFC 9470, section 3: the same operation works with a token of a stronger authentication.
_STEP_UP = (
    (
        b"www-authenticate",
        b'Bearer error="insufficient_user_authentication", acr_values="%s"' % ContextClass.TWO_FACTORS.encode(),
    ),
)


def _describe_second_step(error: SecondFactorRequiredError) -> Mapping[str, Any]:
    members = {"mfa_token": error.mfa_token, "expires_in": error.expires_in, "factors": error.factors}
    return members if error.passkey_options is None else members | {"passkey_options": error.passkey_options}


_WRONG_CODE = "wrong-code"

PROBLEMS: shared.Problems = {
    **shared.PROBLEMS,
    WrongCredentialsError: ProblemKind(401, "wrong-credentials", "Wrong username or password", _CHALLENGE),
    InvalidRefreshTokenError: ProblemKind(401, "invalid-refresh-token", "Invalid refresh token", _CHALLENGE),
    WrongPasswordError: replace(shared.PROBLEMS[RulesBrokenError], status=403, name="wrong-password", title="Wrong password"),
    SecondFactorRequiredError: ProblemKind(
        401, "second-factor-required", "Second factor required", _CHALLENGE, members=_describe_second_step
    ),
    SecondFactorMissingError: ProblemKind(401, "second-factor-missing", "Second factor missing", _CHALLENGE),
    InvalidMfaTokenError: ProblemKind(401, "invalid-mfa-token", "Invalid token of the second step", _CHALLENGE),
    WrongCodeError: ProblemKind(401, _WRONG_CODE, "Wrong code", _CHALLENGE),
    CodeNotConfirmedError: replace(shared.PROBLEMS[RulesBrokenError], status=403, name=_WRONG_CODE, title="Wrong code"),
    CodeRequiredError: ProblemKind(403, "code-required", "Code of the second factor required"),
    SecondFactorOfAdministratorRequiredError: ProblemKind(
        401, "insufficient-user-authentication", "Second factor required of administrators", _STEP_UP
    ),
    RegistrationClosedError: ProblemKind(403, "registration-closed", "Registration closed"),
    AdministratorRequiredError: ProblemKind(403, "administrator-required", "Administrator role required"),
    ClientIdTakenError: ProblemKind(409, "client-id-taken", "Client id already in use"),
    NoSuchClientError: ProblemKind(404, "no-such-client", "Client not found"),
    NoSuchFactorError: ProblemKind(404, "no-such-factor", "Second factor not found"),
    InvalidEnrolmentError: ProblemKind(404, "no-such-enrolment", "Enrolment not found"),
    WrongPasskeyError: ProblemKind(401, "wrong-passkey", "Passkey not accepted", _CHALLENGE),
    PasskeysUnavailableError: ProblemKind(409, "passkeys-unavailable", "Passkeys not available here"),
    PasskeyTakenError: ProblemKind(409, "passkey-taken", "Passkey already registered"),
    NoSuchSessionError: ProblemKind(404, "no-such-session", "Session not found"),
    NoSuchUserError: ProblemKind(404, "no-such-user", "User not found"),
    NoSuchGroupError: ProblemKind(404, "no-such-group", "Group not found"),
    NotAMemberError: ProblemKind(404, "not-a-member", "Not a member of the group"),
    GrantNotHeldError: ProblemKind(404, "grant-not-held", "Grant not held"),
    UsernameTakenError: ProblemKind(409, "username-taken", "Username already in use"),
    RotationUnderWayError: ProblemKind(409, "rotation-under-way", "Rotation under way"),
    LastAdministratorError: ProblemKind(409, "last-administrator", "Last administrator must remain"),
    LimitReachedError: ProblemKind(409, "limit-reached", "Limit reached"),
}


class Operation(DirectRoute):
    """The route class of this service's controllers."""

    problems = PROBLEMS


class WaitingOperation(Operation):
    """The route class of operations that wait for an event: not counted towards the limit on requests under way."""

    counts_towards_limit = False
    waits = True
