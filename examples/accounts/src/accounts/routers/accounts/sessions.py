"""Signing in at the page: passed on to the authorization service, so that the page needs one address."""

from fastapi import APIRouter, Request, Response

from accounts.schemas import Body
from key_value_client.fastapi import pass_on

router = APIRouter(prefix="/sessions", tags=["sessions"])


class SessionCreate(Body):
    """Who signs in."""

    username: str
    password: str


@router.post("/")
async def sign_in(body: SessionCreate, request: Request) -> Response:
    """Return the tokens of a new session, or the authorization service's refusal."""
    return await pass_on(request, "/login", body.model_dump())
