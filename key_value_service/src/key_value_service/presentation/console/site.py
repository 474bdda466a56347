"""The console at /console/: a page, its scripts and styles, and what the service says of itself to it."""

from collections.abc import Mapping
from functools import lru_cache
from html import escape
from http import HTTPStatus
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from key_value_service.presentation.console.files import ASSETS, PAGE, ConsoleFile, load_files

PATH = "/console/"
CLIENT_ID = "console"
"""The client of the authorization service that the console is; that service creates it."""
CONFIGURATION = "-/configuration.json"
# `-` is no namespace: what begins with it is never the page of one.
_OWN = "-/"
_BASE = b'<base href="/console/" />'
_IMMUTABLE = "public, max-age=31536000, immutable"
# A browser asks each time whether it has changed, and gets 304 if not.
_REVALIDATED = "no-cache"
# Images that are stored are shown from memory (blob:); nothing else is loaded from anywhere but the two services.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self';"
    " connect-src 'self' {authorization}; form-action 'none'; base-uri 'self'; frame-ancestors 'none'"
)


class ConsoleSite:
    """Serves the files of a built console. Every path that is none of theirs is the page, which looks at the path itself."""

    def __init__(self, files: Mapping[str, ConsoleFile], *, issuer: str, version: str) -> None:
        self._files = files
        self._policy = _POLICY.format(authorization=_find_origin(issuer))
        self._configuration = ConsoleFile.of(
            orjson.dumps({"issuer": issuer, "authorization": issuer.rstrip("/"), "client_id": CLIENT_ID, "version": version}),
            "application/json",
        )
        # By the path that proxies publish the service under: one, unless they make it up.
        self._render_page = lru_cache(maxsize=8)(self._render_page_below)

    @classmethod
    def load(cls, directory: str, *, issuer: str, version: str) -> Self | None:
        """Return the console of a folder; None if there is none, or `directory` is empty."""
        files = load_files(Path(directory)) if directory else {}
        return cls(files, issuer=issuer, version=version) if files else None

    @property
    def routes(self) -> tuple[BaseRoute, ...]:
        """The routes, for FastAPI's router."""
        return (Route("/console", self._add_slash), Route("/console/{path:path}", self._show))

    async def _add_slash(self, request: Request) -> Response:
        return RedirectResponse(f"{request.scope['root_path']}{PATH}", HTTPStatus.TEMPORARY_REDIRECT)

    async def _show(self, request: Request) -> Response:
        path: str = request.path_params["path"]
        if path == CONFIGURATION:
            return self._answer(request, self._configuration, _REVALIDATED)
        if path.startswith(_OWN) and path in self._files:
            return self._answer(request, self._files[path], _IMMUTABLE if path.startswith(ASSETS) else _REVALIDATED)
        if path.startswith(ASSETS):  # of an earlier version: the page tells its reader to load it anew
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return self._answer(request, self._render_page(request.scope["root_path"]), _REVALIDATED)

    def _render_page_below(self, root_path: str) -> ConsoleFile:
        page = self._files[PAGE]
        base = f'<base href="{escape(root_path)}{PATH}" />'.encode()
        return ConsoleFile.of(page.body.replace(_BASE, base), "text/html").in_gzip()

    def _answer(self, request: Request, file: ConsoleFile, caching: str) -> Response:
        headers = {
            "cache-control": caching,
            "etag": file.etag,
            "vary": "Accept-Encoding",
            "content-security-policy": self._policy,
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
        }
        if file.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        if file.compressed is not None and _accepts_gzip(request.headers.get("accept-encoding", "")):
            return Response(file.compressed, media_type=file.media_type, headers=headers | {"content-encoding": "gzip"})
        return Response(file.body, media_type=file.media_type, headers=headers)


def _find_origin(url: str) -> str:
    """Return what names a service in a Content-Security-Policy."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _accepts_gzip(field: str) -> bool:
    """Return whether a browser, which sends no weights but 0 for what it does not accept, accepts gzip."""
    codings = [coding.replace(" ", "") for coding in field.lower().split(",")]
    return "gzip" in codings
