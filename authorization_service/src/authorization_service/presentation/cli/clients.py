"""Service accounts."""

from pathlib import Path
from typing import Annotated

import typer

from authorization_service.application.auth.require_administrator import OPERATOR
from authorization_service.application.client.manage_clients import (
    ChangeClientSecret,
    ClientWithSecret,
    CreateClient,
    DeleteClient,
    ListClients,
)
from authorization_service.domain.entities.client import Client
from authorization_service.presentation.cli.output import After, AsJson, Confirmed, Limit, Row, confirm, show_row, show_rows
from authorization_service.presentation.cli.running import run
from authorization_service.presentation.cli.secrets import SecretFile, open_secret_file

app = typer.Typer(help="Service accounts.", no_args_is_help=True)

ClientId = Annotated[str, typer.Argument(metavar="CLIENT_ID", show_default=False)]


@app.command("create")
def create_client(
    client_id: ClientId,
    scopes: Annotated[
        list[str] | None,
        typer.Option(
            "--scope", help="A grant, such as read:default or read:default/config/*, or `revocations`. May be repeated."
        ),
    ] = None,
    secret_file: SecretFile = None,
    as_json: AsJson = False,
) -> None:
    """Create a service account. Its secret is shown only once."""
    with open_secret_file(secret_file) as file:
        made = run(CreateClient, OPERATOR, client_id, scopes or [])
        if file is not None:
            file.write(f"{made.secret.text}\n")
    _show(made, secret_file, as_json=as_json)


@app.command("new-secret")
def change_client_secret(client_id: ClientId, secret_file: SecretFile = None, as_json: AsJson = False) -> None:
    """Replace the secret of a service account; it is shown only once. The old secret and its tokens become invalid."""
    with open_secret_file(secret_file) as file:
        made = run(ChangeClientSecret, OPERATOR, client_id)
        if file is not None:
            file.write(f"{made.secret.text}\n")
    _show(made, secret_file, as_json=as_json)


@app.command("list")
def list_clients(limit: Limit = 100, after: After = "", as_json: AsJson = False) -> None:
    """List service accounts, ordered by id."""
    found = run(ListClients, OPERATOR, after, limit + 1)
    show_rows([_describe(client) for client in found], ("client_id", "scopes", "created_at"), limit=limit, as_json=as_json)


@app.command("delete")
def delete_client(client_id: ClientId, confirmed: Confirmed = False) -> None:
    """Delete a service account. Its tokens are revoked."""
    confirm(f"Delete the service account {client_id}?", confirmed=confirmed)
    run(DeleteClient, OPERATOR, client_id)
    typer.echo(f"{client_id} is deleted.")


def _describe(client: Client) -> Row:
    return {"client_id": client.id, "scopes": client.scopes, "created_at": client.created_at}


def _show(made: ClientWithSecret, secret_file: Path | None, *, as_json: bool) -> None:
    secret = {"client_secret": made.secret.text} if secret_file is None else {}
    show_row(_describe(made.client) | secret, as_json=as_json)
