"""The tweets of those whom one follows: merged when they are read, so posting costs the same however many follow."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from microblog.models.tweet import Chunk, Timeline
from microblog.repositories.rankings import RankingRepository
from microblog.repositories.tweets import ShownTweet, TweetRepository
from microblog.repositories.users import UserRepository
from microblog.utils.pagination import InvalidCursorError, Page, Slice, decode_cursor, encode_cursor

MAX_RANKED = 500
"""A feed by likes has so many of the newest tweets."""


@dataclass(frozen=True)
class Selection:
    """Which tweets are read, and in which order. `has_media`: only those with images, or without; None: both."""

    sort: Literal["time", "likes"] = "time"
    has_media: bool | None = None

    def selects(self, shown: ShownTweet) -> bool:
        """Return whether a tweet is one of them."""
        return self.has_media is None or bool(shown.tweet.media) is self.has_media


class Timelines(Protocol):
    """Reads timelines."""

    async def read_timelines(self, authors: Iterable[str]) -> dict[str, Timeline]:
        """Return the heads, by author."""

    async def read_chunks(self, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Chunk]:
        """Return older parts, by author and number."""


class FeedService:
    """Feeds by time and by likes."""

    def __init__(self, users: UserRepository, tweets: TweetRepository, rankings: RankingRepository) -> None:
        self._users = users
        self._tweets = tweets
        self._rankings = rankings

    async def read(self, viewer: str, author: str | None, wanted: Selection, part: Slice) -> Page[ShownTweet]:
        """Return a page of the tweets of one author; None: of all whom the viewer follows, and the viewer's own.

        What is posted meanwhile is on no later page, and shifts none. Raises InvalidCursorError.
        """
        authors = [viewer, *await self._users.all_following(viewer)] if author is None else [author]
        read = self._read_by_time if wanted.sort == "time" else self._read_by_likes
        return await read(authors, viewer, wanted, part)

    async def _read_by_likes(self, authors: list[str], viewer: str, wanted: Selection, part: Slice) -> Page[ShownTweet]:
        """The most liked of the newest first. The pages that follow have the order of the first one."""
        if part.cursor is None:
            ranking_id, offset, ranked = "", 0, await self._rank(authors, viewer, wanted)
            if len(ranked) > part.limit:
                ranking_id = await self._rankings.add(viewer, ranked)
        else:
            ranking_id, _, number = decode_cursor(part.cursor).partition(" ")
            found = await self._rankings.find(viewer, ranking_id)
            if found is None or not number.isdecimal():
                raise InvalidCursorError
            ranked, offset = found, int(number)
        end = offset + part.limit
        shown = await self._tweets.show(ranked[offset:end], viewer)
        return Page(shown, encode_cursor(f"{ranking_id} {end}") if end < len(ranked) else None)

    async def _rank(self, authors: list[str], viewer: str, wanted: Selection) -> list[str]:
        newest = await merge(self._tweets, authors, None, MAX_RANKED)
        if wanted.has_media is not None:
            newest = [each.tweet.id for each in await self._tweets.show(newest, viewer) if wanted.selects(each)]
        likes = await self._tweets.count_likes(newest)
        return sorted(newest, key=lambda each: (likes.get(each, 0), each), reverse=True)

    async def _read_by_time(self, authors: list[str], viewer: str, wanted: Selection, part: Slice) -> Page[ShownTweet]:
        before = None if part.cursor is None else decode_cursor(part.cursor)
        items: list[ShownTweet] = []
        while True:
            left = part.limit - len(items)
            found = await merge(self._tweets, authors, before, left + 1)
            items += [each for each in await self._tweets.show(found[:left], viewer) if wanted.selects(each)]
            if len(found) <= left:
                return Page(items, None)
            before = found[left - 1]
            if wanted.has_media is None or len(items) == part.limit:
                return Page(items, encode_cursor(before))


class _Line:
    """One author's ids before a place, the newest first, as far as they are read."""

    def __init__(self, timeline: Timeline, before: str | None) -> None:
        self._before = before
        self.unread = timeline.find_chunks(before)
        self.ids = self._select(timeline.tweets)

    def extend(self, chunk: Chunk | None) -> None:
        """Add the next older part."""
        del self.unread[0]
        self.ids += self._select(chunk.tweets if chunk else [])

    def _select(self, ids: list[str]) -> list[str]:
        return [each for each in ids if self._before is None or each < self._before]


async def merge(timelines: Timelines, authors: Iterable[str], before: str | None, limit: int) -> list[str]:
    """Return the newest ids of several authors, `limit` at most, that are less than `before`.

    The heads are one read; older parts are read together, and only those whose ids may be among the result.
    """
    lines = {author: _Line(head, before) for author, head in (await timelines.read_timelines(authors)).items()}
    while True:
        merged = heapq.merge(*(line.ids for line in lines.values()), reverse=True)
        found = [each for _, each in zip(range(limit), merged, strict=False)]
        last = found[-1] if len(found) == limit else ""
        short = [(author, line) for author, line in lines.items() if line.unread and (not line.ids or line.ids[-1] > last)]
        if not short:
            return found
        chunks = await timelines.read_chunks((author, line.unread[0]) for author, line in short)
        for author, line in short:
            line.extend(chunks.get((author, line.unread[0])))
