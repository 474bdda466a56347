"""How exceptions become `application/problem+json` (RFC 9457): one table, read by the answers and by the OpenAPI document."""

import itertools
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.exceptions import HTTPException

from shared_kernel.application.authentication import (
    AuthenticationRequiredError,
    InsufficientScopeError,
    InvalidAccessTokenError,
    RevocationsUnknownError,
    SigningKeysUnknownError,
)
from shared_kernel.application.availability import BusyError, StoreFullError, StoreUnavailableError, TooManyAttemptsError
from shared_kernel.domain.rules import RulesBrokenError
from shared_kernel.presentation.http.server.response import Headers, Response

MEDIA_TYPE = "application/problem+json"

_PROCESS = secrets.token_hex(8)
_numbers = itertools.count(1)


class MalformedBodyError(Exception):
    """The body is not JSON (RFC 8259)."""


class BodyTooLargeError(Exception):
    """The body is longer than the service accepts."""


class UnsupportedMediaTypeError(Exception):
    """The body is not sent as application/json in UTF-8 without a content coding."""


class InvalidRequestError(Exception):
    """What arrived is no HTTP/1.1 request."""


class HeadTooLargeError(Exception):
    """The request line and the header fields are longer than the service accepts."""


class ShuttingDownError(Exception):
    """The service ends before the request has arrived or been answered."""

    def __init__(self) -> None:
        super().__init__("The service is shutting down; what was asked may or may not have been done.")


class NotReadyError(Exception):
    """The service cannot work yet, or not at the moment."""

    def __init__(self, missing: list[str]) -> None:
        self.missing = missing
        super().__init__(f"Not available: {', '.join(missing)}.")


def _no_members(_: Exception) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """What all problems of a kind share: the status, the type's short name, the title, the headers and more members."""

    status: int
    name: str
    title: str
    headers: Headers = ()
    members: Callable[[Any], Mapping[str, Any]] = _no_members
    """Gives an error's own members of the document (RFC 9457, section 3.2)."""


Problems = Mapping[type[Exception], ProblemKind]

_RETRY_SOON = ((b"retry-after", b"1"),)
# RFC 6750, section 3.1: a request without a token gets the bare challenge, one with a bad token the error code.
_CHALLENGE = ((b"www-authenticate", b"Bearer"),)
_INVALID_TOKEN = ((b"www-authenticate", b'Bearer error="invalid_token"'),)
_INSUFFICIENT_SCOPE = ((b"www-authenticate", b'Bearer error="insufficient_scope"'),)

PROBLEMS: Problems = {
    MalformedBodyError: ProblemKind(400, "malformed-body", "Malformed request body"),
    InvalidRequestError: ProblemKind(400, "invalid-request", "Malformed HTTP request"),
    AuthenticationRequiredError: ProblemKind(401, "authentication-required", "Access token required", _CHALLENGE),
    InvalidAccessTokenError: ProblemKind(401, "invalid-token", "Invalid access token", _INVALID_TOKEN),
    InsufficientScopeError: ProblemKind(403, "insufficient-scope", "Insufficient scope", _INSUFFICIENT_SCOPE),
    BodyTooLargeError: ProblemKind(413, "body-too-large", "Request body too large"),
    UnsupportedMediaTypeError: ProblemKind(415, "unsupported-media-type", "Unsupported media type"),
    RulesBrokenError: ProblemKind(422, "rule-broken", "Validation failed"),
    TooManyAttemptsError: ProblemKind(429, "too-many-attempts", "Too many failed attempts", _RETRY_SOON),
    HeadTooLargeError: ProblemKind(431, "head-too-large", "Request header too large"),
    StoreUnavailableError: ProblemKind(503, "store-unavailable", "Database unavailable", _RETRY_SOON),
    SigningKeysUnknownError: ProblemKind(503, "signing-keys-unknown", "Signing keys not available", _RETRY_SOON),
    RevocationsUnknownError: ProblemKind(503, "revocations-unknown", "Revocation status unknown", _RETRY_SOON),
    NotReadyError: ProblemKind(
        503, "not-ready", "Service not ready", _RETRY_SOON, members=lambda error: {"missing": error.missing}
    ),
    BusyError: ProblemKind(503, "busy", "Service overloaded", _RETRY_SOON),
    ShuttingDownError: ProblemKind(503, "shutting-down", "Service shutting down", _RETRY_SOON),
    StoreFullError: ProblemKind(507, "store-full", "Database full"),
}

_FRAMEWORK_PROBLEMS = {
    404: ("no-such-path", "Path not found"),
    405: ("method-not-allowed", "Method not allowed"),
}
_UNEXPECTED = ProblemKind(500, "internal-error", "Internal server error")


def new_request_id() -> str:
    """Return 32 hexadecimal digits that no other request gets: the process's own and the request's number. No secret."""
    return f"{_PROCESS}{next(_numbers):016x}"


def answer_problem(problems: Problems, error: Exception, request_id: str) -> Response:
    """Return the answer that tells a client of this error. What the table does not know is a 500 that tells no detail."""
    if isinstance(error, HTTPException):  # what the framework itself raises: 404 and 405
        kind = _framework_problem(error)
        detail = None
    else:
        kind = next((problems[base] for base in type(error).__mro__ if base in problems), _UNEXPECTED)
        detail = None if kind is _UNEXPECTED else str(error)
    members = kind.members(error)
    if isinstance(error, RulesBrokenError):
        members = {"errors": _list_violations(error)}
        detail = "The rules that were broken are listed in `errors`."
    body = orjson.dumps(
        {
            "type": f"urn:problem-type:{kind.name}",
            "title": kind.title,
            "status": kind.status,
            "detail": _to_unicode(detail or kind.title + "."),
            "request_id": request_id,
            **members,
        }
    )
    headers = kind.headers
    if isinstance(error, InsufficientScopeError):
        headers = ((b"www-authenticate", f'Bearer error="insufficient_scope", scope="{error.scope}"'.encode()),)
    if isinstance(error, TooManyAttemptsError):
        headers = ((b"retry-after", b"%d" % error.retry_after),)
    return Response(body, kind.status, MEDIA_TYPE.encode(), headers)


def _list_violations(error: RulesBrokenError) -> list[Any]:
    return [
        {"field": _to_unicode(violation.field), "rule": violation.rule, "message": violation.message}
        for violation in error.violations
    ]


def _to_unicode(text: str) -> str:
    """Return the text without lone surrogates, which no JSON text in UTF-8 can hold: to answer must never fail."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _framework_problem(error: HTTPException) -> ProblemKind:
    headers = tuple((name.lower().encode(), value.encode()) for name, value in (error.headers or {}).items())
    name, title = _FRAMEWORK_PROBLEMS.get(error.status_code, ("http-error", error.detail))
    return ProblemKind(error.status_code, name, title, headers)


SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "A problem as RFC 9457 defines it.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri", "examples": ["urn:problem-type:rule-broken"]},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "request_id": {"type": "string", "description": "The same as in the header X-Request-ID."},
        "errors": {
            "description": "The rules that were broken, field by field.",
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "rule", "message"],
                "properties": {
                    "field": {"type": "string"},
                    "rule": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
        "missing": {"description": "What the service is waiting for.", "type": "array", "items": {"type": "string"}},
    },
}


PROBLEM_CONTENT: Mapping[str, Any] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def describe_problems(
    problems: Problems, errors: tuple[type[Exception], ...], content: Mapping[str, Any] = PROBLEM_CONTENT
) -> dict[int | str, dict[str, Any]]:
    """Return FastAPI's `responses` for an operation that may answer these errors."""
    titles: dict[int, list[str]] = {}
    headers: dict[int, dict[str, Any]] = {}
    for error in errors:
        kind = problems[error]
        titles.setdefault(kind.status, []).append(kind.title)
        headers.setdefault(kind.status, {}).update(
            {name.decode().title(): {"schema": {"type": "string"}} for name, _ in kind.headers}
        )
    return {
        status: {
            "description": "; ".join(dict.fromkeys(titles[status])),
            "headers": headers[status],
            "content": content,
        }
        for status in sorted(titles)
    }
