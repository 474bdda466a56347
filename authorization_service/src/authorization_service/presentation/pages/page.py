"""The route class of pages: errors are pages, too."""

from http import HTTPStatus
from typing import Any, ClassVar

from authorization_service.application.authorize.authorization_request import UntrustedRequestError
from authorization_service.domain.exceptions import NoSuchClientError, RegistrationClosedError
from authorization_service.presentation.api.problems import PROBLEMS, Operation
from authorization_service.presentation.pages.browser import ForgedRequestError, NotSignedInError
from authorization_service.presentation.pages.messages import choose_language
from authorization_service.presentation.pages.rendering import HTML, SECURITY_FIELDS, render_error
from shared_kernel.presentation.http.routing.problems import ProblemKind, Problems
from shared_kernel.presentation.http.server.exchange import Exchange
from shared_kernel.presentation.http.server.response import Response


class PageOperation(Operation):
    """The route class of pages, which are no part of the OpenAPI document. Unknown parameters are ignored."""

    problems: ClassVar[Problems] = {
        **PROBLEMS,
        ForgedRequestError: ProblemKind(403, "forged", "Forged form"),
        UntrustedRequestError: ProblemKind(400, "untrusted", "Unknown client"),
        NoSuchClientError: ProblemKind(400, "untrusted", "Unknown client"),
    }
    ignores_unknown_parameters = True

    def __init__(self, path: str, endpoint: Any, **options: Any) -> None:
        super().__init__(path, endpoint, **options | {"include_in_schema": False})

    def render_error(self, error: Exception, exchange: Exchange) -> Response:
        """Return the page that says what went wrong. It repeats nothing of the request."""
        path = self._proxies.find_public_url(exchange.peer, exchange.headers).path
        if isinstance(error, NotSignedInError):
            return Response(b"", HTTPStatus.SEE_OTHER, HTML, ((b"location", f"{path}/sign-in".encode()), *SECURITY_FIELDS))
        problem = self.find_problem(error)
        language = choose_language(exchange.headers.get(b"accept-language", b"").decode("latin-1"))
        page = render_error(
            _find_reason(error, problem.kind.status), problem.kind.status, language, path, request_id=exchange.request_id
        )
        return page._replace(headers=page.headers + problem.headers)


def _find_reason(error: Exception, status: int) -> str:
    if isinstance(error, ForgedRequestError):
        return "forged"
    if isinstance(error, RegistrationClosedError):
        return "registration_closed"
    if isinstance(error, UntrustedRequestError):
        return error.code
    if status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.INSUFFICIENT_STORAGE):
        return "unavailable"
    return "unexpected" if status == HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request"
