"""Operations on the caller's own account."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from test_support.authorization.people import PASSWORD, Person
from test_support.problems import read_broken_rules, read_problem
from test_support.processes import wait_until

NEW_PASSWORD = "Another-horse-8"


def test_names_and_profile_are_changed_and_shown(anna: Person) -> None:
    before = anna("GET", "/me").json()
    answer = anna(
        "PATCH", "/me", {"first_name": "Zoë", "profile": {"city": "Riga", "numbers": [1.0, -0.0, 18446744073709551615]}}
    )
    assert answer.status_code == 200
    profile = {"city": "Riga", "numbers": [1.0, -0.0, 18446744073709551615]}
    assert answer.json() == before | {"first_name": "Zoë", "profile": profile}
    assert '"numbers":[1.0,-0.0,18446744073709551615]' in answer.text
    assert anna("GET", "/me").text == answer.text


def test_a_patch_merges_and_null_removes(anna: Person) -> None:
    anna("PATCH", "/me", {"profile": {"a": {"b": 1, "c": 2}, "d": []}})
    assert anna("PATCH", "/me", {"profile": {"a": {"b": None, "e": 3}}}).json()["profile"] == {"a": {"c": 2, "e": 3}, "d": []}
    assert anna("PATCH", "/me", {}).json()["profile"] == {"a": {"c": 2, "e": 3}, "d": []}
    assert anna("PATCH", "/me", {"profile": {"a": 10**999}}).json()["profile"]["a"] == 10**999
    assert anna("GET", "/me").json()["profile"]["a"] == 10**999
    assert anna("PATCH", "/me", {"profile": None}).json()["profile"] == {}


def test_null_removes_the_last_name(anna: Person) -> None:
    assert anna("PATCH", "/me", {"first_name": "Bella"}).json()["last_name"] == "Petrova"
    assert anna("PATCH", "/me", {"last_name": None}).json()["last_name"] is None
    assert anna("PATCH", "/me", {"profile": {"a": 1}}).json()["last_name"] is None
    assert anna("GET", "/me").json()["last_name"] is None
    assert anna("PATCH", "/me", {"last_name": "P."}).json()["last_name"] == "P."


@pytest.mark.parametrize("media_type", ["application/merge-patch+json", "application/json", "Application/Merge-Patch+JSON"])
def test_merge_patch_media_type_is_accepted(anna: Person, media_type: str) -> None:
    content = json.dumps({"profile": {"a": 1}})
    answer = anna.send("PATCH", "/me", content=content, headers={"Content-Type": media_type})
    assert answer.json()["profile"] == {"a": 1}


def test_other_operations_reject_the_merge_patch_media_type(anna: Person) -> None:
    for path, media_type in (("/login", "application/merge-patch+json"), ("/me", "application/json-patch+json")):
        method = "POST" if path == "/login" else "PATCH"
        answer = anna.send(method, path, content=b"{}", headers={"Content-Type": media_type})
        read_problem(answer, 415, "unsupported-media-type")


@pytest.mark.parametrize(
    ("patch", "broken"),
    [
        ({"first_name": None}, {("first_name", "string_type")}),
        ({"first_name": ""}, {("first_name", "length"), ("first_name", "characters")}),
        ({"last_name": ""}, {("last_name", "length"), ("last_name", "characters")}),
        ({"last_name": "R2D2 "}, {("last_name", "characters")}),
        ({"username": "another"}, {("username", "extra_forbidden")}),
        ({"role": "administrator"}, {("role", "extra_forbidden")}),
        ({"is_enabled": True}, {("is_enabled", "extra_forbidden")}),
        ({"profile": []}, {("profile", "dict_type")}),
        ({"profile": "text"}, {("profile", "dict_type")}),
        ({"profile": {"a": 10**1000}}, {("profile", "integer_range")}),
        ({"profile": {"a": "x" * 16384}}, {("profile", "length")}),
    ],
)
def test_invalid_patch_is_rejected_by_field(anna: Person, patch: Any, broken: set[tuple[str, str]]) -> None:
    before = anna("GET", "/me").json()
    assert read_broken_rules(anna("PATCH", "/me", patch)) == broken
    assert anna("GET", "/me").json() == before


def test_concurrent_patches_are_all_applied(anna: Person) -> None:
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda number: anna("PATCH", "/me", {"profile": {f"n{number}": number}}), range(50)))
    assert all(answer.is_success for answer in answers)
    assert anna("GET", "/me").json()["profile"] == {f"n{number}": number for number in range(50)}


def test_new_password_replaces_the_old_one(anna: Person) -> None:
    answer = anna("POST", "/me/password", {"current_password": PASSWORD, "new_password": NEW_PASSWORD})
    assert (answer.status_code, answer.content) == (204, b"")
    login = {"username": anna.username, "password": PASSWORD}
    read_problem(anna.send("POST", "/login", json=login), 401, "wrong-credentials")
    assert anna.send("POST", "/login", json=login | {"password": NEW_PASSWORD}).is_success


def test_password_is_not_changed_without_the_current_one(anna: Person) -> None:
    answer = anna("POST", "/me/password", {"current_password": "Wrong-horse-9", "new_password": NEW_PASSWORD})
    (error,) = read_problem(answer, 403, "wrong-password")["errors"]
    assert (error["field"], error["rule"]) == ("current_password", "wrong")
    assert "horse" not in answer.text
    answer = anna("POST", "/me/password", {"current_password": PASSWORD, "new_password": "weak"})
    assert ("new_password", "length") in read_broken_rules(answer)
    for password, rule in (("Dragon-2024!", "common"), (f"1A-{anna.username.upper()}-a", "username")):
        answer = anna("POST", "/me/password", {"current_password": PASSWORD, "new_password": password})
        assert read_broken_rules(answer) == {("new_password", rule)}
    anna.log_in()


def test_of_concurrent_password_changes_one_succeeds(anna: Person) -> None:
    def change(number: int) -> int:
        body = {"current_password": PASSWORD, "new_password": f"{NEW_PASSWORD}{number}"}
        return anna("POST", "/me/password", body).status_code

    with ThreadPoolExecutor(8) as pool:  # as many as may be wrong without having to wait
        statuses = list(pool.map(change, range(8)))
    assert sorted(set(statuses)) == [204, 403]
    assert statuses.count(204) == 1
    anna.password = f"{NEW_PASSWORD}{statuses.index(204)}"
    anna.log_in()


def test_account_deletion_requires_the_password(anna: Person) -> None:
    (error,) = read_problem(anna("DELETE", "/me", {"password": "Wrong-horse-9"}), 403, "wrong-password")["errors"]
    assert (error["field"], error["rule"]) == ("password", "wrong")
    anna.log_in()
    answer = anna("DELETE", "/me", {"password": PASSWORD})
    assert (answer.status_code, answer.content) == (204, b"")
    login = {"username": anna.username, "password": PASSWORD}
    read_problem(anna.send("POST", "/login", json=login), 401, "wrong-credentials")


def test_last_administrator_cannot_delete_itself(administrator: Person) -> None:
    read_problem(administrator("DELETE", "/me", {"password": administrator.password}), 409, "last-administrator")
    administrator.log_in()


@pytest.mark.parametrize(("method", "path"), [("GET", "/me"), ("PATCH", "/me"), ("DELETE", "/me"), ("POST", "/me/password")])
def test_operations_require_a_token(anna: Person, method: str, path: str) -> None:
    anna.token = ""
    read_problem(anna(method, path, {}), 401, "authentication-required")


def test_a_new_password_ends_the_other_sessions(anna: Person) -> None:
    elsewhere = anna.log_in_elsewhere()
    assert len(anna("GET", "/sessions").json()["sessions"]) == 2
    anna("POST", "/me/password", {"current_password": PASSWORD, "new_password": NEW_PASSWORD})
    (session,) = anna("GET", "/sessions").json()["sessions"]
    assert session["is_current"]
    wait_until(lambda: elsewhere("GET", "/me").status_code == 401, "the other session's end", 3)
    assert anna("GET", "/me").is_success


def test_document_names_both_media_types_of_a_patch(anna: Person) -> None:
    content = anna("GET", "/openapi.json").json()["paths"]["/me"]["patch"]["requestBody"]["content"]
    assert set(content) == {"application/merge-patch+json", "application/json"}
    assert len({str(kind["schema"]) for kind in content.values()}) == 1


@pytest.mark.parametrize(
    ("path", "methods"), [("/me", "DELETE, GET, HEAD, OPTIONS, PATCH"), ("/groups/a%20b", "DELETE, GET, HEAD, OPTIONS, PUT")]
)
def test_wrong_method_is_rejected_with_all_allowed_methods(anna: Person, path: str, methods: str) -> None:
    answer = anna("POST", path)
    read_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == methods
    assert anna("OPTIONS", path).headers["allow"] == methods
