"""Puts a service's parts together: controllers, documentation, container and lifetime."""

import gc
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from dishka import AsyncContainer
from fastapi import APIRouter, FastAPI
from fastapi_offline import FastAPIOffline

from shared_kernel.presentation.http import health
from shared_kernel.presentation.http.access_log import AccessLog
from shared_kernel.presentation.http.direct_route import DirectRoute
from shared_kernel.presentation.http.http_service import HttpService
from shared_kernel.presentation.http.problems import SCHEMA, Problems


def create_http_service(
    *,
    title: str,
    description: str,
    version: str,
    controllers: Sequence[APIRouter],
    problems: Problems,
    container: AsyncContainer,
    max_body_bytes: int,
    max_requests_under_way: int,
) -> HttpService:
    """Return a service, for HttpProtocol to serve. It closes the container when it shuts down."""
    routers = [*controllers, health.router]
    operations = [route for router in routers for route in router.routes if isinstance(route, DirectRoute)]
    access_log = AccessLog()

    @asynccontextmanager
    async def live(_: FastAPI) -> AsyncIterator[None]:
        for operation in operations:
            await operation.bind(container, max_body_bytes)
        # What start-up made stays; the collector need not look at it again.
        gc.collect()
        gc.freeze()
        yield
        await container.close()
        access_log.flush()

    # The pages of /docs come with the package: no browser of a user is sent to a content delivery network.
    app = FastAPIOffline(
        title=title, description=description, version=version, redoc_url=None, lifespan=live,
        swagger_ui_parameters={"persistAuthorization": True}, redirect_slashes=False,
    )  # fmt: skip
    for router in routers:
        app.include_router(router)
    _add_problem_schema(app)
    return HttpService(app, operations, problems, access_log, max_requests_under_way)


def _add_problem_schema(app: FastAPI) -> None:
    describe = app.openapi

    def describe_with_problem() -> dict[str, Any]:
        document = describe()
        document.setdefault("components", {}).setdefault("schemas", {})["Problem"] = SCHEMA
        return document

    app.openapi = describe_with_problem  # type: ignore[method-assign]
