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
    TooManyNamespacesError,
)
from key_value_service.domain.value_objects import namespace_name
from key_value_service.domain.value_objects.time_to_live import MAX_SECONDS, MIN_SECONDS
from key_value_service.presentation.api.paths import NamespaceInPath
from key_value_service.presentation.api.problems import NAMESPACE_ERRORS, Operation
from shared_kernel.application.authentication import InsufficientScopeError
from shared_kernel.application.availability import StoreFullError, StoreUnavailableError
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.body import Body
from shared_kernel.presentation.http.routing.direct_route import raises
from shared_kernel.presentation.http.server.response import Response

router = APIRouter(tags=["namespaces"], route_class=Operation)

# The domain enforces the rules; the OpenAPI document repeats them.
Quota = Annotated[int | None, Field(json_schema_extra={"minimum": 0, "maximum": rules.MAX_QUOTA})]


class SettingsBody(Body):
    """All settings of a namespace; those not given get their defaults."""

    description: str = Field("", json_schema_extra={"maxLength": rules.MAX_DESCRIPTION})
    quota_pairs: Quota = Field(None, description="Maximum number of pairs; null: no limit")
    quota_bytes: Quota = Field(
        None,
        description="Maximum size of its pairs and their history as stored: key, value and some 15 bytes each; null: no limit",
    )
    default_ttl: float | None = Field(
        None,
        description="Seconds after which pairs written without `ttl` expire; null: never",
        json_schema_extra={"minimum": MIN_SECONDS, "maximum": MAX_SECONDS},
    )
    changes_kept: int = Field(
        rules.CHANGES_KEPT,
        description="Number of latest changes kept for clients that follow them",
        json_schema_extra={"minimum": rules.MIN_CHANGES_KEPT, "maximum": rules.MAX_CHANGES_KEPT},
    )

    history_kept: int = Field(
        0,
        description="Number of values of each pair, before the present one, kept beyond the latest changes",
        json_schema_extra={"minimum": 0, "maximum": rules.MAX_HISTORY_KEPT},
    )

    def to_settings(self) -> NamespaceSettings:
        """Return the settings. Raises RulesBrokenError."""
        return NamespaceSettings(
            self.description, self.quota_pairs, self.quota_bytes, self.default_ttl, self.changes_kept, self.history_kept
        )


class NamespaceResponse(BaseModel):
    """A namespace and its settings."""

    name: str
    description: str
    quota_pairs: int | None
    quota_bytes: int | None
    default_ttl: float | None
    changes_kept: int
    history_kept: int
    created_at: datetime

    @classmethod
    def of(cls, namespace: Namespace) -> Self:
        """Return the response for a namespace."""
        settings = namespace.settings
        return cls(
            name=namespace.name,
            description=settings.description,
            quota_pairs=settings.quota_pairs,
            quota_bytes=settings.quota_bytes,
            default_ttl=settings.default_ttl,
            changes_kept=settings.changes_kept,
            history_kept=settings.history_kept,
            created_at=namespace.created_at,
        )


class NamespacesResponse(BaseModel):
    """Namespaces, sorted by name."""

    namespaces: list[NamespaceResponse]
    next_cursor: str | None = Field(description="Cursor of the next page; null on the last page")


class StatisticsResponse(BaseModel):
    """What a namespace holds. Expired pairs count until they are swept, moments later."""

    pairs: int
    bytes: int = Field(description="Size of the pairs and their history as they are stored")
    revision: int = Field(description="Revision of the last change")
    oldest_change: int = Field(description="The oldest revision that is kept; that of the next change if none is")


@router.get("/namespaces")
@raises(StoreUnavailableError)
async def list_namespaces(
    caller: Authenticated,
    use_case: FromDishka[ListNamespaces],
    limit: Annotated[int, Query(ge=1, le=1000, description="Maximum number of namespaces")] = 100,
    cursor: Annotated[
        str,
        Query(
            max_length=namespace_name.MAX_LENGTH,
            pattern=f"{namespace_name.PATTERN}|^$",
            description="`next_cursor` of the previous page",
        ),
    ] = "",
) -> NamespacesResponse:
    """List the namespaces for which the caller has any scope."""
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
    """Create a namespace (201) or replace all settings of an existing one (200). Requires the scope `admin:`."""
    put = await use_case(caller, PutNamespaceRequest(name, body.to_settings()))
    return Response(NamespaceResponse.of(put.namespace).model_dump_json().encode(), 201 if put.is_new else 200)


@router.get("/namespaces/{name}")
@raises(*NAMESPACE_ERRORS)
async def show_namespace(name: NamespaceInPath, caller: Authenticated, use_case: FromDishka[ShowNamespace]) -> NamespaceResponse:
    """Return a namespace and its settings. Requires the scope `read:`."""
    return NamespaceResponse.of(await use_case(caller, name))


@router.delete("/namespaces/{name}", status_code=204)
@raises(*NAMESPACE_ERRORS, NamespaceNotEmptyError, DefaultNamespaceError, StoreFullError)
async def delete_namespace(
    name: NamespaceInPath,
    caller: Authenticated,
    use_case: FromDishka[DeleteNamespace],
    force: Annotated[bool, Query(description="Delete the namespace even if it has pairs")] = False,
) -> None:
    """Delete a namespace, effective immediately. Requires the scope `admin:`."""
    await use_case(caller, DeleteNamespaceRequest(name, force))


@router.get("/namespaces/{name}/stats")
@raises(*NAMESPACE_ERRORS)
async def measure_namespace(
    name: NamespaceInPath, caller: Authenticated, use_case: FromDishka[MeasureNamespace]
) -> StatisticsResponse:
    """Return what a namespace holds. Requires the scope `read:`."""
    return StatisticsResponse(**(await use_case(caller, name))._asdict())
