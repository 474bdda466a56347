"""Contacts of users."""

from typing import Annotated

from fastapi import APIRouter, Query

from accounts.dependencies import Id, PartByAge, Reader, ServicesNeeded, Writer
from accounts.schemas import PageRead
from accounts.schemas.user_contacts import UserContactCreate, UserContactRead, UserContactUpdate

router = APIRouter(prefix="/users/{user_id}/contacts", tags=["contacts"])


@router.post("/", status_code=201, dependencies=[Writer])
async def create_contact(user_id: Id, body: UserContactCreate, services: ServicesNeeded) -> UserContactRead:
    """Add a contact."""
    return await services.contacts.create(user_id, body)


@router.get("/", dependencies=[Reader])
async def list_contacts(
    user_id: Id,
    services: ServicesNeeded,
    part: PartByAge,
    code: Annotated[str | None, Query(alias="type", max_length=32)] = None,
    is_active: bool | None = None,
) -> PageRead[UserContactRead]:
    """Return a user's contacts."""
    return await services.contacts.list_page(user_id, part, code=code, is_active=is_active)


@router.patch("/{contact_id}/", dependencies=[Writer])
async def change_contact(user_id: Id, contact_id: Id, body: UserContactUpdate, services: ServicesNeeded) -> UserContactRead:
    """Change a contact, or make it the primary one of its type."""
    return await services.contacts.update(user_id, contact_id, body)


@router.delete("/{contact_id}/", status_code=204, dependencies=[Writer])
async def deactivate_contact(user_id: Id, contact_id: Id, services: ServicesNeeded) -> None:
    """Deactivate a contact; it is kept, and its value is free."""
    await services.contacts.deactivate(user_id, contact_id)
