"""The interface: coffees, reviews, rooms, roles, and what goes wrong."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from test_support.applications import read_problem

from ..conftest import Coffee, Person, add_coffee, give_role, register


@pytest.fixture
async def anna(http: httpx.AsyncClient) -> Person:
    return await register(http)


@pytest.fixture
async def roaster(http: httpx.AsyncClient, administrator: Person) -> Person:
    return await give_role(administrator, await register(http, "rita"), "roaster")


async def test_people_register_sign_in_and_have_a_profile(http: httpx.AsyncClient, anna: Person) -> None:
    me = await anna.get("/users/me")
    assert (me["name"], me["about"], me["role"]) == ("Anna", "", "member")
    changed = await anna.ask("PATCH", "/users/me", json={"about": "Filter, mostly"})
    assert changed.json()["about"] == "Filter, mostly"
    boris = await register(http, "boris")
    assert (await boris.get(f"/users/{anna.id}"))["about"] == "Filter, mostly"
    assert [user["id"] for user in (await boris.get("/users", prefix=me["username"].upper()))["items"]] == [anna.id]
    read_problem(await anna.ask("PATCH", "/users/me", json={"role": "administrator"}), 422, "rule-broken", "role")
    read_problem(await anna.ask("PATCH", "/users/me", json={"name": None}), 422, "rule-broken", "name")


async def test_tokens_are_refreshed_and_refusals_passed_on(http: httpx.AsyncClient) -> None:
    username = f"anna-{uuid4().hex[:8]}"
    body = {"username": username, "password": "Correct-horse-7", "name": "Anna Petrova"}
    assert (await http.post("/auth/register", json=body)).status_code == 201
    assert (await http.post("/auth/register", json=body)).json()["type"] == "urn:problem-type:username-taken"
    assert (await http.post("/auth/login", json={"username": username, "password": "wrong"})).status_code == 401
    tokens = (await http.post("/auth/login", json={"username": username, "password": "Correct-horse-7"})).json()
    refreshed = (await http.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]})).json()
    headers = {"Authorization": f"Bearer {refreshed['access_token']}"}
    assert (await http.get("/users/me", headers=headers)).json()["name"] == "Anna Petrova"


@pytest.mark.parametrize("path", ["/users/me", "/coffees", "/rooms", "/notifications", "/tasks/waiting"])
async def test_a_token_is_needed(http: httpx.AsyncClient, path: str) -> None:
    read_problem(await http.get(path), 401, "not-authenticated")
    read_problem(await http.get(path, headers={"Authorization": "Bearer x"}), 401, "not-authenticated")
    read_problem(await http.get(path, headers={"Api-Key": "coffee:wrong"}), 401, "not-authenticated")


async def test_roles_are_given_by_administrators_and_each_includes_those_before_it(
    http: httpx.AsyncClient, administrator: Person, anna: Person
) -> None:
    body = {"name": "Huila", "origin": "Colombia", "roast": "dark", "description": "Caramel"}
    read_problem(await anna.ask("POST", "/coffees", json=body), 403, "missing-role")
    read_problem(await anna.ask("PUT", f"/users/{anna.id}/role", json={"role": "administrator"}), 403, "missing-role")
    read_problem(await anna.ask("GET", "/tasks/waiting"), 403, "missing-role")
    await give_role(administrator, anna, "moderator")
    assert (await anna.ask("POST", "/coffees", json=body)).status_code == 201
    read_problem(await anna.ask("PUT", f"/users/{anna.id}/role", json={"role": "administrator"}), 403, "missing-role")
    boris = await register(http, "boris")
    await give_role(administrator, boris, "administrator")
    await give_role(boris, anna, "member")
    read_problem(await anna.ask("POST", "/coffees", json=body), 403, "missing-role")
    read_problem(await administrator.ask("PUT", "/users/nobody/role", json={"role": "member"}), 404, "not-found")
    assert (await administrator.get("/users/me"))["role"] == "administrator"


async def test_a_coffee_is_edited_by_its_roaster_and_by_moderators(
    http: httpx.AsyncClient, administrator: Person, roaster: Person
) -> None:
    coffee = await add_coffee(roaster)
    path = f"/coffees/{coffee['id']}"
    assert (await roaster.ask("PATCH", path, json={"roast": "medium"})).json()["roast"] == "medium"
    other = await give_role(administrator, await register(http, "olga"), "roaster")
    read_problem(await other.ask("PATCH", path, json={"roast": "dark"}), 403, "not-yours")
    await give_role(administrator, other, "moderator")
    name = f"Limu {uuid4().hex}"
    assert (await other.ask("PATCH", path, json={"name": name, "is_listed": False})).json()["name"] == name
    listed = await roaster.read_all("/coffees", limit=100)
    assert coffee["id"] not in [each["id"] for each in listed]
    assert coffee["id"] in [each["id"] for each in await roaster.read_all("/coffees", is_listed=False)]
    assert await roaster.get(path) == coffee | {"name": name, "roast": "medium", "is_listed": False}
    read_problem(await roaster.ask("PATCH", path, json={"roast": "burnt"}), 422, "rule-broken", "roast")
    read_problem(await roaster.ask("GET", "/coffees/absent"), 404, "not-found")


async def test_coffees_are_filtered_and_sorted_in_pages_without_gaps(roaster: Person) -> None:
    origin = f"Origin {uuid4().hex[:8]}"
    names = [f"{letter} {origin}" for letter in "dBaEc"]
    coffees = {}
    for number, name in enumerate(names):
        coffee = await add_coffee(roaster, name=name, origin=origin, roast="dark" if number % 2 else "light")
        coffees[name] = coffee["id"]
    await add_coffee(roaster)  # of another origin

    async def list_names(**params: Any) -> list[str]:
        items = await roaster.read_all("/coffees", origin=origin.upper(), limit=2, **params)
        assert all(each["origin"] == origin for each in items)
        return [each["name"][0] for each in items]

    assert await list_names() == list("aBcdE")
    assert await list_names(sort="-name") == list("EdcBa")
    assert await list_names(sort="created_at") == list("dBaEc")
    assert await list_names(sort="-created_at") == list("cEaBd")
    assert await list_names(roast="dark") == list("BE")
    for name, rating in (("B", 5), ("c", 2), ("a", 4)):
        await roaster.post(f"/coffees/{coffees[f'{name} {origin}']}/reviews", rating=rating, text="So")
    assert (await list_names(sort="-rating"))[:3] == list("Bac")
    assert (await list_names(sort="rating"))[2:] == list("caB")
    assert await list_names(sort="-rating", rating=4) == list("Ba")
    assert await list_names(rating=2.5) == list("aB")

    first = await roaster.get("/coffees", origin=origin, sort="-rating", limit=2)
    await roaster.post(f"/coffees/{coffees[f'E {origin}']}/reviews", rating=5, text="Now it is the best, and moves up")
    await roaster.ask("DELETE", f"/coffees/{coffees[f'B {origin}']}")
    rest = await roaster.read_all("/coffees", sort="-rating", limit=100, cursor=first["next_cursor"])
    assert sorted(each["name"][0] for each in first["items"] + rest) == list("BEacd")


async def test_cursors_belong_to_their_listing(roaster: Person, anna: Person) -> None:
    for _ in range(2):
        await add_coffee(roaster)
    by_name = (await roaster.get("/coffees", limit=1))["next_cursor"]
    by_rating = (await roaster.get("/coffees", limit=1, sort="rating"))["next_cursor"]
    wrong = [(by_name, "created_at"), (by_name, "rating"), (by_rating, "name"), ("!", "name"), ("AAAA", "rating")]
    for cursor, sort in wrong:
        answer = await roaster.ask("GET", "/coffees", params={"cursor": cursor, "sort": sort})
        read_problem(answer, 422, "invalid-cursor", "cursor")
    answer = await anna.ask("GET", "/coffees", params={"cursor": by_rating, "sort": "rating"})
    read_problem(answer, 422, "invalid-cursor", "cursor")


async def test_reviews_change_the_rating_and_moderators_hide_them(
    http: httpx.AsyncClient, administrator: Person, roaster: Person, anna: Person
) -> None:
    coffee = await add_coffee(roaster)
    path = f"/coffees/{coffee['id']}"

    async def read_rating() -> tuple[float | None, int]:
        found = await anna.get(path)
        return found["rating"], found["rating_count"]

    review = await anna.post(f"{path}/reviews", rating=2, text="Sour")
    read_problem(await anna.ask("POST", f"{path}/reviews", json={"rating": 5, "text": "Again"}), 409, "already-reviewed")
    read_problem(await anna.ask("POST", f"{path}/reviews", json={"rating": 6, "text": "So"}), 422, "rule-broken", "rating")
    read_problem(await anna.ask("POST", "/coffees/absent/reviews", json={"rating": 1, "text": "So"}), 404, "not-found")
    boris = await register(http, "boris")
    own = f"{path}/reviews/{review['id']}"
    await boris.post(f"{path}/reviews", rating=5, text="Bright")
    assert await read_rating() == (3.5, 2)
    assert (await anna.ask("PATCH", own, json={"rating": 3})).json()["text"] == "Sour"
    assert await read_rating() == (4.0, 2)
    for method, body in (("PATCH", {"rating": 1}), ("DELETE", None)):
        read_problem(await boris.ask(method, own, json=body), 403, "not-yours")
    read_problem(await boris.ask("PUT", f"{own}/moderation", json={"status": "hidden"}), 403, "missing-role")
    moderator = await give_role(administrator, boris, "moderator")
    hidden = await moderator.ask("PUT", f"{own}/moderation", json={"status": "hidden", "reason": "Not about coffee"})
    assert (hidden.json()["status"], hidden.json()["reason"]) == ("hidden", "Not about coffee")
    assert await read_rating() == (5.0, 1)
    await anna.ask("PATCH", own, json={"rating": 1})  # a hidden one does not count, whatever it says
    assert await read_rating() == (5.0, 1)
    olga = await register(http, "olga")
    for person, number in ((anna, 1), (moderator, 1), (olga, 0)):
        assert len((await person.get(f"{path}/reviews", status="hidden"))["items"]) == number
        assert len((await person.get(f"{path}/reviews"))["items"]) == 1
    await moderator.ask("PUT", f"{own}/moderation", json={"status": "published"})
    assert await read_rating() == (3.0, 2)
    assert (await moderator.ask("DELETE", own)).status_code == 204
    assert (await anna.ask("DELETE", own)).status_code == 404
    assert await read_rating() == (5.0, 1)
    assert (await anna.post(f"{path}/reviews", rating=4, text="A second try"))["rating"] == 4


async def test_rooms_have_messages_that_their_authors_and_moderators_remove(
    http: httpx.AsyncClient, administrator: Person, roaster: Person, anna: Person
) -> None:
    coffee = await add_coffee(roaster)
    room = await anna.post("/rooms", topic="Grind size", coffee=coffee["id"])
    path = f"/rooms/{room['id']}"
    assert await anna.get("/rooms", coffee=coffee["id"]) == {"items": [room], "next_cursor": None}
    assert (await anna.get("/rooms"))["items"][0]["topic"] == "The counter"
    for text in ("one", "two", "three"):
        await anna.post(f"{path}/messages", text=text)
    boris = await register(http, "boris")
    read_problem(await boris.ask("DELETE", f"{path}/messages/2"), 403, "not-yours")
    assert (await anna.ask("DELETE", f"{path}/messages/2")).status_code == 204
    read_problem(await anna.ask("DELETE", f"{path}/messages/2"), 404, "not-found")
    moderator = await give_role(administrator, boris, "moderator")
    assert (await moderator.ask("DELETE", f"{path}/messages/3")).status_code == 204
    await anna.post(f"{path}/messages", text="four")
    assert [each["text"] for each in await anna.read_all(f"{path}/messages", limit=1)] == ["four", "one"]
    for method, where in (("GET", "/rooms/absent"), ("GET", "/rooms/absent/messages"), ("PUT", "/rooms/absent/followers/me")):
        read_problem(await anna.ask(method, where), 404, "not-found")
    read_problem(await anna.ask("POST", "/rooms/absent/messages", json={"text": "x"}), 404, "not-found")
    read_problem(await anna.ask("POST", "/rooms", json={"topic": "x", "coffee": "absent"}), 404, "not-found")
    read_problem(await anna.ask("POST", f"{path}/messages", json={"text": " "}), 422, "rule-broken", "text")


async def test_other_listings_are_filtered_and_sorted_too(administrator: Person, roaster: Person, anna: Person) -> None:
    coffee = await add_coffee(roaster)
    path = f"/coffees/{coffee['id']}/reviews"
    reviews = [(await person.post(path, rating=rating, text="So"))["id"] for person, rating in ((anna, 2), (roaster, 5))]
    rooms = [(await anna.post("/rooms", topic=topic, coffee=coffee["id"]))["id"] for topic in ("one", "two", "three")]
    for person, text in ((anna, "a"), (roaster, "b"), (anna, "c")):
        await person.post(f"/rooms/{rooms[0]}/messages", text=text)

    async def read(path: str, field: str, **params: Any) -> list[Any]:
        return [each[field] for each in await anna.read_all(path, limit=1, **params)]

    assert await read(path, "id") == reviews[::-1]
    assert await read(path, "id", sort="created_at") == reviews
    assert await read(path, "id", rating=4) == reviews[1:]
    assert await read("/rooms", "id", coffee=coffee["id"]) == rooms
    assert await read("/rooms", "id", coffee=coffee["id"], sort="-created_at") == rooms[::-1]
    assert await read(f"/rooms/{rooms[0]}/messages", "text", sort="number") == ["a", "b", "c"]
    assert await read(f"/rooms/{rooms[0]}/messages", "text", author=anna.id) == ["c", "a"]
    names = await read("/users", "username", role="roaster", prefix="rita")
    assert names == sorted(names)
    assert (await roaster.get("/users/me"))["username"] in names
    assert await read("/users", "username", role="roaster", prefix="rita", sort="-username") == names[::-1]
    for sort, kind in (("created_at", "review"), ("-created_at", "message")):
        await roaster.get("/notifications", sort=sort, kind=kind)
        waiting = await administrator.read_all("/tasks/waiting", sort=sort, kind=kind)
        assert {each["kind"] for each in waiting} <= {kind}
        assert [each["id"] for each in waiting] == sorted((each["id"] for each in waiting), reverse=sort.startswith("-"))


async def test_the_interface_and_the_page_are_described_and_guarded(app: Coffee) -> None:
    async with httpx.AsyncClient(base_url=app.url, trust_env=False) as http:
        document = (await http.get("/openapi.json")).json()
        page = await http.get("/")
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len(operations) == 31
    assert all(operation.get("summary") and operation.get("tags") for operation in operations)
    assert all("application/problem+json" in operation["responses"]["default"]["content"] for operation in operations)
    assert "HTTPValidationError" not in str(document)
    assert "default-src 'none'" in page.headers["content-security-policy"]
