"""What can go wrong, and the one shape in which it is answered: `application/problem+json` (RFC 9457)."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from key_value_client import RuleBroken, Unavailable
from key_value_client.authentication import AuthenticationUnavailable, NotAuthenticated
from key_value_client.errors import TransportError


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


def answer(status: int, kind: str, title: str, detail: str, errors: list[dict[str, Any]], headers: Any = None) -> JSONResponse:
    """Return a problem."""
    members: dict[str, Any] = {"type": f"urn:problem-type:{kind}", "title": title, "status": status, "detail": detail}
    members |= {"errors": errors} if errors else {}
    return JSONResponse(members, status, headers, media_type="application/problem+json")


def _answer_rules(errors: list[dict[str, Any]]) -> JSONResponse:
    return answer(422, RuleError.kind, RuleError.title, "The broken rules are listed in `errors`.", errors)


def add_handlers(app: FastAPI) -> None:
    """Let the application answer exceptions in the one shape."""

    @app.exception_handler(AccountsError)
    async def answer_own(_: Request, error: AccountsError) -> JSONResponse:
        errors = [{"field": error.field, "rule": error.kind, "message": str(error)}] if error.field else []
        return answer(error.status, error.kind, error.title, str(error), errors)

    @app.exception_handler(RequestValidationError)
    async def answer_invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return _answer_rules(
            [
                {"field": ".".join(map(str, each["loc"][1:])) or "body", "rule": each["type"], "message": each["msg"]}
                for each in error.errors()
            ]
        )

    @app.exception_handler(RuleBroken)
    async def answer_stores(_: Request, error: RuleBroken) -> JSONResponse:
        return _answer_rules(error.errors)  # a cursor goes to the store as it came

    @app.exception_handler(NotAuthenticated)
    async def ask_for_token(_: Request, error: NotAuthenticated) -> JSONResponse:
        headers = {"WWW-Authenticate": 'Bearer realm="accounts"'}
        return answer(401, "not-authenticated", "A valid access token is required", str(error), [], headers)

    @app.exception_handler(AuthenticationUnavailable)
    @app.exception_handler(Unavailable)
    @app.exception_handler(TransportError)
    async def answer_unavailable(_: Request, __: Exception) -> JSONResponse:
        detail = "The store or the authorization service is away; try again."
        return answer(503, "unavailable", "A service is away", detail, [], {"Retry-After": "1"})

    @app.exception_handler(HTTPException)
    async def answer_http(_: Request, error: HTTPException) -> JSONResponse:
        return answer(error.status_code, f"http-{error.status_code}", error.detail, error.detail, [], error.headers)
