"""Challenges in Tarantool's space `challenges`, which is in memory alone."""

from typing import Any

import orjson

from authorization_service.application.factor.challenge_repository import (
    LIFETIMES,
    MAX_OF_NOBODY,
    MAX_OF_USER,
    Challenge,
    Purpose,
)
from authorization_service.domain.value_objects.one_time_token import OneTimeToken
from shared_kernel.infrastructure.tarantool import TarantoolConnection


class TarantoolChallengeRepository:
    """Implements ChallengeRepository."""

    def __init__(self, tarantool: TarantoolConnection) -> None:
        self._tarantool = tarantool

    async def put(self, token: OneTimeToken, purpose: Purpose, challenge: Challenge) -> None:
        """Insert a challenge."""
        data, seconds = orjson.dumps(challenge.data).decode(), LIFETIMES[purpose].total_seconds()
        limit = MAX_OF_USER if challenge.user_id else MAX_OF_NOBODY
        arguments = [token.digest, purpose.value, challenge.user_id, data, seconds, limit]
        await self._tarantool.call("challenges.put", arguments)

    async def find(self, token: OneTimeToken, purpose: Purpose) -> Challenge | None:
        """Return the challenge of a token."""
        return _to_challenge(await self._tarantool.call("challenges.find", [token.digest, purpose.value]))

    async def take(self, token: OneTimeToken, purpose: Purpose) -> Challenge | None:
        """Return and delete the challenge of a token."""
        return _to_challenge(await self._tarantool.call("challenges.take", [token.digest, purpose.value]))


def _to_challenge(stored: Any) -> Challenge | None:
    if stored is None:
        return None
    user_id, data = stored
    return Challenge(user_id, orjson.loads(data))
