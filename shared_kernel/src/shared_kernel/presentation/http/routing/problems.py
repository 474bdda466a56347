"""How exceptions become `application/problem+json` (RFC 9457): one table, for responses and for the OpenAPI document."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
from shared_kernel.application.availability import (
    BusyError,
    DiskFullError,
    StoreFullError,
    StoreUnavailableError,
    TooManyAttemptsError,
)
from shared_kernel.domain.rules import RulesBrokenError
from shared_kernel.presentation.http.routing.errors import (
    DepartingError,
    MalformedBodyError,
    NotReadyError,
    ShuttingDownError,
    UnsupportedContentCodingError,
    UnsupportedMediaTypeError,
)
from shared_kernel.presentation.http.routing.problem_help import ProblemHelp
from shared_kernel.presentation.http.server.errors import (
    BodyTooLargeError,
    HeadTooLargeError,
    MalformedRequestError,
    UnsupportedTransferCodingError,
    UnsupportedVersionError,
)
from shared_kernel.presentation.http.server.response import Headers, Response

MEDIA_TYPE = "application/problem+json"
HELP_PATH = "/problems/"
"""Where the service explains its types of problems, each under its short name."""


def _no_members(_: Exception) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """What all problems of one type have in common."""

    status: int
    name: str
    """The type's short name: the type is `urn:problem-type:<name>`."""
    title: str
    headers: Headers = ()
    detail: Callable[[Any], str] = str
    """Makes the detail from the error."""
    members: Callable[[Any], Mapping[str, Any]] = _no_members
    """Makes the type's own members of the document (RFC 9457, section 3.2) from the error."""
    error_headers: Callable[[Any], Headers] | None = None
    """Makes the header fields from the error, with the same names as in `headers`, where their values depend on it."""

    def describe(self, error: Exception) -> "Problem":
        """Return the problem that the error is."""
        headers = self.headers if self.error_headers is None else self.error_headers(error)
        return Problem(self, _to_unicode(self.detail(error) or self.title + "."), self.members(error), headers)


@dataclass(frozen=True, slots=True)
class Problem:
    """One occurrence of a problem, before it is rendered."""

    kind: ProblemKind
    detail: str
    members: Mapping[str, Any] = field(default_factory=dict)
    headers: Headers = ()

    def render(self, request_id: str, help_path: str) -> Response:
        """Return the response, as RFC 9457 has it, with a link (RFC 8288) to the page that explains the type.

        `help_path` is HELP_PATH as the client knows it: with the path under which a proxy publishes the service, or relative.
        """
        kind = self.kind
        document = {
            "type": f"urn:problem-type:{kind.name}",
            "title": kind.title,
            "status": kind.status,
            "detail": self.detail,
            "request_id": request_id,
            **self.members,
        }
        link = (b"link", f'<{help_path}{kind.name}>; rel="help"'.encode())
        return Response(orjson.dumps(document), kind.status, MEDIA_TYPE.encode(), (*self.headers, link))


def describe_example(kind: ProblemKind, explanation: ProblemHelp) -> dict[str, Any]:
    """Return a document as a client receives it."""
    detail = "The rules that were broken are listed in `errors`." if kind.detail is _point_to_errors else f"{kind.title}."
    example = Problem(kind, detail, explanation.members).render("3dc6f50c2052967b0000000000000006", HELP_PATH)
    document: dict[str, Any] = orjson.loads(example.body)
    return document


Problems = Mapping[type[Exception], ProblemKind]


def list_kinds(problems: Problems) -> dict[str, list[ProblemKind]]:
    """Return the kinds of all problems of a service by their names, those of the framework included."""
    kinds: dict[str, list[ProblemKind]] = {}
    framework = (ProblemKind(status, name, title) for status, (name, title) in FRAMEWORK_PROBLEMS.items())
    for kind in (*problems.values(), *framework, UNEXPECTED):
        same = kinds.setdefault(kind.name, [])
        if (kind.status, kind.title) not in [(each.status, each.title) for each in same]:
            same.append(kind)
    return kinds


def find_problem(problems: Problems, error: Exception) -> Problem:
    """Return the problem that an error is. An error that is not in the table is a 500 without details."""
    kind = next((problems[base] for base in type(error).__mro__ if base in problems), UNEXPECTED)
    return kind.describe(error)


def find_framework_problem(error: Exception) -> Problem:
    """Return the problem for what the framework itself raises: HTTPException with 404 or 405, or an unexpected error."""
    if not isinstance(error, HTTPException):
        return UNEXPECTED.describe(error)
    name, title = FRAMEWORK_PROBLEMS.get(error.status_code, ("http-error", error.detail))
    headers = tuple((name.lower().encode(), value.encode()) for name, value in (error.headers or {}).items())
    return ProblemKind(error.status_code, name, title, headers, detail=_no_detail).describe(error)


def _no_detail(_: Exception) -> str:
    return ""


def _point_to_errors(_: Exception) -> str:
    return "The rules that were broken are listed in `errors`."


def _list_violations(error: RulesBrokenError) -> Mapping[str, Any]:
    return {
        "errors": [
            {"field": _to_unicode(violation.field), "rule": violation.rule, "message": violation.message}
            for violation in error.violations
        ]
    }


def _name_missing_scope(error: InsufficientScopeError) -> Headers:
    return ((b"www-authenticate", f'Bearer error="insufficient_scope", scope="{error.scope}"'.encode()),)


def _name_retry_time(error: TooManyAttemptsError) -> Headers:
    return ((b"retry-after", b"%d" % error.retry_after),)


def _to_unicode(text: str) -> str:
    """Return the text without lone surrogates, which JSON in UTF-8 cannot hold: rendering an error must never fail."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


_RETRY_SOON = ((b"retry-after", b"1"),)
# RFC 6750, section 3.1: a request without a token gets the bare challenge, one with a bad token the error code.
_CHALLENGE = ((b"www-authenticate", b"Bearer"),)
_INVALID_TOKEN = ((b"www-authenticate", b'Bearer error="invalid_token"'),)
# RFC 9110, section 15.5.16: only where the coding is the reason.
_CODINGS = ((b"accept-encoding", b"zstd, gzip"),)
_INSUFFICIENT_SCOPE = ((b"www-authenticate", b'Bearer error="insufficient_scope"'),)

PROBLEMS: Problems = {
    MalformedBodyError: ProblemKind(400, "malformed-body", "Malformed request body"),
    MalformedRequestError: ProblemKind(400, "invalid-request", "Malformed HTTP request"),
    AuthenticationRequiredError: ProblemKind(401, "authentication-required", "Access token required", _CHALLENGE),
    InvalidAccessTokenError: ProblemKind(401, "invalid-token", "Invalid access token", _INVALID_TOKEN),
    InsufficientScopeError: ProblemKind(
        403, "insufficient-scope", "Insufficient scope", _INSUFFICIENT_SCOPE, error_headers=_name_missing_scope
    ),
    BodyTooLargeError: ProblemKind(413, "body-too-large", "Request body too large"),
    UnsupportedMediaTypeError: ProblemKind(415, "unsupported-media-type", "Unsupported media type"),
    UnsupportedContentCodingError: ProblemKind(415, "unsupported-media-type", "Unsupported media type", _CODINGS),
    RulesBrokenError: ProblemKind(422, "rule-broken", "Validation failed", detail=_point_to_errors, members=_list_violations),
    TooManyAttemptsError: ProblemKind(
        429, "too-many-attempts", "Too many failed attempts", _RETRY_SOON, error_headers=_name_retry_time
    ),
    HeadTooLargeError: ProblemKind(431, "head-too-large", "Request header too large"),
    UnsupportedTransferCodingError: ProblemKind(501, "unsupported-transfer-coding", "Unsupported transfer coding"),
    StoreUnavailableError: ProblemKind(503, "store-unavailable", "Database unavailable", _RETRY_SOON),
    SigningKeysUnknownError: ProblemKind(503, "signing-keys-unknown", "Signing keys not available", _RETRY_SOON),
    RevocationsUnknownError: ProblemKind(503, "revocations-unknown", "Revocation status unknown", _RETRY_SOON),
    NotReadyError: ProblemKind(
        503, "not-ready", "Service not ready", _RETRY_SOON, members=lambda error: {"missing": error.missing}
    ),
    BusyError: ProblemKind(503, "busy", "Service overloaded", _RETRY_SOON),
    ShuttingDownError: ProblemKind(503, "shutting-down", "Service shutting down", _RETRY_SOON),
    DepartingError: ProblemKind(503, "shutting-down", "Service shutting down", _RETRY_SOON),
    UnsupportedVersionError: ProblemKind(505, "unsupported-version", "Unsupported version of HTTP"),
    StoreFullError: ProblemKind(507, "store-full", "Database full"),
    DiskFullError: ProblemKind(507, "disk-full", "Disk full"),
}

FRAMEWORK_PROBLEMS = {
    404: ("no-such-path", "Path not found"),
    405: ("method-not-allowed", "Method not allowed"),
}
UNEXPECTED = ProblemKind(500, "internal-error", "Internal server error", detail=_no_detail)

SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "A problem document (RFC 9457).",
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


HELP_LINK: Mapping[str, Any] = {
    "Link": {"description": 'The page that explains the type of the problem (`rel="help"`)', "schema": {"type": "string"}}
}
PROBLEM_CONTENT: Mapping[str, Any] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def describe_problems(
    problems: Problems, errors: tuple[type[Exception], ...], content: Mapping[str, Any] = PROBLEM_CONTENT
) -> dict[int | str, dict[str, Any]]:
    """Return FastAPI's `responses` for an operation that may answer these errors."""
    titles: dict[int, list[str]] = {}
    headers: dict[int, dict[str, Any]] = {}
    for kind in (problems[known] for error in errors for known in problems if issubclass(known, error)):
        titles.setdefault(kind.status, []).append(kind.title)
        headers.setdefault(kind.status, {}).update(
            {name.decode().title(): {"schema": {"type": "string"}} for name, _ in kind.headers}
        )
    return {
        status: {
            "description": "; ".join(dict.fromkeys(titles[status])),
            "headers": {**headers[status], **(HELP_LINK if content is PROBLEM_CONTENT else {})},
            "content": content,
        }
        for status in sorted(titles)
    }
