"""The pages to sign in and to register at."""

from typing import Annotated, Any

import orjson
from dishka import FromDishka
from fastapi import APIRouter, Query
from pydantic import Field, SecretStr

from authorization_service.application.auth.authenticate import PasswordCredentials, SecondFactorCredentials
from authorization_service.application.authorize.authorization_request import AuthorizationRequest
from authorization_service.application.authorize.read_request import ReadRequest
from authorization_service.application.sign_in.browser_session_repository import BrowserSessionRepository
from authorization_service.application.sign_in.sign_in import BrowserSecrets, SignIn, SignInBySecondFactor
from authorization_service.application.user.register_oneself import RegisterOneself
from authorization_service.application.user.register_user import RegisterUserRequest
from authorization_service.domain.exceptions import (
    InvalidMfaTokenError,
    RegistrationClosedError,
    SecondFactorRequiredError,
    UsernameTakenError,
    WrongCodeError,
    WrongCredentialsError,
    WrongPasskeyError,
)
from authorization_service.domain.value_objects.random_secret import RandomSecret
from authorization_service.domain.value_objects.redirect_uri import find_origin
from authorization_service.presentation.api.oauth import Issuer
from authorization_service.presentation.pages.browser import Browser
from authorization_service.presentation.pages.page import PageOperation
from authorization_service.presentation.pages.pending import continue_url, find_pending, sign_in_url
from authorization_service.presentation.pages.rendering import redirect, render
from shared_kernel.application.availability import BusyError, TooManyAttemptsError
from shared_kernel.application.client_info import ClientInfo
from shared_kernel.domain.rules import RulesBrokenError
from shared_kernel.presentation.http.routing.body import FormBody
from shared_kernel.presentation.http.routing.forwarded import PublicUrl
from shared_kernel.presentation.http.routing.parameters import RequestHeaders
from shared_kernel.presentation.http.server.response import Response

router = APIRouter(route_class=PageOperation)

Pending = Annotated[str, Query(alias="request")]

WITH_PASSKEYS = ("sign_in.html", "second_factor.html")
"""Templates with the script of passkeys."""

_BROKEN_FIELDS = {"username": "broken_username", "password": "broken_password"}


class PageForm(FormBody):
    """What every form has."""

    csrf_token: str = ""
    request: str = ""


class SignInForm(PageForm):
    """Credentials."""

    username: str = ""
    password: SecretStr = SecretStr("")


class SecondFactorForm(PageForm):
    """The second step: the token of the first one, and a code of the user's app, or a recovery code."""

    mfa_token: SecretStr = SecretStr("")
    code: SecretStr = SecretStr("")
    passkey: str = ""
    options: str = ""


class RegistrationForm(SignInForm):
    """A new user."""

    first_name: str = ""
    last_name: str | None = Field(None)


@router.get("/sign-in")
async def show_sign_in(
    headers: RequestHeaders,
    url: PublicUrl,
    issuer: FromDishka[Issuer],
    read: FromDishka[ReadRequest],
    register: FromDishka[RegisterOneself],
    pending: Pending = "",
) -> Response:
    """Show the form to sign in with."""
    browser = Browser.read(headers, url, issuer)
    request = await find_pending(read, pending)
    username = "" if request is None else request.login_hint
    return render_step("sign_in.html", browser, pending, request, may_register=register.is_open, username=username)


@router.post("/sign-in")
async def sign_in(
    body: SignInForm,
    headers: RequestHeaders,
    url: PublicUrl,
    client: ClientInfo,
    issuer: FromDishka[Issuer],
    read: FromDishka[ReadRequest],
    use_case: FromDishka[SignIn],
    register: FromDishka[RegisterOneself],
) -> Response:
    """Sign the user in, and continue with the waiting request."""
    browser = Browser.read(headers, url, issuer)
    browser.refuse_forged(body.csrf_token)
    request = await find_pending(read, body.request)
    try:
        return await _sign_in(use_case, browser, client, body)
    except SecondFactorRequiredError as error:
        options = "" if error.passkey_options is None else orjson.dumps(error.passkey_options).decode()
        return render_step("second_factor.html", browser, body.request, request, mfa_token=error.mfa_token, options=options)
    except (WrongCredentialsError, TooManyAttemptsError, BusyError) as error:
        refusal = explain_refusal(error) | {"may_register": register.is_open, "username": body.username}
    return render_step("sign_in.html", browser, body.request, request, **refusal)


@router.post("/sign-in/second-factor")
async def sign_in_by_second_factor(
    body: SecondFactorForm,
    headers: RequestHeaders,
    url: PublicUrl,
    client: ClientInfo,
    issuer: FromDishka[Issuer],
    read: FromDishka[ReadRequest],
    use_case: FromDishka[SignInBySecondFactor],
    register: FromDishka[RegisterOneself],
) -> Response:
    """Sign the user in by the second factor, and continue with the waiting request."""
    browser = Browser.read(headers, url, issuer)
    browser.refuse_forged(body.csrf_token)
    request = await find_pending(read, body.request)
    mfa_token, secret = body.mfa_token.get_secret_value(), RandomSecret.new()
    proof = read_passkey(body.passkey) if body.passkey else body.code.get_secret_value()
    try:
        await use_case(SecondFactorCredentials(mfa_token, proof, client), BrowserSecrets(browser.known_secret, secret))
    except InvalidMfaTokenError:
        again: dict[str, Any] = {"messages": [("second_factor_expired", {})], "may_register": register.is_open, "username": ""}
        return render_step("sign_in.html", browser, body.request, request, status=401, **again)
    except (WrongCodeError, TooManyAttemptsError, BusyError) as error:
        return render_step(
            "second_factor.html",
            browser,
            body.request,
            request,
            mfa_token=mfa_token,
            options=body.options,
            **explain_refusal(error),
        )
    return redirect(continue_url(browser.path, body.request), browser, secret)


@router.get("/create-account")
async def show_registration(
    headers: RequestHeaders,
    url: PublicUrl,
    issuer: FromDishka[Issuer],
    read: FromDishka[ReadRequest],
    register: FromDishka[RegisterOneself],
    pending: Pending = "",
) -> Response:
    """Show the form to register with."""
    if not register.is_open:
        raise RegistrationClosedError
    browser = Browser.read(headers, url, issuer)
    request = await find_pending(read, pending)
    username = "" if request is None else request.login_hint
    return render_step("create_account.html", browser, pending, request, username=username, first_name="", last_name="")


@router.post("/create-account")
async def create_account(
    body: RegistrationForm,
    headers: RequestHeaders,
    url: PublicUrl,
    client: ClientInfo,
    issuer: FromDishka[Issuer],
    read: FromDishka[ReadRequest],
    register: FromDishka[RegisterOneself],
    use_case: FromDishka[SignIn],
) -> Response:
    """Register a user, sign it in, and continue with the waiting request."""
    browser = Browser.read(headers, url, issuer)
    browser.refuse_forged(body.csrf_token)
    request = await find_pending(read, body.request)
    try:
        await register(RegisterUserRequest(body.username, body.password.get_secret_value(), body.first_name, body.last_name))
        return await _sign_in(use_case, browser, client, body)
    except RulesBrokenError as error:
        messages = dict.fromkeys(_BROKEN_FIELDS.get(violation.field, "broken_name") for violation in error.violations)
        refusal: dict[str, Any] = {"status": 422, "messages": [(message, {}) for message in messages]}
    except UsernameTakenError:
        refusal = {"status": 409, "messages": [("username_taken", {})]}
    except BusyError as error:
        refusal = explain_refusal(error)
    names: dict[str, Any] = {"username": body.username, "first_name": body.first_name, "last_name": body.last_name or ""}
    return render_step("create_account.html", browser, body.request, request, **names, **refusal)


@router.get("/signed-in")
async def show_signed_in(
    headers: RequestHeaders, url: PublicUrl, issuer: FromDishka[Issuer], sessions: FromDishka[BrowserSessionRepository]
) -> Response:
    """Show who has signed in, or lead to the form."""
    browser = Browser.read(headers, url, issuer)
    signed_in = await sessions.find(browser.secret)
    if signed_in is None:
        return redirect(sign_in_url(browser.path, ""), browser)
    return render("signed_in.html", browser, username=signed_in.user.username.value)


async def _sign_in(use_case: SignIn, browser: Browser, client: ClientInfo, form: SignInForm) -> Response:
    secret = RandomSecret.new()
    credentials = PasswordCredentials(form.username, form.password.get_secret_value(), client)
    await use_case(credentials, BrowserSecrets(browser.known_secret, secret))
    return redirect(continue_url(browser.path, form.request), browser, secret)


def read_passkey(text: str) -> dict[str, Any]:
    """Return the response that the script has filled in; what is no JSON object is an empty one, which no passkey makes."""
    try:
        read = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return read if isinstance(read, dict) else {}


def explain_refusal(error: Exception) -> dict[str, Any]:
    """Return the status and the messages of a refusal."""
    if isinstance(error, WrongPasskeyError):
        return {"status": 401, "messages": [("wrong_passkey", {})]}
    if isinstance(error, WrongCredentialsError):
        return {"status": 401, "messages": [("wrong_credentials", {})]}
    if isinstance(error, WrongCodeError):
        return {"status": 401, "messages": [("wrong_code", {})]}
    if isinstance(error, TooManyAttemptsError):
        return {"status": 429, "messages": [("too_many_attempts", {"seconds": error.retry_after})]}
    return {"status": 503, "messages": [("busy", {})]}


def render_step(
    template: str, browser: Browser, pending: str, request: AuthorizationRequest | None, *, status: int = 200, **values: Any
) -> Response:
    """Return a page on the way of the waiting request."""
    messages = values.pop("messages", ())
    return render(
        template,
        browser,
        status=status,
        form_target="" if request is None else find_origin(request.redirect_uri),
        client=None if request is None else request.client.shown_name,
        pending=pending,
        messages=messages,
        has_script=template in WITH_PASSKEYS,
        **values,
    )
