"""What users are told: notifications, which tasks write, and events that still wait for one."""

from typing import Any

from coffee.core.errors import NotFoundError
from coffee.db import keys
from coffee.db.models.notification import Event, Kind, Notification
from coffee.services.pages import Page, Part, read_page
from key_value_client import AsyncNamespace, KeyMissing, Pair


class NotificationService:
    """Reads notifications and the outbox."""

    def __init__(self, namespace: AsyncNamespace) -> None:
        self._namespace = namespace

    async def list_page(
        self, user_id: str, *, is_read: bool | None, kind: Kind | None, part: Part, reverse: bool
    ) -> Page[Notification]:
        """Return a user's notifications by age; None: read or not, of both kinds."""

        async def load(pairs: list[Pair[Any]]) -> list[Notification | None]:
            found = [Notification.model_validate(pair.value) for pair in pairs]
            return [each if is_read in (None, each.is_read) and kind in (None, each.kind) else None for each in found]

        return await read_page(self._namespace, keys.notification(user_id), load, part, reverse=reverse)

    async def mark_read(self, user_id: str, notification_id: str) -> None:
        """Mark a notification as read: it stays, so that a task that runs again does not write it again. Raises NotFoundError."""
        try:
            await self._namespace.patch(keys.notification(user_id, notification_id), {"is_read": True})
        except KeyMissing as error:
            raise NotFoundError(f"There is no notification {notification_id}.") from error

    async def list_waiting(self, kind: Kind | None, part: Part, *, reverse: bool) -> Page[Event]:
        """Return the events of which not everybody was told yet, by age."""

        async def load(pairs: list[Pair[Any]]) -> list[Event | None]:
            events = [Event.model_validate(pair.value) for pair in pairs]
            return [event if kind in (None, event.kind) else None for event in events]

        return await read_page(self._namespace, keys.OUTBOX, load, part, reverse=reverse)
