"""Commands for sessions and profiles."""

import base64
import dataclasses
import json
import os
import sys
import time
from contextlib import nullcontext, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from key_value_cli.connection import RETRY_SECONDS, comes_from_environment, make_client, open_client
from key_value_cli.failures import Failure, Status
from key_value_cli.options import OutputFormat, ProfileArgument, ProfileName
from key_value_cli.output import show_row, show_rows, write_line
from key_value_cli.profiles import Profile, change_profiles, check_name, load_profiles
from key_value_cli.token_file import TokenFile
from key_value_client.client import Client
from key_value_client.errors import KeyValueError
from key_value_client.tokens import NotLoggedIn, Tokens

DEFAULT_URL = "http://127.0.0.1:9080"
MAX_SECRET_BYTES = 10_000
_UNKNOWN_LIFETIME = 900.0

profiles = typer.Typer(help="Profiles: servers and accounts.", no_args_is_help=True)


class _NewTokens:
    """A TokenStore that begins empty: nothing is kept before the login has succeeded."""

    def __init__(self) -> None:
        self._tokens: Tokens | None = None

    def get(self) -> Tokens:
        """Return the tokens of the login. Raises NotLoggedIn."""
        if self._tokens is None:
            raise NotLoggedIn("The authorization service has issued no tokens.")
        return self._tokens

    def load(self) -> Tokens | None:
        return self._tokens

    def save(self, tokens: Tokens | None) -> None:
        self._tokens = tokens

    def lock(self) -> nullcontext[None]:
        return nullcontext()


def login(
    url: Annotated[
        str | None, typer.Option(metavar="URL", envvar="KV_URL", help="Of the key-value service.", show_default=False)
    ] = None,
    username: Annotated[str | None, typer.Option(metavar="NAME", envvar="KV_USERNAME", show_default=False)] = None,
    password_file: Annotated[
        str | None,
        typer.Option(
            metavar="PATH", envvar="KV_PASSWORD_FILE", help="File with the password; - is standard input.", show_default=False
        ),
    ] = None,
    code_file: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            envvar="KV_CODE_FILE",
            help="File with a code of the second factor, where you have one; - is standard input. Asked for if absent.",
            show_default=False,
        ),
    ] = None,
    client_id: Annotated[
        str | None, typer.Option(metavar="ID", envvar="KV_CLIENT_ID", help="Of a service account.", show_default=False)
    ] = None,
    secret_file: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            envvar="KV_CLIENT_SECRET_FILE",
            help="File with the service account's secret. It stays there, and is read when a token is needed.",
            show_default=False,
        ),
    ] = None,
    authorization_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            envvar="KV_AUTHORIZATION_URL",
            help="Of the authorization service; the key-value service names it if absent.",
            show_default=False,
        ),
    ] = None,
    namespace: Annotated[
        str | None, typer.Option("--namespace", "-n", metavar="NAME", help="For commands that name none.", show_default=False)
    ] = None,
    profile: ProfileName = None,
    output: OutputFormat = None,
) -> None:
    """Log in, and keep the session for later commands. What is missing is asked for.

    With an access token in KV_TOKEN, that is kept, until it expires.
    """
    kept = load_profiles()
    name = check_name(profile or kept.current)
    before = kept.by_name.get(name)
    url = (url or (before.url if before else None) or _ask("URL", DEFAULT_URL)).rstrip("/")
    new = Profile(
        name,
        url,
        authorization_url or _find_authorization_url(url),
        client_id=client_id,
        secret_file=None if secret_file is None else str(secret_file.absolute()),
        namespace=namespace or (before.namespace if before else "default"),
    )
    token = os.environ.get("KV_TOKEN")
    if client_id is not None:
        if secret_file is None:
            raise typer.BadParameter("A service account needs it.", param_hint="--secret-file")
        tokens = _log_in(new)
    elif token and username is None:
        tokens = _take(token)
    else:
        if password_file is not None and password_file == code_file:
            raise typer.BadParameter("The file has the password already.", param_hint="--code-file")
        username = username or _ask("Username", before.username if before else None)
        new = dataclasses.replace(new, username=username)
        tokens = _log_in(new, username=username, password=_read_password(password_file), code=lambda: _read_code(code_file))
    if before is not None:
        _end_session(before)
    TokenFile(name).save(tokens)
    with change_profiles() as changed:
        changed.by_name[name] = new
        changed.current = name
    _show(new, tokens, output)


def logout(profile: ProfileName = None) -> None:
    """End the session. The profile stays, for the next login."""
    found = load_profiles().find(profile)
    _end_session(found)
    write_line(f"Logged out of {found.url} (profile {found.name}).")


def whoami(profile: ProfileName = None, output: OutputFormat = None) -> None:
    """Write who you are, where, what you may do, and until when the access token is valid."""
    with open_client(profile) as client:
        if comes_from_environment(profile):
            row = {"profile": None, "url": client.url} | client.whoami()
            show_row(row, output)
            return
        found = load_profiles().find(profile)
        if found.client_id is None:
            found = dataclasses.replace(found, username=client.whoami()["username"])
        else:
            client.log_in()
    _show(found, TokenFile(found.name).load(), output)


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
    _end_session(load_profiles().find(name))
    with change_profiles() as kept:
        kept.by_name.pop(name, None)
    write_line(f"The profile {name} is deleted.")


def _log_in(profile: Profile, **credentials: Any) -> Tokens:
    store = _NewTokens()
    if credentials:
        client = Client(
            profile.url,
            authorization_url=profile.authorization_url,
            token_store=store,
            retry_for=RETRY_SECONDS,
            **credentials,
        )
    else:
        client = make_client(profile, store)
    with client:
        client.log_in()
        return store.get()


def _take(token: str) -> Tokens:
    expires_at = float(_read_claims(token).get("exp") or time.time() + _UNKNOWN_LIFETIME)
    return Tokens(token, None, expires_at, expires_at)


def _end_session(profile: Profile) -> None:
    """End the session at the service, if it can be reached, and forget the tokens in any case."""
    file = TokenFile(profile.name)
    with suppress(KeyValueError, OSError, Failure), make_client(profile, file, retry_for=0) as client:
        client.log_out()
    file.save(None)


def _find_authorization_url(url: str) -> str | None:
    """Ask the key-value service where tokens come from: its OpenAPI document says so."""
    try:
        document = httpx.get(f"{url}/openapi.json", timeout=RETRY_SECONDS, verify=url.startswith("https:")).json()
        token_url: str = document["components"]["securitySchemes"]["login"]["flows"]["password"]["tokenUrl"]
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError):
        return None
    return token_url.removesuffix("/token")


def _show(profile: Profile, tokens: Tokens | None, output: Any) -> None:
    row = {
        "profile": profile.name,
        "url": profile.url,
        "account": profile.username or profile.client_id,
        "namespace": profile.namespace,
        "scope": _read_claims(tokens.access_token).get("scope") if tokens else None,
        "token_until": datetime.fromtimestamp(int(tokens.expires_at), timezone.utc) if tokens else None,
    }
    show_row(row, output)


def _read_claims(token: str) -> dict[str, Any]:
    """Return what an access token says, to show it: only services verify tokens."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _ask(what: str, default: str | None) -> str:
    if not sys.stdin.isatty():
        if default is not None:
            return default
        raise Failure(f"Without a terminal, give --{what.lower()}.", Status.WRONG_USAGE)
    answer: str = typer.prompt(what, default=default, err=True)
    return answer


def _read_password(file: str | None) -> str:
    return _read_secret(file, "password", os.environ.get("KV_PASSWORD"), "--password-file, or KV_PASSWORD")


def _read_code(file: str | None) -> str:
    return _read_secret(file, "code of the second factor", None, "--code-file")


def _read_secret(file: str | None, what: str, given: str | None, instead: str) -> str:
    """Return the secret from the file, the given one, or one typed at the terminal; without one, `instead` is needed."""
    if file is not None:
        content = sys.stdin.buffer.read(MAX_SECRET_BYTES) if file == "-" else Path(file).read_bytes()[:MAX_SECRET_BYTES]
        try:
            return content.decode().removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError:
            raise Failure(f"The {what} must be UTF-8.", Status.WRONG_USAGE) from None
    if given:
        return given
    if not sys.stdin.isatty():
        raise Failure(f"Without a terminal, give {instead}.", Status.WRONG_USAGE)
    typed: str = typer.prompt(what.capitalize(), hide_input=True, err=True)
    return typed
