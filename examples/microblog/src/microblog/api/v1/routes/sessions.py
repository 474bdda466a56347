"""Signing in: passed on to the authorization service, so that the page needs one address."""

from typing import Any

import httpx
from fastapi import APIRouter
from fastapi.responses import Response

from key_value_client.authentication import AuthenticationUnavailable
from microblog.api.dependencies import CallerNeeded, Services, ServicesNeeded
from microblog.schemas import LoginIn, RefreshIn, RegisterIn, SessionOut, UserOut

router = APIRouter(tags=["sessions"])


@router.post("/users", status_code=201)
async def register(body: RegisterIn, services: ServicesNeeded) -> Response:
    """Register a user. The problems of the authorization service are passed on."""
    first, _, last = body.name.partition(" ")
    members = {"username": body.username, "password": body.password, "first_name": first, "last_name": last.strip() or None}
    return await _pass_on(services, "/register", members)


@router.post("/sessions", response_model=SessionOut)
async def log_in(body: LoginIn, services: ServicesNeeded) -> Response:
    """Open a session."""
    return await _pass_on(services, "/login", body.model_dump())


@router.post("/sessions/refresh", response_model=SessionOut)
async def refresh(body: RefreshIn, services: ServicesNeeded) -> Response:
    """Return the next tokens of a session."""
    return await _pass_on(services, "/refresh", body.model_dump())


@router.get("/me")
async def who_am_i(caller: CallerNeeded, services: ServicesNeeded) -> UserOut:
    """Return your profile; the first time makes it."""
    return UserOut(**(await services.users.ensure(caller)).model_dump())


async def _pass_on(services: Services, path: str, body: dict[str, Any]) -> Response:
    try:
        answer = await services.http.post(services.settings.authorization_url.rstrip("/") + path, json=body)
    except httpx.TransportError as error:
        raise AuthenticationUnavailable(f"The authorization service cannot be reached: {error}.") from error
    kept = {name: answer.headers[name] for name in ("content-type", "retry-after", "cache-control") if name in answer.headers}
    return Response(answer.content, answer.status_code, kept)
