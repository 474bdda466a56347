"""Signing in: passed on to the authorization service, so that the page needs one address."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from key_value_client.fastapi import pass_on
from microblog.api.dependencies import CallerNeeded, ServicesNeeded
from microblog.schemas import LoginIn, RefreshIn, RegisterIn, SessionOut, UserOut

router = APIRouter(tags=["sessions"])


@router.post("/users", status_code=201)
async def register(body: RegisterIn, request: Request) -> Response:
    """Register a user. The problems of the authorization service are passed on."""
    first, _, last = body.name.partition(" ")
    members = {"username": body.username, "password": body.password, "first_name": first, "last_name": last.strip() or None}
    return await pass_on(request, "/register", members)


@router.post("/sessions", response_model=SessionOut)
async def log_in(body: LoginIn, request: Request) -> Response:
    """Open a session."""
    return await pass_on(request, "/login", body.model_dump())


@router.post("/sessions/refresh", response_model=SessionOut)
async def refresh(body: RefreshIn, request: Request) -> Response:
    """Return the next tokens of a session."""
    return await pass_on(request, "/refresh", body.model_dump())


@router.get("/me")
async def who_am_i(caller: CallerNeeded, services: ServicesNeeded) -> UserOut:
    """Return your profile; the first time makes it."""
    return UserOut(**(await services.users.ensure(caller)).model_dump())
