"""The fields of a user's profile: texts are added, changed and removed; what else programs keep there is shown and removed."""

from dishka import FromDishka
from fastapi import APIRouter

from authorization_service.application.user.change_profile import ChangeProfile, ChangeProfileRequest
from authorization_service.presentation.pages.account_view import REFUSALS, AccountView
from authorization_service.presentation.pages.controllers.account import AccountForm, report
from authorization_service.presentation.pages.page import PageOperation
from authorization_service.presentation.pages.visitor import FindVisitor
from shared_kernel.presentation.http.routing.forwarded import PublicUrl
from shared_kernel.presentation.http.routing.parameters import RequestHeaders
from shared_kernel.presentation.http.server.response import Response

router = APIRouter(route_class=PageOperation)


class ProfileForm(AccountForm):
    """A field of the profile, and whether it is to be removed."""

    profile_field: str = ""
    profile_value: str = ""
    decision: str = ""


@router.post("/account/profile")
async def change_profile(
    body: ProfileForm,
    headers: RequestHeaders,
    url: PublicUrl,
    find: FromDishka[FindVisitor],
    show: FromDishka[AccountView],
    use_case: FromDishka[ChangeProfile],
) -> Response:
    """Set a field to a text, or remove it."""
    visitor = await find(headers, url, body.csrf_token)
    value = None if body.decision == "remove" else body.profile_value
    if not body.profile_field:
        return await show(visitor, status=422, messages=[("broken_profile", {})])
    try:
        await use_case(ChangeProfileRequest(visitor.caller, profile_patch={body.profile_field: value}))
    except REFUSALS as error:
        return await show.refuse(visitor, error)
    return report(visitor, "profile_changed")
