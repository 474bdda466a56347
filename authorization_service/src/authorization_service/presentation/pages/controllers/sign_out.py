"""The pages to sign out at, also for clients (OpenID Connect RP-Initiated Logout 1.0)."""

from urllib.parse import urlencode

from dishka import FromDishka
from fastapi import APIRouter
from pydantic import ConfigDict

from authorization_service.application.sign_in.browser_session_repository import BrowserSessionRepository
from authorization_service.application.sign_in.read_logout import LogoutRequest, ReadLogout
from authorization_service.domain.value_objects.redirect_uri import find_origin
from authorization_service.presentation.api.oauth import Issuer
from authorization_service.presentation.pages.browser import Browser
from authorization_service.presentation.pages.controllers.sign_in import PageForm
from authorization_service.presentation.pages.page import PageOperation
from authorization_service.presentation.pages.pending import parse_pending
from authorization_service.presentation.pages.rendering import add_to_query, redirect, render
from shared_kernel.presentation.http.routing.body import FormBody
from shared_kernel.presentation.http.routing.forwarded import PublicUrl
from shared_kernel.presentation.http.routing.parameters import QueryPairs, RequestHeaders
from shared_kernel.presentation.http.server.response import Response

router = APIRouter(route_class=PageOperation)


class LogoutForm(FormBody):
    """A request to sign out that was sent with POST, which every server must take (section 2)."""

    model_config = ConfigDict(extra="allow")


@router.get("/end-session")
async def end_session(
    pairs: QueryPairs,
    headers: RequestHeaders,
    url: PublicUrl,
    issuer: FromDishka[Issuer],
    read: FromDishka[ReadLogout],
    sessions: FromDishka[BrowserSessionRepository],
) -> Response:
    """Sign the user out at a client's request: at once where the client knows the browser's session, otherwise after asking."""
    browser = Browser.read(headers, url, issuer)
    request = await read(pairs)
    signed_in = await sessions.find(browser.secret)
    if signed_in is not None and request.session_id != str(signed_in.session.id):
        return render(
            "sign_out.html",
            browser,
            form_target="" if request.return_uri is None else find_origin(request.return_uri),
            username=signed_in.user.username.value,
            client=None if request.client is None else request.client.shown_name,
            pending=urlencode(pairs),
        )
    await sessions.end(browser.secret)
    return _conclude(request, browser)


@router.post("/end-session")
async def end_session_form(body: LogoutForm, headers: RequestHeaders, url: PublicUrl, issuer: FromDishka[Issuer]) -> Response:
    """Continue with GET: the browser sends its cookie with that, also where the form was another site's."""
    browser = Browser.read(headers, url, issuer)
    return redirect(f"{browser.path}/end-session?{urlencode(body.model_dump())}", browser)


@router.post("/sign-out")
async def sign_out(
    body: PageForm,
    headers: RequestHeaders,
    url: PublicUrl,
    issuer: FromDishka[Issuer],
    read: FromDishka[ReadLogout],
    sessions: FromDishka[BrowserSessionRepository],
) -> Response:
    """Sign the user out of the browser, and go back to the client that has asked for it, if one has."""
    browser = Browser.read(headers, url, issuer)
    browser.refuse_forged(body.csrf_token)
    request = await read(parse_pending(body.request))
    await sessions.end(browser.secret)
    return _conclude(request, browser)


def _conclude(request: LogoutRequest, browser: Browser) -> Response:
    if request.return_uri is None:
        return render("signed_out.html", browser)
    return redirect(add_to_query(request.return_uri, state=request.state), browser)
