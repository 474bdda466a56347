"""Where events are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """An event as it is kept: by its number, with what its kind tells.

    `user_id` and `username` are None where it concerns nobody who is known; the name stays when its user goes.
    """

    number: int
    type: str
    user_id: str | None
    username: str | None
    occurred_at: datetime
    data: Mapping[str, object]


class EventFilter(NamedTuple):
    """Which events are wanted: of a type, and of a user, by its id or by the key of its name. What is empty excludes none."""

    type: str = ""
    user_id: str = ""
    username_key: str = ""


class EventPage(NamedTuple):
    """Events in order. `last` is the number of the latest of all that have happened.

    `forgotten` is the number of the latest one of the wanted types that is not kept any more, 0 if there is none.
    """

    events: Sequence[KeptEvent]
    last: int
    forgotten: int


class EventRepository(Protocol):
    """Events are added by the repositories of what they happen to."""

    async def list(self, wanted: EventFilter, after: int, most: int) -> EventPage:
        """Return up to `most` events behind a number, which takes as long however many others there are.

        Events of one user by its name are those of all who ever had it. Raises StoreUnavailableError.
        """
        ...
