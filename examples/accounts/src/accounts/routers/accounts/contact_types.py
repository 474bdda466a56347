"""Types of contacts."""

from typing import Literal

from fastapi import APIRouter

from accounts.dependencies import Administrator, Cursor, Limit, Reader, ServicesNeeded
from accounts.schemas import PageRead
from accounts.schemas.contact_types import ContactTypeCreate, ContactTypeRead, Kind

router = APIRouter(prefix="/contact-types", tags=["contact types"])


@router.get("/", dependencies=[Reader])
async def list_contact_types(
    services: ServicesNeeded,
    kind: Kind | None = None,
    sort: Literal["code", "-code"] = "code",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> PageRead[ContactTypeRead]:
    """Return types."""
    return await services.contact_types.list_page(kind=kind, limit=limit, cursor=cursor, reverse=sort.startswith("-"))


@router.post("/", status_code=201, dependencies=[Administrator])
async def create_contact_type(body: ContactTypeCreate, services: ServicesNeeded) -> ContactTypeRead:
    """Add a type."""
    return await services.contact_types.create(body)
