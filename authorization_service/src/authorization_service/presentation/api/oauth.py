"""What the OAuth 2 endpoints have in common: client authentication and the format of errors."""

import base64
import binascii
import re
from dataclasses import replace
from http import HTTPStatus
from typing import Any, ClassVar, NewType
from urllib.parse import unquote_plus

import orjson
from pydantic import SecretStr

from authorization_service.application.client.authenticate_client import ClientCredentials
from authorization_service.domain.exceptions import (
    AccessDeniedError,
    AuthorizationPendingError,
    CodeExpiredError,
    InvalidClientError,
    InvalidCodeError,
    InvalidRefreshTokenError,
    InvalidScopeError,
    PushingRefusedError,
    SecondFactorMissingError,
    SecondFactorRequiredError,
    SlowDownError,
    UnauthorizedClientError,
    UnsupportedTokenTypeError,
    WrongCredentialsError,
)
from authorization_service.presentation.api.problems import PROBLEMS, Operation
from shared_kernel.domain.rules import RulesBrokenError
from shared_kernel.presentation.http.routing.bearer import split_credentials
from shared_kernel.presentation.http.routing.errors import MalformedBodyError
from shared_kernel.presentation.http.routing.openapi import Responses, add_fields, describe_fields
from shared_kernel.presentation.http.routing.problems import ProblemKind, Problems
from shared_kernel.presentation.http.server.exchange import Exchange
from shared_kernel.presentation.http.server.response import NO_STORE, Headers, Response

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
"""The grant type of RFC 8628, section 3.4."""

Issuer = NewType("Issuer", str)
"""The issuer identifier (RFC 8414, section 2)."""

NOT_CACHED: Headers = (*NO_STORE, (b"pragma", b"no-cache"))
"""The fields of responses with tokens (RFC 6749, section 5.1)."""

# RFC 6749, section 5.2: every character that an error's description may not contain.
_NOT_ALLOWED = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")


class IncompleteRequestError(Exception):
    """A field that the grant type requires is missing."""

    def __init__(self, field: str) -> None:
        super().__init__(f"The field {field} is missing.")


class UnsupportedGrantTypeError(Exception):
    """The grant type is not supported."""

    def __init__(self) -> None:
        super().__init__(
            "The supported grant types are authorization_code, refresh_token, the device code, password and client_credentials."
        )


class InvalidPushedRequestError(Exception):
    """The pushed request is not valid (RFC 9126, section 2.3)."""


class TwoWaysToAuthenticateError(Exception):
    """The request has client credentials in the header and in the body (RFC 6749, section 2.3)."""

    def __init__(self) -> None:
        super().__init__("Client credentials may be in the header or in the body, not in both.")


def _point_to_login(_: Exception) -> str:
    return "The user has a second factor, for which this grant type has no place: log in at POST /login."


_BASIC = ((b"www-authenticate", b'Basic realm="clients", charset="UTF-8"'),)
_INVALID_REQUEST = ProblemKind(400, "invalid_request", "The request is not valid")
# The codes of RFC 6749, section 5.2, RFC 8628, section 3.5, and RFC 7009, section 2.2.1, with the statuses they have there.
_CODES: dict[type[Exception], ProblemKind] = {
    RulesBrokenError: _INVALID_REQUEST,
    MalformedBodyError: _INVALID_REQUEST,
    IncompleteRequestError: _INVALID_REQUEST,
    TwoWaysToAuthenticateError: _INVALID_REQUEST,
    InvalidPushedRequestError: _INVALID_REQUEST,
    UnsupportedGrantTypeError: ProblemKind(400, "unsupported_grant_type", "The grant type is not supported"),
    WrongCredentialsError: ProblemKind(400, "invalid_grant", "Wrong username or password"),
    SecondFactorRequiredError: ProblemKind(400, "invalid_grant", "Second factor required", detail=_point_to_login),
    SecondFactorMissingError: ProblemKind(400, "invalid_grant", "Second factor required", detail=_point_to_login),
    InvalidRefreshTokenError: ProblemKind(400, "invalid_grant", "Invalid refresh token"),
    AuthorizationPendingError: ProblemKind(400, "authorization_pending", "The user has not decided yet"),
    SlowDownError: ProblemKind(400, "slow_down", "The device asks too often"),
    AccessDeniedError: ProblemKind(400, "access_denied", "The user has refused"),
    CodeExpiredError: ProblemKind(400, "expired_token", "The device code has expired"),
    InvalidCodeError: ProblemKind(400, "invalid_grant", "Invalid authorization code"),
    UnauthorizedClientError: ProblemKind(400, "unauthorized_client", "The client may not use this grant type"),
    PushingRefusedError: ProblemKind(400, "unauthorized_client", "The client may not push requests"),
    InvalidScopeError: ProblemKind(400, "invalid_scope", "None of the scopes is allowed"),
    InvalidClientError: ProblemKind(401, "invalid_client", "The client's id or secret is wrong", _BASIC),
    UnsupportedTokenTypeError: ProblemKind(400, "unsupported_token_type", "The token cannot be revoked by itself"),
}


def _name_code(kind: ProblemKind) -> ProblemKind:
    """Return a kind for which the standards have no code, with the closest code."""
    if kind.status >= HTTPStatus.INTERNAL_SERVER_ERROR or kind.status == HTTPStatus.TOO_MANY_REQUESTS:
        return replace(kind, name="temporarily_unavailable")
    return replace(kind, name={401: "invalid_token", 403: "access_denied"}.get(kind.status, "invalid_request"))


def read_client_credentials(
    authorization: str | None, client_id: str | None, secret: SecretStr | None
) -> ClientCredentials | None:
    """Return a client's id and secret from the Authorization header or the form (RFC 6749, section 2.3.1), or None.

    An id without a secret, or with an empty one in the header, only names a client: a public one has no secret. Raises
    InvalidClientError for a header that is not Basic, and TwoWaysToAuthenticateError.
    """
    if authorization is None:
        if client_id is None:
            return None
        return ClientCredentials(client_id, None if secret is None else secret.get_secret_value())
    scheme, encoded = split_credentials(authorization)
    try:
        decoded = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise InvalidClientError from None
    name, colon, password = decoded.partition(":")
    if scheme != "basic" or not colon:
        raise InvalidClientError
    if secret is not None:
        raise TwoWaysToAuthenticateError
    if not name and not password:  # what Swagger UI sends without a client
        return None
    return ClientCredentials(unquote_plus(name), unquote_plus(password))


def render_oauth_error(code: str, description: str, status: int = HTTPStatus.BAD_REQUEST, headers: Headers = ()) -> Response:
    """Return an error as RFC 6749, section 5.2, has it."""
    body = orjson.dumps({"error": code, "error_description": _NOT_ALLOWED.sub("?", description)})
    return Response(body, status, headers=(*NOT_CACHED, *headers))


class OAuthOperation(Operation):
    """The route class of the OAuth 2 endpoints: errors have RFC 6749's format."""

    problems: ClassVar[Problems] = {
        error: _CODES.get(error) or _name_code(kind) for error, kind in {**PROBLEMS, **_CODES}.items()
    }
    error_content: ClassVar[dict[str, Any]] = {
        "application/json": {
            "schema": {
                "title": "OAuthError",
                "type": "object",
                "required": ["error"],
                "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
            }
        }
    }

    def _describe_errors(self) -> Responses:
        errors = super()._describe_errors()
        return add_fields(errors, errors, describe_fields(NOT_CACHED, are_always_sent=True))

    def render_error(self, error: Exception, exchange: Exchange) -> Response:  # noqa: ARG002 - others look at it
        """Return an error as RFC 6749, section 5.2, has it."""
        problem = self.find_problem(error)
        errors = problem.members.get("errors", ())
        description = "; ".join(f"{one['field']}: {one['message']}" for one in errors) or problem.detail
        return render_oauth_error(problem.kind.name.replace("-", "_"), description, problem.kind.status, problem.headers)


class TokenOperation(OAuthOperation):
    """The route class of the token endpoint: unknown parameters are ignored (RFC 6749, section 3.2)."""

    ignores_unknown_parameters = True
