"""Clients: programs that act on their own behalf, as service accounts, or on behalf of users that sign in to them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from authorization_service.domain.entities.user import is_user_id
from authorization_service.domain.value_objects import redirect_uri
from authorization_service.domain.value_objects.person_name import PersonName
from authorization_service.domain.value_objects.scope import MAX_REQUESTED
from shared_kernel.domain.grants import PATTERN, Grant
from shared_kernel.domain.rules import Violation, refuse_if_broken

MAX_ID = 64
ID_PATTERN = r"^[a-z0-9][a-z0-9._-]*$"
RESERVED_ID = "first-party"  # of tokens without a client
MAX_SCOPES = 50
MAX_URIS = 20
# Allows following the feed of revocations. It is not a grant: no user can have it.
REVOCATIONS_SCOPE = "revocations"
SCOPE_PATTERN = rf"^{REVOCATIONS_SCOPE}$|{PATTERN}"

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What a client that users sign in to has registered (RFC 7591, section 2; OpenID Connect).

    `redirect_uris`: where codes are sent to; none: nobody signs in to the client. `is_first_party`: its operator is the
    service's, so users are not asked for consent. `name` and `logo_uri` are shown to them. `must_push_requests`: it may not send
    authorization requests by way of the browser (RFC 9126, section 6). `backchannel_logout_uri`: where it is told of logouts
    (OpenID Connect Back-Channel Logout 1.0, section 2.2).
    """

    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    is_first_party: bool = False
    name: str | None = None
    logo_uri: str | None = None
    must_push_requests: bool = False
    backchannel_logout_uri: str | None = None

    def find_violations(self) -> Iterator[Violation]:
        """Yield the rules that a proposed application breaks."""
        for field_name in ("redirect_uris", "post_logout_redirect_uris"):
            uris: tuple[str, ...] = getattr(self, field_name)
            if len(uris) > MAX_URIS:
                yield Violation(field_name, "count", f"A client may have at most {MAX_URIS} addresses; these are {len(uris)}.")
                continue
            for position, uri in enumerate(uris):
                if uris.index(uri) < position:
                    yield Violation(f"{field_name}.{position}", "unique", "An address must not be repeated.")
                else:
                    yield from redirect_uri.find_violations(uri, f"{field_name}.{position}")
        if self.name is not None:
            yield from PersonName.find_violations(self.name, "name")
        for field_name in ("logo_uri", "backchannel_logout_uri"):
            address: str | None = getattr(self, field_name)
            if address is not None:
                yield from redirect_uri.find_violations_of_web_address(address, field_name)


SERVICE_ACCOUNT = Application()
"""That of a client that nobody signs in to."""


@dataclass(frozen=True, slots=True)
class Client:
    """A client (RFC 6749, section 2.1): its id, and the scopes of access tokens that it gets on its own behalf.

    A public one is a program of users' devices and browsers: it has no secret (`secret_hash` is empty) and no scopes of its own.

    Raises RulesBrokenError.
    """

    id: str
    secret_hash: str = field(repr=False)
    scopes: tuple[str, ...]
    created_at: datetime
    is_public: bool = False
    application: Application = SERVICE_ACCOUNT

    def __post_init__(self) -> None:
        refuse_if_broken(
            self.find_violations(self.id, self.scopes),
            _find_violations_of_kind(self.scopes, self.application) if self.is_public else (),
            self.application.find_violations(),
        )

    @property
    def shown_name(self) -> str:
        """What users know it by."""
        return self.application.name or self.id

    def find_redirect_uri(self, requested: str) -> str | None:
        """Return the requested address if it is a registered one; the only registered one for ""; otherwise None."""
        registered = self.application.redirect_uris
        if not requested:
            return registered[0] if len(registered) == 1 else None
        return requested if any(redirect_uri.matches(one, requested) for one in registered) else None

    @staticmethod
    def find_violations(client_id: str, scopes: Sequence[str]) -> Iterator[Violation]:
        """Yield the rules that a proposed client breaks."""
        if not _ID.fullmatch(client_id):
            yield Violation(
                "client_id",
                "client_id",
                f"A client id must have 1 to {MAX_ID} of a-z, 0-9, `.`, `_` and `-`, and begin with a letter or digit.",
            )
        elif is_user_id(client_id):
            # `sub` of a token names either: a client must not be mistaken for a user (RFC 9700, section 4.15).
            yield Violation("client_id", "user_id", "A client id must not look like the id of a user.")
        elif client_id == RESERVED_ID:
            yield Violation("client_id", "reserved", f"{RESERVED_ID} stands for users that act without a client.")
        if len(scopes) > MAX_SCOPES:
            yield Violation("scopes", "count", f"A client must have at most {MAX_SCOPES} scopes; these are {len(scopes)}.")
            return
        length = len(" ".join(scopes))
        if length > MAX_REQUESTED:
            message = (
                f"The scopes must have at most {MAX_REQUESTED} characters with the spaces between them; these have {length}."
            )
            yield Violation("scopes", "length", message)
            return
        for position, scope in enumerate(scopes):
            if scopes.index(scope) < position:
                yield Violation(f"scopes.{position}", "unique", "A scope must not be repeated.")
            elif scope != REVOCATIONS_SCOPE:
                yield from Grant.find_violations(scope, f"scopes.{position}")


def _find_violations_of_kind(scopes: Sequence[str], application: Application) -> Iterator[Violation]:
    if scopes:
        yield Violation("scopes", "public", "A public client has no scopes of its own: it acts on behalf of users alone.")
    if not application.redirect_uris:
        yield Violation("redirect_uris", "missing", "A public client needs an address that codes are sent to.")
    if application.must_push_requests:
        message = "A public client cannot authenticate itself to push requests."
        yield Violation("require_pushed_authorization_requests", "public", message)
