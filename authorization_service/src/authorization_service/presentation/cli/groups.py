"""Commands for groups."""

from typing import Annotated

import typer

from authorization_service.application.auth.require_administrator import OPERATOR
from authorization_service.application.group.groups import CreateGroup, DeleteGroup, ListGroups, ShowGroup
from authorization_service.application.group.memberships import AddMember, MembershipRequest, RemoveMember
from authorization_service.presentation.cli.output import After, AsJson, Confirmed, Limit, confirm, show_row, show_rows
from authorization_service.presentation.cli.running import run

app = typer.Typer(help="Groups of users.", no_args_is_help=True)

Group = Annotated[str, typer.Argument(metavar="GROUP", show_default=False)]
Username = Annotated[str, typer.Argument(metavar="USERNAME", show_default=False)]


@app.command("create")
def create_group(name: Group) -> None:
    """Create a group, unless it already exists."""
    is_new = run(CreateGroup, OPERATOR, name)
    typer.echo(f"{name} is created." if is_new else f"{name} already exists.")


@app.command("list")
def list_groups(limit: Limit = 100, after: After = "", as_json: AsJson = False) -> None:
    """List groups, ordered by name."""
    found = run(ListGroups, OPERATOR, after, limit + 1)
    rows = [{"name": group.name.value, "created_at": group.created_at} for group in found]
    show_rows(rows, ("name", "created_at"), limit=limit, as_json=as_json)


@app.command("show")
def show_group(name: Group, as_json: AsJson = False) -> None:
    """Show a group with its members and grants."""
    shown = run(ShowGroup, OPERATOR, name)
    row = {
        "name": shown.group.name.value,
        "created_at": shown.group.created_at,
        "members": list(shown.members),
        "grants": list(map(str, shown.grants)),
    }
    show_row(row, as_json=as_json)


@app.command("add")
def add_member(name: Group, username: Username) -> None:
    """Add a user to a group. The user's tokens are revoked; new ones have the group's grants."""
    run(AddMember, MembershipRequest(OPERATOR, name, username))
    typer.echo(f"{username} is a member of {name}.")


@app.command("remove")
def remove_member(name: Group, username: Username) -> None:
    """Remove a user from a group. The user's tokens are revoked; new ones lack the group's grants."""
    run(RemoveMember, MembershipRequest(OPERATOR, name, username))
    typer.echo(f"{username} is no longer a member of {name}.")


@app.command("delete")
def delete_group(name: Group, confirmed: Confirmed = False) -> None:
    """Delete a group with its memberships and grants. The tokens of its members are revoked."""
    confirm(f"Delete the group {name}?", confirmed=confirmed)
    run(DeleteGroup, OPERATOR, name)
    typer.echo(f"{name} is deleted.")
