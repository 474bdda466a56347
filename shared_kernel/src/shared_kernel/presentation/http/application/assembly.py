"""Assembles a service from its controllers, documentation, container and lifespan."""

import gc
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from dishka import AsyncContainer
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig
from fastapi_offline import FastAPIOffline
from starlette.routing import BaseRoute

from shared_kernel.presentation.http.application import health
from shared_kernel.presentation.http.application.departure import Departure
from shared_kernel.presentation.http.application.health import Dependencies, OptionalDependencies
from shared_kernel.presentation.http.application.http_service import HttpService
from shared_kernel.presentation.http.application.pages import DOCUMENTATION, add_pages
from shared_kernel.presentation.http.application.parts import USUAL_PARTS, Parts
from shared_kernel.presentation.http.application.problem_pages import show_problems
from shared_kernel.presentation.http.routing.bearer import SCHEME as BEARER_SCHEME
from shared_kernel.presentation.http.routing.client_address import TrustedProxies
from shared_kernel.presentation.http.routing.direct_route import DirectRoute
from shared_kernel.presentation.http.routing.openapi import describe_fields
from shared_kernel.presentation.http.routing.problem_help import Help
from shared_kernel.presentation.http.routing.problems import SCHEMA, Problems
from shared_kernel.presentation.http.server.response import Headers
from shared_kernel.presentation.http.server.run import end_with_supervisor
from shared_kernel.presentation.http.telemetry.access_log import AccessLog
from shared_kernel.presentation.http.telemetry.figures import ServiceFigures
from shared_kernel.presentation.http.telemetry.instruments import Instruments
from shared_kernel.presentation.http.telemetry.loop_lag import measure_loop_lag
from shared_kernel.presentation.http.telemetry.metrics import Build, serve_metrics
from shared_kernel.presentation.http.telemetry.metrics_address import MetricsAddress

# FastAPI would trace some requests by itself, with the paths that clients send, in which there are keys.
_NO_TELEMETRY: TelemetryConfig = {
    "tracing": False, "metrics": False, "logs": False, "operation_spans": False, "auto_configure": False,
}  # fmt: skip
_REQUEST_ID = {"description": "The request's id in the service's log", "required": True, "schema": {"type": "string"}}


def create_http_service(
    *,
    title: str,
    description: str,
    version: str,
    controllers: Sequence[APIRouter],
    problems: Problems,
    problem_help: Help,
    container: AsyncContainer,
    max_body_bytes: int,
    max_requests_under_way: int,
    login_url: str,
    allowed_origins: Sequence[str] = (),
    metrics: MetricsAddress | None = None,
    proxies: TrustedProxies | None = None,
    pages: Sequence[BaseRoute] = (),
    home: str = DOCUMENTATION,
    parts: Parts = USUAL_PARTS,
    hsts_seconds: int = 0,
) -> HttpService:
    """Return a service, to be served by `serve`. It closes the container when it shuts down.

    `login_url` is the token endpoint (RFC 6749, section 4.3) for readers of its documentation, as their browsers reach it; one
    that begins with a slash is the service's own. `problem_help` explains the types of the `problems`, by their names. Pages of
    the `allowed_origins` may use the service. `pages` are its own, beside the documentation; `home` is the path that the root
    leads browsers to. `hsts_seconds`: for which browsers use https alone (RFC 6797), or 0.
    """
    routers = [*controllers, health.router]
    routes = [route for router in routers for route in router.routes if isinstance(route, DirectRoute)]
    operations = [operation for route in routes for operation in route.split()]
    meter = parts.meter()
    request_log = parts.request_log(AccessLog(), meter, *parts.more_sinks)

    @asynccontextmanager
    async def live(_: FastAPI) -> AsyncIterator[None]:
        end_with_supervisor()
        gc.freeze()  # what imports made is a hundred times as much as their garbage
        for operation in operations:
            await operation.bind(parts.container(container), max_body_bytes)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(parts.shut_down)
            stack.callback(request_log.flush)
            stack.push_async_callback(container.close)
            figures = await container.get(ServiceFigures)
            lag = await stack.enter_async_context(measure_loop_lag())
            figures.instruments = (meter.histogram, lag, *service.gauges, *await container.get(Instruments))
            await stack.enter_async_context(figures.published())
            if metrics is not None:
                await stack.enter_async_context(serve_metrics(metrics, Build(title, version), figures))
            await health.wait_until_ready(await container.get(Dependencies), await container.get(OptionalDependencies))
            (await container.get(Departure)).listen()
            # What start-up has made stays; the garbage collector need not look at it again.
            gc.collect()
            gc.freeze()
            gc.enable()
            yield

    # The pages of /docs come with the package: no user's browser is sent to a content delivery network.
    app = FastAPIOffline(
        title=title, description=description, version=version, redoc_url=None, lifespan=live,
        swagger_ui_parameters={"persistAuthorization": True}, redirect_slashes=False, telemetry=_NO_TELEMETRY,
    )  # fmt: skip
    for router in routers:
        app.include_router(router)
    _answer_head(app)
    add_pages(app, (*pages, show_problems(problems, problem_help)), home)
    service = parts.service(
        app, operations, problems, request_log, max_requests_under_way, proxies or TrustedProxies(), allowed_origins,
        ((b"strict-transport-security", b"max-age=%d" % hsts_seconds),) if hsts_seconds else (),
    )  # fmt: skip
    _complete_document(app, login_url, service.common_fields)
    return service


def _answer_head(app: FastAPI) -> None:
    """Let the pages of the documentation answer HEAD like GET: Starlette's routes do so, FastAPI's do not."""
    for route in app.routes:
        if isinstance(route, APIRoute) and not isinstance(route, DirectRoute) and route.methods == {"GET"}:
            route.methods.add("HEAD")


def _complete_document(app: FastAPI, login_url: str, common_fields: Headers) -> None:
    """Add to the OpenAPI document what FastAPI does not know: problems, fields of all responses, and the login."""
    describe = app.openapi
    fields = {**describe_fields(common_fields, are_always_sent=True), "X-Request-ID": _REQUEST_ID}
    references = {name: {"$ref": f"#/components/headers/{name}"} for name in fields}

    def describe_all() -> dict[str, Any]:
        document = describe()
        components = document.setdefault("components", {})
        components.setdefault("schemas", {})["Problem"] = SCHEMA
        login = {"type": "oauth2", "flows": {"password": {"tokenUrl": login_url, "scopes": {}}}}
        components["securitySchemes"] = {"login": login} | components.get("securitySchemes", {})
        components["headers"] = fields
        for operations in document["paths"].values():
            for operation in operations.values():
                for response in operation["responses"].values():
                    response["headers"] = references | response.get("headers", {})
                if "security" in operation:
                    operation["security"] = [{"login": []}, {BEARER_SCHEME: []}]
        return document

    app.openapi = describe_all  # type: ignore[method-assign]
