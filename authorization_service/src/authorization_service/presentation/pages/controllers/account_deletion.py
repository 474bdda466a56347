"""The removal of the user's own account."""

from dishka import FromDishka
from fastapi import APIRouter

from authorization_service.application.user.delete_me import DeleteMe, DeleteMeRequest
from authorization_service.presentation.pages.account_view import REFUSALS
from authorization_service.presentation.pages.controllers.account_factors import AskForConfirmation, ConfirmedForm
from authorization_service.presentation.pages.page import PageOperation
from authorization_service.presentation.pages.rendering import render
from authorization_service.presentation.pages.visitor import FindVisitor
from shared_kernel.application.client_info import ClientInfo
from shared_kernel.presentation.http.routing.forwarded import PublicUrl
from shared_kernel.presentation.http.routing.parameters import RequestHeaders
from shared_kernel.presentation.http.server.response import Response

router = APIRouter(route_class=PageOperation)


@router.post("/account/delete")
async def delete_account(
    body: ConfirmedForm,
    headers: RequestHeaders,
    url: PublicUrl,
    client: ClientInfo,
    find: FromDishka[FindVisitor],
    ask: FromDishka[AskForConfirmation],
    use_case: FromDishka[DeleteMe],
) -> Response:
    """Delete the user, with its sessions everywhere, and say so."""
    visitor = await find(headers, url, body.csrf_token)
    try:
        await use_case(DeleteMeRequest(visitor.caller, body.confirm(client)))
    except REFUSALS as error:
        return await ask(visitor, "delete", error=error)
    return render("account_deleted.html", visitor.browser, username=visitor.user.username.value)
