"""The page at which users allow devices without a browser what these ask for (RFC 8628, section 3.3)."""

from functools import partial
from urllib.parse import urlencode

from dishka import FromDishka
from fastapi import APIRouter

from authorization_service.application.device.sign_in_devices import DecideAboutDevice, FindDevice
from authorization_service.application.sign_in.browser_session_repository import BrowserSessionRepository
from authorization_service.domain.exceptions import NoSuchSessionError
from authorization_service.domain.value_objects.redirect_uri import find_origin
from authorization_service.domain.value_objects.user_code import UserCode
from authorization_service.presentation.api.oauth import Issuer
from authorization_service.presentation.pages.browser import Browser
from authorization_service.presentation.pages.page import PageOperation
from authorization_service.presentation.pages.pending import sign_in_url
from authorization_service.presentation.pages.rendering import redirect, render, translate
from authorization_service.presentation.pages.scopes import describe_scopes
from shared_kernel.presentation.http.routing.body import FormBody
from shared_kernel.presentation.http.routing.forwarded import PublicUrl
from shared_kernel.presentation.http.routing.parameters import RequestHeaders
from shared_kernel.presentation.http.server.response import Response

router = APIRouter(route_class=PageOperation)


class DecisionForm(FormBody):
    """What the user has decided about a device."""

    csrf_token: str = ""
    user_code: str = ""
    decision: str = ""


@router.get("/device")
async def show_device(
    headers: RequestHeaders,
    url: PublicUrl,
    issuer: FromDishka[Issuer],
    find: FromDishka[FindDevice],
    sessions: FromDishka[BrowserSessionRepository],
    user_code: str = "",
) -> Response:
    """Ask for the code, then for a sign-in, then whether the device is allowed what it asks for."""
    browser = Browser.read(headers, url, issuer)
    code = UserCode.parse(user_code)
    if code is None:
        return _ask_for_code(browser, user_code)
    signed_in = await sessions.find(browser.secret)
    if signed_in is None:
        return redirect(sign_in_url(browser.path, urlencode({"user_code": str(code)})), browser)
    found = await find(code)
    if found is None:
        return _ask_for_code(browser, user_code)
    client, device = found
    logo = client.application.logo_uri
    return render(
        "device.html",
        browser,
        image_origin="" if logo is None else find_origin(logo),
        client=client.shown_name,
        logo=logo,
        username=signed_in.user.username.value,
        scopes=describe_scopes(device.scope.split(" "), partial(translate, browser.language)),
        user_code=str(code),
    )


@router.post("/device")
async def decide_about_device(
    body: DecisionForm,
    headers: RequestHeaders,
    url: PublicUrl,
    issuer: FromDishka[Issuer],
    decide: FromDishka[DecideAboutDevice],
) -> Response:
    """Allow or deny the device."""
    browser = Browser.read(headers, url, issuer)
    browser.refuse_forged(body.csrf_token)
    code, is_allowed = UserCode.parse(body.user_code), body.decision == "allow"
    try:
        is_done = code is not None and await decide(code, browser.secret, is_allowed=is_allowed)
    except NoSuchSessionError:
        return redirect(sign_in_url(browser.path, urlencode({"user_code": body.user_code})), browser)
    if not is_done:
        return _ask_for_code(browser, body.user_code)
    return render("device_done.html", browser, is_allowed=is_allowed)


def _ask_for_code(browser: Browser, typed: str) -> Response:
    messages: list[tuple[str, dict[str, str]]] = [("unknown_user_code", {})] if typed else []
    return render("device_code.html", browser, status=400 if typed else 200, messages=messages, user_code=typed[:20])
