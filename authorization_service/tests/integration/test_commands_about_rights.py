"""`authorization-service groups …`, `grants …` and `demo-data`."""

import uuid
from collections.abc import Iterator

import jwt
import pytest

from test_support.authorization.people import Person
from test_support.command_line import CommandLine
from test_support.processes import Service, wait_until


@pytest.fixture
def team(command: CommandLine) -> Iterator[str]:
    name = f"team-{uuid.uuid4().hex}"
    assert command("groups", "create", name) == f"{name} is created.\n"
    yield name
    command.run("groups", "delete", name, "--yes")


def find_scopes(person: Person) -> list[str]:
    claims = jwt.decode(person.token, options={"verify_signature": False})
    return str(claims["scope"]).split()


def test_user_has_a_grant_until_it_is_removed(command: CommandLine, anna: Person) -> None:
    command("grants", "give", "write:team-*", "--user", anna.username)
    wait_until(lambda: anna("GET", "/me").status_code == 401, "the token without the grant being refused")
    anna.log_in()
    assert find_scopes(anna) == ["read:default", "write:default", "write:team-*"]
    command("grants", "take", "write:default", "--user", anna.username)
    assert command.read_json("grants", "list", "--user", anna.username) == [
        {"grant": "read:default", "group": None},
        {"grant": "write:team-*", "group": None},
    ]
    assert command.refuse("grants", "take", "write:default", "--user", anna.username) == [
        "The grant is not held directly; to remove one that a user has through a group, remove it from the group."
    ]


def test_user_has_a_grant_on_keys_until_it_is_removed(command: CommandLine, anna: Person, team: str) -> None:
    config, cafe = "read:store/config/*", "write:store/caf%C3%A9"
    assert command("grants", "give", cafe, "--user", anna.username) == f"The user {anna.username} holds {cafe}.\n"
    command("grants", "give", config, "--group", team)
    command("groups", "add", team, anna.username)
    anna.log_in()
    assert find_scopes(anna) == ["read:default", config, "write:default", cafe]
    command("grants", "give", "read:store", "--user", anna.username)
    anna.log_in()
    assert find_scopes(anna) == ["read:default", "read:store", "write:default", cafe]
    command("grants", "take", cafe, "--user", anna.username)
    wait_until(lambda: anna("GET", "/me").status_code == 401, "the token with the grant being refused")
    (written,) = command.refuse("grants", "give", "write:store/café", "--user", anna.username)
    assert written.startswith("grant (grant): A grant on keys is `read:`")


def test_members_of_a_group_have_its_grants(command: CommandLine, anna: Person, team: str) -> None:
    command("grants", "give", "read:team-*", "--group", team)
    assert command("groups", "add", team, anna.username) == f"{anna.username} is a member of {team}.\n"
    assert {"grant": "read:team-*", "group": team} in command.read_json("grants", "list", "--user", anna.username)
    assert command.read_json("grants", "list", "--group", team) == [{"grant": "read:team-*", "group": team}]
    shown = command.read_json("groups", "show", team)
    assert (shown["members"], shown["grants"]) == ([anna.username], ["read:team-*"])
    anna.log_in()
    assert "read:team-*" in find_scopes(anna)
    assert command("groups", "remove", team, anna.username) == f"{anna.username} is no longer a member of {team}.\n"
    wait_until(lambda: anna("GET", "/me").status_code == 401, "the token of a member being refused")
    assert command.refuse("groups", "remove", team, anna.username) == ["The user is not a member of the group."]
    assert command("grants", "take", "read:team-*", "--group", team) == f"The group {team} no longer holds read:team-*.\n"


def test_group_is_created_once_and_deleted_once(command: CommandLine, team: str) -> None:
    assert command("groups", "create", team) == f"{team} already exists.\n"
    names = [group["name"] for group in command.read_json("groups", "list", "--after", team[:-1], "--limit", "1")]
    assert names == [team]
    assert team in command("groups", "list", "--limit", "1000")
    assert "--yes" in command.misuse("groups", "delete", team)
    assert command("groups", "delete", team, "--yes") == f"{team} is deleted.\n"
    assert command.refuse("groups", "delete", team, "--yes") == ["The group does not exist."]
    assert command.refuse("groups", "show", team) == ["The group does not exist."]


def test_malformed_grant_or_name_is_rejected_by_field(command: CommandLine, anna: Person) -> None:
    (written,) = command.refuse("grants", "give", "own:everything", "--user", anna.username)
    assert written.startswith("grant (grant): A grant is `read:`")
    (written,) = command.refuse("groups", "create", "Team")
    assert written.startswith("name (name): ")


def test_unknown_user_or_group_is_reported(command: CommandLine, anna: Person, team: str) -> None:
    assert command.refuse("grants", "give", "read:a", "--user", "nobody") == ["The user does not exist."]
    assert command.refuse("grants", "take", "read:a", "--group", "no-such-group") == ["The group does not exist."]
    assert command.refuse("grants", "list", "--group", "no-such-group") == ["The group does not exist."]
    assert command.refuse("groups", "add", team, "nobody") == ["The user does not exist."]
    assert command.refuse("groups", "add", "no-such-group", anna.username) == ["The group does not exist."]


@pytest.mark.parametrize("holder", [[], ["--user", "anna", "--group", "team"]])
@pytest.mark.parametrize("arguments", [["list"], ["give", "read:a"], ["take", "read:a"]])
def test_a_grant_has_one_holder(command: CommandLine, arguments: list[str], holder: list[str]) -> None:
    assert "Name a user or a group." in command.misuse("grants", *arguments, *holder)


def test_grants_beyond_the_size_of_a_token_are_rejected(command: CommandLine, anna: Person, administrator: Person) -> None:
    for number in range(98):  # beside the two that a new user has
        assert administrator("PUT", f"/users/{anna.username}/grants/read:n{number}").is_success
    (written,) = command.refuse("grants", "give", "read:one-too-many", "--user", anna.username)
    assert written.startswith("A user may hold at most 100 grants")


def test_demo_data_work_and_are_created_once(command: CommandLine, authorization_service: Service) -> None:
    made = {row["username"]: row for row in command.read_json("demo-data")}
    assert all(row["is_new"] for row in made.values())
    for name, row in made.items():
        person = Person(authorization_service, name, row["password"])
        assert find_scopes(person) == row["scope"].split()
    assert made["demo-reader"]["scope"] == "read:default"
    assert made["demo-writer"]["scope"] == "read:default read:demo-* write:default write:demo-*"

    again = command("demo-data")
    assert again.splitlines()[-1] == "Everything already exists."
    assert not any(row["password"] in again for row in made.values())
    assert {row["username"]: row["scope"] for row in command.read_json("demo-data")} == {
        name: row["scope"] for name, row in made.items()
    }
    assert person("GET", "/me").status_code == 200


def test_events_of_group_changes_name_no_administrator(command: CommandLine, team: str, administrator: Person) -> None:
    command("grants", "give", "read:team-*", "--group", team)
    (given,) = [
        event for event in administrator("GET", "/events?type=GrantGiven&limit=1000").json()["events"] if event["group"] == team
    ]
    assert (given["user_id"], given["username"], given["by"], given["grant"]) == (None, None, None, "read:team-*")
