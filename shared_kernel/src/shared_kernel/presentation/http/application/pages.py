"""What a person finds at the service's public URL: its root, which leads on, its own pages, and the OpenAPI document."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import BaseRoute, Route

from shared_kernel.presentation.http.routing.forwarded import PublicUrl

DOCUMENTATION = "/docs"


def add_pages(app: FastAPI, pages: Sequence[BaseRoute], home: str) -> None:
    """Add the service's own pages and the redirect from the root: for browsers to `home`, for others to the documentation.

    The OpenAPI document is published with the URL under which its reader reached it.
    """

    async def redirect_from_root(request: Request) -> RedirectResponse:
        target = home if "text/html" in request.headers.get("accept", "") else DOCUMENTATION
        # Temporary, and so not cached: where it leads is a setting.
        return RedirectResponse(f"{request.scope['root_path']}{target}", HTTPStatus.TEMPORARY_REDIRECT)

    async def show_document(request: Request) -> JSONResponse:
        return JSONResponse(_publish(app.openapi(), request.scope["public_url"]))

    app.router.routes[:0] = [Route("/", redirect_from_root), Route("/openapi.json", show_document), *pages]


def _publish(document: dict[str, Any], url: PublicUrl) -> dict[str, Any]:
    """Return the document with the service's URL in `servers`, and below it the service's own token endpoint."""
    if not str(url):
        return document
    components = document["components"]
    schemes = components["securitySchemes"]
    password = schemes["login"]["flows"]["password"]
    if password["tokenUrl"].startswith("/"):
        login = {"type": "oauth2", "flows": {"password": password | {"tokenUrl": f"{url}{password['tokenUrl']}"}}}
        document = document | {"components": components | {"securitySchemes": schemes | {"login": login}}}
    return document | {"servers": [{"url": str(url)}]}
