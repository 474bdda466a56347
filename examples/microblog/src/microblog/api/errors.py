"""One shape of errors: `application/problem+json` (RFC 9457), from one table."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from key_value_client import RuleBroken, Unavailable
from key_value_client.authentication import AuthenticationUnavailable, NotAuthenticated
from key_value_client.errors import TransportError
from microblog.repositories.tweets import MediaTakenError
from microblog.services.media import FileTooLargeError, MediaMissingError
from microblog.services.tweets import NotYoursError, TweetMissingError
from microblog.services.users import FollowingRefusedError, UserMissingError
from microblog.utils.images import NotAnImageError
from microblog.utils.pagination import InvalidCursorError

AUTHENTICATE = {"WWW-Authenticate": 'Bearer realm="microblog"'}
LATER = {"Retry-After": "1"}
RULE_BROKEN = ("rule-broken", "The request breaks a rule", "The broken rules are listed in `errors`.")

# Exception: status, type, title, field, header fields. The detail is the exception's text, or else the title.
PROBLEMS: dict[type[Exception], tuple[int, str, str, str | None, dict[str, str]]] = {
    NotAuthenticated: (401, "not-authenticated", "A valid access token or API key is required", None, AUTHENTICATE),
    NotYoursError: (403, "not-yours", "Only its author and moderators may do this", None, {}),
    UserMissingError: (404, "no-such-user", "There is no such user", None, {}),
    TweetMissingError: (404, "no-such-tweet", "There is no such tweet", None, {}),
    MediaMissingError: (404, "no-such-file", "There is no such file", None, {}),
    FollowingRefusedError: (409, "following-refused", "You cannot follow this user", None, {}),
    MediaTakenError: (409, "media-taken", "A file is not yours, or belongs to another tweet", "media", {}),
    FileTooLargeError: (413, "file-too-large", "The file is too large", "file", {}),
    NotAnImageError: (415, "not-an-image", "The file is no image", "file", {}),
    InvalidCursorError: (422, "invalid-cursor", "The cursor is not valid for this listing", "cursor", {}),
    AuthenticationUnavailable: (503, "authorization-unavailable", "The authorization service is away", None, LATER),
    Unavailable: (503, "store-unavailable", "The store is away", None, LATER),
    TransportError: (503, "store-unavailable", "The store is away", None, LATER),
}


def answer(status: int, kind: str, title: str, detail: str, errors: list[dict[str, Any]], headers: Any = None) -> JSONResponse:
    """Return a problem."""
    members: dict[str, Any] = {"type": f"urn:problem-type:{kind}", "title": title, "status": status, "detail": detail}
    members |= {"errors": errors} if errors else {}
    return JSONResponse(members, status, headers, media_type="application/problem+json")


def add_handlers(app: FastAPI) -> None:
    """Let the application answer each exception of the table, and the framework's own, in the one shape."""
    for kind, (status, name, title, field, headers) in PROBLEMS.items():
        app.add_exception_handler(kind, _make_handler(status, name, title, field, headers))

    @app.exception_handler(RequestValidationError)
    async def refuse(_: Request, error: RequestValidationError) -> JSONResponse:
        errors = [
            {"field": ".".join(map(str, each["loc"][1:])) or str(each["loc"][0]), "rule": each["type"], "message": each["msg"]}
            for each in error.errors()
        ]
        return answer(422, *RULE_BROKEN, errors)

    @app.exception_handler(RuleBroken)
    async def pass_on(_: Request, error: RuleBroken) -> JSONResponse:
        """A cursor goes to the store as it came."""
        return answer(422, *RULE_BROKEN, error.errors)

    @app.exception_handler(HTTPException)
    async def answer_http(_: Request, error: HTTPException) -> JSONResponse:
        return answer(error.status_code, f"http-{error.status_code}", error.detail, error.detail, [], error.headers)


def _make_handler(status: int, name: str, title: str, field: str | None, headers: dict[str, str]) -> Any:
    async def handle(_: Request, error: Exception) -> JSONResponse:
        is_ours = not isinstance(error, (Unavailable, TransportError))
        detail = (str(error) if is_ours else "") or f"{title}."
        errors = [{"field": field, "rule": name, "message": detail}] if field else []
        return answer(status, name, title, detail, errors, headers)

    return handle
