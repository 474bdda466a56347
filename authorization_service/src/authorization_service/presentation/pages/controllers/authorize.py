"""The authorization endpoint (RFC 6749, section 3.1; OpenID Connect Core 1.0, section 3.1.2) and its question for consent."""

from functools import partial
from urllib.parse import urlencode, urlsplit

from dishka import FromDishka
from fastapi import APIRouter
from pydantic import ConfigDict

from authorization_service.application.authorize.authorization_request import CREATE, AuthorizationRequest, RefusedRequestError
from authorization_service.application.authorize.authorize import SIGN_IN_NEEDED, Authorize, ConsentNeeded
from authorization_service.application.authorize.push_request import REFERENCE_PREFIX, BeginPushedRequest
from authorization_service.application.authorize.read_request import CONTINUATION, ReadRequest
from authorization_service.application.consent.consents import GiveConsent
from authorization_service.application.sign_in.browser_session_repository import BrowserSessionRepository
from authorization_service.application.user.register_oneself import RegisterOneself
from authorization_service.domain.entities.user import User
from authorization_service.domain.value_objects.redirect_uri import find_origin, is_native
from authorization_service.presentation.api.oauth import Issuer
from authorization_service.presentation.pages.browser import Browser
from authorization_service.presentation.pages.page import PageOperation
from authorization_service.presentation.pages.pending import parse_pending, sign_in_url
from authorization_service.presentation.pages.rendering import add_to_query, redirect, render, translate
from authorization_service.presentation.pages.scopes import describe_scopes
from shared_kernel.presentation.http.routing.body import FormBody
from shared_kernel.presentation.http.routing.forwarded import PublicUrl
from shared_kernel.presentation.http.routing.parameters import QueryPairs, RequestHeaders
from shared_kernel.presentation.http.server.response import Response

router = APIRouter(route_class=PageOperation)


class AuthorizationForm(FormBody):
    """An authorization request sent with POST, which every server must take (OpenID Connect Core 1.0, section 3.1.2.1)."""

    model_config = ConfigDict(extra="allow")

    client_id: str = ""
    redirect_uri: str = ""
    state: str = ""
    scope: str = ""


class ConsentForm(FormBody):
    """The user's answer to the question for consent."""

    csrf_token: str = ""
    request: str = ""
    decision: str = ""


@router.get("/authorize")
async def authorize(
    pairs: QueryPairs,
    headers: RequestHeaders,
    url: PublicUrl,
    issuer: FromDishka[Issuer],
    read: FromDishka[ReadRequest],
    use_case: FromDishka[Authorize],
    register: FromDishka[RegisterOneself],
    begin: FromDishka[BeginPushedRequest],
) -> Response:
    """Send the browser back to the client with a code or an error, or ask the user what is to be asked first."""
    browser = Browser.read(headers, url, issuer)
    parameters = dict(pairs)
    if (request_uri := parameters.get("request_uri", "")).startswith(REFERENCE_PREFIX):
        reference = await begin(parameters.get("client_id", ""), request_uri)
        return redirect(f"{browser.path}/authorize?{urlencode({CONTINUATION: reference.text})}", browser)
    pending = urlencode(pairs)
    try:
        request = await read(pairs)
        decision = await use_case(request, browser.known_secret)
    except RefusedRequestError as error:
        return _refuse(error, browser, issuer)
    if decision is SIGN_IN_NEEDED:
        page = "create-account" if CREATE in request.prompts and register.is_open else "sign-in"
        return redirect(sign_in_url(browser.path, pending, page), browser)
    if isinstance(decision, ConsentNeeded):
        return _ask_for_consent(request, decision.user, pending, browser)
    return _return_to_client(request.redirect_uri, browser, code=decision.code.text, state=request.state, iss=issuer)


@router.post("/authorize")
async def authorize_form(
    body: AuthorizationForm, headers: RequestHeaders, url: PublicUrl, issuer: FromDishka[Issuer]
) -> Response:
    """Continue with GET: the browser sends its cookie with that, also where the form was another site's."""
    fields = {name: str(value) for name, value in body.model_dump().items() if value}
    browser = Browser.read(headers, url, issuer)
    return redirect(f"{browser.path}/authorize?{urlencode(fields)}", browser)


@router.post("/consent")
async def answer_consent(
    body: ConsentForm,
    headers: RequestHeaders,
    url: PublicUrl,
    issuer: FromDishka[Issuer],
    read: FromDishka[ReadRequest],
    sessions: FromDishka[BrowserSessionRepository],
    give: FromDishka[GiveConsent],
    use_case: FromDishka[Authorize],
) -> Response:
    """Take the user's answer, and send the browser back to the client."""
    browser = Browser.read(headers, url, issuer)
    browser.refuse_forged(body.csrf_token)
    try:
        request = await read(parse_pending(body.request))
        _refuse_if_denied(request, body.decision)
        decision = await use_case(request, browser.known_secret, has_agreed=True)
    except RefusedRequestError as error:
        return _refuse(error, browser, issuer)
    signed_in = await sessions.find(browser.secret)
    if decision is SIGN_IN_NEEDED or isinstance(decision, ConsentNeeded) or signed_in is None:
        return redirect(sign_in_url(browser.path, body.request), browser)
    await give(str(signed_in.user.id), request.client.id, request.scopes)
    return _return_to_client(request.redirect_uri, browser, code=decision.code.text, state=request.state, iss=issuer)


def _ask_for_consent(request: AuthorizationRequest, user: User, pending: str, browser: Browser) -> Response:
    application = request.client.application
    logo = application.logo_uri
    return render(
        "consent.html",
        browser,
        form_target=find_origin(request.redirect_uri),
        image_origin="" if logo is None else find_origin(logo),
        client=request.client.shown_name,
        logo=logo,
        username=user.username.value,
        scopes=describe_scopes(request.scopes, partial(translate, browser.language)),
        is_native=is_native(request.redirect_uri),
        address=urlsplit(request.redirect_uri).netloc or request.redirect_uri,
        pending=pending,
    )


def _refuse_if_denied(request: AuthorizationRequest, decision: str) -> None:
    if decision != "allow":
        raise RefusedRequestError(request.redirect_uri, request.state, "access_denied", "the user has refused")


def _refuse(error: RefusedRequestError, browser: Browser, issuer: Issuer) -> Response:
    return _return_to_client(
        error.redirect_uri,
        browser,
        error=error.code,
        error_description=error.description,
        state=error.state,
        iss=issuer,
    )


def _return_to_client(redirect_uri: str, browser: Browser, **answer: str | None) -> Response:
    """Return the redirect with an answer, which names its issuer (RFC 9207)."""
    return redirect(add_to_query(redirect_uri, **answer), browser)
