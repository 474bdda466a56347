"""Repositories and services by themselves, on the store that they are written for."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from key_value_client import AsyncNamespace
from key_value_client.authentication import Caller
from microblog.main import make_client, make_services
from microblog.models.tweet import CHUNK
from microblog.models.user import Profile
from microblog.repositories import keys
from microblog.repositories.rankings import RankingRepository
from microblog.repositories.tweets import MediaTakenError, TweetRepository
from microblog.repositories.users import Counts, UserRepository
from microblog.services.media import FileTooLargeError
from microblog.services.tweets import NotYoursError
from microblog.services.users import MAX_FOLLOWING, FollowingRefusedError

from ..conftest import make_settings

ANNA, BORIS = (Caller(name.lower(), name.lower(), name) for name in ("Anna", "Boris"))


@pytest.fixture
async def namespace(account: dict[str, str]) -> AsyncIterator[AsyncNamespace]:
    async with make_client(make_settings(account)) as client:
        name = f"microblog-{uuid4().hex}"
        await client.create_namespace(name)
        yield client.namespace(name)


async def test_users_are_added_once_and_counted_with_those_who_follow(namespace: AsyncNamespace) -> None:
    users = UserRepository(namespace)
    profile = Profile(id="anna", username="Anna", name="Anna")
    assert await users.add(profile) == profile
    assert await users.add(profile.model_copy(update={"name": "Another"})) == profile
    assert [await users.follow("anna", "boris") for _ in range(2)] == [True, False]
    assert (await users.count("anna"), await users.count("boris")) == (Counts(following=1), Counts(followers=1))
    assert [await users.unfollow("anna", "boris") for _ in range(2)] == [True, False]
    assert await users.count("boris") == Counts()


async def test_a_timeline_is_cut_into_parts_and_deletion_finds_the_right_one(namespace: AsyncNamespace) -> None:
    tweets = TweetRepository(namespace)
    posted = [await tweets.add("anna", f"tweet {number}", []) for number in range(CHUNK + 2)]
    assert [len((await tweets.read_timelines(["anna"]))["anna"].tweets), (await tweets.find(posted[0].id))] == [2, posted[0]]
    assert [await tweets.delete(posted[0]) for _ in range(2)] == [True, False]
    part = (await tweets.read_chunks([("anna", 1)]))["anna", 1]
    assert part.tweets == [tweet.id for tweet in posted[CHUNK - 1 : 0 : -1]]
    with pytest.raises(MediaTakenError):
        await tweets.add("anna", "with a file that is absent", [str(uuid4())])


async def test_a_ranking_is_its_readers_own(namespace: AsyncNamespace) -> None:
    rankings = RankingRepository(namespace)
    ranking_id = await rankings.add("anna", ["b", "a"])
    assert await rankings.find("anna", ranking_id) == ["b", "a"]
    assert await rankings.find("boris", ranking_id) is None
    assert await rankings.find("anna", "absent") is None


async def test_services_refuse_what_is_not_allowed(namespace: AsyncNamespace, account: dict[str, str]) -> None:
    services = make_services(make_settings(account, max_media_bytes=10), namespace)
    for caller in (ANNA, BORIS):
        await services.users.ensure(caller)
    tweet = (await services.tweets.post(ANNA, "Mine", [])).tweet
    with pytest.raises(NotYoursError):
        await services.tweets.delete(BORIS, tweet.id)
    with pytest.raises(FollowingRefusedError, match="themselves"):
        await services.users.follow(ANNA, ANNA.subject)
    await namespace.put(keys.count("anna", "following"), MAX_FOLLOWING)
    with pytest.raises(FollowingRefusedError, match="limit"):
        await services.users.follow(ANNA, BORIS.subject)
    with pytest.raises(FileTooLargeError):
        await services.media.upload(ANNA, b"x" * 11)
