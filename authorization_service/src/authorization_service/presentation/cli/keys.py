"""Commands for signing keys."""

from typing import Annotated

import typer

from authorization_service.application.auth.require_administrator import OPERATOR
from authorization_service.application.key.manage_keys import ListKeys, PruneKeys, RotateKeys
from authorization_service.presentation.cli.output import AsJson, show_row, show_rows
from authorization_service.presentation.cli.running import run

app = typer.Typer(help="The keys that access tokens are signed with.", no_args_is_help=True)

COLUMNS = ("key_id", "state", "created_at", "signs_from", "published_until")


@app.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """List signing keys, in the order in which they sign.

    A key is waiting (published, so that verifiers know it before it signs), signing, retired (published until the last token
    that it signed has expired) or expired (no longer published; `keys prune` removes it).
    """
    rows = [
        {
            "key_id": key.id,
            "state": state.value,
            "created_at": key.created_at,
            "signs_from": key.signs_from,
            "published_until": key.published_until,
        }
        for key, state in run(ListKeys, OPERATOR)
    ]
    show_rows(rows, COLUMNS, as_json=as_json)


@app.command()
def rotate(
    compromised: Annotated[
        bool,
        typer.Option(
            "--compromised",
            help="Sign with the new key immediately and withdraw all others; their tokens become invalid.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Create a key that replaces the signing key.

    It is published immediately and signs after AUTHORIZATION_KEY_PUBLICATION_SECONDS, when all verifiers know it, so that no
    token is refused.
    """
    key = run(RotateKeys, OPERATOR, compromised=compromised)
    show_row({"key_id": key.id, "signs_from": key.signs_from}, as_json=as_json)


@app.command()
def prune(as_json: AsJson = False) -> None:
    """Remove expired keys with their files, and files left over from interrupted rotations, and list them."""
    show_rows([{"key_id": key_id} for key_id in run(PruneKeys)], ("key_id",), as_json=as_json)
