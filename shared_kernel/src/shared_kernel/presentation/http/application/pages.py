"""What a person finds at the service's public URL: its root, which leads to /docs, and the OpenAPI document."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route

from shared_kernel.presentation.http.routing.forwarded import PublicUrl


def add_pages(app: FastAPI) -> None:
    """Add the redirect from the root, and publish the document with the URL under which its reader reached it."""

    async def redirect_to_documentation(request: Request) -> RedirectResponse:
        # Temporary, and so not cached: the root may become a page of its own.
        return RedirectResponse(f"{request.scope['root_path']}/docs", HTTPStatus.TEMPORARY_REDIRECT)

    async def show_document(request: Request) -> JSONResponse:
        return JSONResponse(_publish(app.openapi(), request.scope["public_url"]))

    app.router.routes[:0] = [Route("/", redirect_to_documentation), Route("/openapi.json", show_document)]


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
