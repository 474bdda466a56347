"""Tweets with their likes, and the timelines in which they are found."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from key_value_client import AsyncNamespace, Pair
from key_value_client.turns import Turns
from microblog.models.tweet import Chunk, Media, Timeline, Tweet
from microblog.repositories import keys
from microblog.utils.identifiers import new_id


class MediaTakenError(Exception):
    """A file that does not exist, is somebody else's, or belongs to another tweet."""


@dataclass(frozen=True)
class ShownTweet:
    """A tweet as one user sees it."""

    tweet: Tweet
    likes: int
    is_liked: bool


class TweetRepository:
    """Pairs under `tweets/`, `timelines/`, `likes/`, `like_counts/`."""

    def __init__(self, namespace: AsyncNamespace) -> None:
        self._namespace = namespace
        self._turns = Turns()

    async def find(self, tweet_id: str) -> Tweet | None:
        """Return a tweet, if it is there."""
        members = await self._namespace.get(keys.tweet(tweet_id), None)
        return None if members is None else Tweet.model_validate(members)

    async def show(self, tweet_ids: Iterable[str], viewer: str) -> list[ShownTweet]:
        """Return those tweets that are still there, in this order, by one read."""
        wanted = list(tweet_ids)
        found = await self._namespace.get_many(
            key for each in wanted for key in (keys.tweet(each), keys.likes(each), keys.like(each, viewer))
        )
        return [
            ShownTweet(
                Tweet.model_validate(found[keys.tweet(each)]), found.get(keys.likes(each), 0), keys.like(each, viewer) in found
            )
            for each in wanted
            if keys.tweet(each) in found
        ]

    async def add(self, author: str, text: str, media: list[str]) -> Tweet:
        """Add a tweet to its author's timeline, and give it its files, in one transaction. Raises MediaTakenError."""
        return await self._turns.until_done(author, lambda: self._add(author, text, media))

    async def _add(self, author: str, text: str, media: list[str]) -> Tweet | None:
        read = await self._namespace.find_many([keys.timeline(author), *map(keys.media, media)])
        head = read.get(keys.timeline(author))
        timeline = Timeline.model_validate(head.value) if head else Timeline()
        tweet = Tweet(id=new_id(timeline.newest), author=author, text=text, media=media, created_at=datetime.now(UTC))
        timeline, older = timeline.add(tweet.id)
        async with self._namespace.transaction() as tx:
            tx.when(keys.timeline(author), revision=head.revision if head else 0)
            for media_id in media:
                file = read.get(keys.media(media_id))
                record = Media.model_validate(file.value) if file else None
                if file is None or record is None or record.owner != author or record.tweet is not None:
                    raise MediaTakenError(media_id)
                tx.when(keys.media(media_id), revision=file.revision)
                tx.write(keys.media(media_id), record.model_copy(update={"tweet": tweet.id}).model_dump())
            tx.write(keys.tweet(tweet.id), tweet.model_dump(mode="json"))
            tx.write(keys.timeline(author), timeline.model_dump())
            tx.increment(keys.count(author, "tweets"))
            if older:
                tx.write(keys.chunk(author, older[0]), older[1].model_dump())
        return tweet if tx.succeeded else None

    async def delete(self, tweet: Tweet) -> bool:
        """Delete a tweet with its likes and the records of its files; return whether it was there."""
        is_deleted = await self._turns.until_done(tweet.author, lambda: self._delete(tweet))
        # Without its tweet, nobody can like it any more; what is left of likes is seen by nobody.
        await self._namespace.delete_prefix(keys.like(tweet.id))
        return is_deleted

    async def _delete(self, tweet: Tweet) -> bool | None:
        part = await self._find_part(tweet)
        async with self._namespace.transaction() as tx:
            tx.when(keys.tweet(tweet.id), exists=True)
            if part is not None:
                left = [each for each in part.value["tweets"] if each != tweet.id]
                tx.when(part.key, revision=part.revision).write(part.key, {**part.value, "tweets": left})
            tx.delete(keys.tweet(tweet.id))
            tx.delete(keys.likes(tweet.id))
            for media_id in tweet.media:
                tx.delete(keys.media(media_id))
            tx.increment(keys.count(tweet.author, "tweets"), -1)
            there = tx.otherwise.read(keys.tweet(tweet.id))
        return True if tx.succeeded else False if there.result is None else None

    async def _find_part(self, tweet: Tweet) -> Pair[dict[str, Any]] | None:
        """Return the part of its author's timeline that a tweet is in."""
        head = await self._namespace.find(keys.timeline(tweet.author))
        if head is None or tweet.id in head.value["tweets"]:
            return head
        holding = [entry.number for entry in Timeline.model_validate(head.value).older if entry.oldest <= tweet.id]
        return await self._namespace.find(keys.chunk(tweet.author, holding[0])) if holding else None

    async def like(self, tweet_id: str, user: str) -> bool | None:
        """Like a tweet; return whether that is new, None if there is no such tweet."""
        async with self._namespace.transaction() as tx:
            tx.when(keys.tweet(tweet_id), exists=True).when(keys.like(tweet_id, user), exists=False)
            tx.write(keys.like(tweet_id, user), True)
            tx.increment(keys.likes(tweet_id))
            there = tx.otherwise.read(keys.tweet(tweet_id))
        return True if tx.succeeded else None if there.result is None else False

    async def unlike(self, tweet_id: str, user: str) -> bool:
        """Like a tweet no longer; return whether that is new."""
        async with self._namespace.transaction() as tx:
            tx.when(keys.tweet(tweet_id), exists=True).when(keys.like(tweet_id, user), exists=True)
            tx.delete(keys.like(tweet_id, user))
            tx.increment(keys.likes(tweet_id), -1)
        return tx.succeeded

    async def count_likes(self, tweet_ids: Iterable[str]) -> dict[str, int]:
        """Return the likes of those tweets that have any."""
        wanted = {keys.likes(each): each for each in tweet_ids}
        return {wanted[key]: value for key, value in (await self._namespace.get_many(wanted)).items()}

    async def read_timelines(self, authors: Iterable[str]) -> dict[str, Timeline]:
        """Return the heads of timelines, by author: one read for a thousand."""
        wanted = {keys.timeline(author): author for author in authors}
        found = await self._namespace.get_many(wanted)
        return {wanted[key]: Timeline.model_validate(value) for key, value in found.items()}

    async def read_chunks(self, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Chunk]:
        """Return older parts of timelines, by author and number."""
        places = {keys.chunk(*each): each for each in wanted}
        found = await self._namespace.get_many(places)
        return {places[key]: Chunk.model_validate(value) for key, value in found.items()}
