"""The tweets of those whom one follows: merged when they are read, so posting costs the same however many follow."""

import heapq
from collections.abc import Iterable
from typing import Protocol

from microblog.models.tweet import Chunk, Timeline
from microblog.repositories.rankings import RankingRepository
from microblog.repositories.tweets import ShownTweet, TweetRepository
from microblog.repositories.users import UserRepository
from microblog.utils.pagination import InvalidCursorError, Page, Slice, decode_cursor, encode_cursor

MAX_RANKED = 500
"""A feed by likes has so many of the newest tweets."""


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

    async def read_newest(self, user: str, part: Slice) -> Page[ShownTweet]:
        """Return a page, the newest tweets first. What is posted meanwhile is on no later page, and shifts none."""
        authors = [user, *await self._users.all_following(user)]
        return await self._read_by_time(authors, user, part)

    async def read_author(self, author: str, viewer: str, part: Slice) -> Page[ShownTweet]:
        """Return a page of one author's tweets, the newest first."""
        return await self._read_by_time([author], viewer, part)

    async def read_most_liked(self, user: str, part: Slice) -> Page[ShownTweet]:
        """Return a page of the newest tweets, the most liked first. The pages that follow have the order of the first one."""
        if part.cursor is None:
            ranking_id, offset, ranked = "", 0, await self._rank(user)
            if len(ranked) > part.limit:
                ranking_id = await self._rankings.add(user, ranked)
        else:
            ranking_id, _, number = decode_cursor(part.cursor).partition(" ")
            found = await self._rankings.find(user, ranking_id)
            if found is None or not number.isdecimal():
                raise InvalidCursorError
            ranked, offset = found, int(number)
        end = offset + part.limit
        shown = await self._tweets.show(ranked[offset:end], user)
        return Page(shown, encode_cursor(f"{ranking_id} {end}") if end < len(ranked) else None)

    async def _rank(self, user: str) -> list[str]:
        authors = [user, *await self._users.all_following(user)]
        newest = await merge(self._tweets, authors, None, MAX_RANKED)
        likes = await self._tweets.count_likes(newest)
        return sorted(newest, key=lambda each: (likes.get(each, 0), each), reverse=True)

    async def _read_by_time(self, authors: list[str], viewer: str, part: Slice) -> Page[ShownTweet]:
        before = None if part.cursor is None else decode_cursor(part.cursor)
        found = await merge(self._tweets, authors, before, part.limit + 1)
        ids = found[: part.limit]
        shown = await self._tweets.show(ids, viewer)
        return Page(shown, encode_cursor(ids[-1]) if len(found) > part.limit else None)


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
