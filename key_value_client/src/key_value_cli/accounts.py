"""Sessions and profiles: commands beside the login."""

import base64
import dataclasses
import json
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any

import typer

from key_value_cli.connection import comes_from_environment, make_client, open_client
from key_value_cli.failures import Failure
from key_value_cli.options import OutputFormat, ProfileArgument, ProfileName
from key_value_cli.output import show_row, show_rows, write_line
from key_value_cli.profiles import Profile, change_profiles, load_profiles
from key_value_cli.token_file import TokenFile
from key_value_client.errors import KeyValueError
from key_value_client.tokens import Tokens

profiles = typer.Typer(help="Profiles: servers and accounts.", no_args_is_help=True)


def logout(profile: ProfileName = None) -> None:
    """End the session. The profile stays, for the next login."""
    found = load_profiles().find(profile)
    end_session(found)
    write_line(f"Logged out of {found.url} (profile {found.name}).")


def whoami(profile: ProfileName = None, output: OutputFormat = None) -> None:
    """Write who you are, where, what you may do, and until when the access token is valid."""
    with open_client(profile) as client:
        if comes_from_environment(profile):
            row = {"profile": None, "url": client.url} | client.whoami()
            show_row(row, output)
            return
        found = load_profiles().find(profile)
        if found.secret_file is None:
            found = dataclasses.replace(found, username=client.whoami()["username"])
        else:
            client.log_in()
    show_session(found, TokenFile(found.name).load(), output)


@profiles.command("list")
def list_profiles(output: OutputFormat = None) -> None:
    """List profiles; the current one has a mark."""
    kept = load_profiles()
    rows = [
        {
            "profile": name,
            "is_current": name == kept.current,
            "url": each.url,
            "account": each.username or each.client_id,
            "namespace": each.namespace,
            "is_logged_in": TokenFile(name).load() is not None,
        }
        for name, each in sorted(kept.by_name.items())
    ]
    show_rows(rows, ("profile", "is_current", "url", "account", "namespace", "is_logged_in"), output)


@profiles.command("use")
def use_profile(name: ProfileArgument) -> None:
    """Make a profile the current one."""
    with change_profiles() as kept:
        kept.current = kept.find(name).name
    write_line(f"Commands use the profile {name}.")


@profiles.command("delete")
def delete_profile(name: ProfileArgument) -> None:
    """End a profile's session, and forget the profile."""
    end_session(load_profiles().find(name))
    with change_profiles() as kept:
        kept.by_name.pop(name, None)
    write_line(f"The profile {name} is deleted.")


def end_session(profile: Profile) -> None:
    """End the session at the service, if it can be reached, and forget the tokens in any case."""
    file = TokenFile(profile.name)
    with suppress(KeyValueError, OSError, Failure), make_client(profile, file, retry_for=0) as client:
        client.log_out()
    file.save(None)


def show_session(profile: Profile, tokens: Tokens | None, output: Any) -> None:
    """Write who has logged in where, with which rights and until when."""
    row = {
        "profile": profile.name,
        "url": profile.url,
        "account": profile.username or profile.client_id,
        "namespace": profile.namespace,
        "scope": read_claims(tokens.access_token).get("scope") if tokens else None,
        "token_until": datetime.fromtimestamp(int(tokens.expires_at), timezone.utc) if tokens else None,
    }
    show_row(row, output)


def read_claims(token: str) -> dict[str, Any]:
    """Return what an access token says, to show it: only services verify tokens."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}
