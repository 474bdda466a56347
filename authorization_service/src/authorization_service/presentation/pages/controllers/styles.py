"""The style sheet of the pages."""

from importlib.resources import files

from fastapi import APIRouter

from authorization_service.presentation.pages.page import PageOperation
from shared_kernel.presentation.http.server.response import Response

router = APIRouter(route_class=PageOperation)

_STYLES = (files("authorization_service.presentation.pages") / "styles.css").read_bytes()
_CACHED = ((b"cache-control", b"public, max-age=300"), (b"x-content-type-options", b"nosniff"))


@router.get("/pages/styles.css")
async def show_styles() -> Response:
    """Return the style sheet."""
    return Response(_STYLES, media_type=b"text/css; charset=utf-8", headers=_CACHED)
