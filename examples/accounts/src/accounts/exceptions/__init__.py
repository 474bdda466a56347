"""What can go wrong, and the one shape in which it is answered: `application/problem+json` (RFC 9457)."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from key_value_client.fastapi import add_problem_handlers, answer_problem


class AccountsError(Exception):
    """The base of this service's own exceptions. `field`: the member of the request that is to blame."""

    status = 409
    kind = "conflict"
    title = "The request is in conflict with the data"

    def __init__(self, detail: str, field: str | None = None) -> None:
        super().__init__(detail)
        self.field = field


class NotFoundError(AccountsError):
    """A user, contact, type or group that does not exist."""

    status = 404
    kind = "not-found"
    title = "There is no such thing"


class TakenError(AccountsError):
    """A name or value that must be unique, and is another's."""

    kind = "taken"
    title = "A value is taken"


class RuleError(AccountsError):
    """A rule that the bodies' schemas do not know, such as that of a contact's type."""

    status = 422
    kind = "rule-broken"
    title = "The request breaks a rule"


class MissingRoleError(AccountsError):
    """The caller has not the role that this takes."""

    status = 403
    kind = "missing-role"
    title = "Your rights are not enough"


def add_handlers(app: FastAPI) -> None:
    """Let the application answer exceptions in the one shape."""
    add_problem_handlers(app, "accounts")

    @app.exception_handler(AccountsError)
    async def answer_own(_: Request, error: AccountsError) -> JSONResponse:
        errors = [{"field": error.field, "rule": error.kind, "message": str(error)}] if error.field else []
        return answer_problem(error.status, error.kind, error.title, str(error), errors)
