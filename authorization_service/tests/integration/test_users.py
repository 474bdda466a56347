import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from test_support.authorization.accounts import PASSWORD, new_user
from test_support.authorization.people import Person
from test_support.problems import read_broken_rules, read_problem


def test_registered_user_logs_in_and_sees_its_account(authorization: httpx.Client) -> None:
    wanted = new_user()
    registered = authorization.post("/register", json=wanted)
    assert registered.status_code == 201
    user = registered.json()
    assert set(user) == {"id", "username", "first_name", "last_name", "created_at"}
    assert (user["username"], user["first_name"], user["last_name"]) == (
        wanted["username"], wanted["first_name"], wanted["last_name"],
    )  # fmt: skip
    assert uuid.UUID(user["id"]).version == 7
    assert abs(datetime.fromisoformat(user["created_at"]) - datetime.now(UTC)) < timedelta(minutes=1)
    login = authorization.post("/login", json={"username": wanted["username"].upper(), "password": PASSWORD})
    assert login.headers["cache-control"] == "no-store"
    assert (login.json()["token_type"], login.json()["expires_in"]) == ("Bearer", 900)
    headers = {"Authorization": f"Bearer {login.json()['access_token']}"}
    assert authorization.get("/me", headers=headers).json() == user | {"role": "member", "profile": {}}


@pytest.mark.parametrize(
    ("first_name", "last_name"),
    [
        ("伟", "J"),
        ("Robert", "Downey Jr."),
        ("María de los Ángeles de la Trinidad", "x" * 64),
        ("'t", "Hooft"),
        ("J. R. R.", None),
    ],
)
def test_people_register_as_they_are_called(authorization: httpx.Client, first_name: str, last_name: str | None) -> None:
    names = {"first_name": first_name, "last_name": last_name}
    registered = authorization.post("/register", json=new_user(**names))
    assert registered.status_code == 201, registered.text
    assert {name: registered.json()[name] for name in names} == names


def test_person_with_one_name_has_no_last_name_everywhere(authorization: httpx.Client, administrator: Person) -> None:
    wanted = new_user(first_name="Suharto")
    del wanted["last_name"]
    registered = authorization.post("/register", json=wanted)
    assert (registered.status_code, registered.json()["last_name"]) == (201, None)
    login = authorization.post("/login", json={"username": wanted["username"], "password": PASSWORD}).json()
    headers = {"Authorization": f"Bearer {login['access_token']}"}
    assert authorization.get("/me", headers=headers).json()["last_name"] is None
    assert administrator("GET", f"/users/{wanted['username']}").json()["last_name"] is None
    [listed] = administrator("GET", f"/users?prefix={wanted['username']}").json()["users"]
    assert listed["last_name"] is None


def test_a_username_is_taken_without_regard_to_case(authorization: httpx.Client) -> None:
    user = new_user()
    authorization.post("/register", json=user).raise_for_status()
    again = new_user(username=user["username"].upper(), password="Another-horse-8")
    read_problem(authorization.post("/register", json=again), 409, "username-taken")
    login = {"username": user["username"], "password": PASSWORD}
    assert authorization.post("/login", json=login).is_success


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({"username": "a"}, {("username", "length")}),
        ({"username": "-ab"}, {("username", "characters")}),
        ({"username": "иван"}, {("username", "characters")}),
        ({"username": "x" * 65}, {("username", "length")}),
        ({"password": "Sh0rt-!"}, {("password", "length")}),
        ({"password": "no-upper-7"}, {("password", "upper_case")}),
        ({"password": "NO-LOWER-7"}, {("password", "lower_case")}),
        ({"password": "No-digit-here"}, {("password", "digit")}),
        ({"password": "NoSpecial7here"}, {("password", "special")}),
        ({"password": "Sunshine-2024"}, {("password", "common")}),
        ({"username": "sunshine", "password": "Sunshine-2024"}, {("password", "common"), ("password", "username")}),
        ({"first_name": "X" * 65}, {("first_name", "length")}),
        ({"first_name": " Anna"}, {("first_name", "characters")}),
        ({"first_name": None}, {("first_name", "string_type")}),
        ({"last_name": "Smith "}, {("last_name", "characters")}),
        ({"last_name": "<R2D2>"}, {("last_name", "characters")}),
        ({"last_name": "\u202eSmith"}, {("last_name", "characters")}),
        ({"last_name": 7}, {("last_name", "string_type")}),
        (
            {"username": "", "password": "", "first_name": "", "last_name": ""},
            {("username", "length"), ("username", "characters"), ("password", "length"), ("password", "lower_case"),
             ("password", "upper_case"), ("password", "digit"), ("password", "special"), ("first_name", "length"),
             ("first_name", "characters"), ("last_name", "length"), ("last_name", "characters")},
        ),
        ({"role": "administrator"}, {("role", "extra_forbidden")}),
        ({"password": 12345678}, {("password", "string_type")}),
    ],
)  # fmt: skip
def test_every_broken_rule_is_reported_by_field(
    authorization: httpx.Client, changes: dict[str, Any], broken: set[tuple[str, str]]
) -> None:
    answer = authorization.post("/register", json=new_user(**changes))
    assert read_broken_rules(answer) == broken
    assert str(changes.get("password", "Correct")) not in answer.text or changes.get("password") == ""


def test_wrong_name_and_wrong_password_get_the_same_response(authorization: httpx.Client) -> None:
    user = new_user()
    authorization.post("/register", json=user).raise_for_status()
    answers = [
        authorization.post("/login", json={"username": username, "password": password})
        for username, password in (
            (user["username"], "Wrong-horse-7"),
            ("nobody-" + uuid.uuid4().hex, PASSWORD),
            ("not a username!", PASSWORD),
            ("", ""),
            (user["username"], PASSWORD + "x" * 100_000),
        )
    ]
    problems = [read_problem(answer, 401, "wrong-credentials") for answer in answers]
    for problem in problems:
        del problem["request_id"]
    assert all(problem == problems[0] for problem in problems)
    assert all(answer.headers["www-authenticate"] == "Bearer" for answer in answers)


def test_me_needs_a_token_of_this_service(authorization: httpx.Client) -> None:
    read_problem(authorization.get("/me"), 401, "authentication-required")
    read_problem(authorization.get("/me", headers={"Authorization": "Bearer a.b.c"}), 401, "invalid-token")


def test_invalid_bodies_are_rejected(authorization: httpx.Client) -> None:
    json_type = {"Content-Type": "application/json"}
    read_problem(authorization.post("/login", content=b"{", headers=json_type), 400, "malformed-body")
    read_problem(authorization.post("/login", content=b"{}"), 415, "unsupported-media-type")
    read_problem(authorization.post("/login", content=b" " * (128 * 2**10 + 1), headers=json_type), 413, "body-too-large")
    assert read_broken_rules(authorization.post("/login", json={})) == {("username", "missing"), ("password", "missing")}


@pytest.mark.parametrize("field", ["password", "first_name"])
def test_text_that_is_expensive_to_normalize_is_rejected_by_its_length(authorization: httpx.Client, field: str) -> None:
    # Unordered combining marks cost the square of their number: these are as many as a body may have.
    marks = "Aa1!" + "\u0301" * 15_000 + "\u0316" * 15_000
    assert (field, "length") in read_broken_rules(authorization.post("/register", json=new_user(**{field: marks}), timeout=20))
    login = {"username": marks, "password": marks}
    read_problem(authorization.post("/login", json=login, timeout=20), 401, "wrong-credentials")
