"""Second factors of users."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from authorization_service.domain.value_objects.factor_name import FactorName


class FactorKind(StrEnum):
    """What a second factor is."""

    TOTP = "totp"
    """An authenticator app (RFC 6238)."""
    PASSKEY = "passkey"
    """A key pair in an authenticator (Web Authentication)."""


# An authenticator app more makes a code that is guessed right more likely; a passkey more does not.
MAX_FACTORS = {FactorKind.TOTP: 1, FactorKind.PASSKEY: 20}


@dataclass(frozen=True, slots=True)
class Factor:
    """A second factor of a user.

    `secret` is, of an app, the shared secret as the service has sealed it; of a passkey, its public key. `counter` is, of an app,
    the time step of the last code that was used (RFC 6238, section 5.2); of a passkey, its counter of signatures (Web
    Authentication, section 6.1.1). Either only ever increases.
    """

    id: UUID
    user_id: UUID
    kind: FactorKind
    name: FactorName
    created_at: datetime
    secret: str = field(repr=False)
    counter: int
    credential_id: str | None = None
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Factors:
    """The second factors of a user, oldest first, and how many recovery codes are left."""

    all: tuple[Factor, ...] = ()
    recovery_codes_left: int = 0

    def __bool__(self) -> bool:
        return bool(self.all)

    @property
    def kinds(self) -> tuple[FactorKind, ...]:
        """The kinds of the factors, each once."""
        return tuple(dict.fromkeys(factor.kind for factor in self.all))

    def of_kind(self, kind: FactorKind) -> tuple[Factor, ...]:
        """The factors of a kind."""
        return tuple(factor for factor in self.all if factor.kind is kind)
