"""The port for keeping what has begun and waits for its next step."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol

from authorization_service.domain.value_objects.one_time_token import OneTimeToken

MAX_OF_USER, MAX_OF_NOBODY = 20, 10_000
"""Challenges of a user, and those where nobody is known yet. Beyond them, the one that would expire first is dropped."""


class Purpose(StrEnum):
    """What a challenge is for. It can be used for nothing else."""

    LOGIN = "login"
    """The password was right, the second factor is missing."""
    TOTP_ENROLMENT = "totp enrolment"
    """The secret is made, and a code of it is missing."""
    PASSKEY_ENROLMENT = "passkey enrolment"
    """The user has confirmed, and the new passkey is missing."""
    PASSKEY_LOGIN = "passkey login"
    """Nobody is known yet: a passkey will say who it is."""
    CONFIRMATION = "confirmation"
    """The user has signed in, and confirms an operation by a passkey."""


LIFETIMES = {
    Purpose.LOGIN: timedelta(minutes=5),
    Purpose.TOTP_ENROLMENT: timedelta(minutes=10),
    Purpose.PASSKEY_ENROLMENT: timedelta(minutes=10),
    Purpose.PASSKEY_LOGIN: timedelta(minutes=5),
    Purpose.CONFIRMATION: timedelta(minutes=10),
}


class Challenge(NamedTuple):
    """What waits for its next step: whose it is (empty: nobody is known yet), and what the next step needs to know."""

    user_id: str
    data: Mapping[str, str]


class ChallengeRepository(Protocol):
    """Keeps challenges for their LIFETIMES, in memory alone. All methods raise StoreUnavailableError."""

    async def put(self, token: OneTimeToken, purpose: Purpose, challenge: Challenge) -> None:
        """Keep a challenge, for which the token stands. Raises StoreFullError."""
        ...

    async def find(self, token: OneTimeToken, purpose: Purpose) -> Challenge | None:
        """Return the challenge of a token, or None if there is none (any more) for this purpose."""
        ...

    async def take(self, token: OneTimeToken, purpose: Purpose) -> Challenge | None:
        """Return the challenge of a token and delete it: of several calls at the same time, one gets it."""
        ...
