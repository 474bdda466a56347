"""What requests have in common: services, the caller, the part of a listing."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path, Query, Request

from key_value_client.authentication import Caller
from key_value_client.fastapi import get_caller
from microblog.core.config import Settings
from microblog.repositories.users import UserRepository
from microblog.services.feed import FeedService
from microblog.services.live import LiveFeed
from microblog.services.media import MediaService
from microblog.services.tweets import NotYoursError, TweetService
from microblog.services.users import UserService
from microblog.utils.pagination import Slice


@dataclass(frozen=True)
class Services:
    """Everything that is made once for the process."""

    settings: Settings
    users: UserService
    tweets: TweetService
    media: MediaService
    feed: FeedService
    profiles: UserRepository
    live: LiveFeed


def get_services(request: Request) -> Services:
    """Return the services of the application."""
    services: Services = request.app.state.services
    return services


ServicesNeeded = Annotated[Services, Depends(get_services)]


async def get_moderator(caller: Annotated[Caller, Depends(get_caller)]) -> Caller:
    """Return the caller, who is a moderator: an administrator of the authorization service. Raises NotYoursError."""
    if not caller.is_administrator:
        raise NotYoursError
    return caller


def get_slice(
    limit: Annotated[int, Query(ge=1, le=100, description="Items of a page")] = 20,
    cursor: Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the page before")] = None,
) -> Slice:
    """Return the part of a listing that is asked for."""
    return Slice(limit, cursor)


CallerNeeded = Annotated[Caller, Depends(get_caller)]
ModeratorNeeded = Annotated[Caller, Depends(get_moderator)]
SliceNeeded = Annotated[Slice, Depends(get_slice)]
Id = Annotated[str, Path(pattern=r"^[a-z0-9._-]{1,64}$")]
