"""`authorization-service users …`."""

import uuid
from collections.abc import Iterator

import pytest

from test_support.authorization.authenticator_app import enrol
from test_support.authorization.people import PASSWORD, Person, register
from test_support.command_line import CommandLine
from test_support.processes import Service, wait_until

NEW_PASSWORD = "Battery-staple-8"


@pytest.fixture
def name(command: CommandLine) -> Iterator[str]:
    """The name of a user that a test may create. It is deleted afterwards: other tests count the administrators."""
    name = f"u-{uuid.uuid4().hex}"
    yield name
    command.run("users", "delete", name, "--yes")


def test_users_are_listed_with_roles_and_states(command: CommandLine, anna: Person, administrator: Person) -> None:
    (listed,) = command.read_json("users", "list", "--prefix", anna.username.upper())
    assert listed == administrator("GET", f"/users/{anna.username}").json()
    assert command.read_json("users", "show", anna.username) == listed


def test_table_has_one_line_per_user(command: CommandLine, anna: Person) -> None:
    head, line = command("users", "list", "--prefix", anna.username).splitlines()
    assert head.split() == ["username", "role", "is_enabled", "first_name", "last_name", "created_at"]
    assert line.split()[:5] == [anna.username, "member", "yes", "Anna", "Petrova"]


def test_long_list_is_read_in_pages(command: CommandLine, authorization_service: Service) -> None:
    prefix = f"p-{uuid.uuid4().hex[:8]}-"
    names = [register(authorization_service, f"{prefix}{number}").username for number in range(3)]
    first = command.run("users", "list", "--prefix", prefix, "--limit", "2", "--json")
    assert [line.split('"')[3] for line in first.stdout.splitlines() if '"username"' in line] == names[:2]
    assert first.stderr == f"There are more: --after {names[1]}\n"
    (last,) = command.read_json("users", "list", "--prefix", prefix, "--after", names[1].upper())
    assert last["username"] == names[2]


def test_administrator_is_created_with_a_password_from_a_file(
    command: CommandLine, name: str, authorization_service: Service
) -> None:
    file = command.folder / "password"
    file.write_text(f"{PASSWORD}\n")
    shown = command("users", "create-admin", name, "--password-file", "password")
    assert PASSWORD not in shown
    assert dict(line.rstrip().split(maxsplit=1) for line in shown.splitlines())["role"] == "administrator"
    made = Person(authorization_service, name, PASSWORD)
    assert made("GET", "/users").status_code == 200


def test_administrator_is_created_with_a_password_from_standard_input(
    command: CommandLine, name: str, authorization_service: Service
) -> None:
    names = ("--first-name", "Bella", "--last-name", "Petrova-Smith")
    made = command.read_json("users", "create-admin", name, *names, "--password-file", "-", typed=f"{PASSWORD}\r\n")
    assert (made["first_name"], made["last_name"], made["role"]) == ("Bella", "Petrova-Smith", "administrator")
    assert "password" not in made
    Person(authorization_service, name, PASSWORD)


def test_administrator_without_a_last_name_is_created_and_listed(command: CommandLine, name: str) -> None:
    names = ("--first-name", "伟", "--last-name", "")
    made = command.read_json("users", "create-admin", name, *names, "--generate")
    assert (made["first_name"], made["last_name"]) == ("伟", None)
    assert command.read_json("users", "show", name)["last_name"] is None
    assert "None" not in command("users", "list", "--prefix", name)


def test_administrator_is_created_with_a_generated_password(
    command: CommandLine, name: str, authorization_service: Service
) -> None:
    password = command.read_json("users", "create-admin", name, "--generate")["password"]
    Person(authorization_service, name, password)


def test_password_is_prompted_twice_and_not_echoed(command: CommandLine, name: str, authorization_service: Service) -> None:
    with command.at_terminal("users", "create-admin", name) as terminal:
        terminal.answer("Password: ", PASSWORD)
        terminal.answer("Repeat password: ", "another")
        terminal.answer("Password: ", PASSWORD)
        terminal.answer("Repeat password: ", PASSWORD)
        assert terminal.wait() == 0
    assert "do not match" in terminal.shown
    assert PASSWORD not in terminal.shown
    Person(authorization_service, name, PASSWORD)


def test_nothing_happens_without_a_password(command: CommandLine, name: str) -> None:
    with command.at_terminal("users", "create-admin", name) as terminal:
        terminal.answer("Password: ", "\x03")
        assert terminal.wait() == 1
    assert "Traceback" not in terminal.shown
    assert command.read_json("users", "list", "--prefix", name) == []


def test_no_password_is_prompted_without_a_terminal(command: CommandLine, name: str) -> None:
    assert "use --password-file or --generate" in command.misuse("users", "create-admin", name)
    assert "use --password-file or --generate" in command.misuse("users", "set-password", "admin")


@pytest.mark.parametrize(
    ("content", "reason"), [(b"Correct-horse-7\nCorrect-horse-7\n", "only line"), (b"Correct-horse-\xff7", "UTF-8")]
)
def test_file_that_is_not_one_line_is_no_password(command: CommandLine, content: bytes, reason: str) -> None:
    (command.folder / "password").write_bytes(content)
    assert reason in command.misuse("users", "set-password", "admin", "--password-file", "password")


def test_missing_file_and_two_sources_are_usage_errors(command: CommandLine) -> None:
    assert "absent" in command.misuse("users", "set-password", "admin", "--password-file", "absent")
    assert "either" in command.misuse("users", "set-password", "admin", "--password-file", "-", "--generate")


def test_each_broken_rule_is_reported_with_its_field(command: CommandLine) -> None:
    written = command.refuse("users", "create-admin", "é", "--first-name", "", "--password-file", "-", typed="correct horse")
    assert {line.partition(":")[0] for line in written} == {
        "username (length)",
        "username (characters)",
        "password (upper_case)",
        "password (digit)",
        "password (special)",
        "first_name (length)",
        "first_name (characters)",
    }


def test_username_in_use_is_reported(command: CommandLine, anna: Person) -> None:
    written = command.refuse("users", "create-admin", anna.username.upper(), "--password-file", "-", typed=PASSWORD)
    assert written == ["The username is already in use."]


def test_disabled_user_is_refused_everywhere_until_enabled(command: CommandLine, anna: Person) -> None:
    refresh_token = anna.log_in()["refresh_token"]
    assert command("users", "disable", anna.username) == f"{anna.username} is disabled.\n"
    wait_until(lambda: anna("GET", "/me").status_code == 401, "the token being refused")
    assert anna("POST", "/refresh", {"refresh_token": refresh_token}).status_code == 401
    assert command.read_json("users", "show", anna.username)["is_enabled"] is False
    anna.token = ""
    assert anna("POST", "/login", {"username": anna.username, "password": PASSWORD}).status_code == 401
    assert command("users", "enable", anna.username) == f"{anna.username} is enabled.\n"
    anna.log_in()


def test_user_is_promoted_and_demoted(command: CommandLine, anna: Person) -> None:
    command("users", "set-role", anna.username, "administrator")
    anna.log_in()
    assert anna("GET", "/users").status_code == 200
    command("users", "set-role", anna.username, "member")
    assert anna("GET", "/users").status_code == 403
    assert "owner" in command.misuse("users", "set-role", anna.username, "owner")


def test_a_new_password_ends_all_sessions(command: CommandLine, anna: Person) -> None:
    refresh_token = anna.log_in()["refresh_token"]
    written = command("users", "set-password", anna.username, "--password-file", "-", typed=NEW_PASSWORD)
    assert written == f"{anna.username} has a new password.\n"
    wait_until(lambda: anna("GET", "/me").status_code == 401, "the token being refused")
    assert anna("POST", "/refresh", {"refresh_token": refresh_token}).status_code == 401
    anna.token = ""
    assert anna("POST", "/login", {"username": anna.username, "password": PASSWORD}).status_code == 401
    anna.password = NEW_PASSWORD
    anna.log_in()


def test_generated_password_is_shown_once(command: CommandLine, anna: Person) -> None:
    shown = command("users", "set-password", anna.username, "--generate")
    anna.password = dict(line.split() for line in shown.splitlines())["password"]
    anna.token = ""
    anna.log_in()


def test_a_new_password_obeys_the_rules(command: CommandLine, anna: Person) -> None:
    (written,) = command.refuse("users", "set-password", anna.username, "--password-file", "-", typed="correct-Horse")
    assert written.startswith("password (digit): ")
    (written,) = command.refuse("users", "set-password", anna.username, "--password-file", "-", typed="P@ssw0rd!")
    assert written.startswith("password (common): ")
    anna.log_in()


def test_unlocked_user_can_log_in(command: CommandLine, anna: Person) -> None:
    anna.token = ""
    guess = {"username": anna.username, "password": "Wrong-horse-7"}
    wait_until(lambda: anna("POST", "/login", guess).status_code == 429, "the account being locked")
    assert command("users", "unlock", anna.username) == f"{anna.username} is unlocked.\n"
    anna.log_in()


def test_deleted_user_is_not_found(command: CommandLine, anna: Person) -> None:
    with command.at_terminal("users", "delete", anna.username) as terminal:
        terminal.answer("[y/N]: ", "n")
        assert terminal.wait() == 1
    assert anna("GET", "/me").status_code == 200
    assert "--yes" in command.misuse("users", "delete", anna.username)
    assert command("users", "delete", anna.username, "--yes") == f"{anna.username} is deleted.\n"
    wait_until(lambda: anna("GET", "/me").status_code == 401, "the token being refused")
    assert command.refuse("users", "show", anna.username) == ["The user does not exist."]


def test_factors_of_a_user_that_has_lost_them_are_removed(command: CommandLine, anna: Person) -> None:
    enrol(anna)
    assert command("users", "remove-factors", anna.username, "--yes") == f"{anna.username} has no second factor.\n"
    anna.log_in()


def test_policy_is_shown_and_set(command: CommandLine) -> None:
    assert command.read_json("policy", "show") == {"administrators_need_second_factor": False}
    try:
        shown = command("policy", "set", "--administrators-need-second-factor")
        assert shown == "Administrators need a second factor.\n"
        assert command.read_json("policy", "show") == {"administrators_need_second_factor": True}
    finally:
        shown = command("policy", "set", "--administrators-need-no-second-factor")
    assert shown == "Administrators need no second factor.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "nobody"],
        ["disable", "nobody"],
        ["enable", "not a name"],
        ["set-role", "nobody", "member"],
        ["unlock", "nobody"],
        ["set-password", "nobody", "--generate"],
        ["delete", "nobody", "--yes"],
        ["remove-factors", "nobody", "--yes"],
    ],
)
def test_unknown_user_is_reported(command: CommandLine, arguments: list[str]) -> None:
    assert command.refuse("users", *arguments) == ["The user does not exist."]


def test_secrets_are_in_no_log(command: CommandLine, anna: Person, authorization_service: Service) -> None:
    command("users", "set-password", anna.username, "--password-file", "-", typed=NEW_PASSWORD)
    for log in (authorization_service.log, authorization_service.tarantool.log):
        assert NEW_PASSWORD not in log.read_text()


def test_events_of_commands_name_no_administrator(command: CommandLine, anna: Person, administrator: Person) -> None:
    assert anna("POST", "/login", {"username": anna.username, "password": "Wrong-horse-7"}).status_code == 401
    command("users", "disable", anna.username)
    command("users", "enable", anna.username)
    command("users", "set-password", anna.username, "--generate")
    command("users", "unlock", anna.username)
    command("users", "delete", anna.username, "--yes")
    events = administrator("GET", f"/events?user={anna.username}").json()["events"]
    ours = [(event["type"], event["username"], event["by"]) for event in events if "by" in event]
    assert ours == [
        (kind, anna.username, None) for kind in ("UserDisabled", "UserEnabled", "PasswordReset", "UserUnlocked", "UserDeleted")
    ]
