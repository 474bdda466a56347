"""Types of contacts."""

from fastapi import APIRouter

from accounts.dependencies import Administrator, Reader, ServicesNeeded
from accounts.schemas.contact_types import ContactTypeCreate, ContactTypeRead

router = APIRouter(prefix="/contact-types", tags=["contact types"])


@router.get("/", dependencies=[Reader])
async def list_contact_types(services: ServicesNeeded) -> list[ContactTypeRead]:
    """Return all types."""
    return await services.contact_types.list_all()


@router.post("/", status_code=201, dependencies=[Administrator])
async def create_contact_type(body: ContactTypeCreate, services: ServicesNeeded) -> ContactTypeRead:
    """Add a type."""
    return await services.contact_types.create(body)
