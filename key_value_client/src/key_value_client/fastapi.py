"""What FastAPI applications on the store have in common: errors in one shape, the caller of a request, signing in, a page.

It needs the extra `fastapi`. The application keeps an `AsyncAuthenticator` in `app.state.authenticator`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from key_value_client.authentication import AsyncAuthenticator, AuthenticationUnavailable, Caller, NotAuthenticated
from key_value_client.errors import RuleBroken, TransportError, Unavailable

RULE_BROKEN = ("rule-broken", "The request breaks a rule")
LATER = {"Retry-After": "1"}
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri", "examples": ["urn:problem-type:rule-broken"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "rule", "message"],
                "properties": {name: {"type": "string"} for name in ("field", "rule", "message")},
            },
        },
    },
}

_bearer = HTTPBearer(auto_error=False, description="An access token of the authorization service")
_api_key = APIKeyHeader(name="Api-Key", auto_error=False, description="`<client id>:<client secret>` of a service account")


def answer_problem(
    status: int,
    kind: str,
    title: str,
    detail: str = "",
    errors: list[dict[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return a problem (RFC 9457). `errors`: what fields are to blame for: `field`, `rule` and `message` of each."""
    members: dict[str, Any] = {"type": f"urn:problem-type:{kind}", "title": title, "status": status}
    members |= {"detail": detail or f"{title}."} | ({"errors": errors} if errors else {})
    return JSONResponse(members, status, dict(headers or {}), media_type="application/problem+json")


def add_problem_handlers(app: FastAPI, realm: str) -> None:
    """Let the application answer in one shape what the framework, this library and its authenticator raise.

    Its OpenAPI document says so of all routes that are added after this call. `realm`: the application's name, for
    `WWW-Authenticate` (RFC 9110, section 11.5).
    """
    content = {"application/problem+json": {"schema": _PROBLEM}}
    app.router.responses["default"] = {"description": "What went wrong: a problem (RFC 9457)", "content": content}

    @app.exception_handler(RequestValidationError)
    async def answer_invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        errors = [
            {"field": ".".join(map(str, each["loc"][1:])) or str(each["loc"][0]), "rule": each["type"], "message": each["msg"]}
            for each in error.errors()
        ]
        return _answer_rules(errors)

    @app.exception_handler(RuleBroken)
    async def answer_stores(_: Request, error: RuleBroken) -> JSONResponse:
        return _answer_rules(error.errors)  # of what went to the store as it came, such as a cursor

    @app.exception_handler(NotAuthenticated)
    async def ask_for_token(_: Request, error: NotAuthenticated) -> JSONResponse:
        title = "A valid access token or API key is required"
        return answer_problem(
            401, "not-authenticated", title, str(error), headers={"WWW-Authenticate": f'Bearer realm="{realm}"'}
        )

    @app.exception_handler(AuthenticationUnavailable)
    async def answer_no_authorization(_: Request, error: AuthenticationUnavailable) -> JSONResponse:
        return answer_problem(503, "authorization-unavailable", "The authorization service is away", str(error), headers=LATER)

    @app.exception_handler(Unavailable)
    @app.exception_handler(TransportError)
    async def answer_no_store(_: Request, __: Exception) -> JSONResponse:
        return answer_problem(503, "store-unavailable", "The store is away", headers=LATER)

    @app.exception_handler(HTTPException)
    async def answer_http(_: Request, error: HTTPException) -> JSONResponse:
        return answer_problem(error.status_code, f"http-{error.status_code}", error.detail, headers=error.headers)


def add_page(app: FastAPI, folder: Path) -> None:
    """Serve `index.html` of a folder at `/` and the folder at `/static`; answer `/health` while the application runs.

    Responses get header fields that let the page load nothing from elsewhere, and nobody frame it. Those of `/docs` do not: it
    loads scripts from elsewhere.
    """
    app.mount("/static", StaticFiles(directory=folder), name="static")
    app.add_middleware(_PageHeaders)

    @app.get("/", include_in_schema=False)
    async def show_page() -> FileResponse:
        return FileResponse(folder / "index.html", headers={"Cache-Control": "no-cache"})

    @app.get("/health", tags=["health"])
    async def check_health() -> dict[str, str]:
        """Return 200 while the application runs."""
        return {"status": "ok"}


class _PageHeaders:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(PAGE_HEADERS)
            await send(message)

        is_guarded = scope["type"] == "http" and not scope["path"].startswith("/docs")
        await self._app(scope, receive, send_with_headers if is_guarded else send)


async def get_caller(
    request: Request,
    token: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    api_key: Annotated[str | None, Depends(_api_key)],
) -> Caller:
    """Return who makes the request: a dependency. Raises NotAuthenticated, AuthenticationUnavailable."""
    authenticator = _get_authenticator(request)
    if token is not None:
        return await authenticator.authenticate(token.credentials)
    if api_key is not None:
        return await authenticator.authenticate_key(api_key)
    raise NotAuthenticated("There is no access token and no API key.")


async def pass_on(request: Request, path: str, members: Mapping[str, Any]) -> Response:
    """Send a request to sign in to the authorization service, so that a page needs one address; return its answer.

    `path`: `/register`, `/login`, `/refresh` and others that take JSON without a token. Raises AuthenticationUnavailable.
    """
    answer = await _get_authenticator(request).post(path, members)
    kept = {name: answer.headers[name] for name in ("content-type", "retry-after", "cache-control") if name in answer.headers}
    return Response(answer.content, answer.status_code, kept)


def _get_authenticator(request: Request) -> AsyncAuthenticator:
    authenticator: AsyncAuthenticator = request.app.state.authenticator
    return authenticator


def _answer_rules(errors: list[dict[str, Any]]) -> JSONResponse:
    return answer_problem(422, *RULE_BROKEN, "The broken rules are listed in `errors`.", errors)
