"""Tweets, likes and feeds."""

from collections.abc import AsyncIterator
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from microblog.api.dependencies import CallerNeeded, Id, ModeratorNeeded, Services, ServicesNeeded, SliceNeeded
from microblog.repositories.tweets import ShownTweet
from microblog.schemas import PageOut, TweetIn, TweetOut
from microblog.services.feed import Selection
from microblog.utils.pagination import Page

router = APIRouter(tags=["tweets"])


@router.post("/tweets", status_code=201)
async def post_tweet(body: TweetIn, caller: CallerNeeded, services: ServicesNeeded) -> TweetOut:
    """Post a tweet."""
    author = await services.users.ensure(caller)
    return TweetOut.of(await services.tweets.post(caller, body.text, body.media), author)


@router.get("/tweets/{tweet_id}")
async def show_tweet(tweet_id: Id, caller: CallerNeeded, services: ServicesNeeded) -> TweetOut:
    """Return a tweet."""
    return (await _show(services, [await services.tweets.show(caller, tweet_id)]))[0]


@router.delete("/tweets/{tweet_id}", status_code=204)
async def delete_tweet(tweet_id: Id, caller: CallerNeeded, services: ServicesNeeded) -> None:
    """Delete a tweet of yours."""
    await services.tweets.delete(caller, tweet_id)


@router.delete("/moderation/tweets/{tweet_id}", status_code=204)
async def remove_tweet(tweet_id: Id, moderator: ModeratorNeeded, services: ServicesNeeded) -> None:
    """Delete anybody's tweet, as a moderator."""
    await services.tweets.delete(moderator, tweet_id)


@router.put("/tweets/{tweet_id}/likes/me", status_code=204)
async def like(tweet_id: Id, caller: CallerNeeded, services: ServicesNeeded) -> None:
    """Like a tweet."""
    await services.tweets.like(caller, tweet_id)


@router.delete("/tweets/{tweet_id}/likes/me", status_code=204)
async def unlike(tweet_id: Id, caller: CallerNeeded, services: ServicesNeeded) -> None:
    """Like a tweet no longer."""
    await services.tweets.unlike(caller, tweet_id)


def get_selection(
    sort: Annotated[
        Literal["time", "likes"], Query(description="The newest first, or the most liked of the newest 500")
    ] = "time",
    has_media: Annotated[bool | None, Query(description="Only those with images, or without")] = None,
) -> Selection:
    """Return which tweets are asked for, and in which order."""
    return Selection(sort, has_media)


SelectionNeeded = Annotated[Selection, Depends(get_selection)]


@router.get("/users/{user_id}/tweets")
async def list_tweets(
    user_id: Id, caller: CallerNeeded, services: ServicesNeeded, wanted: SelectionNeeded, part: SliceNeeded
) -> PageOut[TweetOut]:
    """Return a user's tweets."""
    await services.users.find(user_id)
    return await _to_page(services, await services.feed.read(caller.subject, user_id, wanted, part))


@router.get("/feed")
async def read_feed(
    caller: CallerNeeded, services: ServicesNeeded, wanted: SelectionNeeded, part: SliceNeeded
) -> PageOut[TweetOut]:
    """Return the tweets of those whom you follow, and your own. Pages neither skip nor repeat while others post."""
    return await _to_page(services, await services.feed.read(caller.subject, None, wanted, part))


@router.get("/feed/events", response_class=EventSourceResponse)
async def follow_feed(
    caller: CallerNeeded,
    services: ServicesNeeded,
    last_event_id: Annotated[str | None, Header(pattern=r"^\d{1,16}$", description="Go on after this event")] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Send which tweets of the feed are posted and deleted, as it happens; each once, also after a reconnect."""
    async for event in services.live.follow(caller, None if last_event_id is None else int(last_event_id)):
        shown = event.tweet and (await _show(services, [event.tweet]))[0].model_dump(mode="json")
        yield ServerSentEvent(data=shown or {"id": event.tweet_id}, event=event.kind, id=str(event.number))


async def _to_page(services: Services, found: Page[ShownTweet]) -> PageOut[TweetOut]:
    return PageOut(items=await _show(services, found.items), next_cursor=found.next_cursor)


async def _show(services: Services, tweets: list[ShownTweet]) -> list[TweetOut]:
    authors = await services.profiles.find_many(each.tweet.author for each in tweets)
    return [TweetOut.of(each, authors.get(each.tweet.author)) for each in tweets]
