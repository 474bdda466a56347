"""Tweets: posted, deleted, liked."""

from key_value_client.authentication import Caller
from microblog.models.tweet import Tweet
from microblog.repositories.tweets import ShownTweet, TweetRepository
from microblog.storage import Files


class TweetMissingError(Exception):
    """There is no such tweet."""


class NotYoursError(Exception):
    """Only its author and moderators may do this."""


class TweetService:
    """What may be done with tweets, and by whom."""

    def __init__(self, tweets: TweetRepository, files: Files) -> None:
        self._tweets = tweets
        self._files = files

    async def post(self, caller: Caller, text: str, media: list[str]) -> ShownTweet:
        """Post a tweet. Raises MediaTakenError."""
        return ShownTweet(await self._tweets.add(caller.subject, text, media), 0, False)

    async def show(self, caller: Caller, tweet_id: str) -> ShownTweet:
        """Return a tweet. Raises TweetMissingError."""
        found = await self._tweets.show([tweet_id], caller.subject)
        if not found:
            raise TweetMissingError
        return found[0]

    async def delete(self, caller: Caller, tweet_id: str) -> None:
        """Delete a tweet with its likes and files. Raises TweetMissingError, NotYoursError."""
        tweet = await self._find(tweet_id)
        if tweet.author != caller.subject and not caller.is_administrator:
            raise NotYoursError
        if not await self._tweets.delete(tweet):
            raise TweetMissingError
        for media_id in tweet.media:
            await self._files.delete(media_id)

    async def like(self, caller: Caller, tweet_id: str) -> None:
        """Like a tweet; twice is the same as once. Raises TweetMissingError."""
        if await self._tweets.like(tweet_id, caller.subject) is None:
            raise TweetMissingError

    async def unlike(self, caller: Caller, tweet_id: str) -> None:
        """Like a tweet no longer. Raises TweetMissingError."""
        if not await self._tweets.unlike(tweet_id, caller.subject):
            await self._find(tweet_id)

    async def _find(self, tweet_id: str) -> Tweet:
        tweet = await self._tweets.find(tweet_id)
        if tweet is None:
            raise TweetMissingError
        return tweet
