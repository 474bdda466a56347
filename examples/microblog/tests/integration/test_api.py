"""The interface, with real services behind it."""

import asyncio
import io
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from test_support.applications import read_problem
from test_support.store import Store

from ..conftest import PASSWORD, Person, make_settings, open_app, register


def make_image(kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 3), "green").save(buffer, kind)
    return buffer.getvalue()


async def upload(person: Person, data: bytes, name: str = "a.png") -> httpx.Response:
    return await person.ask("POST", "/media", files={"file": (name, data, "text/html")})


async def test_tweets_are_posted_shown_and_deleted(app: httpx.AsyncClient) -> None:
    anna, boris = await register(app), await register(app, "boris")
    tweet = await anna.post("  Hello, все!  ")
    assert tweet | {"created_at": ""} == {
        "id": tweet["id"], "author": {"id": anna.id, "username": anna.username, "name": "Anna"}, "text": "Hello, все!",
        "media": [], "created_at": "", "likes": 0, "is_liked": False,
    }  # fmt: skip
    assert (await boris.ask("GET", f"/tweets/{tweet['id']}")).json() == tweet
    read_problem(await boris.ask("DELETE", f"/tweets/{tweet['id']}"), 403, "not-yours")
    read_problem(await boris.ask("DELETE", f"/moderation/tweets/{tweet['id']}"), 403, "not-yours")
    assert (await anna.ask("DELETE", f"/tweets/{tweet['id']}")).status_code == 204
    for method, path in (("GET", ""), ("DELETE", ""), ("PUT", "/likes/me"), ("DELETE", "/likes/me")):
        read_problem(await anna.ask(method, f"/tweets/{tweet['id']}{path}"), 404, "no-such-tweet")
    assert await anna.read_feed() == []
    assert (await anna.ask("GET", f"/users/{anna.id}")).json()["tweets"] == 0


async def test_an_administrator_moderates(app: httpx.AsyncClient, store: Store) -> None:
    anna = await register(app)
    tweet = await anna.post("Rude words")
    login = {"username": "admin", "password": store.administrator_password}
    token = (await app.post("/sessions", json=login)).json()["access_token"]
    moderator = Person("", "admin", app, token)
    assert (await moderator.ask("DELETE", f"/moderation/tweets/{tweet['id']}")).status_code == 204
    assert await anna.read_feed() == []


async def test_a_feed_has_those_whom_one_follows(app: httpx.AsyncClient) -> None:
    anna, boris, vera = [await register(app, name) for name in ("anna", "boris", "vera")]
    await boris.post("from Boris")
    await vera.post("from Vera")
    await anna.post("from Anna")
    assert (await anna.ask("PUT", f"/users/{boris.id}/followers/me")).status_code == 204
    assert await anna.read_feed() == ["from Anna", "from Boris"]
    assert (await anna.ask("DELETE", f"/users/{boris.id}/followers/me")).status_code == 204
    assert await anna.read_feed() == ["from Anna"]


async def test_pages_of_a_feed_neither_skip_nor_repeat_while_others_post(app: httpx.AsyncClient) -> None:
    anna, boris = await register(app), await register(app, "boris")
    await anna.ask("PUT", f"/users/{boris.id}/followers/me")
    for number in range(30):
        await (boris if number % 2 else anna).post(f"tweet {number}")
    expected = [f"tweet {number}" for number in range(29, -1, -1)]
    for sort in ("time", "likes"):
        seen, cursor = [], None
        while True:
            params = {"limit": 4, "sort": sort} | ({"cursor": cursor} if cursor else {})
            page = (await anna.ask("GET", "/feed", params=params)).raise_for_status().json()
            seen += [tweet["text"] for tweet in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
            late = await boris.post("posted meanwhile")
            await anna.ask("PUT", f"/tweets/{page['items'][0]['id']}/likes/me")
        assert seen[-30:] == expected if sort == "time" else sorted(set(seen)) == sorted(set(expected) | {"posted meanwhile"})
        assert len(seen) == len(set(seen)) or sort == "likes"
        assert (await anna.read_feed(limit=1))[0] == late["text"]


async def test_the_most_liked_come_first(app: httpx.AsyncClient) -> None:
    people = [await register(app, f"user{number}") for number in range(3)]
    tweets = [await people[0].post(text) for text in ("none", "two", "one")]
    await people[1].ask("PUT", f"/tweets/{tweets[1]['id']}/likes/me")
    await people[2].ask("PUT", f"/tweets/{tweets[1]['id']}/likes/me")
    await people[2].ask("PUT", f"/tweets/{tweets[2]['id']}/likes/me")
    assert await people[0].read_feed(sort="likes", limit=1) == ["two", "one", "none"]
    cursor = (await people[0].ask("GET", "/feed", params={"sort": "likes", "limit": 1})).json()["next_cursor"]
    read_problem(await people[1].ask("GET", "/feed", params={"sort": "likes", "cursor": cursor}), 422, "invalid-cursor")


async def test_counters_are_exact_under_concurrency(app: httpx.AsyncClient) -> None:
    people = [await register(app, f"user{number}") for number in range(4)]
    author = people[0]
    tweet = await author.post("Like this")
    path = f"/tweets/{tweet['id']}/likes/me"
    await asyncio.gather(*(person.ask(method, path) for person in people for method in ("PUT", "DELETE", "PUT") * 5))
    await asyncio.gather(*(person.ask("PUT", path) for person in people for _ in range(3)))
    assert (await author.ask("GET", f"/tweets/{tweet['id']}")).json()["likes"] == 4
    await asyncio.gather(*(person.ask("PUT", f"/users/{author.id}/followers/me") for person in people[1:] for _ in range(3)))
    posted = await asyncio.gather(*(author.post(f"tweet {number}") for number in range(60)))
    await asyncio.gather(*(author.ask("DELETE", f"/tweets/{each['id']}") for each in posted[::2] for _ in range(2)))
    shown = (await author.ask("GET", f"/users/{author.id}")).json()
    assert (shown["tweets"], shown["followers"]) == (31, 3)
    left = {each["text"] for each in posted[1::2]} | {"Like this"}
    assert sorted(await author.read_feed(limit=100)) == sorted(left)


async def test_service_accounts_write_with_an_api_key(app: httpx.AsyncClient, store: Store) -> None:
    secret = store.create_account("build-bot", "read:default")
    key = {"Api-Key": f"build-bot:{secret}"}
    tweet = (await app.post("/tweets", json={"text": "The build is green"}, headers=key)).raise_for_status().json()
    assert tweet["author"]["username"] == "build-bot"
    for wrong in ("build-bot:wrong", "build-bot", "", ":", "nobody:x"):
        read_problem(await app.get("/me", headers={"Api-Key": wrong}), 401, "not-authenticated")


async def test_a_revoked_token_is_refused(app: httpx.AsyncClient) -> None:
    anna = await register(app)
    headers = {"Authorization": f"Bearer {anna.token}"}
    url = app._transport.app.state.services.settings.authorization_url  # type: ignore[attr-defined]
    async with httpx.AsyncClient(trust_env=False) as http:
        (await http.post(f"{url}/logout", headers=headers)).raise_for_status()
    read_problem(await anna.ask("GET", "/me"), 401, "not-authenticated")
    for wrong in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"}):
        read_problem(await app.get("/me", headers=wrong), 401, "not-authenticated")


@pytest.mark.parametrize("storage", ["store", "disk"])
async def test_images_are_attached_to_one_tweet(account: dict[str, str], media_folder: Path, storage: str) -> None:
    async with open_app(make_settings(account, media_storage=storage, media_folder=media_folder, max_media_bytes=10_000)) as app:
        anna, boris = await register(app), await register(app, "boris")
        media = (await upload(anna, make_image(), "../../x.html")).raise_for_status().json()
        assert media["media_type"] == "image/png"
        read_problem(await boris.ask("POST", "/tweets", json={"text": "mine", "media": [media["id"]]}), 409, "media-taken")
        tweet = await anna.post("With a picture", media["id"])
        answer = await app.get(tweet["media"][0].removeprefix("/api/v1"))
        assert (answer.content, answer.headers["content-type"]) == (make_image(), "image/png")
        assert answer.headers["x-content-type-options"] == "nosniff"
        read_problem(await anna.ask("POST", "/tweets", json={"text": "again", "media": [media["id"]]}), 409, "media-taken")
        for number in range(5):
            await anna.post(f"without {number}")
        assert await anna.read_feed(has_media=True, limit=1) == ["With a picture"]
        assert await anna.read_feed(has_media=True, sort="likes", limit=1) == ["With a picture"]
        assert await anna.read_feed(has_media=False, limit=2) == [f"without {number}" for number in range(4, -1, -1)]
        listed = (await boris.ask("GET", f"/users/{anna.id}/tweets", params={"has_media": True, "sort": "likes"})).json()["items"]
        assert [each["id"] for each in listed] == [tweet["id"]]
        assert (await anna.ask("DELETE", f"/tweets/{tweet['id']}")).status_code == 204
        read_problem(await app.get(f"/media/{media['id']}"), 404, "no-such-file")
        read_problem(await upload(anna, b"<script>"), 415, "not-an-image")
        read_problem(await upload(anna, make_image() + b"\0" * 10_000), 413, "file-too-large")
        assert media_folder.exists() is (storage == "disk")


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/tweets", {"text": " "}, "text"),
        ("POST", "/tweets", {"text": "é" * 281}, "text"),
        ("POST", "/tweets", {"text": "a", "media": ["../x"]}, "media.0"),
        ("POST", "/tweets", {"text": "a", "media": ["0" * 36] * 5}, "media"),
        ("POST", "/tweets", {"text": "a", "author": "b"}, "author"),
        ("POST", "/tweets", None, "body"),
        ("PATCH", "/users/me", {"name": ""}, "name"),
        ("GET", "/feed?limit=0", None, "limit"),
        ("GET", "/feed?sort=age", None, "sort"),
        ("GET", "/users?cursor=%3D", None, "cursor"),
        ("GET", "/tweets/A%20B", None, "tweet_id"),
    ],
)
async def test_errors_name_the_field(app: httpx.AsyncClient, method: str, path: str, body: Any, field: str) -> None:
    anna = await register(app)
    answer = await anna.ask(method, path, json=body) if body else await anna.ask(method, path)
    assert answer.status_code == 422
    assert field in [each["field"] for each in answer.json()["errors"]]


async def test_people_are_found_and_listed(app: httpx.AsyncClient) -> None:
    people = [await register(app, f"Zoe{number}") for number in range(3)]
    found = (await people[0].ask("GET", "/users", params={"prefix": "zoe", "limit": 2})).json()
    rest = (await people[0].ask("GET", "/users", params={"prefix": "zoe", "cursor": found["next_cursor"]})).json()
    assert [user["username"] for user in found["items"] + rest["items"]] == sorted(person.username for person in people)
    assert rest["next_cursor"] is None
    for person in people[1:]:
        await person.ask("PUT", f"/users/{people[0].id}/followers/me")
    followers = (await people[0].ask("GET", f"/users/{people[0].id}/followers")).json()["items"]
    assert {user["id"] for user in followers} == {person.id for person in people[1:]}
    following = (await people[1].ask("GET", f"/users/{people[1].id}/following")).json()["items"]
    assert [user["id"] for user in following] == [people[0].id]
    read_problem(await people[0].ask("PUT", f"/users/{people[0].id}/followers/me"), 409, "following-refused")
    read_problem(await people[0].ask("PUT", "/users/nobody/followers/me"), 404, "no-such-user")
    follower = f"/users/{people[0].id}/followers"
    backwards = (await people[0].ask("GET", follower, params={"sort": "-id"})).json()["items"]
    assert [user["id"] for user in backwards] == [user["id"] for user in followers][::-1]
    first = (await people[0].ask("GET", follower, params={"prefix": people[2].username.upper(), "limit": 1})).json()["items"]
    assert [user["id"] for user in first] == [people[2].id]
    last = (await people[0].ask("GET", "/users", params={"prefix": "zoe", "sort": "-username", "limit": 1})).json()["items"]
    assert [user["username"] for user in last] == [max(person.username for person in people)]
    changed = (await people[0].ask("PATCH", "/users/me", json={"about": "Tea"})).json()
    assert changed | {"about": "Tea"} == changed


async def test_problems_of_the_authorization_service_are_passed_on(app: httpx.AsyncClient) -> None:
    answer = await app.post("/users", json={"username": "x", "password": "weak", "name": "X"})
    assert answer.status_code == 422
    assert {each["field"] for each in answer.json()["errors"]} == {"username", "password"}
    read_problem(await app.post("/sessions", json={"username": "nobody", "password": PASSWORD}), 401, "wrong-credentials")
