"""The login: in a browser, on another device, by password, or as a service account."""

import dataclasses
import os
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from key_value_cli.accounts import end_session, read_claims, show_session
from key_value_cli.connection import RETRY_SECONDS, make_client
from key_value_cli.durations import parse_duration
from key_value_cli.failures import Failure, Status
from key_value_cli.options import OutputFormat, ProfileName
from key_value_cli.profiles import Profile, change_profiles, check_name, load_profiles
from key_value_cli.token_file import TokenFile
from key_value_client.certificates import choose_authorities
from key_value_client.client import Client
from key_value_client.tokens import NotLoggedIn, Tokens

DEFAULT_URL = "http://127.0.0.1:9080"
MAX_SECRET_BYTES = 10_000
_UNKNOWN_LIFETIME = 900.0


class _NewTokens:
    """A TokenStore that begins empty: nothing is kept before the login has succeeded."""

    def __init__(self, tokens: Tokens | None = None) -> None:
        self._tokens = tokens

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
    on_device: Annotated[
        bool | None,
        typer.Option(
            "--device/--browser",
            help="Sign in on another device, or in a browser here. If absent: in a browser if one is at hand.",
            show_default=False,
        ),
    ] = None,
    timeout: Annotated[str, typer.Option(metavar="DURATION", help="How long to wait for the sign-in.")] = "10m",
    username: Annotated[
        str | None,
        typer.Option(metavar="NAME", envvar="KV_USERNAME", help="Log in by password instead.", show_default=False),
    ] = None,
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
    ca_file: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            envvar="KV_CA_FILE",
            help="File with the authorities (PEM) whose certificates the services may have; each command reads it.",
            show_default=False,
        ),
    ] = None,
    namespace: Annotated[
        str | None, typer.Option("--namespace", "-n", metavar="NAME", help="For commands that name none.", show_default=False)
    ] = None,
    profile: ProfileName = None,
    output: OutputFormat = None,
) -> None:
    """Sign in, and keep the session for later commands.

    That is in a browser, or on another device, unless there is a username. With an access token in KV_TOKEN, that is kept, until
    it expires.
    """
    kept = load_profiles()
    name = check_name(profile or kept.current)
    before = kept.by_name.get(name)
    url = (url or (before.url if before else None) or _ask("URL", DEFAULT_URL)).rstrip("/")
    authorities = None if ca_file is None else str(ca_file.absolute())
    new = Profile(
        name,
        url,
        authorization_url or _find_authorization_url(url, authorities),
        client_id=client_id,
        secret_file=None if secret_file is None else str(secret_file.absolute()),
        namespace=namespace or (before.namespace if before else "default"),
        ca_file=authorities,
    )
    token = os.environ.get("KV_TOKEN")
    if client_id is not None:
        if secret_file is None:
            raise typer.BadParameter("A service account needs it.", param_hint="--secret-file")
        tokens = _log_in(new)
    elif on_device is not None or not (token or username or password_file):
        new, tokens = _sign_in(new, _parse_timeout(timeout), username, on_device=on_device)
    elif token and username is None:
        tokens = _take(token)
    else:
        if password_file is not None and password_file == code_file:
            raise typer.BadParameter("The file has the password already.", param_hint="--code-file")
        username = username or _ask("Username", before.username if before else None)
        new = dataclasses.replace(new, username=username)
        tokens = _log_in(new, username=username, password=_read_password(password_file), code=lambda: _read_code(code_file))
    if before is not None:
        end_session(before)
    TokenFile(name).save(tokens)
    with change_profiles() as changed:
        changed.by_name[name] = new
        changed.current = name
    show_session(new, tokens, output)


def _sign_in(profile: Profile, seconds: float, username: str | None, *, on_device: bool | None) -> tuple[Profile, Tokens]:
    """Let the user sign in to the public client kv; return the profile as that user's, and the tokens."""
    from key_value_cli.browser_login import is_browser_at_hand, sign_in_by_browser  # noqa: PLC0415 - a password needs neither
    from key_value_cli.device_login import sign_in_on_another_device  # noqa: PLC0415
    from key_value_cli.oauth import CLIENT_ID, Server  # noqa: PLC0415

    if on_device is None and not sys.stdin.isatty():
        raise Failure("Without a terminal, give --username, --browser or --device.", Status.WRONG_USAGE)
    profile = dataclasses.replace(profile, client_id=CLIENT_ID)
    with make_client(profile, _NewTokens()) as client:
        server = Server.find(client.authorization_url, profile.ca_file)
    try:
        if is_browser_at_hand() if on_device is None else not on_device:
            tokens = sign_in_by_browser(server, seconds, username)
        else:
            tokens = sign_in_on_another_device(server, seconds)
    except KeyboardInterrupt:
        raise Failure("Interrupted: nobody has signed in.", Status.INTERRUPTED) from None
    with make_client(profile, _NewTokens(tokens)) as client:
        return dataclasses.replace(profile, username=client.whoami()["username"]), tokens


def _parse_timeout(text: str) -> float:
    seconds = parse_duration(text)
    if seconds is None:
        raise typer.BadParameter("There is an end to it.", param_hint="--timeout")
    return seconds


def _log_in(profile: Profile, **credentials: Any) -> Tokens:
    store = _NewTokens()
    if credentials:
        client = Client(
            profile.url,
            authorization_url=profile.authorization_url,
            token_store=store,
            ca_file=profile.ca_file,
            retry_for=RETRY_SECONDS,
            **credentials,
        )
    else:
        client = make_client(profile, store)
    with client:
        client.log_in()
        return store.get()


def _take(token: str) -> Tokens:
    expires_at = float(read_claims(token).get("exp") or time.time() + _UNKNOWN_LIFETIME)
    return Tokens(token, None, expires_at, expires_at)


def _find_authorization_url(url: str, ca_file: str | None) -> str | None:
    """Ask the key-value service where tokens come from: its OpenAPI document says so."""
    try:
        verify = choose_authorities(url, ca_file)
        document = httpx.get(f"{url}/openapi.json", timeout=RETRY_SECONDS, verify=verify).json()
        token_url: str = document["components"]["securitySchemes"]["login"]["flows"]["password"]["tokenUrl"]
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError):
        return None
    return token_url.removesuffix("/token")


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
