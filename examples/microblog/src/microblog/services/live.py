"""What happens in a feed, as it happens."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from key_value_client import AsyncNamespace
from key_value_client.authentication import Caller
from microblog.models.tweet import Tweet
from microblog.repositories import keys
from microblog.repositories.tweets import ShownTweet, TweetRepository
from microblog.repositories.users import UserRepository


@dataclass(frozen=True)
class FeedEvent:
    """A tweet was `posted` or `deleted`. `number`: where to go on; the revision of the store."""

    number: int
    kind: str
    tweet_id: str
    tweet: ShownTweet | None


class LiveFeed:
    """Follows the store's changes for each reader."""

    def __init__(self, namespace: AsyncNamespace, users: UserRepository, tweets: TweetRepository) -> None:
        self._namespace = namespace
        self._users = users
        self._tweets = tweets

    async def follow(self, caller: Caller, after: int | None) -> AsyncIterator[FeedEvent]:
        """Yield what happens to tweets of those whom the caller follows now; `after`: from an earlier event on."""
        async for change in self._namespace.watch(keys.TWEETS, after=after, previous=True):
            tweet_id = change.key.removeprefix(keys.TWEETS)
            members = change.value if change.kind == "written" else change.previous
            if members is None or not await self._is_shown(caller, Tweet.model_validate(members)):
                continue
            if change.kind == "written":
                for shown in await self._tweets.show([tweet_id], caller.subject):
                    yield FeedEvent(change.revision, "posted", tweet_id, shown)
            else:
                yield FeedEvent(change.revision, "deleted", tweet_id, None)

    async def _is_shown(self, caller: Caller, tweet: Tweet) -> bool:
        return tweet.author == caller.subject or await self._users.is_following(caller.subject, tweet.author)
