"""What administrators see and change beyond users and groups: access to a namespace, sessions of others, signing keys."""

import uuid
from pathlib import Path
from typing import Any

import pytest

from test_support.authorization.people import Person, log_in_as_administrator, register
from test_support.problems import read_broken_rules, read_problem
from test_support.processes import Service, Tarantool


def find_access(administrator: Person, namespace: str, kind: str = "user", limit: int = 1000) -> list[dict[str, Any]]:
    """Return all entries of all pages."""
    found, cursor = [], ""
    while cursor is not None:
        query = f"namespace={namespace}&kind={kind}&limit={limit}&cursor={cursor}"
        page = administrator("GET", f"/access?{query}").raise_for_status().json()
        found += page["access"]
        cursor = page["next_cursor"]
    return found


def test_access_has_actions_and_the_group_or_grant_that_they_come_from(
    administrator: Person, anna: Person, authorization_service: Service
) -> None:
    bella, group, namespace = register(authorization_service), f"g-{uuid.uuid4().hex}", f"n-{uuid.uuid4().hex}"
    administrator("PUT", f"/groups/{group}")
    administrator("PUT", f"/groups/{group}/members/{anna.username}")
    administrator("PUT", f"/groups/{group}/grants/admin:{namespace}")
    administrator("PUT", f"/users/{anna.username}/grants/read:{namespace[:8]}*")
    administrator("PUT", f"/users/{bella.username}/grants/write:{namespace}%2Fconfig%2F*")
    named = {access["name"]: access for access in find_access(administrator, namespace)}
    assert named[anna.username] == {
        "name": anna.username,
        "is_enabled": True,
        "actions": ["read", "write", "admin"],
        "reasons": [
            {"grant": f"read:{namespace[:8]}*", "group": None},
            {"grant": f"admin:{namespace}", "group": group},
        ],
    }
    assert named[bella.username]["actions"] == []
    assert named[bella.username]["reasons"] == [{"grant": f"write:{namespace}/config/*", "group": None}]
    assert [access["name"] for access in find_access(administrator, namespace, limit=3)] == list(named)


def test_access_of_clients_on_their_own_behalf_is_found(administrator: Person) -> None:
    namespace, client = f"n-{uuid.uuid4().hex}", f"c-{uuid.uuid4().hex}"
    administrator("POST", "/clients", {"client_id": client, "scopes": [f"write:{namespace}"]})
    # Clients of other tests may have access to all namespaces.
    named = {access["name"]: access["actions"] for access in find_access(administrator, namespace, "client")}
    assert named[client] == ["write"]


@pytest.mark.parametrize(
    ("query", "broken"),
    [
        ("namespace=A", {("namespace", "namespace")}), ("namespace=*", {("namespace", "namespace")}),
        ("kind=group", {("kind", "enum")}), ("limit=0", {("limit", "greater_than_equal")}),
        ("cursor=../", {("cursor", "string_pattern_mismatch")}),
    ],
)  # fmt: skip
def test_invalid_query_is_rejected_by_field(administrator: Person, query: str, broken: set[tuple[str, str]]) -> None:
    assert read_broken_rules(administrator("GET", f"/access?{query}")) == broken


def test_pages_may_end_at_an_email_address(administrator: Person, authorization_service: Service) -> None:
    prefix = f"p{uuid.uuid4().hex[:12]}"
    names = [f"{prefix}+{letter}@example.org" for letter in "abc"]
    for name in names:
        register(authorization_service, name)
    found, cursor = [], ""
    while cursor is not None:
        page = (
            administrator.send("GET", "/users", params={"prefix": prefix, "limit": 1, "cursor": cursor}).raise_for_status().json()
        )
        found += [user["username"] for user in page["users"]]
        cursor = page["next_cursor"]
    assert found == names


def test_sessions_of_others_are_listed_and_ended(administrator: Person, anna: Person) -> None:
    sessions, user = f"/users/{anna.username}/sessions", f"/users/{anna.username}"
    anna.log_in()
    anna.log_in()
    listed = administrator("GET", sessions).raise_for_status().json()["sessions"]
    assert listed == [session | {"is_current": False} for session in anna("GET", "/sessions").json()["sessions"]]
    assert len(listed) >= 2

    assert administrator("DELETE", f"{sessions}/{listed[0]['id']}").status_code == 204
    assert anna("GET", "/me").status_code == 401  # the latest session was that of the token
    read_problem(administrator("DELETE", f"{sessions}/{listed[0]['id']}"), 404, "no-such-session")
    assert [session["id"] for session in administrator("GET", sessions).json()["sessions"]] == [one["id"] for one in listed[1:]]

    anna.log_in()
    assert administrator("DELETE", sessions).status_code == 204
    assert administrator("GET", sessions).json() == {"sessions": []}
    assert anna("GET", "/me").status_code == 401

    by = administrator("GET", "/users/admin").json()["id"]
    user_id = administrator("GET", user).json()["id"]
    events = administrator("GET", f"/events?user={user_id}&type=UserLoggedOut").json()["events"]
    assert [(event["session_id"], event["by"]) for event in events] == [(listed[0]["id"], by), (None, by)]
    ended = administrator("GET", f"/events?user={user_id}&type=SessionEnded").json()["events"]
    assert {event["reason"] for event in ended} == {"ended by an administrator"}


def test_session_of_another_user_than_the_named_one_is_not_ended(
    administrator: Person, anna: Person, authorization_service: Service
) -> None:
    bella = register(authorization_service)
    (session,) = bella("GET", "/sessions").json()["sessions"]
    read_problem(administrator("DELETE", f"/users/{anna.username}/sessions/{session['id']}"), 404, "no-such-session")
    assert bella("GET", "/me").is_success


def test_signing_keys_are_listed_and_rotated(tmp_path: Path, authorization_tarantool: Tarantool) -> None:
    with Tarantool("authorization", tmp_path / "tarantool") as tarantool:
        assert tarantool.port != authorization_tarantool.port
        with Service("authorization", tmp_path, tarantool, port=None) as service:
            service.wait_until_ready()
            administrator = log_in_as_administrator(service, tmp_path)
            (first,) = administrator("GET", "/signing-keys").raise_for_status().json()["keys"]
            assert (first["state"], first["published_until"]) == ("signing", None)
            assert set(first) == {"key_id", "state", "created_at", "signs_from", "published_until"}

            made = administrator("POST", "/signing-keys", {})
            assert made.status_code == 201
            states = {key["key_id"]: key["state"] for key in administrator("GET", "/signing-keys").json()["keys"]}
            assert states == {first["key_id"]: "signing", made.json()["key_id"]: "waiting"}
            read_problem(administrator("POST", "/signing-keys", {}), 409, "rotation-under-way")

            assert administrator("POST", "/signing-keys", {"compromised": True}).status_code == 201
            (event, _) = administrator_events(service, tmp_path)
            assert (event["key_id"], event["compromised"]) == (made.json()["key_id"], False)
            assert event["by"] == event["user_id"] is not None


def administrator_events(service: Service, folder: Path) -> list[dict[str, Any]]:
    """Return the events of rotations, read with a token of the new key: those of the withdrawn keys are not valid."""
    events: list[dict[str, Any]] = log_in_as_administrator(service, folder)("GET", "/events?type=KeyRotated").json()["events"]
    return events


def test_newest_events_come_first_in_pages(administrator: Person, anna: Person) -> None:
    for city in "ABCDE":
        anna("PATCH", "/me", {"profile": {"city": city}})
    numbers: list[int] = []
    after = ""
    while True:
        query = f"order=newest&type=ProfileChanged&user={anna.username}&limit=2{after}"
        page = administrator("GET", f"/events?{query}").raise_for_status().json()
        numbers += [event["number"] for event in page["events"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert len(numbers) == 5
    assert numbers == sorted(numbers, reverse=True)
    newest = administrator("GET", "/events?order=newest&limit=1").json()
    assert newest["events"][0]["number"] == newest["last"]
