"""Namespaces and their settings."""

from datetime import datetime
from typing import Annotated, Self

from dishka import FromDishka
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from key_value_service.application.namespaces.delete_namespace import DeleteNamespace, DeleteNamespaceRequest
from key_value_service.application.namespaces.list_namespaces import ListNamespaces
from key_value_service.application.namespaces.measure_namespace import MeasureNamespace
from key_value_service.application.namespaces.put_namespace import PutNamespace, PutNamespaceRequest
from key_value_service.application.namespaces.show_namespace import ShowNamespace
from key_value_service.domain.entities import namespace as rules
from key_value_service.domain.entities.namespace import Namespace, NamespaceSettings
from key_value_service.domain.exceptions import (
    DefaultNamespaceError,
    NamespaceNotEmptyError,
    NoSuchNamespaceError,
    TooManyNamespacesError,
)
from key_value_service.domain.value_objects import namespace_name
from key_value_service.domain.value_objects.time_to_live import MAX_SECONDS, MIN_SECONDS
from key_value_service.presentation.api.paths import NamespaceInPath
from key_value_service.presentation.api.problems import Operation
from shared_kernel.application.authentication import InsufficientScopeError
from shared_kernel.application.availability import StoreFullError, StoreUnavailableError
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.body import Body
from shared_kernel.presentation.http.routing.direct_route import raises
from shared_kernel.presentation.http.server.response import Response

router = APIRouter(tags=["namespaces"], route_class=Operation)

# The rules are the domain's; here they are only told to the reader of the OpenAPI document.
Quota = Annotated[int | None, Field(json_schema_extra={"minimum": 0, "maximum": rules.MAX_QUOTA})]


class SettingsBody(Body):
    """What a namespace's settings shall be; what is not given gets its default."""

    description: str = Field("", json_schema_extra={"maxLength": rules.MAX_DESCRIPTION})
    quota_pairs: Quota = Field(None, description="How many pairs it may have; null: any number")
    quota_bytes: Quota = Field(
        None, description="How many bytes its pairs may take as they are stored: key, value and some 15 bytes; null: any number"
    )
    default_ttl: float | None = Field(
        None,
        description="Seconds after which pairs expire that are written without `ttl`; null: never",
        json_schema_extra={"minimum": MIN_SECONDS, "maximum": MAX_SECONDS},
    )
    changes_kept: int = Field(
        rules.CHANGES_KEPT,
        description="How many of its latest changes are kept for those who follow them",
        json_schema_extra={"minimum": rules.MIN_CHANGES_KEPT, "maximum": rules.MAX_CHANGES_KEPT},
    )

    def to_settings(self) -> NamespaceSettings:
        """Return the settings. Raises RulesBrokenError."""
        return NamespaceSettings(self.description, self.quota_pairs, self.quota_bytes, self.default_ttl, self.changes_kept)


class NamespaceResponse(BaseModel):
    """A namespace and its settings."""

    name: str
    description: str
    quota_pairs: int | None
    quota_bytes: int | None
    default_ttl: float | None
    changes_kept: int
    created_at: datetime

    @classmethod
    def of(cls, namespace: Namespace) -> Self:
        """Return what is shown of a namespace."""
        settings = namespace.settings
        return cls(
            name=namespace.name,
            description=settings.description,
            quota_pairs=settings.quota_pairs,
            quota_bytes=settings.quota_bytes,
            default_ttl=settings.default_ttl,
            changes_kept=settings.changes_kept,
            created_at=namespace.created_at,
        )


class NamespacesResponse(BaseModel):
    """Namespaces by name."""

    namespaces: list[NamespaceResponse]
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last one")


class StatisticsResponse(BaseModel):
    """What a namespace holds. Pairs that have expired count until they are swept, moments later."""

    pairs: int
    bytes: int = Field(description="What they take as they are stored")
    revision: int = Field(description="Of the last change")
    oldest_change: int = Field(description="The oldest revision that is kept; the next one to come if none is")


@router.get("/namespaces")
@raises(StoreUnavailableError)
async def list_namespaces(
    caller: Authenticated,
    use_case: FromDishka[ListNamespaces],
    limit: Annotated[int, Query(ge=1, le=1000, description="How many at most")] = 100,
    cursor: Annotated[
        str,
        Query(
            max_length=namespace_name.MAX_LENGTH,
            pattern=f"{namespace_name.PATTERN}|^$",
            description="`next_cursor` of the previous page",
        ),
    ] = "",
) -> NamespacesResponse:
    """List the namespaces that the caller has any scope for."""
    found = await use_case(caller, cursor, limit + 1)
    page = found[:limit]
    return NamespacesResponse(
        namespaces=[NamespaceResponse.of(namespace) for namespace in page],
        next_cursor=page[-1].name if len(found) > limit else None,
    )


@router.put(
    "/namespaces/{name}", response_model=NamespaceResponse, status_code=201, responses={200: {"model": NamespaceResponse}}
)
@raises(InsufficientScopeError, TooManyNamespacesError, StoreUnavailableError, StoreFullError)
async def put_namespace(
    name: NamespaceInPath, body: SettingsBody, caller: Authenticated, use_case: FromDishka[PutNamespace]
) -> Response:
    """Make a namespace: 201; or replace the settings of the one of this name: 200. Needs the scope `admin:`."""
    put = await use_case(caller, PutNamespaceRequest(name, body.to_settings()))
    return Response(NamespaceResponse.of(put.namespace).model_dump_json().encode(), 201 if put.is_new else 200)


@router.get("/namespaces/{name}")
@raises(InsufficientScopeError, NoSuchNamespaceError, StoreUnavailableError)
async def show_namespace(name: NamespaceInPath, caller: Authenticated, use_case: FromDishka[ShowNamespace]) -> NamespaceResponse:
    """Show a namespace's settings. Needs the scope `read:`."""
    return NamespaceResponse.of(await use_case(caller, name))


@router.delete("/namespaces/{name}", status_code=204)
@raises(InsufficientScopeError, NoSuchNamespaceError, NamespaceNotEmptyError, DefaultNamespaceError, StoreUnavailableError)
async def delete_namespace(
    name: NamespaceInPath,
    caller: Authenticated,
    use_case: FromDishka[DeleteNamespace],
    force: Annotated[bool, Query(description="Delete it with the pairs that it has")] = False,
) -> None:
    """Delete a namespace, at once for everybody. Needs the scope `admin:`."""
    await use_case(caller, DeleteNamespaceRequest(name, force))


@router.get("/namespaces/{name}/stats")
@raises(InsufficientScopeError, NoSuchNamespaceError, StoreUnavailableError)
async def measure_namespace(
    name: NamespaceInPath, caller: Authenticated, use_case: FromDishka[MeasureNamespace]
) -> StatisticsResponse:
    """Tell what a namespace holds. Needs the scope `read:`."""
    return StatisticsResponse(**(await use_case(caller, name))._asdict())
