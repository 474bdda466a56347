"""What exceptions of the library are to a user of the command."""

from key_value_cli.failures import Failure, Status
from key_value_client.errors import (
    AccessRefused,
    AdministratorRequired,
    Conflict,
    InsufficientScope,
    KeyValueError,
    LockLost,
    NotFound,
    RegistrationClosed,
    RuleBroken,
    TooManyAttempts,
    TransportError,
    Unavailable,
)
from key_value_client.tokens import NotLoggedIn

_STATUSES = {
    NotFound: Status.NOT_FOUND,
    Conflict: Status.CONFLICT,
    InsufficientScope: Status.NOT_ALLOWED,
    AdministratorRequired: Status.NOT_ALLOWED,
    RegistrationClosed: Status.NOT_ALLOWED,
    TooManyAttempts: Status.UNAVAILABLE,
    AccessRefused: Status.NOT_LOGGED_IN,
    LockLost: Status.LOCK_LOST,
    Unavailable: Status.UNAVAILABLE,
    TransportError: Status.UNAVAILABLE,
    KeyValueError: Status.REJECTED,
}
"""The first kind that an exception is of counts."""


def explain(error: Exception) -> Failure:
    """Return the line and the exit status of an exception."""
    if isinstance(error, NotLoggedIn):
        return Failure("You are not logged in: kv login", Status.NOT_LOGGED_IN)
    for kind, status in _STATUSES.items():
        if isinstance(error, kind):
            return Failure(f"{_describe(error)}{' Log in: kv login' if status is Status.NOT_LOGGED_IN else ''}", status)
    if isinstance(error, OSError):
        return Failure(f"{error.filename or 'standard output'}: {error.strerror}", Status.FILE)
    return Failure(f"a bug: {type(error).__name__}: {error} (KV_TRACEBACK=1 shows where)", Status.BUG)


def _describe(error: Exception) -> str:
    """Return what the exception says; if rules were broken, only which."""
    if isinstance(error, RuleBroken) and error.errors:
        reasons = "; ".join(f"{broken['field']}: {broken['message']}" for broken in error.errors)
        return f"{reasons} (request {error.request_id})"
    return str(error)
