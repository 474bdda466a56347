"""All commands."""

import typer

from authorization_service.presentation.cli import users

app = typer.Typer(
    name="authorization-service",
    help="Without arguments: serve. With a command: administer what the service keeps, whether or not it runs. Settings are "
    "the service's own, from the environment and `.env`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they show local variables, and these hold secrets
)
app.add_typer(users.app, name="users")
