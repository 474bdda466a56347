"""Users."""

from typing import Annotated

import typer

from authorization_service.application.user.list_users import ListUsers, ListUsersRequest
from authorization_service.domain.entities.user import User
from authorization_service.presentation.cli.output import AsJson, Row, show_rows
from authorization_service.presentation.cli.running import run

app = typer.Typer(help="Users.", no_args_is_help=True)

COLUMNS = ("username", "role", "is_enabled", "first_name", "last_name", "created_at", "id")


@app.command("list")
def list_users(
    prefix: Annotated[str, typer.Option(help="How the usernames begin, in any case.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 100,
    after: Annotated[str, typer.Option(help="The last username of the page before.")] = "",
    as_json: AsJson = False,
) -> None:
    """List users by username."""
    found = run(ListUsers, ListUsersRequest(prefix, after.lower(), limit + 1))
    show_rows([_describe(user) for user in found[:limit]], COLUMNS, as_json=as_json)
    if len(found) > limit:
        typer.echo(f"There are more: --after {found[limit - 1].username.key}", err=True)


def _describe(user: User) -> Row:
    return {
        "id": str(user.id),
        "username": user.username.value,
        "first_name": user.first_name.value,
        "last_name": user.last_name.value,
        "role": user.role.value,
        "is_enabled": user.is_enabled,
        "created_at": user.created_at,
    }
