"""The port for passkeys (Web Authentication, Level 2)."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from authorization_service.domain.entities.factor import Factor
from authorization_service.domain.entities.user import User

JsonObject = Mapping[str, Any]


class NewPasskey(NamedTuple):
    """A public key, as the service keeps it, with its credential's id and counter of signatures."""

    credential_id: str
    public_key: str
    counter: int


class Assertion(NamedTuple):
    """What a right signature says: the counter of signatures, and whether the user was verified, by PIN or biometrics."""

    counter: int
    is_user_verified: bool


class PasskeyVerifier(Protocol):
    """Makes options for a browser and verifies its responses, both in their JSON forms (sections 5.1.8 and 5.1.10 of Level 3).

    A challenge is a OneTimeToken's text, and the response to it must come from the one origin that the settings name.
    """

    @property
    def is_available(self) -> bool:
        """Whether browsers allow passkeys at the service's address: a domain name with https, or localhost."""
        ...

    def describe_registration(self, user: User, kept: Sequence[Factor], challenge: str) -> JsonObject:
        """Return the options for a new passkey of a user, which is not in one of the authenticators of those that are kept."""
        ...

    def verify_registration(self, challenge: str, response: JsonObject) -> NewPasskey | None:
        """Return the new passkey; None if the response is not right."""
        ...

    def describe_assertion(self, kept: Sequence[Factor], challenge: str, *, must_verify_user: bool = False) -> JsonObject:
        """Return the options for a signature by one of the kept passkeys or, if there are none, by any, verifying its user."""
        ...

    def read_credential_id(self, response: JsonObject) -> str | None:
        """Return the id of the credential that a response claims to be of; None if it is malformed."""
        ...

    def verify_assertion(self, challenge: str, passkey: Factor, response: JsonObject) -> Assertion | None:
        """Return what the signature of a passkey says; None if it is not right."""
        ...
