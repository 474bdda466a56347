"""Errors that end a command with a line each, and bugs, which end it with a traceback."""

from pathlib import Path

import pytest
import typer

from authorization_service.config import Settings
from authorization_service.domain import exceptions
from authorization_service.presentation.cli.running import exit_on_error
from shared_kernel.application.availability import BusyError, StoreFullError, StoreUnavailableError
from shared_kernel.domain.rules import RulesBrokenError, Violation

SETTINGS = Settings(tarantool_host="db.example", tarantool_port=1234, tarantool_password_file=Path("/no/such/file"))


def run_failing(error: Exception) -> None:
    with exit_on_error(SETTINGS):
        raise error


@pytest.mark.parametrize(
    "error",
    [exceptions.UsernameTakenError(), exceptions.SecretUnusableError("no file"), BusyError("too many"), StoreFullError()],
    ids=lambda error: type(error).__name__,
)
def test_error_is_written_and_ends_the_command_with_status_1(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        run_failing(error)
    assert ended.value.exit_code == 1
    assert capsys.readouterr() == ("", f"error: {error}\n")


def test_broken_rules_are_written_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        run_failing(RulesBrokenError([Violation("a", "length", "Too long."), Violation("b", "unique", "Given twice.")]))
    assert capsys.readouterr().err == "error: a (length): Too long.\nerror: b (unique): Given twice.\n"


def test_unavailable_database_is_written_with_the_settings(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        run_failing(StoreUnavailableError("Away."))
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: Away. Tarantool was expected at db.example:1234 (AUTHORIZATION_TARANTOOL_HOST, ")
    assert line.endswith("/no/such/file (AUTHORIZATION_TARANTOOL_PASSWORD_FILE), which cannot be read.")


@pytest.mark.parametrize("bug", [ValueError("x"), OSError("x"), KeyError("x"), RuntimeError("x")], ids=repr)
def test_bug_is_not_hidden(bug: Exception) -> None:
    with pytest.raises(type(bug)):
        run_failing(bug)


def test_every_error_of_the_service_has_the_base() -> None:
    errors = {error for error in vars(exceptions).values() if isinstance(error, type) and error.__module__ == exceptions.__name__}
    assert len(errors) > 15
    assert {error for error in errors if not issubclass(error, exceptions.AuthorizationServiceError)} == set()
