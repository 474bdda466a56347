"""The page of the user's own account: names, password, sessions, consents."""

from dishka import FromDishka
from fastapi import APIRouter

from authorization_service.application.consent.consents import WithdrawConsent
from authorization_service.application.session.end_sessions import EndSession
from authorization_service.application.sign_in.browser_session_repository import BrowserSessionRepository
from authorization_service.application.user.change_profile import ChangeProfile, ChangeProfileRequest
from authorization_service.presentation.pages.account_view import REFUSALS, AccountView
from authorization_service.presentation.pages.page import PageOperation
from authorization_service.presentation.pages.rendering import redirect
from authorization_service.presentation.pages.visitor import FindVisitor, Visitor
from shared_kernel.presentation.http.routing.body import FormBody
from shared_kernel.presentation.http.routing.forwarded import PublicUrl
from shared_kernel.presentation.http.routing.parameters import RequestHeaders
from shared_kernel.presentation.http.server.response import Response

router = APIRouter(route_class=PageOperation)

NOTICES = frozenset(
    {
        "names_changed", "profile_changed", "password_changed", "session_ended", "consent_withdrawn", "factor_added",
        "factor_removed",
    }
)  # fmt: skip


class AccountForm(FormBody):
    """What every form of the account has."""

    csrf_token: str = ""


class NamesForm(AccountForm):
    """New names."""

    first_name: str = ""
    last_name: str = ""


class EntryForm(AccountForm):
    """A session or a consent to end."""

    id: str = ""


@router.get("/account")
async def show_account(
    headers: RequestHeaders, url: PublicUrl, find: FromDishka[FindVisitor], show: FromDishka[AccountView], done: str = ""
) -> Response:
    """Show the account; `done` is the key of what was just done."""
    return await show(await find(headers, url), notice=done if done in NOTICES else "")


@router.post("/account/names")
async def change_names(
    body: NamesForm,
    headers: RequestHeaders,
    url: PublicUrl,
    find: FromDishka[FindVisitor],
    show: FromDishka[AccountView],
    use_case: FromDishka[ChangeProfile],
) -> Response:
    """Change the names."""
    visitor = await find(headers, url, body.csrf_token)
    names = {"first_name": body.first_name, "last_name": body.last_name or None}
    try:
        await use_case(ChangeProfileRequest(visitor.caller, **names, profile_patch={}))  # type: ignore[arg-type]
    except REFUSALS as error:
        return await show.refuse(visitor, error)
    return report(visitor, "names_changed")


@router.post("/account/sessions/end")
async def end_session(
    body: EntryForm,
    headers: RequestHeaders,
    url: PublicUrl,
    find: FromDishka[FindVisitor],
    show: FromDishka[AccountView],
    use_case: FromDishka[EndSession],
) -> Response:
    """End a session of the user."""
    visitor = await find(headers, url, body.csrf_token)
    try:
        await use_case(visitor.caller, body.id)
    except REFUSALS as error:
        return await show.refuse(visitor, error)
    return report(visitor, "session_ended")


@router.post("/account/browsers/end")
async def end_browser_session(
    body: EntryForm,
    headers: RequestHeaders,
    url: PublicUrl,
    find: FromDishka[FindVisitor],
    show: FromDishka[AccountView],
    sessions: FromDishka[BrowserSessionRepository],
) -> Response:
    """Sign the user out of another browser, and of what clients have opened there."""
    visitor = await find(headers, url, body.csrf_token)
    try:
        await sessions.end_of_user(visitor.caller.user_id, body.id)
    except REFUSALS as error:
        return await show.refuse(visitor, error)
    return report(visitor, "session_ended")


@router.post("/account/consents/withdraw")
async def withdraw_consent(
    body: EntryForm,
    headers: RequestHeaders,
    url: PublicUrl,
    find: FromDishka[FindVisitor],
    show: FromDishka[AccountView],
    use_case: FromDishka[WithdrawConsent],
) -> Response:
    """Withdraw a consent. The client's sessions end."""
    visitor = await find(headers, url, body.csrf_token)
    try:
        await use_case(visitor.caller.user_id, body.id)
    except REFUSALS as error:
        return await show.refuse(visitor, error)
    return report(visitor, "consent_withdrawn")


def report(visitor: Visitor, done: str = "") -> Response:
    """Return the way back to the account, which says what was done: a page that is loaded again must do nothing again."""
    return redirect(f"{visitor.browser.path}/account{f'?done={done}' if done else ''}", visitor.browser)
