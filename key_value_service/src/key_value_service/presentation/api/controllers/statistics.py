"""What the service has measured of itself, for pages that show it."""

from datetime import datetime

from dishka import FromDishka
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from key_value_service.application.statistics.read_statistics import ReadStatistics
from key_value_service.presentation.api.problems import Operation
from shared_kernel.application.authentication import InsufficientScopeError
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.direct_route import raises

router = APIRouter(tags=["statistics"], route_class=Operation)


class _Part(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class OperationStatisticsResponse(_Part):
    """Requests for an operation with one class of statuses, since the start of the service."""

    method: str = Field(description="Empty with an empty route: requests for no operation", examples=["POST"])
    route: str = Field(examples=["/read"])
    status: str = Field(description="Class of the status", examples=["2xx"])
    count: int
    seconds: float = Field(description="Sum of the durations, from the arrival of the head until the response")
    buckets: list[int] = Field(
        description="How many took no longer than each bound, but longer than the one before; the last: longer than all bounds"
    )


class RequestStatisticsResponse(_Part):
    """Requests of all workers."""

    under_way: int = Field(description="Requests in progress")
    waiting: int = Field(description="Requests that wait for a slot among those in progress")
    streams_open: int = Field(description="Requests whose responses or bodies are streams, watches among them")
    watches_waiting: int = Field(description="Requests that wait for a change")
    bounds: list[float] = Field(description="Bounds of the durations' buckets, in seconds")
    operations: list[OperationStatisticsResponse]


class StoreStatisticsResponse(_Part):
    """What the store holds, asked for every few seconds."""

    measured_at: datetime
    namespaces: int
    pairs: int
    pairs_bytes: int = Field(description="Bytes of keys and values")
    revisions: int = Field(
        description="Sum of the revisions of all namespaces: each change adds 1, and a deleted namespace takes its own away"
    )


class InstanceStatisticsResponse(_Part):
    """An instance of Tarantool; null where something is not known."""

    address: str
    role: str = Field(description="leader, replica or unreachable, when it was last asked")
    memory_used_bytes: int | None = Field(description="Memory that data and indexes take")
    memory_limit_bytes: int | None
    disk_free_bytes: int | None
    disk_size_bytes: int | None


class StatisticsOfServiceResponse(_Part):
    """Counters since the start of the service, of all its workers, and the present state: a page takes the differences."""

    measured_at: datetime
    workers: int = Field(description="Processes that serve requests")
    cpu_seconds: float = Field(description="CPU time that they have used")
    requests: RequestStatisticsResponse
    store: StoreStatisticsResponse | None = Field(description="null as long as the database has not been reached")
    instances: list[InstanceStatisticsResponse]


@router.get("/statistics")
@raises(InsufficientScopeError)
async def read_statistics(caller: Authenticated, use_case: FromDishka[ReadStatistics]) -> StatisticsOfServiceResponse:
    """Return what the service has measured of itself. Requires the scope `admin:*`."""
    return StatisticsOfServiceResponse.model_validate(use_case(caller))
