"""Clients: service accounts, and programs that users sign in to."""

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
from authorization_service.domain.entities.client import Application, Client
from authorization_service.presentation.cli.output import After, AsJson, Confirmed, Limit, Row, confirm, show_row, show_rows
from authorization_service.presentation.cli.running import run
from authorization_service.presentation.cli.secrets import SecretFile, open_secret_file

app = typer.Typer(help="Clients: service accounts, and programs that users sign in to.", no_args_is_help=True)

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
    is_public: Annotated[
        bool, typer.Option("--public", help="It has no secret: a program on users' devices or in their browsers.")
    ] = False,
    redirect_uris: Annotated[
        list[str] | None,
        typer.Option("--redirect-uri", help="Where users' browsers return to with a code. May be repeated."),
    ] = None,
    post_logout_redirect_uris: Annotated[
        list[str] | None,
        typer.Option("--post-logout-redirect-uri", help="Where browsers may return to after signing out. May be repeated."),
    ] = None,
    is_first_party: Annotated[
        bool, typer.Option("--first-party", help="It is your own: users are not asked for consent.")
    ] = False,
    name: Annotated[str | None, typer.Option("--name", help="What users know it by.")] = None,
    logo_uri: Annotated[str | None, typer.Option("--logo-uri", help="A picture that users are shown.")] = None,
    must_push_requests: Annotated[
        bool, typer.Option("--require-pushed-requests", help="Its authorization requests must be pushed (RFC 9126).")
    ] = False,
    backchannel_logout_uri: Annotated[
        str | None, typer.Option("--backchannel-logout-uri", help="Where the service tells it of logouts.")
    ] = None,
    secret_file: SecretFile = None,
    as_json: AsJson = False,
) -> None:
    """Create a client. Its secret, if it is not public, is shown only once."""
    application = Application(
        redirect_uris=tuple(redirect_uris or ()),
        post_logout_redirect_uris=tuple(post_logout_redirect_uris or ()),
        is_first_party=is_first_party,
        name=name,
        logo_uri=logo_uri,
        must_push_requests=must_push_requests,
        backchannel_logout_uri=backchannel_logout_uri,
    )
    with open_secret_file(secret_file) as file:
        made = run(CreateClient, OPERATOR, client_id, scopes or [], is_public=is_public, application=application)
        if file is not None and made.secret is not None:
            file.write(f"{made.secret.text}\n")
    _show(made, secret_file, as_json=as_json)


@app.command("new-secret")
def change_client_secret(client_id: ClientId, secret_file: SecretFile = None, as_json: AsJson = False) -> None:
    """Replace the secret of a client; it is shown only once. The old secret and its tokens become invalid."""
    with open_secret_file(secret_file) as file:
        made = run(ChangeClientSecret, OPERATOR, client_id)
        if file is not None and made.secret is not None:
            file.write(f"{made.secret.text}\n")
    _show(made, secret_file, as_json=as_json)


@app.command("list")
def list_clients(limit: Limit = 100, after: After = "", as_json: AsJson = False) -> None:
    """List clients, ordered by id."""
    found = run(ListClients, OPERATOR, after, limit + 1)
    show_rows([_describe(client) for client in found], ("client_id", "scopes", "created_at"), limit=limit, as_json=as_json)


@app.command("delete")
def delete_client(client_id: ClientId, confirmed: Confirmed = False) -> None:
    """Delete a client. Its tokens are revoked, and its sessions of users end."""
    confirm(f"Delete the client {client_id}?", confirmed=confirmed)
    run(DeleteClient, OPERATOR, client_id)
    typer.echo(f"{client_id} is deleted.")


def _describe(client: Client) -> Row:
    application = client.application
    return {
        "client_id": client.id,
        "public": client.is_public,
        "scopes": client.scopes,
        "redirect_uris": application.redirect_uris,
        "post_logout_redirect_uris": application.post_logout_redirect_uris,
        "first_party": application.is_first_party,
        "name": application.name,
        "logo_uri": application.logo_uri,
        "backchannel_logout_uri": application.backchannel_logout_uri,
        "require_pushed_authorization_requests": application.must_push_requests,
        "created_at": client.created_at,
    }


def _show(made: ClientWithSecret, secret_file: Path | None, *, as_json: bool) -> None:
    secret = {"client_secret": made.secret.text} if secret_file is None and made.secret is not None else {}
    show_row(_describe(made.client) | secret, as_json=as_json)
