"""`authorization-service users …`."""

import uuid

from authorization_service.tests.command_line import CommandLine
from authorization_service.tests.people import Person, register

from testing.processes import Service


def test_users_are_listed_as_administrators_see_them(command: CommandLine, anna: Person, administrator: Person) -> None:
    (listed,) = command.read_json("users", "list", "--prefix", anna.username.upper())
    assert listed == administrator("GET", f"/users/{anna.username}").json()


def test_a_table_has_a_line_a_user_and_no_escapes_where_nobody_looks(command: CommandLine, anna: Person) -> None:
    head, line = command("users", "list", "--prefix", anna.username).splitlines()
    assert head.split() == ["username", "role", "is_enabled", "first_name", "last_name", "created_at", "id"]
    assert line.split()[:5] == [anna.username, "member", "yes", "Anna", "Petrova"]
    assert "\x1b" not in line


def test_a_long_list_is_read_in_pages(command: CommandLine, authorization_service: Service) -> None:
    prefix = f"p-{uuid.uuid4().hex[:8]}-"
    names = [register(authorization_service, f"{prefix}{number}").username for number in range(3)]
    first = command.run("users", "list", "--prefix", prefix, "--limit", "2", "--json")
    assert [line.split('"')[3] for line in first.stdout.splitlines() if '"username"' in line] == names[:2]
    assert first.stderr == f"There are more: --after {names[1]}\n"
    (last,) = command.read_json("users", "list", "--prefix", prefix, "--after", names[1])
    assert last["username"] == names[2]
