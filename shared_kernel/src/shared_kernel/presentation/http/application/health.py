"""Liveness and readiness."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Literal, NewType

from dishka import FromDishka
from fastapi import APIRouter
from pydantic import BaseModel, Field

from shared_kernel.application.availability import Dependency, OptionalDependency
from shared_kernel.presentation.http.application.departure import Departure
from shared_kernel.presentation.http.routing.direct_route import DirectRoute, raises
from shared_kernel.presentation.http.routing.errors import DepartingError, NotReadyError

SECONDS_FOR_DEPENDENCIES = 2.0
SECONDS_FOR_OPTIONAL_DEPENDENCIES = 0.5

Dependencies = NewType("Dependencies", tuple[Dependency, ...])
"""What the service cannot work without."""

OptionalDependencies = NewType("OptionalDependencies", tuple[OptionalDependency, ...])
"""What the service can do without for a while."""


class HealthRoute(DirectRoute):
    """Route class of operations that are answered whatever the load."""

    counts_towards_limit = False


router = APIRouter(prefix="/health", tags=["health"], route_class=HealthRoute)


class Live(BaseModel):
    """The process is running."""

    status: Literal["live"] = "live"


class Ready(BaseModel):
    """The service can work."""

    status: Literal["ready", "degraded"] = "ready"
    missing: list[str] | None = Field(
        None, description="Optional dependencies that are not available; only if the status is degraded"
    )


@router.get("/live")
async def report_liveness() -> Live:
    """Report that the process is running. Depends on nothing else."""
    return Live()


@router.get("/ready", response_model=Ready, response_model_exclude_none=True)
@raises(NotReadyError, DepartingError)
async def report_readiness(
    dependencies: FromDishka[Dependencies],
    optional_dependencies: FromDishka[OptionalDependencies],
    departure: FromDishka[Departure],
) -> bytes:
    """Report whether the service can work, and what is missing; and that it cannot if it is about to shut down."""
    if departure.has_begun:
        raise DepartingError
    missing = await find_missing(dependencies)
    if missing:
        raise NotReadyError(missing)
    degraded = await find_missing(optional_dependencies)
    ready = Ready(status="degraded", missing=degraded) if degraded else Ready()
    return ready.model_dump_json(exclude_none=True).encode()


async def find_missing(dependencies: Sequence[Dependency]) -> list[str]:
    """Return the names of the dependencies that are not available now."""
    available = await asyncio.gather(*(dependency.is_available() for dependency in dependencies))
    return [dependency.name for dependency, is_available in zip(dependencies, available, strict=True) if not is_available]


async def wait_until_ready(dependencies: Sequence[Dependency], optional_dependencies: Sequence[OptionalDependency]) -> None:
    """Return when nothing is missing, or after some seconds: from then on requests fail with what is, or do without it.

    An optional dependency is not waited for once an attempt to reach it has failed. A worker that replaces a dead one receives
    its share of the requests at once, although nothing asks whether it is ready.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SECONDS_FOR_DEPENDENCIES):
            while await find_missing(dependencies):  # noqa: ASYNC110 - dependencies are polled: they have no event
                await asyncio.sleep(0.01)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SECONDS_FOR_OPTIONAL_DEPENDENCIES):
            await asyncio.gather(*(dependency.settle() for dependency in optional_dependencies))
