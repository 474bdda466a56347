"""Registering and signing in: passed on to the authorization service, so that the page needs one address."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from coffee.api.schemas.auth import LoginIn, RefreshIn, RegisterIn, TokensOut
from key_value_client.fastapi import pass_on

router = APIRouter(prefix="/auth", tags=["auth"])


@router.post("/register", status_code=201)
async def register(body: RegisterIn, request: Request) -> Response:
    """Register a user. The problems of the authorization service are passed on."""
    first, _, last = body.name.partition(" ")
    members = {"username": body.username, "password": body.password, "first_name": first, "last_name": last.strip() or None}
    return await pass_on(request, "/register", members)


@router.post("/login", response_model=TokensOut)
async def log_in(body: LoginIn, request: Request) -> Response:
    """Open a session."""
    return await pass_on(request, "/login", body.model_dump())


@router.post("/refresh", response_model=TokensOut)
async def refresh(body: RefreshIn, request: Request) -> Response:
    """Return the next tokens of a session."""
    return await pass_on(request, "/refresh", body.model_dump())
