"""What you are told of new messages and reviews."""

from fastapi import APIRouter

from coffee.api.dependencies import AdministratorNeeded, ByAge, Id, PartNeeded, ServicesNeeded, UserNeeded
from coffee.api.schemas import PageOut
from coffee.api.schemas.chats import NotificationOut, WaitingOut
from coffee.db.models.notification import Kind

router = APIRouter(tags=["notifications"])


@router.get("/notifications")
async def list_notifications(
    user: UserNeeded,
    services: ServicesNeeded,
    part: PartNeeded,
    is_read: bool | None = None,
    kind: Kind | None = None,
    sort: ByAge = "-created_at",
) -> PageOut[NotificationOut]:
    """Return your notifications."""
    reverse = sort.startswith("-")
    found = await services.notifications.list_page(user.id, is_read=is_read, kind=kind, part=part, reverse=reverse)
    return PageOut[NotificationOut].of(found)


@router.put("/notifications/{notification_id}/read", status_code=204)
async def mark_read(notification_id: Id, user: UserNeeded, services: ServicesNeeded) -> None:
    """Mark a notification as read."""
    await services.notifications.mark_read(user.id, notification_id)


@router.get("/tasks/waiting")
async def list_waiting(
    _: AdministratorNeeded,
    services: ServicesNeeded,
    part: PartNeeded,
    kind: Kind | None = None,
    sort: ByAge = "created_at",
) -> PageOut[WaitingOut]:
    """Return the events of which not everybody was told yet; as an administrator."""
    return PageOut[WaitingOut].of(await services.notifications.list_waiting(kind, part, reverse=sort.startswith("-")))
