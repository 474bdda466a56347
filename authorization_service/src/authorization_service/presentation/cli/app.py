"""All commands, grouped by file."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from authorization_service.presentation.cli import clients, grants, groups, keys, policy, users
from authorization_service.presentation.cli.demo_data import make_demo_data

app = typer.Typer(
    name="authorization-service",
    help="Without arguments: run the service. With a command: administer the service's data, whether or not the service runs. "
    "Commands read the same settings as the service, from the environment and `.env`.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich" if sys.stderr.isatty() else None,  # no frames, which would fold lines that a program reads
    pretty_exceptions_enable=False,  # they would show local variables, which may hold secrets
)


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(f"authorization-service {version('authorization-service')}")
        raise typer.Exit


@app.callback()
def _add_options(
    _: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass


app.add_typer(users.app, name="users")
app.add_typer(groups.app, name="groups")
app.add_typer(grants.app, name="grants")
app.add_typer(clients.app, name="clients")
app.add_typer(keys.app, name="keys")
app.add_typer(policy.app, name="policy")
app.command("demo-data")(make_demo_data)
