"""Tweets, and the lists in which they are found."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

CHUNK = 50
"""Tweets that a part of a timeline has."""


class Tweet(BaseModel):
    """A tweet, under `tweets/{id}`. Ids are UUIDs of version 7 (RFC 9562): later ones are greater."""

    model_config = ConfigDict(frozen=True)

    id: str
    author: str
    text: str
    media: list[str] = []
    created_at: datetime


class Chunk(BaseModel):
    """An older part of a timeline, under `timelines/{author}/{number}`: ids, the newest first."""

    tweets: list[str]


class ChunkEntry(BaseModel):
    """What the head knows of an older part."""

    number: int
    oldest: str


class Timeline(BaseModel):
    """The head of a timeline, under `timelines/{author}`: the newest ids, and where the older ones are, the newest part first.

    One read of many heads is enough for the first page of a feed.
    """

    tweets: list[str] = []
    older: list[ChunkEntry] = []
    newest: str = ""
    """The greatest id that it has had."""

    def add(self, tweet_id: str) -> tuple["Timeline", tuple[int, Chunk] | None]:
        """Return the timeline with one more tweet, and a part that has become an older one."""
        if len(self.tweets) < CHUNK:
            return Timeline(tweets=[tweet_id, *self.tweets], older=self.older, newest=tweet_id), None
        number = self.older[0].number + 1 if self.older else 1
        entry = ChunkEntry(number=number, oldest=self.tweets[-1])
        return Timeline(tweets=[tweet_id], older=[entry, *self.older], newest=tweet_id), (number, Chunk(tweets=self.tweets))

    def find_chunks(self, before: str | None) -> list[int]:
        """Return the numbers of the older parts that have ids less than `before`, the newest first."""
        return [entry.number for entry in self.older if before is None or entry.oldest < before]


class Media(BaseModel):
    """What is known of an uploaded file, under `media/{id}`. `tweet`: the one that it belongs to."""

    model_config = ConfigDict(frozen=True)

    id: str
    owner: str
    media_type: str
    tweet: str | None = Field(default=None)
