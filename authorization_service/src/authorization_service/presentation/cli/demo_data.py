"""Data for trying the store out."""

import typer

from authorization_service.application.user.make_demo_data import MakeDemoData
from authorization_service.presentation.cli.output import AsJson, show_rows
from authorization_service.presentation.cli.running import run


def make_demo_data(as_json: AsJson = False) -> None:
    """Create users and a group for trying the store out. Existing ones stay, so this may be run again."""
    made = run(MakeDemoData)
    rows = [
        {
            "username": username,
            "scope": " ".join(scopes),
            "is_new": username in made.new_users,
            "password": made.password if username in made.new_users else None,
        }
        for username, scopes in made.scopes.items()
    ]
    show_rows(rows, ("username", "scope", "is_new", "password"), as_json=as_json)
    if not as_json:
        typer.echo("Passwords are shown only once." if made.new_users else "Everything already exists.")
