"""The port for reading events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """A stored event: its number, and the fields of its type as `data`.

    `user_id` and `username` are None where no known user is concerned. The name stays when the user is deleted.
    """

    number: int
    type: str
    user_id: str | None
    username: str | None
    occurred_at: datetime
    data: Mapping[str, object]


class EventFilter(NamedTuple):
    """The requested events: of a type, and of a user, by id or by username key. An empty field excludes none."""

    type: str = ""
    user_id: str = ""
    username_key: str = ""


class EventPage(NamedTuple):
    """Events, ordered by number, or the opposite way. `last` is the number of the latest of all events.

    `forgotten` is the number of the latest deleted event of the requested types, 0 if none was deleted.
    """

    events: Sequence[KeptEvent]
    last: int
    forgotten: int


class EventRepository(Protocol):
    """The log of events. The other repositories add them, with the changes that they record."""

    async def list(self, wanted: EventFilter, after: int, most: int, *, newest_first: bool = False) -> EventPage:
        """Return up to `most` events with numbers greater than `after`, in a time that does not depend on other events.

        With `newest_first`, they are the latest events with numbers less than `after`, the latest first. A username finds the
        events of all users who ever had it. Raises StoreUnavailableError.
        """
        ...
