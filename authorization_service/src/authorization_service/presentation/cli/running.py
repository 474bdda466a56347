"""Runs use cases as the operator, who has the database's password."""

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, ParamSpec, Protocol, TypeVar

import typer

from authorization_service.domain.exceptions import AuthorizationServiceError
from shared_kernel.application.availability import BusyError, StoreFullError, StoreUnavailableError
from shared_kernel.domain.rules import RulesBrokenError

if TYPE_CHECKING:
    from authorization_service.config import Settings

P = ParamSpec("P")
T_co = TypeVar("T_co", covariant=True)


class UseCase(Protocol[P, T_co]):
    """One public coroutine."""

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T_co:
        """Run the use case."""
        ...


def run(use_case: type[UseCase[P, T_co]], *args: P.args, **kwargs: P.kwargs) -> T_co:
    """Return the use case's result. Errors that are not bugs are written to standard error and end the process with status 1."""
    # Imported here, so that help and usage errors need not wait for it.
    from authorization_service.composition.core import make_core_container  # noqa: PLC0415
    from authorization_service.config import Settings  # noqa: PLC0415
    from shared_kernel.presentation.logging import configure_logging  # noqa: PLC0415

    settings = Settings.load()
    configure_logging("ERROR", sys.stderr)  # errors that end the command say what warnings would

    async def call() -> T_co:
        container = make_core_container(settings)
        try:
            return await (await container.get(use_case))(*args, **kwargs)
        finally:
            await container.close()

    with exit_on_error(settings):
        return asyncio.run(call())


@contextmanager
def exit_on_error(settings: "Settings") -> Iterator[None]:
    """Write errors that are not bugs to standard error and raise typer.Exit with status 1; let bugs through."""
    try:
        yield
    except RulesBrokenError as error:
        _write(*(f"{violation.field} ({violation.rule}): {violation.message}" for violation in error.violations))
    except StoreUnavailableError as error:
        password_file = settings.tarantool_password_file
        _write(
            f"{error} Tarantool was expected at {settings.describe_tarantool()}, with the password in the file"
            f" {password_file} ({settings.variable('tarantool_password_file')}),"
            f" which {'can' if os.access(password_file, os.R_OK) else 'cannot'} be read."
        )
    except (AuthorizationServiceError, BusyError, StoreFullError) as error:
        _write(str(error))
    else:
        return
    raise typer.Exit(1)


def _write(*reasons: str) -> None:
    for reason in reasons:
        typer.echo(f"error: {reason}", err=True)
