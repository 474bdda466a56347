"""Sessions of others, for administrators."""

from dishka import FromDishka
from fastapi import APIRouter

from authorization_service.application.session.administer_sessions import ListSessionsOfUser, LogOutUser
from authorization_service.domain.exceptions import AdministratorRequiredError, NoSuchSessionError, NoSuchUserError
from authorization_service.presentation.api.controllers.sessions import SessionsResponse, describe_sessions
from authorization_service.presentation.api.problems import Operation
from shared_kernel.application.availability import StoreFullError, StoreUnavailableError
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.direct_route import raises

router = APIRouter(prefix="/users/{username}/sessions", tags=["sessions"], route_class=Operation)


@router.get("")
@raises(AdministratorRequiredError, NoSuchUserError, StoreUnavailableError)
async def list_sessions_of_user(
    username: str, caller: Authenticated, use_case: FromDishka[ListSessionsOfUser]
) -> SessionsResponse:
    """List the sessions of a user. Requires an administrator."""
    return describe_sessions(caller, await use_case(caller, username))


@router.delete("", status_code=204)
@raises(AdministratorRequiredError, NoSuchUserError, StoreUnavailableError, StoreFullError)
async def log_out_user(username: str, caller: Authenticated, use_case: FromDishka[LogOutUser]) -> None:
    """End all sessions of a user, those of browsers included, and revoke their tokens. Requires an administrator."""
    await use_case(caller, username)


@router.delete("/{session_id}", status_code=204)
@raises(AdministratorRequiredError, NoSuchUserError, NoSuchSessionError, StoreUnavailableError, StoreFullError)
async def end_session_of_user(username: str, session_id: str, caller: Authenticated, use_case: FromDishka[LogOutUser]) -> None:
    """End a session of a user and revoke its tokens. Requires an administrator."""
    await use_case(caller, username, session_id)
