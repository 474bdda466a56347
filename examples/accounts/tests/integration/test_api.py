"""The interface, with real services behind it."""

import asyncio
from itertools import pairwise
from typing import Any
from uuid import uuid4

import httpx
import pytest

from test_support.applications import read_problem

from ..conftest import Accounts, create_group, create_user, read_all


async def test_a_profile_is_merged_not_overwritten(api: httpx.AsyncClient) -> None:
    user = await create_user(api, profile={"city": "Riga", "pets": {"cat": "Tom", "dog": "Rex"}})
    patch = {"profile": {"pets": {"dog": None}, "age": 7}, "last_name": "Petrova"}
    changed = (await api.patch(f"/users/{user['id']}/", json=patch)).raise_for_status().json()
    assert changed["profile"] == {"city": "Riga", "pets": {"cat": "Tom"}, "age": 7}
    assert (changed["last_name"], changed["events"]) == ("Petrova", 2)
    assert (await api.patch(f"/users/{user['id']}/", json={})).json()["events"] == 2  # nothing to tell of
    await asyncio.gather(*(api.patch(f"/users/{user['id']}/", json={"profile": {f"key-{each}": each}}) for each in range(10)))
    merged = (await api.get(f"/users/{user['id']}/")).json()
    assert [merged["profile"][f"key-{each}"] for each in range(10)] == list(range(10))
    assert merged["events"] == 12


async def test_usernames_are_unique_under_concurrency(api: httpx.AsyncClient) -> None:
    name = f"boris-{uuid4().hex[:8]}"
    bodies = [{"username": each, "first_name": "Boris"} for each in (name, name.upper()) * 5]
    answers = await asyncio.gather(*(api.post("/users/", json=body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
    read_problem(next(answer for answer in answers if answer.status_code == 409), 409, "taken", "username")
    other = await create_user(api)
    read_problem(await api.patch(f"/users/{other['id']}/", json={"username": name}), 409, "taken", "username")
    [first] = [answer.json() for answer in answers if answer.status_code == 201]
    assert (await api.patch(f"/users/{first['id']}/", json={"username": f"{name}-2"})).status_code == 200
    assert (await api.patch(f"/users/{other['id']}/", json={"username": name})).status_code == 200  # it is free now


async def test_users_are_listed_filtered_and_sorted(api: httpx.AsyncClient) -> None:
    prefix = f"list-{uuid4().hex[:8]}"
    users = [await create_user(api, username=f"{prefix}-{letter}") for letter in "cab"]
    assert (await api.delete(f"/users/{users[0]['id']}/")).status_code == 204

    async def read(**params: str) -> list[str]:
        return [user["username"][-1] for user in await read_all(api, "/users/", prefix=prefix, **params)]

    assert await read() == ["a", "b", "c"]
    assert await read(sort="-username") == ["c", "b", "a"]
    assert await read(sort="created_at") == ["c", "a", "b"]
    assert await read(sort="-created_at", is_active="true") == ["b", "a"]
    assert await read(is_active="false") == ["c"]
    assert (await api.post(f"/users/{users[0]['id']}/activate/")).json()["is_active"] is True
    assert await read(is_active="false") == []


async def test_other_listings_are_filtered_and_sorted_too(api: httpx.AsyncClient) -> None:
    prefix = f"list {uuid4().hex[:8]}"
    groups = [
        (await api.post("/groups/", json={"name": f"{prefix} {letter}"})).raise_for_status().json()["id"] for letter in "cab"
    ]
    users = [await create_user(api) for _ in range(3)]
    for user in users:
        await api.put(f"/groups/{groups[0]}/members/user/{user['id']}/")
    for group in groups[1:]:
        await api.put(f"/groups/{groups[0]}/members/group/{group}/")
        await api.put(f"/groups/{group}/members/user/{users[0]['id']}/")
    for number in range(3):
        await create_contact(api, users[0]["id"], f"{prefix[5:]}-{number}@example.com")
    await api.delete(f"/users/{users[1]['id']}/")

    async def read(path: str, field: str, **params: str) -> list[Any]:
        return [each[field] for each in await read_all(api, path, **params)]

    ids = [user["id"] for user in users]
    assert [name[-1] for name in await read("/groups/", "name", prefix=prefix.upper())] == ["a", "b", "c"]
    assert [name[-1] for name in await read("/groups/", "name", prefix=prefix, sort="-name")] == ["c", "b", "a"]
    assert await read(f"/groups/{groups[0]}/members/", "id") == [*groups[1:], *ids]
    assert await read(f"/groups/{groups[0]}/members/", "id", kind="user", sort="-id") == ids[::-1]
    assert await read(f"/groups/{groups[0]}/users/", "id") == ids
    assert await read(f"/groups/{groups[0]}/users/", "id", is_active="true", sort="-created_at") == [ids[2], ids[0]]
    assert await read(f"/users/{ids[0]}/groups/", "id") == groups
    assert await read(f"/users/{ids[0]}/groups/", "id", prefix=f"{prefix} a") == [groups[1]]
    assert await read(f"/users/{ids[0]}/groups/", "id", sort="-created_at") == groups[::-1]
    values = await read(f"/users/{ids[0]}/contacts/", "value")
    assert [value[-13] for value in values] == ["0", "1", "2"]
    assert await read(f"/users/{ids[0]}/contacts/", "value", sort="-created_at", type="email") == values[::-1]
    assert await read("/contact-types/", "code", kind="messenger") == ["telegram"]
    codes = await read("/contact-types/", "code")
    assert await read("/contact-types/", "code", sort="-code") == codes[::-1]
    read_problem(await api.get(f"/groups/{groups[0]}/users/", params={"cursor": "x"}), 422, "rule-broken", "cursor")


async def create_contact(api: httpx.AsyncClient, user_id: str, value: str, code: str = "email") -> httpx.Response:
    return await api.post(f"/users/{user_id}/contacts/", json={"type": code, "value": value})


async def test_one_contact_of_a_type_is_primary(api: httpx.AsyncClient) -> None:
    user = await create_user(api)
    path = f"/users/{user['id']}/contacts/"
    mark = uuid4().hex
    bodies = [{"type": "email", "value": f"{mark}-{each}@example.com", "is_primary": True} for each in range(6)]
    created = [
        answer.raise_for_status().json() for answer in await asyncio.gather(*(api.post(path, json=body) for body in bodies))
    ]
    listed = (await api.get(path)).json()["items"]
    assert {each["id"] for each in listed} == {each["id"] for each in created}
    [primary] = [each for each in listed if each["is_primary"]]
    other = next(each for each in listed if each != primary)
    read_problem(await api.patch(f"{path}{primary['id']}/", json={"is_primary": False}), 422, "rule-broken", "is_primary")
    assert (await api.patch(f"{path}{other['id']}/", json={"is_primary": True})).json()["is_primary"] is True
    assert [each["id"] for each in (await api.get(path)).json()["items"] if each["is_primary"]] == [other["id"]]
    for _ in range(2):
        assert (await api.delete(f"{path}{other['id']}/")).status_code == 204
    active = (await api.get(path, params={"is_active": "true", "type": "email"})).json()["items"]
    assert [each["is_primary"] for each in active] == [True] + [False] * 4
    [ended] = (await api.get(path, params={"is_active": "false"})).json()["items"]
    assert (ended["id"], ended["is_primary"]) == (other["id"], False)
    assert (await create_contact(api, (await create_user(api))["id"], other["value"])).status_code == 201  # it is free again


async def test_contacts_obey_the_rule_of_their_type(api: httpx.AsyncClient) -> None:
    user, other = await create_user(api), await create_user(api)
    for code, value in (("email", "anna"), ("phone", "123"), ("telegram", "a b")):
        read_problem(await create_contact(api, user["id"], value, code), 422, "rule-broken", "value")
    read_problem(await create_contact(api, user["id"], "x", "pigeon"), 404, "not-found", "type")
    value = f"{uuid4().hex}@example.com"
    contact = (await create_contact(api, user["id"], value)).raise_for_status().json()
    read_problem(await create_contact(api, other["id"], value.upper()), 409, "taken", "value")
    path = f"/users/{user['id']}/contacts/{contact['id']}/"
    read_problem(await api.patch(path, json={"value": "anna"}), 422, "rule-broken", "value")
    assert (await api.patch(path, json={"value": f"new-{value}"})).json()["value"] == f"new-{value}"
    assert (await create_contact(api, other["id"], value)).status_code == 201
    read_problem(await api.post("/contact-types/", json={"code": "email", "name": "x", "kind": "email"}), 409, "taken", "code")
    assert (
        await api.post("/contact-types/", json={"code": f"t{uuid4().hex[:8]}", "name": "x", "kind": "phone"})
    ).status_code == 201
    assert {"email", "phone", "telegram"} <= {each["code"] for each in await read_all(api, "/contact-types/")}


async def test_groups_are_nested_without_a_circle(api: httpx.AsyncClient) -> None:
    user = await create_user(api)
    groups = [await create_group(api) for _ in range(4)]
    for outer, inner in pairwise(groups):
        assert (await api.put(f"/groups/{outer}/members/group/{inner}/")).status_code == 204
    for _ in range(2):
        assert (await api.put(f"/groups/{groups[3]}/members/user/{user['id']}/")).status_code == 204
    assert [each["id"] for each in await read_all(api, f"/groups/{groups[0]}/users/")] == [user["id"]]
    assert (await api.get(f"/groups/{groups[0]}/members/")).json()["items"] == [{"kind": "group", "id": groups[1]}]
    assert [each["id"] for each in await read_all(api, f"/users/{user['id']}/groups/")] == [groups[3]]
    nested = await read_all(api, f"/users/{user['id']}/groups/", nested="true")
    assert [each["id"] for each in nested] == sorted(groups)
    for one, other in ((3, 0), (1, 1), (2, 1)):
        read_problem(await api.put(f"/groups/{groups[one]}/members/group/{groups[other]}/"), 422, "rule-broken", "id")
    assert (await api.delete(f"/groups/{groups[0]}/members/group/{groups[1]}/")).status_code == 204
    assert await read_all(api, f"/groups/{groups[0]}/users/") == []


async def test_two_at_once_close_no_circle(api: httpx.AsyncClient) -> None:
    for _ in range(5):
        one, two = await create_group(api), await create_group(api)
        paths = (f"/groups/{one}/members/group/{two}/", f"/groups/{two}/members/group/{one}/")
        answers = await asyncio.gather(*(api.put(path) for path in paths))
        assert sorted(answer.status_code for answer in answers) == [204, 422]


async def test_roles_come_from_grants(accounts: Accounts, keys: dict[str, str]) -> None:
    requests: tuple[Any, ...] = (("GET", "/users/", None), ("POST", "/groups/", {}), ("POST", "/contact-types/", {}))
    allowed = {}
    async with httpx.AsyncClient(base_url=f"{accounts.url}/api/v1", trust_env=False, timeout=60) as http:
        for role in ("read", "write", "admin"):
            headers = {"Api-Key": keys[role]}
            answers = [await http.request(method, path, json=body, headers=headers) for method, path, body in requests]
            allowed[role] = [answer.status_code != 403 for answer in answers]
        assert allowed == {"read": [True, False, False], "write": [False, True, False], "admin": [True, True, True]}
        read_problem(await http.get("/users/"), 401, "not-authenticated")
        read_problem(await http.get("/users/", headers={"Authorization": "Bearer x"}), 401, "not-authenticated")


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/users/", {"first_name": "A"}, "username"),
        ("POST", "/users/", {"username": "a b", "first_name": "A"}, "username"),
        ("POST", "/users/", {"username": "ab", "first_name": "A", "profile": {"a": "x" * 17_000}}, "profile"),
        ("POST", "/users/", {"username": "ab", "first_name": "A", "role": "x"}, "role"),
        ("GET", "/users/?limit=0", None, "limit"),
        ("GET", "/users/?cursor=x", None, "cursor"),
        ("GET", "/users/?sort=age", None, "sort"),
        ("GET", "/users/x/", None, "user_id"),
        ("POST", "/groups/", {"name": " "}, "name"),
    ],
)
async def test_errors_name_the_field(api: httpx.AsyncClient, method: str, path: str, body: object, field: str) -> None:
    read_problem(await api.request(method, path, json=body), 422, "rule-broken", field)


async def test_what_is_absent_is_not_found(api: httpx.AsyncClient) -> None:
    absent = "00000000-0000-7000-8000-000000000000"
    for path in (f"/users/{absent}/", f"/users/{absent}/contacts/", f"/groups/{absent}/members/", f"/users/{absent}/groups/"):
        read_problem(await api.get(path), 404, "not-found")
    group = await create_group(api)
    read_problem(await api.put(f"/groups/{group}/members/user/{absent}/"), 404, "not-found")
