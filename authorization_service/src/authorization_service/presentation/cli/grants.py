"""Commands for grants."""

from typing import Annotated

import typer

from authorization_service.application.auth.require_administrator import OPERATOR
from authorization_service.application.grant.change_grants import GiveGrant, GrantRequest, TakeGrant
from authorization_service.application.grant.grant_repository import HolderKind
from authorization_service.application.grant.show_grants import ShowGrantsOfGroup, ShowRights
from authorization_service.presentation.cli.output import AsJson, Row, show_rows
from authorization_service.presentation.cli.running import run
from shared_kernel.domain.grants import Grant

app = typer.Typer(help="Grants of users and groups.", no_args_is_help=True)

GrantText = Annotated[
    str,
    typer.Argument(
        metavar="GRANT",
        help="read:, write: or admin:, and a namespace, or a prefix with *; or read: or write:, a namespace, / and a key, or a "
        "prefix with *, in which all but A-Z a-z 0-9 -._~/:@ is percent-encoded.",
        show_default=False,
    ),
]
User = Annotated[str | None, typer.Option("--user", metavar="USERNAME", help="The user.")]
Group = Annotated[str | None, typer.Option("--group", metavar="GROUP", help="The group.")]


@app.command("list")
def list_grants(user: User = None, group: Group = None, as_json: AsJson = False) -> None:
    """List the grants of a user or a group; for a user, those held through groups, too."""
    kind, name = _find_holder(user, group)
    if kind is HolderKind.GROUP:
        held: list[tuple[Grant, str | None]] = [(grant, name) for grant in run(ShowGrantsOfGroup, OPERATOR, name)]
    else:
        rights = run(ShowRights, OPERATOR, name)
        held = [(grant, None) for grant in rights.own]
        held += [(grant, each) for each, grants in rights.by_group.items() for grant in grants]
    rows: list[Row] = [{"grant": str(grant), "group": each} for grant, each in held]
    show_rows(rows, ("grant", "group"), as_json=as_json)


@app.command("give")
def give_grant(grant: GrantText, user: User = None, group: Group = None) -> None:
    """Give a user or a group a grant. The tokens of the users concerned are revoked; new ones have the grant."""
    kind, name = _find_holder(user, group)
    run(GiveGrant, GrantRequest(OPERATOR, kind, name, grant))
    typer.echo(f"The {kind} {name} holds {grant}.")


@app.command("take")
def take_grant(grant: GrantText, user: User = None, group: Group = None) -> None:
    """Remove a grant from a user or a group. The tokens of the users concerned are revoked; new ones lack the grant."""
    kind, name = _find_holder(user, group)
    run(TakeGrant, GrantRequest(OPERATOR, kind, name, grant))
    typer.echo(f"The {kind} {name} no longer holds {grant}.")


def _find_holder(user: str | None, group: str | None) -> tuple[HolderKind, str]:
    match user, group:
        case str(), None:
            return HolderKind.USER, user
        case None, str():
            return HolderKind.GROUP, group
    raise typer.BadParameter("Name a user or a group.", param_hint="--user or --group")
