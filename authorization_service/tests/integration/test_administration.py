"""Administration of users, groups and grants."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import jwt
import pytest

from test_support.authorization.people import PASSWORD, Person, register
from test_support.problems import read_broken_rules, read_problem
from test_support.processes import Service, wait_until


@pytest.fixture
def group(administrator: Person) -> str:
    """A new group."""
    name = f"g-{uuid.uuid4().hex}"
    assert administrator("PUT", f"/groups/{name}").status_code == 201
    return name


def read_scope(person: Person) -> str:
    """Return the scope of a new token of the person."""
    scope: str = jwt.decode(person.log_in()["access_token"], options={"verify_signature": False})["scope"]
    return scope


def test_demoted_administrator_is_refused_immediately(administrator: Person, anna: Person) -> None:
    administrator("PATCH", f"/users/{anna.username}", {"role": "administrator"})
    anna.log_in()
    assert anna("GET", "/users").is_success
    administrator("PATCH", f"/users/{anna.username}", {"role": "member"})
    read_problem(anna("GET", "/users"), 403, "administrator-required")


def test_users_are_listed_in_pages(authorization_service: Service, administrator: Person) -> None:
    prefix = f"p{uuid.uuid4().hex[:12]}"
    names = [f"{prefix}-{letter}" for letter in "aBcDe"]
    for name in reversed(names):
        register(authorization_service, name)
    found: list[str] = []
    cursor = ""
    while cursor is not None:
        answer = administrator("GET", f"/users?prefix={prefix.upper()}&limit=2&cursor={cursor}").json()
        assert len(answer["users"]) <= 2
        found += [user["username"] for user in answer["users"]]
        cursor = answer["next_cursor"]
    assert found == names
    assert administrator("GET", f"/users?prefix={prefix}-ab").json() == {"users": [], "next_cursor": None}
    assert administrator("GET", f"/users?prefix={quote('я' * 1000)}").json() == {"users": [], "next_cursor": None}


def test_users_are_listed_without_secrets(administrator: Person) -> None:
    answer = administrator("GET", "/users?limit=1000")
    assert "argon2" not in answer.text
    assert set(answer.json()["users"][0]) == {
        "id", "username", "first_name", "last_name", "created_at", "role", "is_enabled"
    }  # fmt: skip


@pytest.mark.parametrize("path", ["/users", "/groups"])
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"), ("limit=1001", "limit"), ("limit=x", "limit"), ("cursor=-x", "cursor"), ("cursor=%00", "cursor"),
        ("cursor=a%0a", "cursor"), ("cursor=../", "cursor"), ("cursor=Anna", "cursor"), ("cursor=" + "a" * 65, "cursor"),
    ],
)  # fmt: skip
def test_invalid_query_is_rejected_by_field(administrator: Person, path: str, query: str, field: str) -> None:
    assert {broken for broken, _ in read_broken_rules(administrator("GET", f"{path}?{query}"))} == {field}


def test_disabled_user_gets_the_same_response_as_a_wrong_password(administrator: Person, anna: Person) -> None:
    answer = administrator("PATCH", f"/users/{anna.username.upper()}", {"is_enabled": False})
    assert answer.json()["is_enabled"] is False
    assert administrator("GET", f"/users/{anna.username}").json() == answer.json()
    refused = anna.send("POST", "/login", json={"username": anna.username, "password": PASSWORD})
    wrong = anna.send("POST", "/login", json={"username": anna.username, "password": "wrong"})
    problems = [read_problem(answer, 401, "wrong-credentials") for answer in (refused, wrong)]
    assert {problem.pop("request_id") and str(problem) for problem in problems} == {str(problems[0])}
    assert administrator("PATCH", f"/users/{anna.username}", {"is_enabled": True}).json()["is_enabled"] is True
    anna.log_in()


def test_deleted_user_is_not_found_and_its_name_is_free(
    authorization_service: Service, administrator: Person, anna: Person
) -> None:
    assert administrator("DELETE", f"/users/{anna.username}").status_code == 204
    for method in ("GET", "DELETE"):
        read_problem(administrator(method, f"/users/{anna.username}"), 404, "no-such-user")
    register(authorization_service, anna.username)


@pytest.mark.parametrize(
    "path",
    ["/users/{}", "/users/{}/grants", "/users/{}/grants/read:a", "/groups/{}", "/groups/{}/grants", "/groups/{}/grants/read:a"],
)
@pytest.mark.parametrize("name", ["nobody-at-all", "x" * 3000, quote("имя"), "%00", quote("a b")])
def test_unknown_name_is_not_found(administrator: Person, path: str, name: str) -> None:
    kind = "no-such-user" if "users" in path else "no-such-group"
    method = "DELETE" if path.endswith("read:a") else "GET"
    read_problem(administrator(method, path.format(name)), 404, kind)


@pytest.mark.parametrize(
    ("body", "broken"),
    [
        ({"role": "king"}, {("role", "enum")}),
        ({"is_enabled": "yes"}, {("is_enabled", "bool_type")}),
        ({"password": "x"}, {("password", "extra_forbidden")}),
    ],
)
def test_invalid_change_of_a_user_is_rejected_by_field(
    administrator: Person, anna: Person, body: Any, broken: set[tuple[str, str]]
) -> None:
    assert read_broken_rules(administrator("PATCH", f"/users/{anna.username}", body)) == broken


def test_one_of_two_administrators_who_demote_each_other_concurrently_remains(administrator: Person, anna: Person) -> None:
    administrator("PATCH", f"/users/{anna.username}", {"role": "administrator"})
    anna.log_in()

    def demote(number: int) -> int:
        one, other = (administrator, anna) if number % 2 else (anna, administrator)
        body = {"role": "member"} if number % 4 < 2 else {"is_enabled": False}
        return one("PATCH", f"/users/{other.username}", body).status_code

    try:
        with ThreadPoolExecutor(50) as pool:
            statuses = list(pool.map(demote, range(50)))
        assert set(statuses) <= {200, 401, 403, 409}
        left = [person for person in (administrator, anna) if person("GET", "/users").is_success]
        assert len(left) == 1
    finally:
        anna("PATCH", "/users/admin", {"role": "administrator", "is_enabled": True})
        administrator.log_in()
        administrator("PATCH", f"/users/{anna.username}", {"role": "member"})


def test_group_is_created_once(administrator: Person) -> None:
    name = f"g-{uuid.uuid4().hex}"
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: administrator("PUT", f"/groups/{name}"), range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] * 49 + [201]
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].json() | {"created_at": ""} == {"name": name, "created_at": "", "members": [], "grants": []}
    assert name in {group["name"] for group in administrator("GET", "/groups?limit=1000").json()["groups"]}
    assert administrator("DELETE", f"/groups/{name}").status_code == 204
    read_problem(administrator("DELETE", f"/groups/{name}"), 404, "no-such-group")


@pytest.mark.parametrize("name", ["Team", "-a", "a" * 65, quote("имя"), quote("a b")])
def test_invalid_group_name_is_rejected(administrator: Person, name: str) -> None:
    assert read_broken_rules(administrator("PUT", f"/groups/{name}")) == {("name", "name")}


def test_new_users_tokens_have_the_grants_of_the_settings(anna: Person) -> None:
    assert read_scope(anna) == "read:default write:default"


def test_grants_of_users_and_their_groups_are_in_their_tokens(administrator: Person, anna: Person, group: str) -> None:
    user = f"/users/{anna.username}"
    assert administrator("PUT", f"{user}/grants/read:team-*").status_code == 204
    assert administrator("PUT", f"/groups/{group}/grants/admin:team-1").status_code == 204
    assert administrator("PUT", f"/groups/{group}/members/{anna.username}").status_code == 204
    assert administrator("PUT", f"{user}/grants/{quote('write:team-1', safe='')}").status_code == 204
    assert administrator("GET", f"{user}/grants").json() == {
        "own": ["read:default", "read:team-*", "write:default", "write:team-1"],
        "by_group": {group: ["admin:team-1"]},
        "scope": "admin:team-1 read:default read:team-* write:default",
    }
    assert read_scope(anna) == "admin:team-1 read:default read:team-* write:default"
    shown = administrator("GET", f"/groups/{group}").json()
    assert (shown["members"], shown["grants"]) == ([anna.username], ["admin:team-1"])
    assert administrator("DELETE", f"/groups/{group}/members/{anna.username}").status_code == 204
    assert administrator("DELETE", f"{user}/grants/read:default").status_code == 204
    assert read_scope(anna) == "read:team-* write:default write:team-1"


def test_grants_on_keys_are_given_and_removed(administrator: Person, anna: Person, group: str) -> None:
    user = f"/users/{anna.username}"
    given = ["read:store/%2A%20%25/*", "read:store/config/*", "read:store/config/app", "write:store/caf%C3%A9"]
    for grant in given:
        assert administrator("PUT", f"{user}/grants/{quote(grant, safe='')}").status_code == 204
    assert administrator("PUT", f"/groups/{group}/grants/write:store%2F*").status_code == 422
    assert administrator("PUT", f"/groups/{group}/grants/write:store%2Fc*").status_code == 204
    assert administrator("PUT", f"/groups/{group}/members/{anna.username}").status_code == 204
    scope = "read:default read:store/%2A%20%25/* read:store/config/* write:default write:store/c*"
    assert administrator("GET", f"{user}/grants").json() == {
        "own": ["read:default", *given[:3], "write:default", given[3]],
        "by_group": {group: ["write:store/c*"]},
        "scope": scope,
    }
    assert read_scope(anna) == scope
    for grant in given:
        assert administrator("DELETE", f"{user}/grants/{quote(grant, safe='')}").status_code == 204
    assert read_scope(anna) == "read:default write:default write:store/c*"


def test_grant_or_membership_that_is_not_held_cannot_be_removed(administrator: Person, anna: Person, group: str) -> None:
    read_problem(administrator("DELETE", f"/users/{anna.username}/grants/admin:x"), 404, "grant-not-held")
    read_problem(administrator("DELETE", f"/groups/{group}/grants/admin:x"), 404, "grant-not-held")
    read_problem(administrator("DELETE", f"/groups/{group}/members/{anna.username}"), 404, "not-a-member")


@pytest.mark.parametrize(
    "grant",
    [
        "read", "read:", "delete:a", "read:A", "read:a*b", quote("read:a write:b"), quote("read:имя"),
        *(
            quote(grant, safe="")
            for grant in (
                "read:a/", "read:a/*", "admin:a/b", "read:a*/b", "read:a/%2e%2e", "read:a/%41", "read:a/%c3%a9", "read:a/é",
                "read:a/%C0%AE", "read:a/%00", "read:a/b c", "read:a/%2", "read:a/*/x",
            )
        ),
    ],
)  # fmt: skip
def test_malformed_grant_is_rejected(administrator: Person, anna: Person, group: str, grant: str) -> None:
    for holder in (f"/users/{anna.username}", f"/groups/{group}"):
        for method in ("PUT", "DELETE"):
            assert read_broken_rules(administrator(method, f"{holder}/grants/{grant}")) == {("grant", "grant")}


def test_grants_beyond_the_size_of_a_token_are_rejected(administrator: Person, anna: Person, group: str) -> None:
    user = f"/users/{anna.username}"
    grants = [f"write:{number:058d}" for number in range(50)]
    answers = [administrator("PUT", f"{user}/grants/{grant}") for grant in grants]
    given = [answer.status_code for answer in answers].count(204)
    read_problem(answers[-1], 409, "limit-reached")
    assert given + answers.count(answers[-1]) <= 50
    token = anna.log_in()["access_token"]
    assert len(token) < 6000
    assert anna("GET", "/me").is_success
    administrator("PUT", f"/groups/{group}/grants/admin:{'z' * 60}")
    read_problem(administrator("PUT", f"/groups/{group}/members/{anna.username}"), 409, "limit-reached")


def is_refused(person: Person) -> bool:
    """Return whether the person's token is revoked."""
    answer = person("GET", "/me")
    return answer.status_code == 401 and answer.json()["type"] == "urn:problem-type:invalid-token"


def test_changed_grants_revoke_tokens_and_a_refresh_returns_the_new_grants(
    administrator: Person, anna: Person, group: str
) -> None:
    elsewhere = anna.log_in_elsewhere()
    refresh_token = anna.log_in()["refresh_token"]
    for change in (
        ("PUT", f"/users/{anna.username}/grants/admin:a"),
        ("DELETE", f"/users/{anna.username}/grants/admin:a"),
        ("PUT", f"/groups/{group}/members/{anna.username}"),
        ("PUT", f"/groups/{group}/grants/read:b"),
        ("DELETE", f"/groups/{group}/grants/read:b"),
        ("PUT", f"/groups/{group}/grants/read:c"),
        ("DELETE", f"/groups/{group}/members/{anna.username}"),
        ("PUT", f"/groups/{group}/members/{anna.username}"),
        ("DELETE", f"/groups/{group}"),
    ):
        assert administrator(*change).is_success
        wait_until(lambda: is_refused(anna) and is_refused(elsewhere), f"{change} revoking tokens", 3)
        answer = anna.send("POST", "/refresh", json={"refresh_token": refresh_token}).raise_for_status().json()
        anna.token, refresh_token = answer["access_token"], answer["refresh_token"]
        elsewhere.log_in()
        assert anna("GET", "/me").is_success
        expected = administrator("GET", f"/users/{anna.username}/grants").json()["scope"]
        assert jwt.decode(anna.token, options={"verify_signature": False})["scope"] == expected


def test_disabled_or_deleted_user_is_refused_everywhere(administrator: Person, anna: Person) -> None:
    refresh_token = anna.log_in()["refresh_token"]
    administrator("PATCH", f"/users/{anna.username}", {"is_enabled": False})
    wait_until(lambda: is_refused(anna), "disabling revoking tokens", 3)
    refused = anna.send("POST", "/refresh", json={"refresh_token": refresh_token})
    read_problem(refused, 401, "invalid-refresh-token")
    administrator("PATCH", f"/users/{anna.username}", {"is_enabled": True})
    assert is_refused(anna)
    refresh_token = anna.log_in()["refresh_token"]
    administrator("DELETE", f"/users/{anna.username}")
    wait_until(lambda: is_refused(anna), "removing revoking tokens", 3)
    refused = anna.send("POST", "/refresh", json={"refresh_token": refresh_token})
    read_problem(refused, 401, "invalid-refresh-token")
