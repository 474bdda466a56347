"""Sessions and profiles in a shell."""

import json
import stat
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from test_support.authorization.authenticator_app import enrol
from test_support.authorization.people import register
from test_support.store import Store, running_store

from .conftest import SCRIPT, Kv, only_line

LOG_IN = ("login", "--username", "admin")


def modes(folder: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def test_a_login_keeps_a_session_and_shows_no_secret(shell: Kv) -> None:
    shown = shell(*LOG_IN, "--url", shell.store.key_value.url, "--password-file", str(shell.password_file))

    tokens = json.loads(shell.tokens.read_bytes())
    assert shown.splitlines()[:3] == ["profile      default", f"url          {shell.store.key_value.url}", "account      admin"]
    for secret in (shell.store.administrator_password, tokens["access_token"], tokens["refresh_token"]):
        assert secret not in shown
        assert secret not in (shell.home / ".config/kv/profiles.json").read_text()
    assert shell.refuse(3, "get", "absent") == "There is no pair 'absent'."


def test_files_are_for_their_user_alone(shell: Kv) -> None:
    shell.log_in()

    for folder in (shell.home / ".config/kv", shell.home / ".local/state/kv"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert modes(folder) == {0o600}


def test_an_open_folder_is_closed(shell: Kv) -> None:
    folder = shell.home / ".local/state/kv"
    folder.mkdir(parents=True, mode=0o755)

    shell.log_in()

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_folders_follow_the_xdg_variables(shell: Kv) -> None:
    shell.environment |= {"XDG_CONFIG_HOME": str(shell.home / "config"), "XDG_STATE_HOME": str(shell.home / "state")}

    shell.log_in()

    assert (shell.home / "config/kv/profiles.json").exists()
    assert (shell.home / "state/kv/default.json").exists()


def test_a_terminal_is_asked_for_what_is_missing(shell: Kv) -> None:
    with shell.at_terminal(*LOG_IN) as terminal:
        terminal.answer("URL [http://127.0.0.1:9080]: ", shell.store.key_value.url)
        terminal.answer("Password: ", shell.store.administrator_password)
        assert terminal.wait() == 0

    assert shell.store.administrator_password not in terminal.shown
    with shell.at_terminal(*LOG_IN) as terminal:  # the URL is known now
        terminal.answer("Password: ", "wrong")
        assert terminal.wait() == 5
    assert "[401 wrong-credentials]" in terminal.shown


def test_without_a_terminal_nothing_is_asked(shell: Kv) -> None:
    url = ("--url", shell.store.key_value.url)

    assert shell.refuse(2, "login", *url) == "Without a terminal, give --username, --browser or --device."
    assert shell.refuse(2, "login", *url, "--password-file", "-") == "Without a terminal, give --username."
    assert shell.refuse(2, *LOG_IN, *url) == "Without a terminal, give --password-file, or KV_PASSWORD."


def test_a_password_comes_from_standard_input_or_the_environment(shell: Kv) -> None:
    url = ("--url", shell.store.key_value.url)
    password = shell.store.administrator_password

    shell(*LOG_IN, *url, "--password-file", "-", typed=f"{password}\n".encode())
    shell.environment["KV_PASSWORD"] = password
    shell(*LOG_IN, *url)

    assert shell.read("profiles", "list")[0]["is_logged_in"] is True


def test_a_code_of_the_second_factor_is_asked_for(shell: Kv) -> None:
    person = register(shell.store.authorization)
    app, enrolled = enrol(person)
    (shell.home / "secret").write_text(person.password)
    login = ("login", "--url", shell.store.key_value.url, "--username", person.username)
    with shell.at_terminal(*login) as terminal:
        terminal.answer("Password: ", person.password)
        code = app.code()
        terminal.answer("Code of the second factor: ", code)
        assert terminal.wait() == 0, terminal.shown
    assert code not in terminal.shown
    assert shell.read("whoami")[0]["account"] == person.username
    by_files = (*login, "--password-file", "secret")
    assert shell.refuse(2, *by_files) == "Without a terminal, give --code-file."
    assert "[401 wrong-code]" in shell.refuse(5, *by_files, "--code-file", "-", typed=code.encode())
    shell(*by_files, "--code-file", "-", typed=f"{enrolled['recovery_codes'][0]}\n".encode())
    assert "--code-file" in shell.run(*login, "--password-file", "-", "--code-file", "-").stderr.decode()


def test_a_failed_login_keeps_the_session_before_it(shell: Kv) -> None:
    shell.log_in()

    line = shell.refuse(5, *LOG_IN, "--password-file", "-", typed=b"Wrong-password-7")

    assert line.endswith("Log in: kv login")
    assert shell.read("whoami")[0]["account"] == "admin"


def test_a_new_login_ends_the_session_before_it(shell: Kv) -> None:
    shell.log_in()
    before = shell.tokens.read_bytes()
    shell.log_in()

    shell.tokens.write_bytes(before)

    assert "kv login" in shell.refuse(5, "whoami")


def test_a_logout_ends_the_session(shell: Kv) -> None:
    shell.log_in()
    before = shell.tokens.read_bytes()

    assert shell("logout") == f"Logged out of {shell.store.key_value.url} (profile default).\n"

    assert shell.refuse(5, "get", "a") == "You are not logged in: kv login"
    shell.tokens.write_bytes(before)
    assert "kv login" in shell.refuse(5, "whoami")


def test_nobody_is_logged_in_at_first(shell: Kv) -> None:
    assert shell.refuse(5, "get", "a") == "You are not logged in: kv login"
    assert shell.refuse(5, "whoami") == "You are not logged in: kv login"
    assert shell("profiles", "list").split() == ["profile", "is_current", "url", "account", "namespace", "is_logged_in"]


def test_profiles_are_for_several_servers(shell: Kv) -> None:
    shell.log_in()
    shell(*LOG_IN, "-p", "second", "-n", "other", "--url", shell.store.key_value.url, "--password-file", str(shell.password_file))

    assert [(each["profile"], each["is_current"], each["namespace"]) for each in shell.read("profiles", "list")] == [
        ("default", False, "default"),
        ("second", True, "other"),
    ]
    assert shell("profiles", "use", "default") == "Commands use the profile default.\n"
    assert shell.read("whoami", "--profile", "second")[0]["namespace"] == "other"
    assert shell("profiles", "delete", "second") == "The profile second is deleted.\n"
    assert shell.refuse(3, "get", "a", "-p", "second") == "There is no profile 'second', but: default"
    assert not shell.tokens.with_name("second.json").exists()


@pytest.mark.parametrize("name", ["../x", "A", "a/b", ".hidden"])
def test_a_profile_name_is_no_path(shell: Kv, name: str) -> None:
    shell.environment["KV_PASSWORD"] = "x"

    assert "cannot be the name of a profile" in shell.refuse(2, *LOG_IN, "--profile", name, "--url", "http://127.0.0.1:9")


def test_a_service_account_reads_its_secret_when_it_is_needed(shell: Kv, store: Store) -> None:
    login = {"username": "admin", "password": store.administrator_password}
    client_id = f"reporter-{uuid4().hex}"
    account = {"client_id": client_id, "scopes": ["read:default"]}
    with httpx.Client(base_url=store.authorization.url) as http:
        token = http.post("/login", json=login).json()["access_token"]
        made = http.post("/clients", json=account, headers={"Authorization": f"Bearer {token}"}).json()
    secret_file = shell.home / "secret"
    secret_file.write_text(made["client_secret"] + "\n")

    shell("login", "--client-id", client_id, "--secret-file", "secret", "--url", store.key_value.url)

    assert shell.read("whoami")[0]["account"] == client_id
    assert "insufficient-scope" in shell.refuse(6, "put", "a", "1")
    assert made["client_secret"] not in shell.tokens.read_text()
    secret_file.unlink()
    assert shell.refuse(8, "get", "a").startswith(f"{secret_file}: ")


def test_a_token_of_the_environment_needs_no_login(shell: Kv) -> None:
    shell.log_in()
    token = json.loads(shell.tokens.read_bytes())["access_token"]
    (shell.home / "other").mkdir()
    other = Kv(shell.home / "other", shell.store)
    other.environment |= {
        "KV_TOKEN": token,
        "KV_URL": shell.store.key_value.url,
        "KV_AUTHORIZATION_URL": shell.store.authorization.url,
    }

    assert other.refuse(3, "get", "absent") == "There is no pair 'absent'."
    assert other.read("whoami")[0]["username"] == "admin"
    other("login")  # keeps it
    assert json.loads(other.tokens.read_bytes())["access_token"] == token
    other.environment["KV_TOKEN"] = "nonsense"
    assert "invalid-token" in other.refuse(5, "get", "a")


def test_a_damaged_file_is_named(shell: Kv) -> None:
    shell.log_in()
    profiles = shell.home / ".config/kv/profiles.json"
    kept = profiles.read_bytes()

    shell.tokens.write_text("{")
    assert shell.refuse(5, "get", "a") == f"{shell.tokens} is damaged: kv login"
    profiles.write_text('{"current": 1}')
    assert shell.refuse(8, "get", "a") == f"{profiles} is damaged. Remove it, and log in again."
    profiles.write_bytes(kept)
    shell.log_in()


@pytest.fixture
def strict_store(tmp_path: Path) -> Iterator[Store]:
    """Access tokens live for two seconds, and a refresh token that is used twice ends the session."""
    settings = {"AUTHORIZATION_ACCESS_TOKEN_SECONDS": "2", "AUTHORIZATION_REFRESH_GRACE_SECONDS": "0"}
    with running_store(tmp_path / "store", settings) as store:
        yield store


def test_commands_that_refresh_at_once_lose_no_session(strict_store: Store, tmp_path: Path) -> None:
    shell = Kv(tmp_path, strict_store).log_in()

    for _ in range(4):
        expire(shell)
        before = json.loads(shell.tokens.read_bytes())["refresh_token"]
        with ExitStack() as stack:
            commands = [stack.enter_context(shell.running("get", "absent", "--default", "x")).process for _ in range(6)]
            assert {(process.communicate(timeout=60), process.returncode) for process in commands} == {((b"x\n", b""), 0)}
        assert json.loads(shell.tokens.read_bytes())["refresh_token"] != before

    assert len(list(shell.tokens.parent.iterdir())) == 2  # nothing is left over


def test_a_command_that_is_killed_while_it_refreshes_leaves_the_file_whole(store: Store, tmp_path: Path) -> None:
    shell = Kv(tmp_path, store).log_in()

    for moment in range(8):
        expire(shell)
        with shell.running("get", "absent", "--default", "x") as command, suppress(subprocess.TimeoutExpired):
            command.process.wait(0.15 + 0.05 * moment)
        json.loads(shell.tokens.read_bytes())

    assert shell("get", "absent", "--default", "x") == "x\n"  # the grace of ten seconds lets the last token be used again


def test_a_full_disk_costs_no_session(strict_store: Store, tmp_path: Path) -> None:
    shell = Kv(tmp_path, strict_store).log_in()
    expire(shell)
    before = shell.tokens.read_bytes()
    state = shell.tokens.parent
    script = f'mount -t tmpfs -o size=8k tmpfs "{state}" && cp "{tmp_path}/kept" "{shell.tokens}" && "$@"'
    (tmp_path / "kept").write_bytes(before)
    command = ["unshare", "--mount", "sh", "-c", script, "sh", SCRIPT, "get", "a"]

    finished = subprocess.run(command, env=shell.environment, capture_output=True, check=False, timeout=60)

    assert finished.returncode == 8, finished
    assert "No space left on device" in only_line(finished.stderr)
    assert shell("get", "absent", "--default", "x") == "x\n"  # the refresh token has not been used


def expire(shell: Kv) -> None:
    """Let the kept access token look expired."""
    tokens = json.loads(shell.tokens.read_bytes())
    shell.tokens.write_text(json.dumps(tokens | {"expires_at": 0, "refresh_at": 0}))
