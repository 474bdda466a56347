"""Authorization requests of clients (RFC 6749, section 4.1.1; OpenID Connect Core 1.0, section 3.1.2.1)."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Self

from authorization_service.domain.entities.client import Client
from authorization_service.domain.value_objects.identity_scopes import IDENTITY_SCOPES
from authorization_service.domain.value_objects.pkce import METHOD, is_challenge
from authorization_service.domain.value_objects.random_secret import RandomSecret
from authorization_service.domain.value_objects.scope import ADMINISTRATION_SCOPE, MAX_REQUESTED
from shared_kernel.domain.grants import Grant

MAX_TEXT = 512
"""Characters of a `state` or a `nonce`, which come back as they are."""
CREATE = "create"
"""The prompt that wants an account to be made (Initiating User Registration via OpenID Connect 1.0)."""
PROMPTS = ("none", "login", "consent", "select_account", CREATE)


class UntrustedRequestError(Exception):
    """The client or its address is not a registered one: the browser must not be sent there (RFC 6749, section 4.1.2.1).

    `code` names the reason, for the page that says so.
    """

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class RefusedRequestError(Exception):
    """The client gets this error (RFC 6749, section 4.1.2.1; OpenID Connect Core 1.0, section 3.1.2.6)."""

    redirect_uri: str
    state: str | None
    code: str
    description: str


@dataclass(frozen=True, slots=True)
class Begun:
    """How a pushed request is referred to, and when a browser has presented it (RFC 9126)."""

    reference: RandomSecret
    at: datetime


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A valid request. `scopes` are those that the service knows; `max_age` is in seconds; `begun`: None if it was not pushed."""

    client: Client
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str
    state: str | None = None
    nonce: str | None = field(default=None, repr=False)
    prompts: frozenset[str] = frozenset()
    max_age: int | None = None
    login_hint: str = ""
    id_token_hint: str | None = field(default=None, repr=False)
    begun: Begun | None = None

    @property
    def scope(self) -> str:
        """The scopes, separated by spaces."""
        return " ".join(self.scopes)

    @classmethod
    def read(
        cls,
        client: Client | None,
        parameters: Mapping[str, str],
        repeated: Collection[str] = (),
        *,
        is_pushed: bool = False,
        begun: Begun | None = None,
    ) -> Self:
        """Return the request with these parameters; those without a value count as absent (RFC 6749, section 3.1).

        `repeated` are the names of those that were given several times. `is_pushed`: the client has just sent it itself, not by
        way of a browser. Raises UntrustedRequestError or RefusedRequestError.
        """
        if client is None or "client_id" in repeated:
            raise UntrustedRequestError("unknown_client")
        requested = parameters.get("redirect_uri", "")
        is_of_openid = "openid" in parameters.get("scope", "").split(" ")
        address = None if "redirect_uri" in repeated else client.find_redirect_uri(requested)
        if address is None or (is_of_openid and not requested):  # OpenID Connect Core 1.0, section 3.1.2.1
            raise UntrustedRequestError("unknown_redirect_uri")
        must_push = client.application.must_push_requests and not is_pushed and begun is None
        unpushed = [("invalid_request", "the client must push its requests")] if must_push else []
        for code, description in chain(unpushed, _find_errors(parameters, repeated)):
            state = None if "state" in repeated else parameters.get("state")
            raise RefusedRequestError(address, state, code, description)
        max_age = parameters.get("max_age")
        return cls(
            client=client,
            redirect_uri=address,
            scopes=tuple(find_known_scopes(parameters["scope"])),
            challenge=parameters["code_challenge"],
            state=parameters.get("state"),
            nonce=parameters.get("nonce"),
            prompts=frozenset(parameters.get("prompt", "").split()),
            max_age=None if max_age is None else int(max_age),
            login_hint=parameters.get("login_hint", "")[:MAX_TEXT],
            id_token_hint=parameters.get("id_token_hint"),
            begun=begun,
        )


def find_known_scopes(scope: str) -> Iterator[str]:
    """Yield the scopes that the service knows, each once: others are ignored (OpenID Connect Core 1.0, section 3.1.2.1)."""
    for one in dict.fromkeys(scope.split(" ")):
        if one in IDENTITY_SCOPES or one == ADMINISTRATION_SCOPE or (one and not any(Grant.find_violations(one, ""))):
            yield one


def _find_errors(parameters: Mapping[str, str], repeated: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield error codes and descriptions."""
    for name in sorted(repeated):
        yield "invalid_request", f"{name} may be given once"
    for name in ("request", "request_uri", "registration"):
        if name in parameters:
            yield f"{name}_not_supported", f"{name} is not supported"
    response_type = parameters.get("response_type")
    if response_type is None:
        yield "invalid_request", "response_type is missing"
    elif response_type != "code":
        yield "unsupported_response_type", "the supported response_type is code"
    if parameters.get("response_mode", "query") != "query":
        yield "invalid_request", "the supported response_mode is query"
    if not is_challenge(parameters.get("code_challenge", "")) or parameters.get("code_challenge_method") != METHOD:
        yield "invalid_request", f"PKCE is required: a code_challenge of 43 characters, and code_challenge_method {METHOD}"
    for name in ("state", "nonce"):
        if len(parameters.get(name, "")) > MAX_TEXT:
            yield "invalid_request", f"{name} may have at most {MAX_TEXT} characters"
    prompts = parameters.get("prompt", "").split()
    if not set(PROMPTS).issuperset(prompts) or ("none" in prompts and len(prompts) > 1):
        yield "invalid_request", "prompt may be none alone, or some of login, consent, select_account and create"
    max_age = parameters.get("max_age", "0")
    if not (max_age.isascii() and max_age.isdigit() and len(max_age) <= len(str(2**31))):
        yield "invalid_request", "max_age must be a number of seconds"
    scope = parameters.get("scope", "")
    if len(scope) > MAX_REQUESTED or not any(find_known_scopes(scope)):
        yield "invalid_scope", "scope must name openid, or what the client wants to do, as read:default"
