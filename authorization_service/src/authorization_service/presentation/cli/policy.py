"""Commands for what holds for all users."""

from typing import Annotated

import typer

from authorization_service.application.auth.require_administrator import OPERATOR
from authorization_service.application.auth.second_factor_policy import ChangeSecondFactorPolicy, ShowSecondFactorPolicy
from authorization_service.presentation.cli.output import AsJson, show_row
from authorization_service.presentation.cli.running import run

app = typer.Typer(help="What holds for all users.", no_args_is_help=True)


@app.command("show")
def show_policy(as_json: AsJson = False) -> None:
    """Show the policy."""
    show_row({"administrators_need_second_factor": run(ShowSecondFactorPolicy, OPERATOR)}, as_json=as_json)


@app.command("set")
def set_policy(
    is_needed: Annotated[
        bool,
        typer.Option(
            "--administrators-need-second-factor/--administrators-need-no-second-factor",
            help="Whether sessions that were opened without a second factor allow no administration.",
            show_default=False,
        ),
    ],
) -> None:
    """Change the policy. Access tokens of administrators are revoked: they refresh them, or log in with a second factor."""
    run(ChangeSecondFactorPolicy, OPERATOR, is_needed=is_needed)
    typer.echo(f"Administrators need {'a' if is_needed else 'no'} second factor.")
