"""The problem (RFC 9457) that a client receives for each exception of this service."""

from dataclasses import replace

from authorization_service.domain.exceptions import (
    AdministratorRequiredError,
    ClientIdTakenError,
    GrantNotHeldError,
    InvalidRefreshTokenError,
    LastAdministratorError,
    LimitReachedError,
    NoSuchClientError,
    NoSuchGroupError,
    NoSuchSessionError,
    NoSuchUserError,
    NotAMemberError,
    UsernameTakenError,
    WrongCredentialsError,
    WrongPasswordError,
)
from shared_kernel.domain.rules import RulesBrokenError
from shared_kernel.presentation.http.routing import problems as shared
from shared_kernel.presentation.http.routing.direct_route import DirectRoute
from shared_kernel.presentation.http.routing.problems import ProblemKind

_CHALLENGE = ((b"www-authenticate", b"Bearer"),)  # RFC 9110, section 15.5.2: a 401 always has one

PROBLEMS: shared.Problems = {
    **shared.PROBLEMS,
    WrongCredentialsError: ProblemKind(401, "wrong-credentials", "Wrong username or password", _CHALLENGE),
    InvalidRefreshTokenError: ProblemKind(401, "invalid-refresh-token", "Invalid refresh token", _CHALLENGE),
    WrongPasswordError: replace(shared.PROBLEMS[RulesBrokenError], status=403, name="wrong-password", title="Wrong password"),
    AdministratorRequiredError: ProblemKind(403, "administrator-required", "Administrator role required"),
    ClientIdTakenError: ProblemKind(409, "client-id-taken", "Client id already in use"),
    NoSuchClientError: ProblemKind(404, "no-such-client", "Client not found"),
    NoSuchSessionError: ProblemKind(404, "no-such-session", "Session not found"),
    NoSuchUserError: ProblemKind(404, "no-such-user", "User not found"),
    NoSuchGroupError: ProblemKind(404, "no-such-group", "Group not found"),
    NotAMemberError: ProblemKind(404, "not-a-member", "Not a member of the group"),
    GrantNotHeldError: ProblemKind(404, "grant-not-held", "Grant not held"),
    UsernameTakenError: ProblemKind(409, "username-taken", "Username already in use"),
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
