"""What this service's exceptions are to its clients."""

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
from shared_kernel.presentation.http.routing import problems as shared
from shared_kernel.presentation.http.routing.direct_route import DirectRoute
from shared_kernel.presentation.http.routing.problems import ProblemKind

_CHALLENGE = ((b"www-authenticate", b"Bearer"),)  # RFC 9110, section 15.5.2: a 401 always has one

PROBLEMS: shared.Problems = {
    **shared.PROBLEMS,
    WrongCredentialsError: ProblemKind(401, "wrong-credentials", "The username or the password is wrong", _CHALLENGE),
    InvalidRefreshTokenError: ProblemKind(401, "invalid-refresh-token", "The refresh token is not valid", _CHALLENGE),
    WrongPasswordError: ProblemKind(403, "wrong-password", "The password is wrong"),
    AdministratorRequiredError: ProblemKind(403, "administrator-required", "Only administrators may do this"),
    ClientIdTakenError: ProblemKind(409, "client-id-taken", "The client id is taken"),
    NoSuchClientError: ProblemKind(404, "no-such-client", "There is no such client"),
    NoSuchSessionError: ProblemKind(404, "no-such-session", "There is no such session"),
    NoSuchUserError: ProblemKind(404, "no-such-user", "There is no such user"),
    NoSuchGroupError: ProblemKind(404, "no-such-group", "There is no such group"),
    NotAMemberError: ProblemKind(404, "not-a-member", "The user is not a member of the group"),
    GrantNotHeldError: ProblemKind(404, "grant-not-held", "The grant is not held"),
    UsernameTakenError: ProblemKind(409, "username-taken", "The username is taken"),
    LastAdministratorError: ProblemKind(409, "last-administrator", "The last administrator must stay"),
    LimitReachedError: ProblemKind(409, "limit-reached", "A limit is reached"),
}


class Operation(DirectRoute):
    """The route class of this service's controllers."""

    problems = PROBLEMS


class WaitingOperation(Operation):
    """The route class of operations that wait for something to happen."""

    counts_towards_limit = False
    waits = True
