"""How a user has authenticated."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Method(StrEnum):
    """A way to authenticate (RFC 8176, section 2; the IANA registry "Authentication Method Reference Values")."""

    PASSWORD = "pwd"  # noqa: S105 - a kind of credential
    ONE_TIME_PASSWORD = "otp"  # noqa: S105
    """A code of an authenticator app, or a recovery code."""
    KEY = "swk"
    """A passkey. Whether hardware protects it is not known without attestation, so the weaker of the two values is used."""
    MULTI_FACTOR = "mfa"
    """Beside others: they are of two kinds (something known, owned or inherent)."""


class ContextClass(StrEnum):
    """The strength of an authentication, as `acr` has it (OpenID Connect Core, section 2)."""

    ONE_FACTOR = "1"
    TWO_FACTORS = "2"
    PHISHING_RESISTANT = "phr"
    """OpenID Connect Extended Authentication Profile (EAP) ACR Values 1.0, section 2: two factors, one of them a passkey, whose
    signature is of no use at any other site."""


@dataclass(frozen=True, slots=True)
class Authentication:
    """When and how a user has authenticated: `methods` are those of RFC 8176, `at` is when the last of them succeeded."""

    at: datetime
    methods: tuple[str, ...]

    @property
    def is_multi_factor(self) -> bool:
        """Whether two factors were used."""
        return Method.MULTI_FACTOR in self.methods

    @property
    def context_class(self) -> ContextClass:
        """The strength."""
        if not self.is_multi_factor:
            return ContextClass.ONE_FACTOR
        return ContextClass.PHISHING_RESISTANT if Method.KEY in self.methods else ContextClass.TWO_FACTORS


def combine(first: Collection[Method], second: Collection[Method]) -> tuple[str, ...]:
    """Return the methods of two steps, each with a factor of another kind."""
    return tuple(dict.fromkeys((*map(str, first), *map(str, second), str(Method.MULTI_FACTOR))))
