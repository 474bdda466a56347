"""What this service's exceptions are to its clients."""

from authorization_service.domain.exceptions import (
    InvalidRefreshTokenError,
    NoSuchSessionError,
    NoSuchUserError,
    UsernameTakenError,
    WrongCredentialsError,
)
from shared_kernel.presentation.http import problems as shared
from shared_kernel.presentation.http.direct_route import DirectRoute
from shared_kernel.presentation.http.problems import ProblemKind

_CHALLENGE = ((b"www-authenticate", b"Bearer"),)  # RFC 9110, section 15.5.2: a 401 always has one

PROBLEMS: shared.Problems = {
    **shared.PROBLEMS,
    WrongCredentialsError: ProblemKind(401, "wrong-credentials", "The username or the password is wrong", _CHALLENGE),
    InvalidRefreshTokenError: ProblemKind(401, "invalid-refresh-token", "The refresh token is not valid", _CHALLENGE),
    NoSuchSessionError: ProblemKind(404, "no-such-session", "There is no such session"),
    NoSuchUserError: ProblemKind(404, "no-such-user", "There is no such user"),
    UsernameTakenError: ProblemKind(409, "username-taken", "The username is taken"),
}


class Operation(DirectRoute):
    """The route class of this service's controllers."""

    problems = PROBLEMS


class WaitingOperation(Operation):
    """The route class of operations that wait for something to happen."""

    at_door = False
    waits = True
