"""The port for keeping what has begun and waits for its next step."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol

from authorization_service.domain.value_objects.one_time_token import OneTimeToken

MAX_OF_USER = 20
"""Challenges of a user. Beyond them, the one that would expire first is dropped."""


class Purpose(StrEnum):
    """What a challenge is for. It can be used for nothing else."""

    LOGIN = "login"
    """The password was right, the second factor is missing."""
    TOTP_ENROLMENT = "totp enrolment"
    """The secret is made, and a code of it is missing."""


LIFETIMES = {Purpose.LOGIN: timedelta(minutes=5), Purpose.TOTP_ENROLMENT: timedelta(minutes=10)}


class Challenge(NamedTuple):
    """What waits for its next step: whose it is, and what the next step needs to know."""

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
