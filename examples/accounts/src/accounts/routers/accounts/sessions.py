"""Signing in at the page: passed on to the authorization service, so that the page needs one address."""

import httpx
from fastapi import APIRouter, Response

from accounts.dependencies import ServicesNeeded
from accounts.schemas import Body
from key_value_client.authentication import AuthenticationUnavailable

router = APIRouter(prefix="/sessions", tags=["sessions"])


class SessionCreate(Body):
    """Who signs in."""

    username: str
    password: str


@router.post("/")
async def sign_in(body: SessionCreate, services: ServicesNeeded) -> Response:
    """Return the tokens of a new session, or the authorization service's refusal."""
    try:
        answer = await services.http.post("/login", json=body.model_dump())
    except httpx.TransportError as error:
        raise AuthenticationUnavailable(f"The authorization service cannot be reached: {error}.") from error
    kept = {name: answer.headers[name] for name in ("content-type", "retry-after", "cache-control") if name in answer.headers}
    return Response(answer.content, answer.status_code, kept)
