"""The list of events over HTTP."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from test_support.authorization.people import Person
from test_support.problems import read_broken_rules, read_problem


@pytest.fixture
def start(administrator: Person) -> int:
    """The number of the latest event when the test begins."""
    last: int = administrator("GET", "/events?limit=1").json()["last"]
    return last


def read_pages(administrator: Person, query: str, after: int) -> Iterator[dict[str, Any]]:
    """Yield all pages after a number."""
    while True:
        page = administrator("GET", f"/events?after={after}&{query}").raise_for_status().json()
        yield page
        if page["next"] is None:
            return
        after = page["next"]


def test_events_are_listed_in_pages(administrator: Person, anna: Person, start: int) -> None:
    for city in "ABCDE":
        anna("PATCH", "/me", {"profile": {"city": city}})
    pages = list(read_pages(administrator, f"limit=2&type=ProfileChanged&user={anna.username.upper()}", start))
    assert [len(page["events"]) for page in pages] == [2, 2, 1]
    events = [event for page in pages for event in page["events"]]
    assert [event["number"] for event in events] == sorted({event["number"] for event in events})
    assert pages[0]["next"] == pages[0]["events"][-1]["number"]
    assert {page["forgotten"] for page in pages} == {0}
    assert administrator("GET", f"/events?after={pages[-1]['last']}").json()["events"] == []


def test_event_has_type_time_and_user(administrator: Person, anna: Person, start: int) -> None:
    user_id = anna("GET", "/me").json()["id"]
    administrator("PATCH", f"/users/{anna.username}", {"is_enabled": False})
    (event,) = administrator("GET", f"/events?after={start}&user={user_id}&type=UserDisabled").json()["events"]
    assert abs(datetime.fromisoformat(event.pop("occurred_at")) - datetime.now(UTC)) < timedelta(minutes=1)
    assert event.pop("number") > start
    by = administrator("GET", "/users/admin").json()["id"]
    assert event == {"type": "UserDisabled", "user_id": user_id, "username": anna.username, "by": by}


def test_events_of_a_deleted_user_are_found_by_name_and_by_id(administrator: Person, anna: Person) -> None:
    user_id = anna("GET", "/me").json()["id"]
    assert anna("DELETE", "/me", {"password": anna.password}).status_code == 204
    by_name, by_id = [administrator("GET", f"/events?user={user}").json()["events"] for user in (anna.username, user_id)]
    assert by_name == by_id
    assert [event["type"] for event in by_name] == ["UserRegistered", "LoggedIn", "SessionEnded", "UserDeleted"]
    assert {event["username"] for event in by_name} == {anna.username}


def test_first_administrator_has_a_registration_event(administrator: Person) -> None:
    (event,) = administrator("GET", "/events?user=admin&type=UserRegistered").json()["events"]
    assert (event["username"], event["role"]) == ("admin", "administrator")


def test_number_of_another_database_is_recognized_by_last(administrator: Person, anna: Person) -> None:
    page = administrator("GET", f"/events?after={2**53 - 1}").json()
    assert (page["events"], page["next"]) == ([], None)
    assert 0 < page["last"] < 2**53 - 1
    assert anna.username


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("after=-1", "after"), ("after=x", "after"), ("after=9007199254740992", "after"), ("after=1&after=2", "after"),
        ("limit=0", "limit"), ("limit=1001", "limit"), ("type=", "type"), ("type=loggedin", "type"), ("type=LoggedIn,X", "type"),
        ("user=", "user"), ("user=a", "user"), ("user=a%20b", "user"), (f"user={quote('анна')}", "user"), ("user=%ff", "query"),
    ],
)  # fmt: skip
def test_invalid_query_is_rejected_by_field(administrator: Person, query: str, field: str) -> None:
    assert {broken for broken, _ in read_broken_rules(administrator("GET", f"/events?{query}"))} == {field}


def test_rejection_lists_the_types(administrator: Person) -> None:
    problem = read_problem(administrator("GET", "/events?type=x"), 422, "rule-broken")
    assert "LoggedIn, " in problem["errors"][0]["message"]
