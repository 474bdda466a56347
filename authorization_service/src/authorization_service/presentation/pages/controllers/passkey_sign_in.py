"""Sign-in by a passkey: alone, or as the second factor."""

from importlib.resources import files

from dishka import FromDishka
from fastapi import APIRouter

from authorization_service.application.auth.authenticate_by_passkey import AuthenticateByPasskey, PasskeyCredentials
from authorization_service.application.authorize.read_request import ReadRequest
from authorization_service.application.sign_in.browser_session_repository import BrowserSessionRepository
from authorization_service.application.user.register_oneself import RegisterOneself
from authorization_service.domain.exceptions import WrongCredentialsError, WrongPasskeyError
from authorization_service.domain.value_objects.random_secret import RandomSecret
from authorization_service.presentation.api.oauth import Issuer
from authorization_service.presentation.pages.browser import Browser
from authorization_service.presentation.pages.controllers.sign_in import PageForm, explain_refusal, read_passkey, render_step
from authorization_service.presentation.pages.page import PageOperation
from authorization_service.presentation.pages.pending import continue_url, find_pending
from authorization_service.presentation.pages.rendering import redirect
from shared_kernel.application.availability import BusyError, TooManyAttemptsError
from shared_kernel.application.client_info import ClientInfo
from shared_kernel.presentation.http.routing.forwarded import PublicUrl
from shared_kernel.presentation.http.routing.parameters import RequestHeaders
from shared_kernel.presentation.http.server.response import Response

router = APIRouter(route_class=PageOperation)

_SCRIPT = (files("authorization_service.presentation.pages") / "passkeys.js").read_bytes()
_CACHED = ((b"cache-control", b"public, max-age=300"), (b"x-content-type-options", b"nosniff"))


class PasskeySignInForm(PageForm):
    """A browser's response to a challenge, as JSON, which the script has filled in."""

    challenge: str = ""
    passkey: str = ""


@router.get("/pages/passkeys.js")
async def show_script() -> Response:
    """Return the only script of the pages."""
    return Response(_SCRIPT, media_type=b"text/javascript; charset=utf-8", headers=_CACHED)


@router.post("/sign-in/passkey")
async def sign_in_by_passkey(
    body: PasskeySignInForm,
    headers: RequestHeaders,
    url: PublicUrl,
    client: ClientInfo,
    issuer: FromDishka[Issuer],
    read: FromDishka[ReadRequest],
    authenticate: FromDishka[AuthenticateByPasskey],
    sessions: FromDishka[BrowserSessionRepository],
    register: FromDishka[RegisterOneself],
) -> Response:
    """Sign the user in by a passkey alone, and continue with the waiting request."""
    browser = Browser.read(headers, url, issuer)
    browser.refuse_forged(body.csrf_token)
    request, secret = await find_pending(read, body.request), RandomSecret.new()
    try:
        authenticated = await authenticate(PasskeyCredentials(body.challenge, read_passkey(body.passkey), client))
        await sessions.open(authenticated, secret, client, browser.known_secret)
    except (WrongPasskeyError, WrongCredentialsError, TooManyAttemptsError, BusyError) as error:
        refusal = explain_refusal(error) | {"may_register": register.is_open, "username": ""}
        return render_step("sign_in.html", browser, body.request, request, **refusal)
    return redirect(continue_url(browser.path, body.request), browser, secret)
