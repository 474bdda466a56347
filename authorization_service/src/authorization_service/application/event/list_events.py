"""Listing of events."""

from collections.abc import Iterator
from dataclasses import dataclass

from authorization_service.application.auth.require_administrator import Principal, RequireAdministrator
from authorization_service.application.event.event_repository import EventFilter, EventPage, EventRepository
from authorization_service.domain.entities.user import is_user_id
from authorization_service.domain.events.known import KNOWN_TYPES
from authorization_service.domain.value_objects.username import Username
from shared_kernel.domain.rules import Violation, refuse_if_broken


@dataclass(frozen=True, slots=True)
class ListEventsRequest:
    """Up to `most` events with numbers greater than `after`: of a type, and of a user, where these are not None.

    With `newest_first`, they are the latest events with numbers less than `after`, the latest first.

    `user` is an id, or a name in any case of its letters, possibly of a deleted user. What has the form of an id is one.
    """

    principal: Principal
    after: int
    most: int
    type: str | None = None
    user: str | None = None
    newest_first: bool = False


class ListEvents:
    """List events. Requires an administrator."""

    def __init__(self, require_administrator: RequireAdministrator, events: EventRepository) -> None:
        self._require_administrator = require_administrator
        self._events = events

    async def __call__(self, request: ListEventsRequest) -> EventPage:
        """Return events in the requested order. Raises RulesBrokenError or StoreUnavailableError."""
        await self._require_administrator(request.principal)
        refuse_if_broken(_find_violations(request))
        user = (request.user or "").lower()
        by_user = {"user_id" if is_user_id(user) else "username_key": user}
        wanted = EventFilter(request.type or "", **by_user)
        return await self._events.list(wanted, request.after, request.most, newest_first=request.newest_first)


def _find_violations(request: ListEventsRequest) -> Iterator[Violation]:
    if request.type is not None and request.type not in KNOWN_TYPES:
        yield Violation("type", "event_type", f"The type must be one of {', '.join(KNOWN_TYPES)}.")
    if request.user is not None and any(Username.find_violations(request.user)):
        yield Violation("user", "user", "The user must be a username or the id of a user.")
