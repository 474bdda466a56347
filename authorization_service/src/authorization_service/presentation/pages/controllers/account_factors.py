"""The pages of the account that ask for a confirmation: to change the password, and to add and remove second factors."""

from collections.abc import Sequence

import orjson
import segno
from dishka import FromDishka
from fastapi import APIRouter
from markupsafe import Markup
from pydantic import SecretStr

from authorization_service.application.auth.begin_confirmation import BeginConfirmation
from authorization_service.application.auth.check_second_factor import PasskeyResponse
from authorization_service.application.auth.confirm_identity import Confirmation
from authorization_service.application.factor.enrol_passkey import (
    BeginPasskeyEnrolment,
    ConfirmPasskeyEnrolment,
    ConfirmPasskeyRequest,
)
from authorization_service.application.factor.enrol_totp import BeginTotpEnrolment, ConfirmTotpEnrolment, ConfirmTotpRequest
from authorization_service.application.factor.manage_factors import (
    ListFactors,
    RemoveFactor,
    RemoveFactorRequest,
    ReplaceRecoveryCodes,
)
from authorization_service.application.user.change_password import ChangePassword, ChangePasswordRequest
from authorization_service.domain.exceptions import CodeNotConfirmedError
from authorization_service.domain.value_objects.recovery_code import RecoveryCode
from authorization_service.presentation.pages.account_view import REFUSALS, AccountView, explain
from authorization_service.presentation.pages.controllers.account import AccountForm, report
from authorization_service.presentation.pages.controllers.sign_in import read_passkey
from authorization_service.presentation.pages.page import PageOperation
from authorization_service.presentation.pages.rendering import render, translate
from authorization_service.presentation.pages.visitor import FindVisitor, Visitor
from shared_kernel.application.client_info import ClientInfo
from shared_kernel.domain.rules import RulesBrokenError
from shared_kernel.presentation.http.routing.forwarded import PublicUrl
from shared_kernel.presentation.http.routing.parameters import RequestHeaders
from shared_kernel.presentation.http.server.response import Response

router = APIRouter(route_class=PageOperation)


class ConfirmedForm(AccountForm):
    """The password, and a code where there is a second factor; or a passkey's response, which the script has filled in."""

    password: SecretStr = SecretStr("")
    code: SecretStr = SecretStr("")
    challenge: str = ""
    passkey: str = ""
    id: str = ""
    username: str = ""

    def confirm(self, client: ClientInfo) -> Confirmation:
        """Return the confirmation; an empty code is none."""
        passkey = PasskeyResponse(self.challenge, read_passkey(self.passkey)) if self.passkey else None
        return Confirmation(self.password.get_secret_value(), self.code.get_secret_value() or None, client.address, passkey)


class PasswordForm(ConfirmedForm):
    """A new password."""

    new_password: SecretStr = SecretStr("")


class AppForm(AccountForm):
    """The first code of an app; its address is repeated where the code is wrong."""

    enrolment: SecretStr = SecretStr("")
    uri: SecretStr = SecretStr("")
    secret: SecretStr = SecretStr("")
    code: SecretStr = SecretStr("")
    name: str = ""


class PasskeyForm(AccountForm):
    """A browser's response to a challenge, as JSON, which the script has filled in."""

    challenge: str = ""
    passkey: str = ""
    name: str = ""


ACTIONS = ("password", "app", "passkey", "codes", "remove", "delete")
"""What the page to confirm at is for: its form is sent to /account/<action>."""


class AskForConfirmation:
    """Shows the form with the password and, where there is a second factor, a code; and one to confirm by a passkey."""

    def __init__(self, factors: ListFactors, begin: BeginConfirmation) -> None:
        self._factors = factors
        self._begin = begin

    async def __call__(self, visitor: Visitor, action: str, factor_id: str = "", error: Exception | None = None) -> Response:
        """Return the page, with the reason why it was refused."""
        messages, status = ([], 200) if error is None else explain(error)
        begun = await self._begin(visitor.caller)
        return render(
            "confirm.html",
            visitor.browser,
            status=status,
            has_script=begun is not None,
            challenge="" if begun is None else begun.challenge,
            options="" if begun is None else orjson.dumps(begun.options).decode(),
            messages=messages,
            action=action,
            id=factor_id,
            username=visitor.user.username.value,
            needs_code=bool(await self._factors(visitor.caller)),
        )


@router.get("/account/confirm")
async def show_confirmation(
    headers: RequestHeaders,
    url: PublicUrl,
    find: FromDishka[FindVisitor],
    ask: FromDishka[AskForConfirmation],
    action: str = "",
    id: str = "",  # noqa: A002 - its name in the address
) -> Response:
    """Ask for the password, and for a code where there is a second factor, before what `action` names."""
    visitor = await find(headers, url)
    return await ask(visitor, action, id) if action in ACTIONS else report(visitor)


@router.post("/account/password")
async def change_password(
    body: PasswordForm,
    headers: RequestHeaders,
    url: PublicUrl,
    client: ClientInfo,
    find: FromDishka[FindVisitor],
    ask: FromDishka[AskForConfirmation],
    use_case: FromDishka[ChangePassword],
) -> Response:
    """Change the password. Ends all other sessions of the user, in browsers and elsewhere."""
    visitor = await find(headers, url, body.csrf_token)
    try:
        await use_case(ChangePasswordRequest(visitor.caller, body.confirm(client), body.new_password.get_secret_value()))
    except REFUSALS as error:
        return await ask(visitor, "password", error=error)
    return report(visitor, "password_changed")


@router.post("/account/app")
async def begin_app(
    body: ConfirmedForm,
    headers: RequestHeaders,
    url: PublicUrl,
    client: ClientInfo,
    find: FromDishka[FindVisitor],
    ask: FromDishka[AskForConfirmation],
    use_case: FromDishka[BeginTotpEnrolment],
) -> Response:
    """Show the secret for a new authenticator app."""
    visitor = await find(headers, url, body.csrf_token)
    try:
        made = await use_case(visitor.caller, body.confirm(client))
    except REFUSALS as error:
        return await ask(visitor, "app", error=error)
    return _show_secret(visitor, made.token, made.uri, made.secret.value, translate(visitor.browser.language, "kind_totp"))


@router.post("/account/app/confirm")
async def complete_app(
    body: AppForm,
    headers: RequestHeaders,
    url: PublicUrl,
    find: FromDishka[FindVisitor],
    show: FromDishka[AccountView],
    use_case: FromDishka[ConfirmTotpEnrolment],
) -> Response:
    """Enrol an authenticator app by its first code."""
    visitor = await find(headers, url, body.csrf_token)
    enrolment = body.enrolment.get_secret_value()
    try:
        enrolled = await use_case(ConfirmTotpRequest(visitor.caller, enrolment, body.code.get_secret_value(), body.name))
    except (CodeNotConfirmedError, RulesBrokenError) as error:
        uri, secret = body.uri.get_secret_value(), body.secret.get_secret_value()
        return _show_secret(visitor, enrolment, uri, secret, body.name, error)
    except REFUSALS as error:
        return await show.refuse(visitor, error)
    return _conclude(visitor, enrolled.recovery_codes, "factor_added")


@router.post("/account/passkey")
async def begin_passkey(
    body: ConfirmedForm,
    headers: RequestHeaders,
    url: PublicUrl,
    client: ClientInfo,
    find: FromDishka[FindVisitor],
    ask: FromDishka[AskForConfirmation],
    use_case: FromDishka[BeginPasskeyEnrolment],
) -> Response:
    """Show the page whose script makes a passkey."""
    visitor = await find(headers, url, body.csrf_token)
    try:
        begun = await use_case(visitor.caller, body.confirm(client))
    except REFUSALS as error:
        return await ask(visitor, "passkey", error=error)
    return render(
        "add_passkey.html",
        visitor.browser,
        has_script=True,
        challenge=begun.challenge,
        options=orjson.dumps(begun.options).decode(),
        name=translate(visitor.browser.language, "kind_passkey"),
    )


@router.post("/account/passkey/confirm")
async def complete_passkey(
    body: PasskeyForm,
    headers: RequestHeaders,
    url: PublicUrl,
    find: FromDishka[FindVisitor],
    show: FromDishka[AccountView],
    use_case: FromDishka[ConfirmPasskeyEnrolment],
) -> Response:
    """Enrol a passkey by the browser's response."""
    visitor = await find(headers, url, body.csrf_token)
    try:
        enrolled = await use_case(ConfirmPasskeyRequest(visitor.caller, body.challenge, read_passkey(body.passkey), body.name))
    except REFUSALS as error:
        return await show.refuse(visitor, error)
    return _conclude(visitor, enrolled.recovery_codes, "factor_added")


@router.post("/account/remove")
async def remove_factor(
    body: ConfirmedForm,
    headers: RequestHeaders,
    url: PublicUrl,
    client: ClientInfo,
    find: FromDishka[FindVisitor],
    ask: FromDishka[AskForConfirmation],
    use_case: FromDishka[RemoveFactor],
) -> Response:
    """Remove a second factor."""
    visitor = await find(headers, url, body.csrf_token)
    try:
        await use_case(RemoveFactorRequest(visitor.caller, body.id, body.confirm(client)))
    except REFUSALS as error:
        return await ask(visitor, "remove", body.id, error)
    return report(visitor, "factor_removed")


@router.post("/account/codes")
async def replace_recovery_codes(
    body: ConfirmedForm,
    headers: RequestHeaders,
    url: PublicUrl,
    client: ClientInfo,
    find: FromDishka[FindVisitor],
    ask: FromDishka[AskForConfirmation],
    use_case: FromDishka[ReplaceRecoveryCodes],
) -> Response:
    """Show new recovery codes."""
    visitor = await find(headers, url, body.csrf_token)
    try:
        codes = await use_case(visitor.caller, body.confirm(client))
    except REFUSALS as error:
        return await ask(visitor, "codes", error=error)
    return _conclude(visitor, codes, "")


def _show_secret(visitor: Visitor, enrolment: str, uri: str, secret: str, name: str, error: Exception | None = None) -> Response:
    messages, status = ([], 200) if error is None else explain(error)
    qr_code = segno.make(uri, error="m").svg_inline(scale=5, dark="#000", light="#fff")
    return render(
        "add_app.html",
        visitor.browser,
        status=status,
        messages=messages,
        enrolment=enrolment,
        uri=uri,
        secret=secret,
        name=name,
        qr_code=Markup(qr_code),  # noqa: S704 - made of black and white squares
    )


def _conclude(visitor: Visitor, codes: Sequence[RecoveryCode], done: str) -> Response:
    if not codes:
        return report(visitor, done)
    return render("recovery_codes.html", visitor.browser, codes=[code.text for code in codes])
