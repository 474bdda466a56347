"""Runs a use case for whoever has the database's password, and tells what keeps it from being done."""

import asyncio
import os
import sys
from typing import ParamSpec, Protocol, TypeVar

import typer

from authorization_service.domain import exceptions as domain
from shared_kernel.application.availability import BusyError, StoreFullError, StoreUnavailableError
from shared_kernel.domain.rules import RulesBrokenError

P = ParamSpec("P")
T_co = TypeVar("T_co", covariant=True)

REFUSALS = (
    domain.ClientIdTakenError,
    domain.GrantNotHeldError,
    domain.LastAdministratorError,
    domain.LimitReachedError,
    domain.NoSuchClientError,
    domain.NoSuchGroupError,
    domain.NoSuchUserError,
    domain.NotAMemberError,
    domain.RotationUnderWayError,
    domain.UsernameTakenError,
    BusyError,
    StoreFullError,
    OSError,  # files of keys that cannot be read or written
    ValueError,  # or are none
)
"""What a command may hear from its use case beside RulesBrokenError and StoreUnavailableError; their text tells all."""


class UseCase(Protocol[P, T_co]):
    """One public coroutine."""

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T_co:
        """Do it."""
        ...


def run(use_case: type[UseCase[P, T_co]], *args: P.args, **kwargs: P.kwargs) -> T_co:
    """Return what the use case answers. Whatever it refuses is told on standard error and ends the process with 1."""
    # Imported here, so that help and wrong usage need not wait for it.
    from dishka import make_async_container  # noqa: PLC0415

    from authorization_service.config import Settings  # noqa: PLC0415
    from authorization_service.presentation.providers.clients import ClientsProvider  # noqa: PLC0415
    from authorization_service.presentation.providers.keys import KeysProvider  # noqa: PLC0415
    from authorization_service.presentation.providers.people import PeopleProvider  # noqa: PLC0415
    from authorization_service.presentation.providers.store import StoreProvider  # noqa: PLC0415
    from shared_kernel.presentation.logging import configure_logging  # noqa: PLC0415

    settings = Settings.load()
    configure_logging("ERROR", sys.stderr)  # what warnings tell, a refusal tells

    async def call() -> T_co:
        container = make_async_container(
            StoreProvider(), PeopleProvider(), ClientsProvider(), KeysProvider(), context={Settings: settings}
        )
        try:
            return await (await container.get(use_case))(*args, **kwargs)
        finally:
            await container.close()

    try:
        return asyncio.run(call())
    except RulesBrokenError as error:
        refuse(*(f"{violation.field} ({violation.rule}): {violation.message}" for violation in error.violations))
    except StoreUnavailableError as error:
        password_file = settings.tarantool_password_file
        refuse(
            f"{error} Tarantool was expected at {settings.tarantool_host}:{settings.tarantool_port}"
            f" ({Settings.variable('tarantool_host')}, {Settings.variable('tarantool_port')}), with the password in the file"
            f" {password_file} ({Settings.variable('tarantool_password_file')}),"
            f" which {'can' if os.access(password_file, os.R_OK) else 'cannot'} be read."
        )
    except REFUSALS as error:
        refuse(str(error))
    raise typer.Exit(1)


def refuse(*reasons: str) -> None:
    """Tell on standard error why something is not done."""
    for reason in reasons:
        typer.echo(f"error: {reason}", err=True)
