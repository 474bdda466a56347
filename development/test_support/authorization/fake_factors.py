"""Fakes of the ports for second factors, in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from authorization_service.application.factor.challenge_repository import MAX_OF_USER, Challenge, Purpose
from authorization_service.domain.entities.factor import MAX_FACTORS, Factor, FactorKind, Factors
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.domain.exceptions import (
    NoSuchFactorError,
    NoSuchUserError,
    PasskeyTakenError,
    TooManyFactorsError,
)
from authorization_service.domain.value_objects.authentication import Authentication
from authorization_service.domain.value_objects.one_time_token import OneTimeToken
from authorization_service.domain.value_objects.recovery_code import RecoveryCode
from authorization_service.domain.value_objects.totp_secret import TotpSecret
from test_support.authorization.fakes import NOON, InMemorySessionRepository, InMemoryUserRepository

STEP = int(NOON.timestamp()) // 30


class InMemoryFactorRepository:
    """Implements FactorRepository. Records events with those of users; ends and changes `sessions`, where these are set."""

    def __init__(self, users: InMemoryUserRepository) -> None:
        self._users = users
        self._factors: dict[UUID, Factor] = {}
        self._codes: dict[str, set[str]] = {}
        self.sessions: InMemorySessionRepository | None = None

    async def find_of_user(self, user_id: str) -> Factors:
        """Return a user's factors."""
        self._users.refuse_if_unavailable()
        found = sorted(self._list(user_id), key=lambda factor: (factor.created_at, str(factor.id)))
        return Factors(tuple(found), len(self._codes.get(user_id, ())))

    async def find_passkey(self, credential_id: str) -> Factor | None:
        """Return the passkey with this credential id."""
        return next((factor for factor in self._factors.values() if factor.credential_id == credential_id), None)

    async def add(
        self,
        factor: Factor,
        session_id: str,
        authentication: Authentication,
        codes: Sequence[RecoveryCode],
        events: Sequence[DomainEvent],
    ) -> bool:
        """Add a factor."""
        user_id = str(factor.user_id)
        if await self._users.find_by_id(user_id) is None:
            raise NoSuchUserError
        kept = self._list(user_id)
        if sum(other.kind is factor.kind for other in kept) >= MAX_FACTORS[factor.kind]:
            raise TooManyFactorsError
        if factor.credential_id is not None and await self.find_passkey(factor.credential_id) is not None:
            raise PasskeyTakenError
        self._factors[factor.id] = factor
        self._users.events += events
        if not kept:
            self._codes[user_id] = {code.hash for code in codes}
        if self.sessions is not None:
            if not kept:
                await self.sessions.end_all(user_id, session_id)
            self.sessions.authenticate(session_id, authentication)
        return not kept

    async def remove(self, user_id: str, factor_id: UUID, events: Sequence[DomainEvent]) -> None:
        """Remove a factor of a user."""
        factor = self._factors.get(factor_id)
        if factor is None or str(factor.user_id) != user_id:
            raise NoSuchFactorError
        self._delete(factor)
        self._users.events += events

    async def remove_all(self, user_id: str, events: Sequence[DomainEvent]) -> None:
        """Remove all factors of a user."""
        kept = self._list(user_id)
        for factor in kept:
            self._delete(factor)
        if kept:
            self._users.events += events

    async def use(self, factor: Factor, counter: int, events_of_repetition: Sequence[DomainEvent]) -> bool:
        """Use a factor."""
        kept = self._factors.get(factor.id)
        if kept is None:
            raise NoSuchFactorError
        does_not_count = kept.kind is FactorKind.PASSKEY and counter == kept.counter == 0
        if counter <= kept.counter and not does_not_count:
            self._users.events += events_of_repetition
            return False
        self._factors[factor.id] = replace(kept, counter=counter, last_used_at=NOON)
        return True

    async def use_recovery_code(self, user_id: str, code: RecoveryCode, events: Sequence[DomainEvent]) -> bool:
        """Use a recovery code up."""
        if code.hash not in self._codes.get(user_id, set()):
            return False
        self._codes[user_id].remove(code.hash)
        self._users.events += events
        return True

    async def replace_recovery_codes(self, user_id: str, codes: Sequence[RecoveryCode], events: Sequence[DomainEvent]) -> None:
        """Replace a user's recovery codes."""
        if not self._list(user_id):
            raise NoSuchFactorError
        self._codes[user_id] = {code.hash for code in codes}
        self._users.events += events

    def has_any(self, user_id: str) -> bool:
        """Return whether a user has a factor."""
        return bool(self._list(user_id))

    def _list(self, user_id: str) -> list[Factor]:
        return [factor for factor in self._factors.values() if str(factor.user_id) == user_id]

    def _delete(self, factor: Factor) -> None:
        del self._factors[factor.id]
        if not self.has_any(str(factor.user_id)):
            self._codes.pop(str(factor.user_id), None)


class InMemoryChallengeRepository:
    """Implements ChallengeRepository, without a clock."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, Purpose], Challenge] = {}

    async def put(self, token: OneTimeToken, purpose: Purpose, challenge: Challenge) -> None:
        """Keep a challenge."""
        earlier = [key for key, kept in self._kept.items() if kept.user_id == challenge.user_id]
        if len(earlier) >= MAX_OF_USER:
            del self._kept[earlier[0]]
        self._kept[token.digest, purpose] = challenge

    async def find(self, token: OneTimeToken, purpose: Purpose) -> Challenge | None:
        """Return a challenge."""
        return self._kept.get((token.digest, purpose))

    async def take(self, token: OneTimeToken, purpose: Purpose) -> Challenge | None:
        """Return a challenge and delete it."""
        return self._kept.pop((token.digest, purpose), None)

    def expire_all(self) -> None:
        """Let the time of all challenges pass."""
        self._kept.clear()


class PlainSealer:
    """Implements SecretSealer without encryption."""

    def seal(self, secret: TotpSecret, user_id: str) -> str:
        """Return the secret with its user."""
        return f"{user_id} {secret.value}"

    def open(self, sealed: str, user_id: str) -> TotpSecret | None:
        """Return the secret of this user."""
        owner, _, value = sealed.partition(" ")
        return TotpSecret(value) if owner == user_id else None


class SteppingVerifier:
    """Implements TotpVerifier: the code of a secret at a step is `<step> <secret>`, and STEP is now."""

    def find_step(self, secret: TotpSecret, code: str, now: datetime) -> int | None:
        """Return the step of a code."""
        step, _, value = code.partition(" ")
        return int(step) if value == secret.value and abs(int(step) - int(now.timestamp()) // 30) <= 1 else None


def make_code(secret: TotpSecret, step: int = STEP) -> str:
    """Return the code of a secret at a step, as SteppingVerifier has it."""
    return f"{step} {secret.value}"
