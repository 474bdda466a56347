"""Sessions of the caller, and logout."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from dishka import FromDishka
from fastapi import APIRouter
from pydantic import BaseModel, Field

from authorization_service.application.session.end_sessions import EndSession, LogOut, LogOutEverywhere
from authorization_service.application.session.list_sessions import ListSessions
from authorization_service.domain.entities.session import Session
from authorization_service.domain.exceptions import NoSuchSessionError
from authorization_service.presentation.api.problems import Operation
from shared_kernel.application.authentication import Caller, InsufficientScopeError
from shared_kernel.application.availability import StoreFullError, StoreUnavailableError
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.direct_route import raises

router = APIRouter(tags=["sessions"], route_class=Operation)


class SessionResponse(BaseModel):
    """A session: a user at a device."""

    id: UUID
    is_current: bool = Field(description="Whether it is the session of the request's access token")
    created_at: datetime
    last_used_at: datetime = Field(description="When it was opened or last refreshed")
    expires_at: datetime = Field(description="When it ends unless it is refreshed")
    address: str = Field(description="Client address of the last use")
    user_agent: str = Field(description="User-Agent of the last use")


class SessionsResponse(BaseModel):
    """Sessions of a user, the most recently used first."""

    sessions: list[SessionResponse]


@router.get("/sessions")
@raises(InsufficientScopeError, StoreUnavailableError)
async def list_sessions(caller: Authenticated, use_case: FromDishka[ListSessions]) -> SessionsResponse:
    """List the caller's sessions."""
    return describe_sessions(caller, await use_case(caller))


def describe_sessions(caller: Caller, sessions: Iterable[Session]) -> SessionsResponse:
    """Return the response for sessions."""
    return SessionsResponse(
        sessions=[
            SessionResponse(
                id=session.id,
                is_current=str(session.id) == caller.session_id,
                created_at=session.created_at,
                last_used_at=session.last_used_at,
                expires_at=session.expires_at,
                address=session.address,
                user_agent=session.user_agent,
            )
            for session in sessions
        ]
    )


@router.delete("/sessions/{session_id}", status_code=204)
@raises(InsufficientScopeError, NoSuchSessionError, StoreUnavailableError, StoreFullError)
async def end_session(session_id: str, caller: Authenticated, use_case: FromDishka[EndSession]) -> None:
    """End a session of the caller and revoke its tokens."""
    await use_case(caller, session_id)


@router.post("/logout", status_code=204)
@raises(NoSuchSessionError, StoreUnavailableError, StoreFullError)
async def log_out(caller: Authenticated, use_case: FromDishka[LogOut]) -> None:
    """End the session of the request's access token."""
    await use_case(caller)


@router.post("/logout/all", status_code=204)
@raises(InsufficientScopeError, StoreUnavailableError, StoreFullError)
async def log_out_everywhere(caller: Authenticated, use_case: FromDishka[LogOutEverywhere]) -> None:
    """End all sessions of the caller."""
    await use_case(caller)
