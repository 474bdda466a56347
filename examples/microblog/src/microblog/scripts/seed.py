"""Demonstration data: users who follow each other, and their tweets with likes."""

import json
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from key_value_client import AsyncNamespace
from microblog.models.tweet import Timeline, Tweet
from microblog.models.user import Profile
from microblog.repositories import keys

FOLLOWING, LIKES = 20, 3  # of each user, and at most of each tweet
WORDS = [
    "tea",
    "coffee",
    "release",
    "build",
    "green",
    "river",
    "train",
    "lunch",
    "idea",
    "question",
    "answer",
    "team",
    "week",
    "plan",
    "garden",
    "music",
    "book",
    "code",
]


async def fill(namespace: AsyncNamespace, users: int, tweets: int, seed: int = 7) -> None:
    """Import users and tweets; the same numbers and seed give the same data. Prints what was done."""
    began = time.monotonic()
    random_ = random.Random(seed)  # noqa: S311 - nothing secret
    summary = await namespace.import_lines(_make_lines(random_, users, tweets))
    print(f"{users:,} users, {tweets:,} tweets: {summary.written:,} pairs in {time.monotonic() - began:.1f} s")  # noqa: T201


def _make_lines(random_: random.Random, users: int, tweets: int) -> Iterator[bytes]:
    for key, value in make_pairs(random_, users, tweets):
        yield json.dumps({"key": key, "value": value}).encode() + b"\n"


def make_pairs(random_: random.Random, users: int, tweets: int) -> Iterator[tuple[str, Any]]:
    """Yield the pairs, as the repositories would have written them."""
    people = [str(UUID(int=random_.getrandbits(128), version=4)) for _ in range(users)]
    timelines = dict.fromkeys(people, Timeline())
    written = dict.fromkeys(people, 0)
    followers = dict.fromkeys(people, 0)
    began = datetime.now(UTC) - timedelta(seconds=tweets)
    for number in range(tweets):
        author = random_.choice(people)
        created_at = began + timedelta(seconds=number)
        tweet_id = _make_id(random_, created_at)
        text = " ".join(random_.choices(WORDS, k=random_.randint(4, 20))).capitalize() + "."
        tweet = Tweet(id=tweet_id, author=author, text=text, created_at=created_at)
        yield keys.tweet(tweet_id), tweet.model_dump(mode="json")
        admirers = random_.sample(people, min(random_.randint(0, LIKES), users))
        for user in admirers:
            yield keys.like(tweet_id, user), True
        if admirers:
            yield keys.likes(tweet_id), len(admirers)
        timelines[author], older = timelines[author].add(tweet_id)
        written[author] += 1
        if older:
            yield keys.chunk(author, older[0]), older[1].model_dump()
    for number, user in enumerate(people):
        profile = Profile(id=user, username=f"demo-{number:05}", name=f"Demo {number:05}")
        yield keys.profile(user), profile.model_dump()
        yield keys.username(profile.username), user
        yield keys.timeline(user), timelines[user].model_dump()
        yield keys.count(user, "tweets"), written[user]
        followed = [each for each in random_.sample(people, min(FOLLOWING + 1, users)) if each != user][:FOLLOWING]
        for each in followed:
            followers[each] += 1
            yield keys.following(user, each), True
            yield keys.follower(each, user), True
        yield keys.count(user, "following"), len(followed)
    for user in people:
        yield keys.count(user, "followers"), followers[user]


def _make_id(random_: random.Random, created_at: datetime) -> str:
    """Return a UUID of version 7 (RFC 9562, section 5.7) of a moment."""
    milliseconds = int(created_at.timestamp() * 1000)
    return str(UUID(int=milliseconds << 80 | 7 << 76 | random_.getrandbits(12) << 64 | 2 << 62 | random_.getrandbits(62)))
