"""One shape of errors: `application/problem+json` (RFC 9457), from one table."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from key_value_client.fastapi import add_problem_handlers, answer_problem
from microblog.repositories.tweets import MediaTakenError
from microblog.services.media import FileTooLargeError, MediaMissingError
from microblog.services.tweets import NotYoursError, TweetMissingError
from microblog.services.users import FollowingRefusedError, UserMissingError
from microblog.utils.images import NotAnImageError
from microblog.utils.pagination import InvalidCursorError

# Exception: status, type, title, field. The detail is the exception's text, or else the title.
PROBLEMS: dict[type[Exception], tuple[int, str, str, str | None]] = {
    NotYoursError: (403, "not-yours", "Only its author and moderators may do this", None),
    UserMissingError: (404, "no-such-user", "There is no such user", None),
    TweetMissingError: (404, "no-such-tweet", "There is no such tweet", None),
    MediaMissingError: (404, "no-such-file", "There is no such file", None),
    FollowingRefusedError: (409, "following-refused", "You cannot follow this user", None),
    MediaTakenError: (409, "media-taken", "A file is not yours, or belongs to another tweet", "media"),
    FileTooLargeError: (413, "file-too-large", "The file is too large", "file"),
    NotAnImageError: (415, "not-an-image", "The file is no image", "file"),
    InvalidCursorError: (422, "invalid-cursor", "The cursor is not valid for this listing", "cursor"),
}


def add_handlers(app: FastAPI) -> None:
    """Let the application answer each exception of the table, and all others, in the one shape."""
    add_problem_handlers(app, "microblog")
    for kind, problem in PROBLEMS.items():
        app.add_exception_handler(kind, _make_handler(*problem))


def _make_handler(status: int, name: str, title: str, field: str | None) -> Any:
    async def handle(_: Request, error: Exception) -> JSONResponse:
        detail = str(error) or f"{title}."
        return answer_problem(status, name, title, detail, [{"field": field, "rule": name, "message": detail}] if field else [])

    return handle
