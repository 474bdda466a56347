"""`authorization-service clients …`."""

import uuid

import httpx
import pytest

from test_support.command_line import CommandLine
from test_support.processes import wait_until


@pytest.fixture
def client_id() -> str:
    return f"c-{uuid.uuid4().hex}"


def ask_for_token(service: httpx.Client, client_id: str, secret: str) -> httpx.Response:
    return service.post("/token", data={"grant_type": "client_credentials"}, auth=(client_id, secret))


def test_created_service_account_gets_tokens_with_its_secret(
    command: CommandLine, authorization: httpx.Client, client_id: str
) -> None:
    made = command.read_json("clients", "create", client_id, "--scope", "read:default", "--scope", "revocations")
    answer = ask_for_token(authorization, client_id, made["client_secret"]).raise_for_status().json()
    assert answer["scope"].split() == made["scopes"] == ["read:default", "revocations"]
    listed = command("clients", "list", "--limit", "1000")
    assert client_id in listed
    assert made["client_secret"] not in listed


def test_client_that_users_sign_in_to_is_created(command: CommandLine, client_id: str) -> None:
    options = {
        "--redirect-uri": "https://reports.example/callback", "--post-logout-redirect-uri": "https://reports.example/",
        "--name": "Reports", "--logo-uri": "https://reports.example/logo.svg",
        "--backchannel-logout-uri": "https://reports.example/logout",
    }  # fmt: skip
    arguments = [argument for option in options.items() for argument in option]
    flags = ("--first-party", "--require-pushed-requests", "--redirect-uri", "http://127.0.0.1/")
    made = command.read_json("clients", "create", client_id, *arguments, *flags)
    (listed,) = [client for client in command.read_json("clients", "list", "--limit", "1000") if client["client_id"] == client_id]
    for shown in (made, listed):
        assert shown["redirect_uris"] == ["https://reports.example/callback", "http://127.0.0.1/"]
        assert shown["post_logout_redirect_uris"] == ["https://reports.example/"]
        assert (shown["name"], shown["logo_uri"]) == ("Reports", "https://reports.example/logo.svg")
        assert shown["backchannel_logout_uri"] == "https://reports.example/logout"
        assert shown["first_party"]
        assert shown["require_pushed_authorization_requests"]
        assert not shown["public"]
    public = command.read_json("clients", "create", f"{client_id}-app", "--public", "--redirect-uri", "http://127.0.0.1/")
    assert public["public"]
    assert "client_secret" not in public


def test_secret_file_is_readable_by_its_owner_only(command: CommandLine, authorization: httpx.Client, client_id: str) -> None:
    shown = command("clients", "create", client_id, "--secret-file", "secret")
    file = command.folder / "secret"
    secret = file.read_text().strip()
    assert secret not in shown
    assert "client_secret" not in shown
    assert file.stat().st_mode & 0o777 == 0o600
    assert ask_for_token(authorization, client_id, secret).is_success


def test_new_secret_replaces_the_old_one(command: CommandLine, authorization: httpx.Client, client_id: str) -> None:
    old = command.read_json("clients", "create", client_id)["client_secret"]
    new = command.read_json("clients", "new-secret", client_id)["client_secret"]
    assert ask_for_token(authorization, client_id, old).status_code == 401
    assert ask_for_token(authorization, client_id, new).is_success
    command("clients", "new-secret", client_id, "--secret-file", "secret")
    assert ask_for_token(authorization, client_id, new).status_code == 401
    assert ask_for_token(authorization, client_id, (command.folder / "secret").read_text().strip()).is_success


def test_existing_file_is_not_overwritten_and_the_secret_stays(
    command: CommandLine, authorization: httpx.Client, client_id: str
) -> None:
    secret = command.read_json("clients", "create", client_id)["client_secret"]
    (command.folder / "file").write_text("something else")
    assert "file: File exists" in command.misuse("clients", "new-secret", client_id, "--secret-file", "file")
    assert (command.folder / "file").read_text() == "something else"
    assert ask_for_token(authorization, client_id, secret).is_success


def test_no_file_remains_if_no_secret_was_created(command: CommandLine, client_id: str) -> None:
    assert command.refuse("clients", "new-secret", client_id, "--secret-file", "secret") == ["The client does not exist."]
    assert list(command.folder.iterdir()) == []


def test_deleted_service_account_gets_no_token_and_its_tokens_are_rejected(
    command: CommandLine, authorization: httpx.Client, client_id: str
) -> None:
    secret = command.read_json("clients", "create", client_id, "--scope", "revocations")["client_secret"]
    token = ask_for_token(authorization, client_id, secret).json()["access_token"]
    authorization.headers["Authorization"] = f"Bearer {token}"
    assert authorization.get("/revocations").is_success
    assert "--yes" in command.misuse("clients", "delete", client_id)
    assert command("clients", "delete", client_id, "--yes") == f"{client_id} is deleted.\n"
    wait_until(lambda: authorization.get("/revocations").status_code == 401, "the token being refused")
    assert ask_for_token(authorization, client_id, secret).status_code == 401
    assert command.refuse("clients", "delete", client_id, "--yes") == ["The client does not exist."]


def test_invalid_service_account_is_rejected_by_field(command: CommandLine, client_id: str) -> None:
    written = command.refuse("clients", "create", "Reporter", "--scope", "everything")
    assert [line.partition(":")[0] for line in written] == ["client_id (client_id)", "scopes.0 (grant)"]
    command("clients", "create", client_id)
    assert command.refuse("clients", "create", client_id) == ["The client id is already in use."]


def test_long_list_is_read_in_pages(command: CommandLine, client_id: str) -> None:
    for number in range(2):
        command("clients", "create", f"{client_id}-{number}")
    first = command.run("clients", "list", "--after", client_id, "--limit", "1")
    assert first.stderr == f"There are more: --after {client_id}-0\n"
    (second,) = command.read_json("clients", "list", "--after", f"{client_id}-0", "--limit", "1")
    assert second["client_id"] == f"{client_id}-1"
